import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.config.load import Account, BotFile, Rule, Settings, load, parse, schema
from bot.config.settings import environment, is_loopback, read_env_file
from bot.config.times import seconds_of
from bot.errors import ConfigError, UsageError

TOP = Path(__file__).parents[2]

ACCOUNTS = """\
accounts:
  dev:  {id: "111111111111", default: true, region: eu-west-1}
  prod: {id: "012345678901", region: eu-west-1, production: true}
"""


def rule(**keys: str) -> str:
    """Write a file with one rule, its keys from line 5 on, `id` first."""
    usual = {"id": "one", "actions": "[ec2:StopInstances]", "who": "{users: [U024BE7LH]}", "accounts": "[dev]"}
    lines = [f"    {name}: {value}" for name, value in {**usual, **keys}.items() if value]
    return f"{ACCOUNTS}rules:\n  -{lines[0][3:]}\n" + "\n".join(lines[1:]) + "\n"


def freeze(**keys: str) -> str:
    """Write a file with one freeze, its keys from line 6 on."""
    lines = [f"    {name}: {value}" for name, value in keys.items()]
    return "\n".join(
        [f"{ACCOUNTS}freezes: [{{", "    id: one, reason: why,", *(f"{each}," for each in lines), "    }]\n"]
    )


def limit(keys: str) -> str:
    """Write a file with one limit, in line 4."""
    return f"{ACCOUNTS}limits: [{{id: one, {keys}}}]\n"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as wrong:
        parse(text)
    return wrong.value.problems


def only(text: str) -> str:
    (problem,) = problems(text)
    return problem


# What loads


def test_a1_a_missing_file_is_an_empty_allowlist(tmp_path: Path) -> None:
    assert load(tmp_path / "bot.yml").empty


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# nothing yet\n", "---\n", "rules:\naccounts:\ncontact:\n", "rules: []\n", ACCOUNTS]
)
def test_a1_an_empty_file_or_an_absent_section_allows_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "bot.yml").write_text(text)
    assert load(tmp_path / "bot.yml").empty


def test_the_example_loads() -> None:
    file = load(TOP / "bot.example.yml")
    assert not file.empty
    stop = next(each for each in file.rules if each.id == "oncall-stop")
    assert stop.who.groups == ("S0614TZR7",)
    assert stop.params == {"Force": (False,)}
    assert file.default_account().name == "dev"
    assert file.account("prod").id == "012345678901"


@pytest.mark.parametrize(
    "example", re.findall(r"```yaml\n(.*?)```", (TOP / "docs" / "allowlist.md").read_text("utf-8"), re.DOTALL)
)
def test_every_example_in_the_docs_loads(example: str) -> None:
    assert parse(example).accounts or example.startswith("#")


def test_the_docs_name_every_key_of_a_rule() -> None:
    page = (TOP / "docs" / "allowlist.md").read_text("utf-8")
    assert [name for name in Rule.model_fields if f"| `{name}` |" not in page] == []
    assert [name for name in Account.model_fields if f"{name}:" not in page and name != "name"] == []


def test_keys_that_are_absent_are_none_and_mean_any() -> None:
    loaded = parse(rule()).rules[0]
    assert loaded.effect == "allow"
    assert (loaded.channels, loaded.regions, loaded.resources, loaded.tags, loaded.params) == (None,) * 5
    assert (loaded.needs, loaded.audience) == (None, None)


def test_a15_rules_in_force_cannot_be_changed() -> None:
    file = parse(rule())
    with pytest.raises(ValidationError):
        file.rules = ()  # type: ignore[misc]
    with pytest.raises(ValidationError):
        file.rules[0].effect = "deny"  # type: ignore[misc]


def test_a10_without_a_default_account_the_accounts_are_listed() -> None:
    file = parse(ACCOUNTS.replace("default: true, ", ""))
    with pytest.raises(UsageError, match="dev, prod"):
        file.default_account()


def test_an_unknown_account_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"'stage'.*dev, prod"):
        parse(ACCOUNTS).account("stage")
    with pytest.raises(UsageError, match="no accounts"):
        BotFile().default_account()


def test_an_account_may_be_kept_to_some_regions() -> None:
    dev = Account(name="dev", id="111111111111", region="eu-west-1", regions=("eu-*",))
    assert dev.takes("eu-central-1")
    assert not dev.takes("us-east-1")
    assert Account(id="111111111111", region="eu-west-1").takes("us-east-1")


def test_anchors_may_save_typing() -> None:
    text = (
        rule(who="&oncall {users: [U024BE7LH]}")
        + "  - {id: two, actions: [bot:Status], who: *oncall, accounts: ['*']}\n"
    )
    assert parse(text).rules[1].who == parse(text).rules[0].who


def test_a_wildcard_for_everything_in_one_service_loads() -> None:
    assert parse(rule(actions='["ec2:*", "s3:List*", "bot:*"]')).rules[0].actions == ("ec2:*", "s3:List*", "bot:*")


def test_numbers_are_compared_with_numbers() -> None:
    loaded = parse(rule(actions="[cloudwatch:PutMetricAlarm]", params="{Threshold: [1, 0.5], Period: [60]}"))
    assert loaded.rules[0].params == {"Threshold": (1, 0.5), "Period": (60,)}


def test_a_date_that_is_none_is_text() -> None:
    assert parse(rule(id="2024-99-99")).rules[0].id == "2024-99-99"


# What does not


WRONG = [
    # an unknown key, nearly right, at each level
    (rule(chanels="[C061EG9SL]"), "line 9: I do not know the key chanels. Did you mean channels?"),
    (rule(who="{user: [U024BE7LH]}"), "line 7: I do not know the key user. Did you mean users?"),
    (ACCOUNTS + "rule: []\n", "line 4: I do not know the key rule. Did you mean rules?"),
    (ACCOUNTS.replace("default", "defualt"), "line 2: I do not know the key defualt. Did you mean default?"),
    (ACCOUNTS.replace("default: true", "name: dev"), "line 2: I do not know the key name: the account's is above."),
    (rule(users="[U024BE7LH]"), "line 9: I do not know the key users: it belongs under who, as who: {users: [...]}."),
    (rule(zzz="1"), "line 9: I do not know the key zzz."),
    # a switch that would turn the allowlist off is no key either
    (ACCOUNTS + "enabled: false\n", "line 4: I do not know the key enabled."),
    # shapes
    (rule(who="{users: U024BE7LH}"), "line 7: users takes a list: write users: [U024BE7LH]."),
    (rule(tags="{env: dev}"), "line 9: env takes a list: write env: [dev]."),
    (rule(actions="{a: b}"), "line 6: actions takes a list."),
    (rule(who="[U024BE7LH]"), "line 7: who takes keys with values."),
    (rule(who="{everyone: 'yes'}"), "line 7: everyone is true or false."),
    (rule(effect="alow"), "line 9: effect is 'allow' or 'deny', not 'alow'."),
    (rule(needs="approval"), "line 9: needs is 'nothing' or 'confirm', not 'approval'."),
    (rule(audience="nobody"), "line 9: audience is 'channel' or 'asker', not 'nobody'."),
    (rule(effect="deny", needs="confirm"), "line 5: a deny rule takes neither needs nor audience: it only says no."),
    (rule(id="1"), "line 5: id takes text (in quotes)."),
    (rule(id="'a b'"), "line 5: 'a b' should be a name of letters, digits, dots and dashes."),
    (rule(who="{users: [U024BE7LH, 12]}"), "line 7: users takes text (in quotes)."),
    (rule(who=""), "line 5: who is missing."),
    (rule(accounts=""), "line 5: accounts is missing."),
    (
        rule(channels="[]"),
        "line 9: channels is empty, and an empty list means nothing: take it out for any, or name some.",
    ),
    (
        rule(tags="{env: []}"),
        "line 9: env is empty, and an empty list means nothing: take it out for any, or name some.",
    ),
    (rule(channels=" "), "line 9: channels has no value: give it one or take it out."),
    (rule(tags="{env: [~]}"), None),
    (ACCOUNTS + "rules: {a: 1}\n", "line 4: rules takes a list."),
    ("- a\n", "line 1: this should be keys with values: accounts, rules, reports, contact."),
    ("just words\n", "line 1: this should be keys with values: accounts, rules, reports, contact."),
    ("accounts: [dev]\n", "line 1: accounts takes keys with values."),
    ("accounts: {dev: 1}\n", "line 1: dev takes keys with values."),
    # YAML
    (rule(accounts="[dev]\n    accounts: [prod]"), "line 9: accounts is here twice, first in line 8."),
    (ACCOUNTS + ACCOUNTS, "line 4: accounts is here twice, first in line 1."),
    ("accounts:\n\tdev: 1\n", None),
    ("rules: [\n", None),
    ("a: 1\n---\nb: 2\n", None),
    ("rules: &a [*a]\n", "line 1: this contains itself."),
    ("[" * 1000, "line 1: this is nested too deeply."),
    ("on: {}\n", "line 1: the key on is not read as text: put it in quotes."),
    ("<<: {rules: []}\n", "line 1: the key << is not read as text: put it in quotes."),
    ("contact: !!python/name:os.system x\n", None),
    ("rules: \x00\n", None),
    # names where ids belong
    (
        rule(who="{users: ['@ann']}"),
        (
            "line 7: '@ann' is no id: users takes a user id (U… or W…; in a profile: ⋮, Copy member ID). "
            "Names can be taken over by others, ids cannot."
        ),
    ),
    (rule(who="{groups: [ops]}"), None),
    (rule(channels="['#ops']"), None),
    (rule(who="{users: [S0614TZR7]}"), "line 7: 'S0614TZR7' belongs under groups, not under users."),
    (rule(who="{groups: [U024BE7LH]}"), "line 7: 'U024BE7LH' belongs under users, not under groups."),
    (rule(channels="[U024BE7LH]"), "line 9: 'U024BE7LH' belongs under users, not under channels."),
    (ACCOUNTS + "contact: ann\n", None),
    # accounts, of which the id without quotes has a test of its own
    ("accounts: {dev: {id: 111111111111, region: eu-west-1}}\n", None),
    (
        ACCOUNTS.replace('"111111111111"', '"11111111111"'),
        "line 2: '11111111111' should be an account id of 12 digits.",
    ),
    (ACCOUNTS.replace("012345678901", "111111111111"), None),
    (ACCOUNTS.replace("production", "default"), "line 3: dev and prod are both the default: only one can be."),
    (
        ACCOUNTS.replace("eu-west-1, prod", "eu-wst-1, prod"),
        "line 3: I know no Region 'eu-wst-1'. Did you mean eu-west-1, us-west-1, me-west-1?",
    ),
    (ACCOUNTS.replace("eu-west-1, prod", "eu-west-*, prod"), "line 3: 'eu-west-*' is several Regions: name one."),
    (
        ACCOUNTS.replace("production: true", "regions: [us-*]"),
        "line 3: region eu-west-1 is not among the account's regions.",
    ),
    (
        ACCOUNTS.replace("production: true", "role: bot"),
        "line 3: 'bot' should be a role's ARN (arn:aws:iam::123456789012:role/name).",
    ),
    (
        ACCOUNTS.replace("production: true", "role: 'arn:aws:iam::111111111111:role/bot'"),
        "line 3: role is of account 111111111111, but id is 012345678901.",
    ),
    (ACCOUNTS.replace("prod:", "'p r':"), "line 3: 'p r' should be a name of letters, digits, dots and dashes."),
    (ACCOUNTS.replace(", region: eu-west-1, production: true", ""), "line 3: region is missing."),
    # rules about what there is not
    (rule(accounts="[dve]"), "line 8: there is no account 'dve' under accounts. Did you mean dev?"),
    (rule(accounts="['d*']"), None),
    (rule(regions="[eu-wset-1]"), None),
    (rule(regions="['zz-*']"), "line 9: I know no Region 'zz-*'."),
    (
        rule() + "  - {id: one, actions: [bot:Status], who: {}, accounts: [dev]}\n",
        "line 9: the rule id one is taken already.",
    ),
    # misspelt actions
    (
        rule(actions="[ec2:StopInstance]"),
        "line 6: ec2:StopInstance is no operation. Did you mean ec2:StopInstances, ec2:StartInstances?",
    ),
    (rule(actions="['ec2:Halt*']"), "line 6: ec2:Halt* is no operation."),
    (
        rule(actions="[s3:ListBucket]"),
        "line 6: s3:ListBucket is IAM's name; the operations are s3:ListObjectsV2, s3:ListObjects, s3:HeadBucket.",
    ),
    (
        rule(actions="[s3:ListAllMyBuckets]"),
        "line 6: s3:ListAllMyBuckets is IAM's name; the operation is s3:ListBuckets.",
    ),
    (rule(actions="[bot:Sttus]"), "line 6: bot:Sttus is no operation. Did you mean bot:Status?"),
    (rule(actions="[bot:Whoami]"), "line 6: bot:Whoami needs no rule: help and whoami answer everybody."),
    (
        rule(actions="['*']"),
        "line 6: '*' should be service:Operation, the service without wildcards (ec2:StopInstances, ec2:*).",
    ),
    (rule(actions="['*:*']"), None),
    (rule(actions="['e*:StopInstances']"), None),
    (rule(actions="[stop]"), None),
    # parameters and tags
    (rule(params="{Forse: [false]}"), "line 9: no action of this rule has a parameter Forse. Did you mean Force?"),
    (
        rule(params="{Force: ['false']}"),
        "line 9: Force takes boolean values, and 'false' is none: write true or false without quotes.",
    ),
    (
        rule(params="{Force: [0]}"),
        "line 9: Force takes boolean values, and 0 is none: write true or false without quotes.",
    ),
    (rule(params="{InstanceIds: [1]}"), "line 9: InstanceIds takes string values, and 1 is none: put it in quotes."),
    (
        rule(params="{InstanceIds: ['i-*']}"),
        "line 9: 'i-*': parameters are compared exactly, wildcards mean nothing here.",
    ),
    (rule(params="{Force: [[true]]}"), "line 9: a parameter is compared with text, numbers, true or false."),
    (
        rule(actions="[ec2:RunInstances]", params="{MaxCount: ['2']}"),
        "line 9: MaxCount takes integer values, and '2' is none: write a number without quotes.",
    ),
    (
        rule(actions="[ec2:RunInstances]", params="{MaxCount: [true]}"),
        "line 9: MaxCount takes integer values, and True is none: write a number without quotes.",
    ),
    (
        rule(actions="[ec2:RunInstances]", params="{Placement: [a]}"),
        "line 9: Placement is a structure: rules can compare text, numbers, true and false only.",
    ),
    (
        rule(effect="deny", actions="[ec2:StopInstances, ec2:StartInstances]", params="{Force: [true]}"),
        "line 10: ec2:StartInstances has no parameter Force, and a deny must mean something for each of its actions.",
    ),
    (rule(tags="{env: ['d*']}"), "line 9: 'd*': tags are compared exactly, wildcards mean nothing here."),
    (rule(tags="{team: [42]}"), "line 9: team takes text (in quotes)."),
    (rule(tags="{on: [a]}"), "line 9: the key on is not read as text: put it in quotes."),
    # grant, mode, when, production
    (rule(grant="ask"), "line 9: grant is 'run' or 'request', not 'ask'."),
    (rule(mode="observed"), "line 9: mode is 'enforce' or 'observe', not 'observed'."),
    (rule(effect="deny", grant="request"), "line 5: a deny rule grants nothing: take grant out."),
    (rule(grant="request", needs="nothing"), "line 5: what is requested waits for a second person: take needs out."),
    (rule(production="'yes'"), "line 9: production is true or false."),
    (rule(when="{day: [mon]}"), "line 9: I do not know the key day. Did you mean days?"),
    (rule(when="{days: [monday]}"), "line 9: 'monday' should be a day (mon) or a span of days (mon-fri)."),
    (rule(when="{days: mon}"), "line 9: days takes a list: write days: [mon]."),
    (rule(when="{zone: UTC}"), "line 9: this needs days or hours."),
    (
        rule(when="{hours: '9-17'}"),
        """line 9: '9-17' should be from and until, as in "09:00-17:00".""",
    ),
    (
        rule(when="{hours: '09:00-09:00'}"),
        "line 9: '09:00-09:00' is no time at all, or all of it: leave hours out for the whole day.",
    ),
    (
        rule(when="{days: [mon], zone: Berlin}"),
        "line 9: I know no time zone 'Berlin'. They are written like Europe/Berlin or UTC.",
    ),
    # freezes
    (freeze(untl="'2026-12-21'"), "line 6: I do not know the key untl. Did you mean until?"),
    (freeze(), "line 4: a freeze needs from and until, or when."),
    (freeze(until="2026-12-21"), "line 4: a freeze needs from and until, or when."),
    (freeze(**{"from": "2026-12-20", "until": "'2026-12-20 00:00'"}), "line 4: until comes before from."),
    (
        freeze(**{"from": "2026-12-20", "when": "{days: [sat]}"}),
        "line 4: a freeze has from and until, or when: not both.",
    ),
    (
        freeze(**{"from": "2026-12-20 25:00", "until": "2026-12-21"}),
        """line 6: '2026-12-20 25:00' is no moment: write it like "2026-12-20 09:00" or "2026-12-20".""",
    ),
    (
        freeze(when="{days: [sat]}", accounts="[prd]"),
        "line 7: there is no account 'prd' under accounts. Did you mean prod?",
    ),
    (freeze(when="{days: [sat]}", actions="[ec2:Halt]"), "line 7: ec2:Halt is no operation."),
    (
        freeze(when="{days: [sat]}", **{"except": "{who: {user: [U024BE7LH]}}"}),
        "line 7: I do not know the key user. Did you mean users?",
    ),
    (
        freeze(when="{days: [sat]}", **{"except": "{who: {groups: [ops]}}"}),
        (
            "line 7: 'ops' is no id: groups takes a user group id (S…; at the end of the group's link). "
            "Names can be taken over by others, ids cannot."
        ),
    ),
    # limits
    (limit("at_most: 5"), "line 4: a limit needs at_most and within, or resources (in one command)."),
    (
        limit("at_most: 5, within: 1h, resources: 3"),
        "line 4: a limit has resources (in one command), or at_most and within: not both.",
    ),
    (limit("at_most: 0, within: 1h"), "line 4: at_most is a whole number, 1 or more."),
    (limit("at_most: five, within: 1h"), "line 4: at_most is a whole number, 1 or more."),
    (limit("at_most: 5, within: 1 hour"), "line 4: '1 hour' should be a whole number with s, m, h or d: 30m, 1h, 7d."),
    (
        limit("at_most: 5, within: 1h, per: team"),
        "line 4: 'team' should be person, channel, account, region, everyone or tag:KEY.",
    ),
    (limit("at_mots: 5, within: 1h"), "line 4: I do not know the key at_mots. Did you mean at_most?"),
    (
        limit("resources: 5, actions: [cost-money]"),
        "line 4: 'cost-money' should be service:Operation (ec2:StopInstances, ec2:*) or costs-money.",
    ),
    (
        limit("resources: 5, actions: [ec2:StopInstance]"),
        "line 4: ec2:StopInstance is no operation. Did you mean ec2:StopInstances, ec2:StartInstances?",
    ),
    (limit("resources: 5}, {id: one, resources: 6"), "line 4: the limit id one is taken already."),
    (ACCOUNTS + "reads: {per_api: 600}\n", "line 4: per_api takes text (in quotes)."),
    (
        ACCOUNTS + "reads: {per_api: 10/s}\n",
        "line 4: '10/s' should be so many a minute or an hour: 60/m, 500/h.",
    ),
    (ACCOUNTS + "reads: {per_user: 6/m}\n", "line 4: I do not know the key per_user. Did you mean per_person?"),
    # production by tag
    (ACCOUNTS + "production: true\n", "line 4: production takes keys with values."),
    (
        ACCOUNTS + "production: {tags: {env: ['prod*']}}\n",
        "line 4: 'prod*': tags are compared exactly, wildcards mean nothing here.",
    ),
    (ACCOUNTS + "production: {tag: {env: [prod]}}\n", "line 4: I do not know the key tag. Did you mean tags?"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a4_a17_whatever_is_wrong_is_said_with_its_line_when_the_file_is_read(text: str, says: str | None) -> None:
    found = problems(text)
    assert all(problem.startswith("bot.yml line ") for problem in found)
    assert says is None or f"bot.yml {says}" in found


def test_an_account_id_without_quotes_is_explained() -> None:
    text = "accounts:\n  dev: {id: 111111111111, region: eu-west-1}\n  old: {id: 012345670123, region: eu-west-1}\n"
    found = problems(text + "  zip: {id: 012345678901, region: eu-west-1}\n")
    quoted = "an account id goes in quotes"
    assert f'bot.yml line 2: {quoted}: "111111111111". Without them YAML reads it as a number.' in found
    assert f'bot.yml line 3: {quoted}: "012345670123". Without them YAML reads it as 1402433619.' in found
    assert f'bot.yml line 4: {quoted}: "012345678901". Without them YAML reads it as a number.' in found


def test_all_problems_are_said_at_once_in_the_order_of_the_file() -> None:
    text = rule(id="'a b'", actions="[]", channels="['#ops']", chanels=" ", effect="alow")
    assert [problem.partition(":")[0] for problem in problems(text)] == [
        f"bot.yml line {line}" for line in (5, 6, 9, 10, 10, 11)
    ]


def test_a_file_goes_by_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text("rule: []\n")
    with pytest.raises(ConfigError, match=r"^rules\.yml line 1: "):
        load(path)


@pytest.mark.parametrize("kind", ["directory", "latin-1"])
def test_a_file_that_cannot_be_read_is_no_empty_allowlist(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bot.yml"
    if kind == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"contact: \xff\n")
    with pytest.raises(ConfigError, match="line 1: I cannot read it"):
        load(path)


def test_a3_the_allowlist_has_no_switch_to_turn_it_off() -> None:
    keys = {"accounts", "rules", "freezes", "limits", "reads", "production", "reports", "contact", "catalogue"}
    keys |= {"membership_age", "halt", "operators", "own"}
    assert set(BotFile.model_fields) == keys


@pytest.mark.parametrize(
    ("written", "seconds"), [("30s", 30), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("999999d", 86_399_913_600)]
)
def test_a_duration_is_a_number_with_its_unit(written: str, seconds: float) -> None:
    assert seconds_of(parse(f"membership_age: {written}").membership_age) == seconds


def test_a_membership_is_settled_after_a_day_unless_said_otherwise() -> None:
    assert parse("").membership_age == "24h"


@pytest.mark.parametrize("written", ["0h", "24", "24.5", '""', "1w", "-1h", "1h30m", '"24h "', "true", "[24h]", "1e3s"])
def test_what_is_no_duration_is_refused_with_the_form(written: str) -> None:
    assert only(f"accounts: {{}}\nmembership_age: {written}").startswith("bot.yml line 2: ")
    assert only(f"membership_age: {written}")


# The JSON Schema


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("halt: {who: {}}", "who lists nobody"),
        ("halt: {who: {everyone: true}}", "everyone"),
        ("halt: {who: {users: [ana]}}", "'ana' is no id"),
        ("halt: {who: {users: [S0614TZR7]}}", "belongs under groups"),
        ("halt: {}", "who"),
        ('operators: "#ops"', "is no id"),
        ("operators: U024BE7LH", "belongs under users"),
    ],
)
def test_who_may_halt_and_where_operators_are_told_is_said_by_ids(text: str, says: str) -> None:
    assert says in only(f"{text}\n")


def test_the_groups_that_have_to_be_known_are_those_of_rules_and_of_halt() -> None:
    halt = "halt: {who: {users: [U024BE7LH], groups: [S1HALT]}}\n"
    assert parse(rule(who="{groups: [S0RULE]}") + halt).groups == {"S0RULE", "S1HALT"}
    assert parse("").groups == frozenset()


def test_the_file_that_halts_stands_beside_bot_yml_unless_another_is_named() -> None:
    assert Settings.from_environment({"BOT_CONFIG": "/etc/bot/bot.yml"}).stop_file == Path("/etc/bot/HALT")
    assert Settings.from_environment({"BOT_HALT_FILE": "/data/HALT"}).stop_file == Path("/data/HALT")


def test_the_schema_in_docs_is_in_step() -> None:
    assert (TOP / "docs" / "bot.schema.json").read_text("utf-8") == schema()


def test_the_schema_lets_no_key_be_null_and_none_be_unknown() -> None:
    made = json.loads(schema())
    assert '"null"' not in schema()
    assert made["$defs"]["Rule"]["required"] == ["id", "actions", "who", "accounts"]
    assert all(each["additionalProperties"] is False for each in (made, made["$defs"]["Rule"], made["$defs"]["Who"]))
    assert "name" not in made["$defs"]["Account"]["properties"]


# The environment


def test_an_empty_environment_has_defaults_and_no_tokens() -> None:
    settings = Settings.from_environment({})
    assert (settings.config, settings.database_url, settings.log) == (Path("bot.yml"), "sqlite:///bot.db", "info")
    with pytest.raises(ConfigError) as missing:
        settings.tokens()
    assert [problem.split()[0] for problem in missing.value.problems] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]


def test_the_environment_is_read() -> None:
    settings = Settings.from_environment(
        {
            "SLACK_BOT_TOKEN": " xoxb-1 ",
            "SLACK_APP_TOKEN": "xapp-1",
            "BOT_CONFIG": "/etc/bot.yml",
            "BOT_DATABASE_URL": "postgresql://bot:hunter2@db/bot",
            "BOT_LOG": "DEBUG",
            "SLACK_API_URL": "http://127.0.0.1:1/api/",
            "AWS_ENDPOINT_URL": "http://localhost:2",
        }
    )
    assert settings.tokens() == ("xoxb-1", "xapp-1")
    assert (settings.config, settings.log) == (Path("/etc/bot.yml"), "debug")
    assert settings.database_url == "postgresql://bot:hunter2@db/bot"
    assert (settings.slack_api_url, settings.aws_endpoint_url) == ("http://127.0.0.1:1/api/", "http://localhost:2")


def test_secrets_stand_in_no_repr() -> None:
    given = {"SLACK_BOT_TOKEN": "xoxb-secret", "SLACK_APP_TOKEN": "xapp-secret", "BOT_DATABASE_URL": "x://u:secret@h"}
    settings = Settings.from_environment(given)
    assert "secret" not in repr(settings) + str(settings)


def test_swapped_tokens_are_found_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as wrong:
        Settings.from_environment({"SLACK_BOT_TOKEN": "xapp-secret", "SLACK_APP_TOKEN": "xoxb-secret"})
    assert len(wrong.value.problems) == 2
    assert "secret" not in wrong.value.sentence


def test_a_log_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="debug, info, warning, error"):
        Settings.from_environment({"BOT_LOG": "loud"})


@pytest.mark.parametrize("name", ["SLACK_API_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2"])
@pytest.mark.parametrize(
    "url",
    [
        "https://slack.example.com/api/",
        "http://127.0.0.1@evil.example.com/",
        "http://127.0.0.1.evil.example.com",
        "http://0.0.0.0:80",
        "http://10.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:80",
        "http://[::1",
        "http://",
    ],
)
def test_an_endpoint_in_the_environment_alone_counts_for_loopback_only(name: str, url: str) -> None:
    option = "--slack-api-url" if name == "SLACK_API_URL" else "--aws-endpoint-url"
    with pytest.raises(ConfigError, match=f"{name} counts for this machine only.*{option}"):
        Settings.from_environment({name: url})


def test_an_endpoint_on_the_command_line_may_be_anywhere_and_wins() -> None:
    environ = {"SLACK_API_URL": "https://far.example.com", "AWS_ENDPOINT_URL": "http://127.0.0.1:2"}
    settings = Settings.from_environment(
        environ, slack_api_url="https://slack.example.com/api/", aws_endpoint_url="https://aws.example.com"
    )
    assert settings.slack_api_url == "https://slack.example.com/api/"
    assert settings.aws_endpoint_url == "https://aws.example.com"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8765", "http://127.9.9.9", "https://localhost/api/", "http://[::1]:80"]
)
def test_loopback_is_this_machine(url: str) -> None:
    assert is_loopback(url)


def test_only_the_named_env_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-from-above\n")
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert environment({"A": "1"}, None) == {"A": "1"}
    with pytest.raises(ConfigError, match=r"There is no file \.env"):
        read_env_file(Path(".env"))


def test_an_env_file_is_read_literally_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "leaked")
    path = tmp_path / "bot.env"
    path.write_text("A=from file\nB=${SECRET}\nC\n")
    assert environment({"A": "from outside"}, path) == {"A": "from outside", "B": "${SECRET}"}


def test_an_env_file_that_is_no_text_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "bot.env").write_bytes(b"A=\xff\n")
    with pytest.raises(ConfigError, match="I cannot read"):
        read_env_file(tmp_path / "bot.env")


# The catalogue


def test_a_file_without_a_catalogue_means_the_first() -> None:
    assert parse(ACCOUNTS).catalogue == "2026-11"
    assert parse(f"catalogue: 2026-11\n{ACCOUNTS}").catalogue == "2026-11"


def test_a_catalogue_that_this_version_does_not_have_locks_the_file() -> None:
    assert only(f'{ACCOUNTS}catalogue: "2031-01"\n') == (
        "bot.yml line 4: I know no catalogue '2031-01': this version of the bot has 2026-11."
    )
