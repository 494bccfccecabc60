from dataclasses import replace

import pytest

from bot.action import Action
from bot.command import Command, Effect, Resource
from bot.config.botfile import Account, BotFile
from bot.errors import UsageError
from bot.policy.check import asked_without_aws, check
from bot.policy.decide import Request, decide_all
from bot.policy.match import UNPLANNED
from tests.rules import ANN, MONDAY, OPS, STOP, command, deny, request, rule

FILE = BotFile.model_validate(
    {
        "accounts": {"dev": {"id": "111111111111", "region": "eu-west-1"}},
        "rules": [
            rule("tagged", tags={"env": ["dev"]}),
            rule("looks", actions=["ec2:DescribeInstances", "bot:Status"]),
            deny("not-two", resources=["i-2"]),
        ],
    }
)
STOPPING = command("ec2 stop", STOP, effect=Effect.CHANGES)
LIST = command("ec2 list", "ec2:DescribeInstances")
FLEET = replace(command("report fleet", "ec2:DescribeInstances"), wide=True)
STATUS = command("status", "bot:Status")
UNKNOWN = Request(ANN, OPS, STOP, "dev", "us-east-1", None, UNPLANNED, Effect.CHANGES, "111111111111", MONDAY)
TWO = FILE.model_copy(
    update={
        "accounts": {
            **FILE.accounts,
            "prod": Account(id="222222222222", region="us-east-1", regions=("us-east-1", "us-west-2"), name="prod"),
        }
    }
)


def test_each_rule_says_why_it_counted_or_did_not() -> None:
    found = check(FILE, [request(), request(resource=Resource("i-2"))])
    assert found.lines == (
        "ec2:StopInstances i-1: looks (allow) does not apply, by its actions",
        "ec2:StopInstances i-1: not-two (deny) does not apply, by its resources",
        "ec2:StopInstances i-1: tagged (allow) applies",
        "ec2:StopInstances i-2: looks (allow) does not apply, by its actions",
        "ec2:StopInstances i-2: not-two (deny) applies",
        "ec2:StopInstances i-2: tagged (allow) does not apply, by its tags",
    )
    assert not found.decision.allowed
    assert found.decision.rules == ("not-two",)


def test_the_decision_is_productions() -> None:
    asked = [request()]
    assert check(FILE, asked).decision == decide_all(FILE, asked)
    assert not check(FILE, []).decision.allowed


def test_words_are_ids_of_which_nothing_is_known() -> None:
    action = Action("ec2", "stop", ("i-1", "i-2", "name=web"), account="dev", region="us-east-1")
    asked = asked_without_aws(FILE, ANN, OPS, STOPPING, action, MONDAY)
    assert asked == [replace(UNKNOWN, resource=Resource(each)) for each in ("i-1", "i-2")]
    assert all(each.params is UNPLANNED for each in asked)
    assert not check(FILE, asked[:1]).decision.allowed


def test_a_change_of_nothing_in_particular_is_decided_without_a_resource() -> None:
    action = Action("ec2", "stop", ("name=web",), account="dev", region="us-east-1")
    asked = asked_without_aws(FILE, ANN, OPS, STOPPING, action, MONDAY)
    assert asked == [UNKNOWN]
    assert asked[0].params is UNPLANNED


@pytest.mark.parametrize(
    ("read", "action", "places"),
    [
        (LIST, Action("ec2", "list", account="dev", region="us-east-1"), [("dev", "us-east-1")]),
        (STATUS, Action("", "status"), [("", "")]),
        (FLEET, Action("report", "fleet"), [("dev", "eu-west-1"), ("prod", "us-east-1"), ("prod", "us-west-2")]),
        (FLEET, Action("report", "fleet", account="prod"), [("prod", "us-east-1"), ("prod", "us-west-2")]),
        (FLEET, Action("report", "fleet", region="us-west-2"), [("dev", "us-west-2"), ("prod", "us-west-2")]),
        (FLEET, Action("report", "fleet", region="eu-west-1"), [("dev", "eu-west-1")]),
    ],
)
def test_a_read_is_asked_for_wherever_it_would_read_and_as_of_now(
    read: Command, action: Action, places: list[tuple[str, str]]
) -> None:
    assert asked_without_aws(TWO, ANN, OPS, read, action, MONDAY) == [
        Request(ANN, OPS, read.calls[0], *each, None, {}, Effect.READS, at=MONDAY) for each in places
    ]


def test_reads_and_words_of_the_bot_are_decided_as_the_engine_decides_them() -> None:
    read = asked_without_aws(FILE, ANN, OPS, LIST, Action("ec2", "list", account="dev", region="eu-west-1"))
    assert check(FILE, read).decision.allowed
    assert check(FILE, read).lines[0] == "ec2:DescribeInstances: looks (allow) applies"
    word = asked_without_aws(FILE, ANN, OPS, STATUS, Action("", "status"))
    assert check(FILE, word).decision.allowed


def test_an_account_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(UsageError, match="dev"):
        asked_without_aws(FILE, ANN, OPS, LIST, Action("ec2", "list", account="prod"))


def test_freezes_and_limits_that_touch_what_is_asked_are_named() -> None:
    freezes = [
        {"id": "quiet", "reason": "x", "when": {"days": ["mon"]}},
        {"id": "prod-only", "reason": "x", "when": {"days": ["mon"]}, "accounts": ["prod"]},
        {"id": "sundays", "reason": "x", "when": {"days": ["sun"]}},
    ]
    limits = [{"id": "one", "resources": 1}, {"id": "few", "at_most": 5, "within": "1h"}]
    found = BotFile.model_validate({"freezes": freezes, "limits": limits})
    file = FILE.model_copy(update={"freezes": found.freezes, "limits": found.limits})
    asked = [request(at=MONDAY), request(at=MONDAY, resource=Resource("i-2"))]
    assert check(file, asked).lines[-5:] == (
        "freeze quiet (in force mon (UTC)): in force",
        "freeze sundays (in force sun (UTC)): not in force for this, now",
        "limit one: at most 1 in one command",
        "limit few: at most 5 within 1h, per person",
        "Limit one: at most 1 in one command, and this is 2. Ask for fewer at once.",
    )
    read = request(at=MONDAY, effect=Effect.READS)
    assert not any(line.startswith(("freeze", "limit")) for line in check(file, [read]).lines)


def test_a_rule_that_is_observed_or_grants_asking_says_so() -> None:
    rules = (rule("watched", mode="observe"), rule("ask", grant="request"))
    found = check(FILE.model_copy(update={"rules": rules}), [request()])
    assert found.lines == (
        "ec2:StopInstances i-1: ask (request) applies",
        "ec2:StopInstances i-1: watched (allow) applies, and is only observed",
    )
    assert found.decision.observed == (("watched", "run"),)
