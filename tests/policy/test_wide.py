from bot.command import Effect
from bot.config.botfile import BotFile
from bot.policy.match import Request
from bot.policy.wide import left_out, parted, places
from tests.rules import ANN, OPS, rule

FILE = BotFile.model_validate(
    {
        "accounts": {
            "dev": {"id": "111111111111", "region": "eu-west-1"},
            "prod": {"id": "222222222222", "region": "us-east-1", "regions": ["us-west-?", "us-east-1"]},
        },
        "rules": [rule(actions=["ec2:Describe*"], accounts=["prod"], regions=["us-west-?"])],
    }
)


def asked(*regions: str) -> tuple[Request, ...]:
    where = [("dev", "eu-west-1"), *(("prod", each) for each in regions)]
    return tuple(Request(ANN, OPS, "ec2:DescribeInstances", *each, None, {}, Effect.READS) for each in where)


def test_every_region_that_an_account_opens_is_read_and_else_its_own() -> None:
    def named(account: str = "", region: str = "") -> list[str]:
        return [f"{each.name} {name}" for each, name in places(FILE, account, region)]

    assert named() == ["dev eu-west-1", "prod us-east-1", "prod us-west-1", "prod us-west-2"]
    assert named("dev") == ["dev eu-west-1"]
    assert named(region="us-west-2") == ["dev us-west-2", "prod us-west-2"]
    assert named("prod", "eu-west-1") == []


def test_what_may_be_read_is_read_and_the_rest_is_said_to_be_left_out() -> None:
    may, rest = parted(FILE, asked("us-east-1", "us-west-2"))
    assert [each.region for each in may] == ["us-west-2"]
    assert left_out(rest) == "Left out, because it is not allowed there: dev eu-west-1, prod us-east-1."
    assert left_out(rest * 3).endswith("dev eu-west-1, prod us-east-1.")
    assert left_out(rest * 4).endswith("dev eu-west-1, prod us-east-1 and 2 more.")
    assert left_out(()) == ""


def test_where_nothing_may_be_read_nothing_is_left_out_but_all_of_it_refused() -> None:
    whole = asked("us-east-1")
    assert parted(FILE, whole) == (whole, ())
