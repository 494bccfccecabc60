from dataclasses import replace
from typing import Any

import pytest

from bot.actor import Actor, Place
from bot.command import Effect, Resource
from bot.config.botfile import BotFile, Freeze, Production, Rule
from bot.policy.decide import Outcome
from bot.policy.rights import refusal, rights, rights_in_words, who_can
from tests.rules import ANN, BOB, MONDAY, OFFICE, OPS, ROOT, STOP, WEB, command, deny, request, rule

LIST = command("ec2 list", "ec2:DescribeInstances")
STOPPING = command("ec2 stop", STOP, effect=Effect.CHANGES)
START = command("ec2 start", "ec2:StartInstances", effect=Effect.CHANGES)
STATUS = command("status", "bot:Status")
HELLO = command("hello")
COMMANDS = (HELLO, STATUS, LIST, STOPPING, START)


def file(*rules: Rule, contact: str | None = None) -> BotFile:
    accounts = {
        "dev": {"id": "111111111111", "region": "eu-west-1", "default": True},
        "prod": {"id": "222222222222", "region": "eu-central-1", "regions": ["eu-*"]},
    }
    return BotFile.model_validate({"accounts": accounts, "rules": rules, "contact": contact})


def names(found: BotFile, actor: Actor = ANN, place: Place = OPS) -> list[str]:
    return [right.command.name for right in rights(found, actor, place, COMMANDS)]


# What somebody may do


def test_a14_only_what_somebody_may_run_is_listed() -> None:
    rules = file(
        rule(actions=["ec2:Describe*", STOP]), rule("status", actions=["bot:Status"], who={"groups": ["SOPS"]})
    )
    assert names(rules) == ["status", "ec2 list", "ec2 stop"]
    assert names(rules, BOB) == []
    assert names(rules, ROOT, Place()) == []
    assert names(file()) == []


def test_a14_what_is_allowed_elsewhere_is_not_listed_here() -> None:
    rules = file(rule(channels=["COPS"]))
    assert names(rules) == ["ec2 stop"]
    assert names(rules, place=Place("CDEV")) == []
    assert names(rules, place=Place("COPS", shared=True)) == []
    assert names(file(rule("there", channels=["CDEV"]), rule("here"))) == ["ec2 stop"]


def test_a14_what_is_denied_throughout_is_not_listed() -> None:
    assert names(file(rule(), deny())) == []
    assert names(file(rule(), deny(resources=["i-9"]))) == ["ec2 stop"]
    assert names(file(rule(accounts=["*"]), deny(accounts=["dev"]))) == ["ec2 stop"]
    assert names(file(rule(actions=["bot:*"]), deny(actions=["bot:Status"]))) == []


def test_rights_come_with_their_limits() -> None:
    limited = rule(
        actions=[STOP, "ec2:StartInstances"],
        accounts=["*"],
        regions=["eu-*"],
        resources=["i-*", "x-1"],
        tags={"env": ["dev", "staging"], "team": ["web"]},
        params={"Force": [False]},
        needs="nothing",
    )
    assert rights_in_words(file(limited), ANN, OPS, COMMANDS) == (
        "ec2 stop, ec2 start in dev and prod in Region eu-* on i-* or x-1 where env=dev or staging and team=web "
        "with Force=false without being asked to confirm"
    )


def test_commands_with_the_same_limits_stand_together() -> None:
    rules = file(
        rule(actions=["ec2:Describe*", STOP]), rule("two", actions=[STOP], accounts=["prod"], tags={"a": ["b"]})
    )
    assert rights_in_words(rules, ANN, OPS, COMMANDS) == "ec2 list in dev; ec2 stop in dev or in prod where a=b"


def test_a_wider_right_says_what_a_narrower_one_would() -> None:
    wide, narrow, again = rule(), rule("narrow", tags={"env": ["dev"]}), rule("again")
    assert rights_in_words(file(narrow, wide, again), ANN, OPS, COMMANDS) == "ec2 stop in dev"
    both = rule("both", accounts=["dev", "prod"])
    assert rights_in_words(file(wide, both), ANN, OPS, COMMANDS) == "ec2 stop in dev or in dev and prod"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"regions": ["eu-*"]}, "in Region eu-*"),
        ({"resources": ["i-1"]}, "on i-1"),
        ({"tags": {"env": ["dev"]}}, "where env=dev"),
        ({"params": {"Force": [False]}}, "with Force=false"),
        ({"production": True}, "in production"),
        ({"production": False}, "outside production"),
        ({"when": OFFICE}, "during mon-fri 09:00-17:00 (Europe/Berlin)"),
    ],
)
def test_each_limit_is_said_alone_and_left_out_beside_the_wider_right(keys: dict[str, Any], said: str) -> None:
    marks = {"production": Production.model_validate({"tags": {"env": ["prod"]}})}
    narrow = rule("narrow", **keys)
    assert rights_in_words(file(narrow).model_copy(update=marks), ANN, OPS, COMMANDS) == f"ec2 stop in dev {said}"
    assert rights_in_words(file(narrow, rule()).model_copy(update=marks), ANN, OPS, COMMANDS) == "ec2 stop in dev"


def test_a_word_of_the_bot_has_no_account() -> None:
    assert rights_in_words(file(rule(actions=["bot:*"])), ANN, OPS, COMMANDS) == "status"
    hours = rule("hours", actions=["bot:*"], when=OFFICE)
    assert rights_in_words(file(hours, rule(actions=["bot:*"])), ANN, OPS, COMMANDS) == "status"
    assert rights_in_words(file(rule(actions=["bot:*"], channels=["CDEV"])), ANN, OPS, COMMANDS) == ""


def test_a_rule_for_regions_an_account_does_not_take_is_of_no_use_there() -> None:
    rules = file(rule(accounts=["*"], regions=["us-east-1"]))
    assert rights_in_words(rules, ANN, OPS, COMMANDS) == "ec2 stop in dev in Region us-east-1"


def test_many_names_are_counted() -> None:
    many = [f"i-{n}" for n in range(1, 7)]
    told = [rights_in_words(file(rule(resources=many[:count])), ANN, OPS, COMMANDS) for count in (4, 6)]
    assert told == ["ec2 stop in dev on i-1, i-2, i-3 or i-4", "ec2 stop in dev on i-1, i-2, i-3, i-4 or 2 more"]


def test_hours_and_production_are_limits_too() -> None:
    rules = file(rule(when=OFFICE, production=False))
    assert rights_in_words(rules, ANN, OPS, COMMANDS) == (
        "ec2 stop in dev outside production during mon-fri 09:00-17:00 (Europe/Berlin)"
    )
    assert rights_in_words(file(rule(), rule("hours", when=OFFICE)), ANN, OPS, COMMANDS) == "ec2 stop in dev"


def test_an_observed_rule_is_no_right() -> None:
    assert names(file(rule(mode="observe"))) == []
    assert names(file(rule(), deny(mode="observe"))) == ["ec2 stop"]


def asking(found: BotFile, actor: Actor = ANN) -> str:
    return rights_in_words(found, actor, OPS, COMMANDS, Outcome.REQUEST)


def test_what_may_be_asked_for_is_told_apart_from_what_may_be_run() -> None:
    ask = rule("ask", grant="request", who={"groups": ["SOPS"]}, accounts=["dev", "prod"])
    assert (names(file(ask)), asking(file(ask))) == ([], "ec2 stop in dev and prod")
    both = file(ask, rule(tags={"env": ["dev"]}))
    assert rights_in_words(both, ANN, OPS, COMMANDS) == "ec2 stop in dev where env=dev"
    assert asking(both) == "ec2 stop in dev and prod"
    assert asking(file(rule("ask", grant="request"), rule())) == ""
    assert asking(file(ask, deny(accounts=["*"]))) == ""
    assert asking(file(ask), replace(ANN, settled=frozenset())) == ""
    assert asking(file(rule())) == ""


# No


def called(id_: str) -> str:
    return {"SOPS": "oncall", "UANN": "Ann"}.get(id_, id_)


def no(found: BotFile, actor: Actor = ANN, place: Place = OPS, account: str = "prod") -> str:
    return refusal(found, actor, place, STOPPING, account, name=called)


def test_a_refusal_says_what_the_asker_may_and_who_can() -> None:
    oncall = rule("oncall", who={"groups": ["SOPS"]}, accounts=["prod"])
    dev = rule("dev", who={"users": ["UBOB"]}, accounts=["prod"], tags={"env": ["dev"]})
    prod = request(BOB, account="prod", account_id="222222222222", resource=Resource("i-9", tags={"env": "prod"}))
    said = refusal(file(oncall, dev), BOB, OPS, STOPPING, "prod", [prod], called)
    assert said == "Not allowed: ec2 stop in prod. You may stop where env=dev. oncall can."


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], ""),
        ([rule(who={"users": ["UBOB"]})], " You may stop in dev."),
        ([rule(who={"users": ["UBOB"]}, accounts=["prod"], channels=["CDEV"])], " You may stop from channel CDEV."),
        (
            [rule(who={"users": ["UBOB"]}, accounts=["prod"], regions=["eu-west-1"])],
            " You may stop in Region eu-west-1.",
        ),
        ([rule(accounts=["prod"])], " Ann can."),
        (
            [rule(accounts=["prod"]), rule("g", accounts=["prod"], who={"groups": ["SOPS", "SDEV"]})],
            " oncall, SDEV and Ann can.",
        ),
        ([rule(accounts=["prod"]), deny(accounts=["prod"])], ""),
        ([rule(accounts=["prod"]), deny(accounts=["prod"], who={"users": ["UBOB"]})], " Ann can."),
        ([rule(actions=["ec2:StartInstances"], accounts=["prod"])], ""),
        ([deny(accounts=["prod"], who={"users": ["UANN"]})], ""),
    ],
)
def test_a_refusal_before_anything_was_read(rules: list[Rule], said: str) -> None:
    assert no(file(*rules), BOB) == f"Not allowed: ec2 stop in prod.{said}"


def test_where_nobody_can_the_refusal_says_whom_to_ask() -> None:
    assert no(file(contact="UBOSS")) == "Not allowed: ec2 stop in prod. To get more rights, ask UBOSS."
    assert no(file(contact="UANN")) == "Not allowed: ec2 stop in prod. To get more rights, ask Ann."


def test_a_refusal_tells_asking_from_doing_and_names_only_who_can_run_it() -> None:
    ask = rule("ask", grant="request", who={"groups": ["SOPS"]}, accounts=["prod"], tags={"env": ["prod"]})
    assert no(file(ask), ANN) == (
        "Not allowed: ec2 stop in prod. You may ask to stop where env=prod; "
        "a second person has to approve that, which is not part of this release."
    )
    assert no(file(ask), BOB) == "Not allowed: ec2 stop in prod."


def test_who_can_is_who_can_at_that_time() -> None:
    rules = file(rule(actions=[STOP, "bot:Status"], when=OFFICE))
    for what, account in ((STOPPING, "dev"), (STATUS, "")):
        assert who_can(rules, OPS, what, account, at=MONDAY) == ("UANN",)
        assert who_can(rules, OPS, what, account, at=MONDAY - 1) == ()
        assert who_can(rules, OPS, what, account) == ("UANN",)
    assert refusal(rules, BOB, OPS, STOPPING, "dev", at=MONDAY) == "Not allowed: ec2 stop in dev. UANN can."
    assert refusal(rules, BOB, OPS, STOPPING, "dev", at=MONDAY - 1) == "Not allowed: ec2 stop in dev."


@pytest.mark.parametrize(("groups", "can"), [(["SOPS"], ("SOPS",)), (["SDEV"], ())])
def test_in_a_freeze_who_can_is_who_is_excepted_as_well(groups: list[str], can: tuple[str, ...]) -> None:
    keys = {"id": "quiet", "reason": "Books", "when": OFFICE, "except": {"who": {"users": ["UBOB"], "groups": groups}}}
    frozen = file(rule(who={"groups": ["SOPS"]})).model_copy(update={"freezes": (Freeze.model_validate(keys),)})
    assert who_can(frozen, OPS, STOPPING, "dev", [request(BOB, at=MONDAY)]) == can


def test_a_refusal_of_a_word_of_the_bot_names_no_account() -> None:
    rules = file(rule(actions=["bot:Status"]))
    assert refusal(rules, BOB, OPS, STATUS, "") == "Not allowed: status. UANN can."
    assert refusal(rules, BOB, OPS, HELLO, "") == "Not allowed: hello."


def test_a_denied_command_is_not_praised_as_allowed() -> None:
    assert no(file(rule(accounts=["prod"]))) == "Not allowed: ec2 stop in prod."
    refused = request(account="prod", account_id="222222222222", resource=Resource("i-9", tags={"env": "prod"}))
    rules = file(rule(accounts=["prod"]), deny(who={"everyone": True}, accounts=["prod"], tags={"env": ["prod"]}))
    assert refusal(rules, ANN, OPS, STOPPING, "prod", [refused]) == "Not allowed: ec2 stop in prod."


@pytest.mark.parametrize("shared", [True, None])
def test_where_another_company_may_read_a_refusal_names_nobody(shared: bool | None) -> None:
    said = no(file(rule(accounts=["prod"]), contact="UBOSS"), BOB, Place("COPS", shared=shared))
    assert said.startswith("Not allowed: ec2 stop in prod. ")
    assert said.endswith("nothing is allowed here.")
    assert "Ann" not in said


def test_a_refusal_says_nothing_of_the_resource() -> None:
    secret = replace(WEB, id="i-secret", name="payroll", tags={"env": "payroll"}, arn="")
    asked = [request(BOB, resource=secret)]
    said = refusal(file(rule(tags={"env": ["dev"]})), BOB, OPS, STOPPING, "dev", asked)
    assert said == "Not allowed: ec2 stop in dev."


def test_who_can_is_asked_of_exactly_what_was_refused() -> None:
    rules = file(rule("a", resources=["i-1"]), rule("b", who={"groups": ["SDEV"]}))
    assert who_can(rules, OPS, STOPPING, "dev") == ("SDEV", "UANN")
    assert who_can(rules, OPS, STOPPING, "dev", [request(), request(resource=Resource("i-2"))]) == ("SDEV",)
