from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actor import Actor, Place
from bot.command import Audience, Call, Effect, Plan, Resource
from bot.config.botfile import Needs, Rule
from bot.policy.decide import (
    Outcome,
    Request,
    decide,
    decide_all,
    decide_command,
    reach,
    reachable,
    requests,
)
from bot.policy.match import differs
from tests.rules import (
    ANN,
    BOB,
    MONDAY,
    OFFICE,
    OPS,
    ROOT,
    STOP,
    WEB,
    any_request,
    any_rule,
    any_rules,
    command,
    deny,
    of,
    request,
    rule,
)

EVERYONE = {"everyone": True}
LIST = command("ec2 list", "ec2:DescribeInstances", "ec2:DescribeRegions")
SEE = "ec2:DescribeInstances"


def allowed(rules: Any, asked: Request | None = None) -> bool:
    return decide(of(rules), asked or request()).allowed


# Laws


@settings(deadline=None)
@given(any_request)
def test_a1_empty_rules_deny_everything(asked: Request) -> None:
    decision = decide(of([]), asked)
    assert not decision.allowed
    assert not decision.fault
    assert not reachable(of([]), asked.actor, asked.place, asked.operation, asked.account, asked.region)


@settings(deadline=None, max_examples=300)
@given(any_rules, any_request, st.randoms(use_true_random=False))
def test_a11_the_order_of_rules_never_matters(rules: list[Rule], asked: Request, chance: Any) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)
    assert decide(of(rules), asked) == decide(of(shuffled), asked)


@settings(deadline=None, max_examples=300)
@given(any_rules, any_rule("allow"), any_request)
def test_another_allow_takes_no_right_away_and_demands_no_more(rules: list[Rule], more: Rule, asked: Request) -> None:
    before, after = decide(of(rules), asked), decide(of([*rules, more]), asked)
    assert after.allowed >= before.allowed
    if before.allowed:
        demands = (after.needs is Needs.CONFIRM, after.audience is Audience.ASKER)
        assert demands <= (before.needs is Needs.CONFIRM, before.audience is Audience.ASKER)


@settings(deadline=None, max_examples=300)
@given(any_rules, any_rule("deny"), any_request)
def test_another_deny_gives_no_right(rules: list[Rule], more: Rule, asked: Request) -> None:
    assert decide(of([*rules, more]), asked).allowed <= decide(of(rules), asked).allowed


@settings(deadline=None, max_examples=300)
@given(any_rules, any_request)
def test_rules_that_are_only_observed_change_no_decision(rules: list[Rule], asked: Request) -> None:
    enforced = [each for each in rules if each.mode == "enforce"]
    assert replace(decide(of(rules), asked), observed=()) == decide(of(enforced), asked)
    about = (asked.actor, asked.place, asked.operation, asked.account, asked.region)
    assert reach(of(rules), *about, at=asked.at) is reach(of(enforced), *about, at=asked.at)


@settings(deadline=None, max_examples=300)
@given(any_rules, any_rule("allow"), any_request)
def test_what_a_rule_would_do_is_what_it_does_once_it_is_enforced(
    rules: list[Rule], more: Rule, asked: Request
) -> None:
    watched, enforced = (more.model_copy(update={"id": "more", "mode": mode}) for mode in ("observe", "enforce"))
    for name, would in decide(of([*rules, watched]), asked).observed:
        assert name != "more" or would is decide(of([*rules, enforced]), asked).outcome


@settings(deadline=None, max_examples=300)
@given(any_rules, any_request)
def test_not_knowing_the_time_never_gives_a_right(rules: list[Rule], asked: Request) -> None:
    assert allowed(rules, replace(asked, at=None)) <= min(
        allowed(rules, replace(asked, at=at)) for at in (MONDAY, MONDAY - 1)
    )


@settings(deadline=None, max_examples=300)
@given(any_rules, any_request)
def test_what_is_allowed_was_reachable_before_anything_was_read(rules: list[Rule], asked: Request) -> None:
    if allowed(rules, asked):
        about = (asked.actor, asked.place, asked.operation, asked.account, asked.region)
        assert reachable(of(rules), *about, at=asked.at)
        assert reachable(of(rules), *about)


@settings(deadline=None, max_examples=300)
@given(any_rules, any_request)
def test_knowing_less_of_a_resource_never_gives_a_right(rules: list[Rule], asked: Request) -> None:
    if asked.resource:
        blind = replace(asked, resource=replace(asked.resource, tags=None))
        assert allowed(rules, blind) <= allowed(rules, asked)
    assert allowed(rules, replace(asked, resource=None, operation="ec2:StopInstances")) <= any(
        each.effect == "allow" and not (each.resources or each.tags) for each in rules
    )


@settings(deadline=None, max_examples=200)
@given(any_rules, st.lists(any_request, min_size=1, max_size=4))
def test_several_are_allowed_when_each_is(rules: list[Rule], asked: list[Request]) -> None:
    assert decide_all(of(rules), asked).allowed == all(allowed(rules, each) for each in asked)


# Keys


@pytest.mark.parametrize(
    ("keys", "change"),
    [
        ({}, {"operation": "ec2:StartInstances"}),
        ({}, {"operation": "ec2:stopinstances"}),
        ({}, {"actor": BOB}),
        ({}, {"account": "prod"}),
        ({"channels": ["COPS"]}, {"place": Place("CDEV")}),
        ({"channels": ["COPS"]}, {"place": Place()}),
        ({"regions": ["eu-*"]}, {"region": "us-east-1", "resource": Resource("i-1")}),
        ({"resources": ["i-1"]}, {"resource": Resource("i-2")}),
        ({"resources": ["i-?"]}, {"resource": Resource("I-1")}),
        ({"resources": ["i-1"]}, {"resource": None}),
        ({"tags": {"env": ["dev"]}}, {"resource": Resource("i-1", tags={"env": "prod"})}),
        ({"tags": {"env": ["dev"]}}, {"resource": Resource("i-1", tags={"Env": "dev"})}),
        ({"tags": {"env": ["dev"]}}, {"resource": Resource("i-1", tags={})}),
        ({"tags": {"env": ["dev"]}}, {"resource": Resource("i-1", tags=None)}),
        ({"tags": {"env": ["dev"]}}, {"resource": None}),
        ({"params": {"Force": [False]}}, {"params": {"Force": True}}),
    ],
)
def test_every_key_of_a_rule_has_to_agree(keys: dict[str, Any], change: dict[str, Any]) -> None:
    assert allowed([rule(**keys)])
    assert not allowed([rule(**keys)], request(**change))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("actions", ["ec2:StartInstances"]),
        ("who", {"users": ["UBOB"]}),
        ("channels", ["CDEV"]),
        ("accounts", ["prod"]),
        ("regions", ["us-*"]),
        ("when", OFFICE),
        ("production", True),
        ("resources", ["i-2"]),
        ("tags", {"env": ["prod"]}),
        ("params", {"Force": [True]}),
    ],
)
def test_the_key_that_keeps_a_rule_from_applying_is_named(key: str, value: Any) -> None:
    assert differs(rule(**{key: value}), request(at=MONDAY - 1, production=False)) == key
    assert differs(rule(), request()) == ""


def test_values_of_a_list_are_ored_and_keys_are_anded() -> None:
    tagged = rule(tags={"env": ["qa", "dev"], "team": ["web"]})
    assert not allowed([tagged])
    assert allowed([tagged], request(resource=replace(WEB, tags={"env": "dev", "team": "web"})))
    assert not allowed([tagged], request(resource=replace(WEB, tags={"env": "prod", "team": "web"})))


def test_resources_match_by_id_or_by_arn() -> None:
    assert allowed([rule(resources=["arn:aws:ec2:*:111111111111:instance/*"])])
    assert not allowed([rule(resources=["arn:aws:ec2:*:111111111111:volume/*"])])
    assert not allowed([rule(resources=["arn:aws:ec2:*"])], request(resource=Resource("i-1")))


def test_a_resource_that_is_nothing_matches_nothing() -> None:
    assert not allowed([rule(resources=["*"])], request(resource=Resource("")))


def test_a_deny_by_arn_meets_what_has_no_arn_that_is_known_and_a_deny_by_id_does_not() -> None:
    nameless = request(resource=Resource("i-1"))
    assert not allowed([rule(), deny(resources=["arn:aws:ec2:*:instance/i-2"])], nameless)
    assert not allowed([rule(), deny(resources=["i-3", "arn:aws:ec2:*:instance/i-2"])], nameless)
    assert allowed([rule(), deny(resources=["i-2"])], nameless)
    assert allowed([rule(), deny(resources=["arn:aws:ec2:*:instance/i-2"])], request())


def test_only_stars_and_question_marks_are_wildcards() -> None:
    assert not allowed([rule(resources=["i-[0-9]"])])
    assert not allowed([rule(resources=["i.1"])])
    assert allowed([rule(resources=["i-[0-9]"])], request(resource=Resource("i-[0-9]")))


def test_c8_who_with_empty_lists_is_nobody() -> None:
    nobody = rule(who={"users": [], "groups": []})
    assert not any(allowed([nobody], request(actor)) for actor in (ANN, BOB, ROOT))


def test_groups_count_by_their_id() -> None:
    assert allowed([rule(who={"groups": ["SOPS"]})])
    assert not allowed([rule(who={"groups": ["SOPS"]})], request(BOB))


def test_everyone_means_members_of_our_workspace_and_nobody_in_a_terminal() -> None:
    assert allowed([rule(who=EVERYONE)], request(BOB))
    assert not allowed([rule(who=EVERYONE)], request(ROOT, Place()))


def test_a_terminal_user_and_a_slack_user_of_one_name_are_two() -> None:
    host = rule(who={"terminal": ["root"]})
    assert allowed([host], request(ROOT, Place()))
    assert not allowed([host], request(Actor("slack", "root")))
    assert not allowed([rule(who={"users": ["UANN"]})], request(Actor("terminal", "UANN"), Place()))
    assert not allowed(
        [rule(who={"groups": ["SOPS"]})], request(Actor("terminal", "x", groups=frozenset({"SOPS"})), Place())
    )


def test_a_rule_about_channels_is_never_about_a_terminal() -> None:
    kept = rule(who={"terminal": ["root"]}, channels=["COPS"])
    assert not allowed([kept], request(ROOT, OPS))
    assert not allowed([kept], request(ROOT, Place()))


@pytest.mark.parametrize("actor", [Actor("slack", ""), Actor("robot", "UANN")])  # type: ignore[arg-type]
def test_whoever_is_nobody_may_nothing(actor: Actor) -> None:
    assert not allowed([rule(who={"everyone": True, "users": ["UANN"], "terminal": ["x"]})], request(actor))


def test_an_account_is_any_only_where_the_rule_says_so() -> None:
    assert allowed([rule(accounts=["*"])], request(account="prod"))
    assert not allowed([rule(accounts=["dev"])], request(account="*"))


# Parameters


@pytest.mark.parametrize(
    ("values", "given_", "yes"),
    [
        ([False], {}, True),
        ([True], {}, False),
        ([False, "x"], {}, True),
        ([False], {"Force": None}, True),
        ([False], {"Force": False}, True),
        ([False], {"Force": True}, False),
        ([False], {"Force": 0}, False),
        ([False], {"Force": "false"}, False),
        ([True], {"Force": 1}, False),
        (["false"], {"Force": False}, False),
        ([1], {"Force": True}, False),
        ([1], {"Force": 1.0}, True),
        ([1], {"Force": "1"}, False),
        ([1], {}, False),
        (["a"], {}, False),
        (["a"], {"Force": "A"}, False),
        (["a", "b"], {"Force": "b"}, True),
        (["a", "b"], {"Force": ["a", "b"]}, True),
        (["a"], {"Force": ["a", "b"]}, False),
        (["a"], {"Force": []}, False),
        (["a"], {"Force": {"a": "a"}}, False),
        (["a"], {"Force": [["a"], ["b"]]}, False),
    ],
)
def test_an_allow_takes_parameters_only_as_they_are_listed(
    values: list[Any], given_: dict[str, Any], yes: bool
) -> None:
    assert allowed([rule(params={"Force": values})], request(params=given_)) is yes


def test_every_parameter_of_a_rule_has_to_agree() -> None:
    both = {"Force": [True], "Hibernate": [True]}
    assert allowed([rule(params=both)], request(params={"Force": True, "Hibernate": True}))
    assert not allowed([rule(params=both)], request(params={"Force": True}))
    assert not allowed([rule(params=both)], request(params={"Hibernate": True}))
    assert allowed([rule(), deny(params=both)], request(params={"Force": True}))


@pytest.mark.parametrize(
    ("values", "given_", "denies"),
    [
        ([True], {}, False),
        ([False], {}, True),
        ([True], {"Force": True}, True),
        ([True], {"Force": False}, False),
        (["a"], {}, True),
        (["a"], {"Force": []}, True),
        (["a"], {"Force": "b"}, False),
        (["a"], {"Force": ["b", "a"]}, True),
        (["a"], {"Force": ["b", "c"]}, False),
        (["a"], {"Force": {"b": "c"}}, True),
        ([1], {"Force": 2}, False),
    ],
)
def test_a_deny_meets_any_listed_value_and_whatever_cannot_be_known(
    values: list[Any], given_: dict[str, Any], denies: bool
) -> None:
    rules = [rule(), deny(params={"Force": values})]
    assert allowed(rules, request(params=given_)) is not denies


# Allow and deny together


ONCALL = rule("oncall")
STARTS = rule("starts", actions=["ec2:StartInstances"])
FROZEN = deny("frozen", who=EVERYONE)
NO_PROD = deny("no-prod", who=EVERYONE, tags={"env": ["prod"]})
PROD = request(resource=replace(WEB, tags={"env": "prod"}))
UNREAD = request(resource=replace(WEB, tags=None))


@pytest.mark.parametrize(
    ("rules", "asked", "decided"),
    [
        ([ONCALL], request(), (True, ("oncall",))),
        ([STARTS], request(), (False, ())),
        ([ONCALL, STARTS], request(), (True, ("oncall",))),
        ([ONCALL, rule("again")], request(), (True, ("again", "oncall"))),
        ([ONCALL, FROZEN], request(), (False, ("frozen",))),
        ([FROZEN, ONCALL], request(), (False, ("frozen",))),
        ([FROZEN], request(), (False, ("frozen",))),
        ([ONCALL, NO_PROD], request(), (True, ("oncall",))),
        ([ONCALL, NO_PROD], PROD, (False, ("no-prod",))),
        ([ONCALL, NO_PROD], UNREAD, (False, ("no-prod",))),
        ([ONCALL, NO_PROD], request(resource=None), (False, ("no-prod",))),
        ([ONCALL, NO_PROD, FROZEN], PROD, (False, ("frozen", "no-prod"))),
        ([ONCALL, deny(resources=["i-2"])], request(), (True, ("oncall",))),
        ([ONCALL, deny(resources=["i-1"])], request(), (False, ("no",))),
        ([ONCALL, deny(resources=["i-9"])], request(resource=None), (False, ("no",))),
        ([ONCALL, deny(resources=["arn:*/i-9"])], request(), (True, ("oncall",))),
        ([ONCALL, deny(resources=["arn:*/i-9"])], request(resource=Resource("i-1")), (False, ("no",))),
        ([ONCALL, deny(channels=["COPS"])], request(), (False, ("no",))),
        ([ONCALL, deny(channels=["COPS"])], request(place=Place("CDEV")), (True, ("oncall",))),
        ([ONCALL, deny(accounts=["prod"])], request(), (True, ("oncall",))),
        ([ONCALL, deny(regions=["eu-*"])], request(), (False, ("no",))),
        ([ONCALL, deny(actions=["ec2:*"])], request(), (False, ("no",))),
        ([ONCALL, deny(who={"users": ["UBOB"]})], request(), (True, ("oncall",))),
    ],
)
def test_a11_several_rules_add_up_and_deny_wins(
    rules: list[Rule], asked: Request, decided: tuple[bool, tuple[str, ...]]
) -> None:
    decision = decide(of(rules), asked)
    assert (decision.allowed, decision.rules) == decided


def test_the_rules_that_decided_are_named_with_what_they_decided() -> None:
    what = "ec2:StopInstances in dev"
    assert decide(of([ONCALL]), request()).reason == f"Allowed by rule oncall: {what}."
    assert decide(of([ONCALL, rule("again")]), request()).reason == f"Allowed by rules again, oncall: {what}."
    assert decide(of([ONCALL, NO_PROD, FROZEN]), PROD).reason == f"Denied by rules frozen, no-prod: {what}."


def test_a_report_only_reads_whatever_the_rules_let_it() -> None:
    wide, report = of([rule(actions=[STOP, SEE], who={"reports": ["fleet"]})]), Actor("report", "fleet")
    assert decide(wide, request(report, operation=SEE, effect=Effect.READS)).allowed
    decision = decide(wide, request(report))
    assert (decision.layer, decision.reason) == ("identity", "A report only reads.")


@pytest.mark.parametrize(
    ("needs", "effect", "decided"),
    [
        ([None], Effect.READS, Needs.NOTHING),
        ([None], Effect.CHANGES, Needs.CONFIRM),
        ([None], Effect.DESTROYS, Needs.CONFIRM),
        (["nothing"], Effect.DESTROYS, Needs.NOTHING),
        (["confirm"], Effect.READS, Needs.CONFIRM),
        (["confirm", "nothing"], Effect.CHANGES, Needs.NOTHING),
        (["confirm", None], Effect.READS, Needs.NOTHING),
    ],
)
def test_of_several_grants_the_least_demanding_applies(needs: list[str | None], effect: Effect, decided: Needs) -> None:
    rules = [rule(f"r{at}", needs=each) for at, each in enumerate(needs)]
    assert decide(of(rules), request(effect=effect)).needs is decided


def test_the_widest_audience_of_several_grants_applies() -> None:
    asker, channel = rule("a", audience="asker"), rule("b", audience="channel")
    assert decide(of([asker]), request()).audience is Audience.ASKER
    assert decide(of([asker, channel]), request()).audience is Audience.CHANNEL
    assert decide(of([asker, rule("c")]), request()).audience is Audience.CHANNEL


def test_over_several_requests_the_most_demanding_applies() -> None:
    rules = [rule(resources=["i-1"], needs="nothing"), rule("two", resources=["i-2"], audience="asker")]
    one, two = request(resource=Resource("i-1")), request(resource=Resource("i-2"))
    decision = decide_all(of(rules), [one, two])
    assert (decision.needs, decision.audience, decision.rules) == (Needs.CONFIRM, Audience.ASKER, ("one", "two"))
    assert decide_all(of(rules), [one]).needs is Needs.NOTHING


def test_one_refused_refuses_the_whole_and_is_named() -> None:
    decision = decide_all(of([rule(resources=["i-1"])]), [request(), request(resource=Resource("i-2"))])
    assert not decision.allowed
    assert decision.refused == ("i-2",)
    assert decision.reason == "No rule allows ec2:StopInstances in dev."
    assert decide(of([rule(), deny()]), request()).refused == ("i-1",)


# Closed doors


@pytest.mark.parametrize("rules", [None, 1, [None], [object()], [rule(), None]])
def test_a2_an_error_while_deciding_is_a_refusal(rules: Any) -> None:
    decision = decide(of(rules), request())
    assert not decision.allowed
    assert decision.fault
    assert not decide_all(of(rules), [request()]).allowed
    assert not reachable(of(rules), ANN, OPS, STOP, "dev", "eu-west-1")
    assert not decide_command(of(rules), ANN, OPS, LIST, "dev", "eu-west-1").allowed


def test_a2_a_store_that_breaks_while_it_is_read_is_a_refusal() -> None:
    def broken() -> Any:
        yield rule()
        raise OSError("the disk is gone")

    for decision in (decide(of(broken()), request()), decide_all(of([rule()]), broken())):
        assert not decision.allowed
        assert decision.reason == "Something broke while deciding, so the answer is no."
        assert decision.fault == "OSError: the disk is gone"
    assert not decide_all(of(broken()), [request()]).allowed


def test_a2_what_broke_is_for_the_log_and_not_for_the_person() -> None:
    decision = decide(of([rule(params={"Force": [False]})]), replace(request(), params=None))  # type: ignore[arg-type]
    assert "NoneType" in decision.fault
    assert "NoneType" not in decision.reason


@pytest.mark.parametrize(
    ("shared", "why"),
    [
        (True, "Another company reads along here, so nothing is allowed here."),
        (None, "Slack does not say whether another company reads along here, so nothing is allowed here."),
    ],
)
def test_where_another_company_may_read_nothing_is_allowed(shared: bool | None, why: str) -> None:
    place = Place("COPS", shared=shared)
    assert not allowed([rule()], request(place=place))
    assert not reachable(of([rule()]), ANN, place, STOP, "dev", "eu-west-1")
    refused = decide(of([rule()]), request(place=place))
    assert (refused.layer, refused.refused, refused.reason) == ("place", ("i-1",), why)


@pytest.mark.parametrize(
    "resource",
    [
        replace(WEB, arn="arn:aws:ec2:eu-west-1:222222222222:instance/i-1"),
        replace(WEB, arn="arn:aws:ec2:us-east-1:111111111111:instance/i-1"),
        replace(WEB, id="arn:aws:ec2:eu-west-1:222222222222:instance/i-1", arn=""),
    ],
)
def test_a_resource_of_another_account_or_region_is_refused(resource: Resource) -> None:
    assert allowed([rule(accounts=["*"])])
    decision = decide(of([rule(accounts=["*"])]), request(resource=resource))
    assert not decision.allowed
    assert decision.refused == (resource.id,)
    assert "222222222222" not in decision.reason


def test_an_arn_that_is_none_is_refused() -> None:
    assert not allowed([rule()], request(resource=replace(WEB, arn="arn:aws:ec2")))


def test_an_arn_without_account_and_region_is_of_this_one() -> None:
    assert allowed([rule()], request(resource=Resource("b", arn="arn:aws:s3:::b")))


def test_an_arn_is_foreign_as_long_as_our_own_account_is_unknown() -> None:
    assert not allowed([rule()], request(account_id=""))


@pytest.mark.parametrize("missing", [{"account": ""}, {"region": ""}])
def test_a10_no_account_or_no_region_never_means_all_of_them(missing: dict[str, str]) -> None:
    rules = [rule(accounts=["*"], regions=["*"])]
    decision = decide(of(rules), request(**missing))
    assert (decision.allowed, decision.reason) == (False, "An account and a Region have to be named.")
    about = {"account": "dev", "region": "eu-west-1", **missing}
    assert not reachable(of(rules), ANN, OPS, STOP, **about)


def test_a10_an_empty_list_of_requests_is_no_permission() -> None:
    decision = decide_all(of([rule(accounts=["*"])]), [])
    assert (decision.allowed, decision.reason) == (False, "There is nothing to decide.")


def test_a5_names_decide_nothing() -> None:
    impostor = replace(BOB, name="ann")
    assert not allowed([rule(), rule("g", who={"groups": ["SOPS"]})], request(impostor))
    assert allowed([rule()], request(replace(ANN, name="nobody")))
    assert not allowed([rule(channels=["COPS"])], request(place=Place("ops")))


@pytest.mark.parametrize(
    "place", [Place("COPS", thread="1.2"), Place("COPS", direct=True), Place("COPS", member=False)]
)
def test_a13_thread_and_direct_message_decide_as_the_channel_does(place: Place) -> None:
    for rules in ([rule(channels=["COPS"])], [rule()], [rule(channels=["CDEV"])], []):
        assert decide(of(rules), request(place=place)) == decide(of(rules), request(place=OPS))


def test_a16_an_operation_that_two_rules_must_grant_is_refused_in_a_sentence() -> None:
    plan = Plan("x", (Call(STOP, {}, ("i-1",)), Call("ec2:StartInstances", {}, ("i-1",))), (WEB,))
    decision = decide_all(of([rule()]), asked_by(plan))
    assert decision.reason == "No rule allows ec2:StartInstances in dev."
    assert decide_all(of([rule(), STARTS]), asked_by(plan)).allowed


# Plans and commands


def asked_by(plan: Plan) -> tuple[Request, ...]:
    about = {"account": "dev", "account_id": "111111111111", "region": "eu-west-1", "effect": Effect.CHANGES}
    return requests(plan, actor=ANN, place=OPS, **about)  # type: ignore[arg-type]


def test_a_plan_is_decided_call_by_call_and_id_by_id() -> None:
    plan = Plan("x", (Call(STOP, {"Force": True}, ("i-1", "i-2")), Call("ec2:RunInstances", {}, makes=3)), (WEB,))
    first, second, third = asked_by(plan)
    assert (first.operation, first.resource, first.params) == (STOP, WEB, {"Force": True})
    assert (second.resource, third.resource) == (Resource("i-2"), None)
    assert (third.operation, third.count, first.count) == ("ec2:RunInstances", 3, 1)


def test_an_id_the_plan_did_not_look_at_counts_as_unread() -> None:
    plan = Plan("x", (Call(STOP, {}, ("i-1", "i-2")),), (WEB,))
    assert decide_all(of([rule(tags={"env": ["dev"]})]), asked_by(plan)).refused == ("i-2",)


def test_a_command_that_reads_needs_its_first_call_only() -> None:
    rules = [rule(actions=[SEE])]
    decision = decide_command(of(rules), ANN, OPS, LIST, "dev", "eu-west-1")
    assert (decision.allowed, decision.needs, decision.audience) == (True, Needs.NOTHING, Audience.CHANNEL)
    assert not decide_command(of([rule(actions=["ec2:DescribeRegions"])]), ANN, OPS, LIST, "dev", "eu-west-1").allowed


def test_a12_a_change_is_never_decided_by_its_name() -> None:
    stop = command("ec2 stop", STOP, effect=Effect.CHANGES)
    assert not decide_command(of([rule()]), ANN, OPS, stop, "dev", "eu-west-1").allowed
    assert not decide_command(of([rule()]), ANN, OPS, command("hello"), "dev", "eu-west-1").allowed


def test_a_word_of_the_bot_happens_in_no_account() -> None:
    status = command("status", "bot:Status")
    rules = [rule(actions=["bot:Status"], accounts=["dev"], regions=["eu-west-1"])]
    assert decide_command(of(rules), ANN, OPS, status, "", "").allowed
    assert decide_command(of(rules), ANN, OPS, status, "", "").reason == "Allowed by rule one: bot:Status."
    assert not decide_command(of(rules), BOB, OPS, status, "", "").allowed


# Before anything is read


def test_reachable_asks_for_nothing_that_only_aws_knows() -> None:
    narrow = rule(resources=["i-9"], tags={"env": ["qa"]}, params={"Force": [True]})
    assert reachable(of([narrow]), ANN, OPS, STOP, "dev", "eu-west-1")
    assert not reachable(of([narrow]), BOB, OPS, STOP, "dev", "eu-west-1")
    assert not reachable(of([narrow]), ANN, OPS, "ec2:StartInstances", "dev", "eu-west-1")
    assert not reachable(of([narrow]), ANN, OPS, STOP, "prod", "eu-west-1")


def test_only_a_deny_without_conditions_puts_a_command_out_of_reach() -> None:
    assert not reachable(of([rule(), FROZEN]), ANN, OPS, STOP, "dev", "eu-west-1")
    assert reachable(of([rule(), NO_PROD]), ANN, OPS, STOP, "dev", "eu-west-1")
    assert reachable(of([rule(), deny(channels=["CDEV"])]), ANN, OPS, STOP, "dev", "eu-west-1")
    for keys in ({"params": {"Force": [True]}}, {"resources": ["i-1"]}):
        assert reachable(of([rule(), deny(who=EVERYONE, **keys)]), ANN, OPS, STOP, "dev", "eu-west-1")


# Hours


@pytest.mark.parametrize(
    ("at", "inside"),
    [(MONDAY, True), (MONDAY - 1, False), (MONDAY + 8 * 3600 - 1, True), (MONDAY + 8 * 3600, False), (None, None)],
)
def test_an_allow_and_a_deny_apply_inside_their_hours_alone(at: float | None, inside: bool | None) -> None:
    """Where the time is not known, an allow does not apply and a deny does."""
    assert allowed([rule(when=OFFICE)], request(at=at)) is (inside is True)
    assert allowed([rule(), deny(when=OFFICE)], request(at=at)) is (inside is False)


def test_what_is_out_of_its_hours_is_out_of_reach_now_and_in_reach_at_some_time() -> None:
    about = (ANN, OPS, STOP, "dev", "eu-west-1")
    assert reachable(of([rule(when=OFFICE)]), *about, at=MONDAY)
    assert not reachable(of([rule(when=OFFICE)]), *about, at=MONDAY - 1)
    assert reachable(of([rule(when=OFFICE)]), *about)
    assert not reachable(of([rule(), deny(when=OFFICE)]), *about, at=MONDAY)
    assert reachable(of([rule(), deny(when=OFFICE)]), *about)


def test_what_cannot_be_is_said_to_be_out_of_reach_in_so_many_words() -> None:
    about = (OPS, STOP, "dev", "eu-west-1")
    assert reach(of([]), ANN, *about) is Outcome.NO
    assert reach(of([rule(), FROZEN]), ANN, *about) is Outcome.NO
    assert reach(of([NO_PROD]), ANN, *about) is Outcome.NO
    assert reach(of([rule()]), Actor("slack", ""), *about) is Outcome.NO
    assert reach(of([rule(actions=["kms:Decrypt"])]), ANN, OPS, "kms:Decrypt", *about[2:]) is Outcome.NO
    assert reach(of([None]), ANN, *about) is Outcome.NO


def test_a_command_that_reads_is_decided_at_its_time() -> None:
    looks = of([rule(actions=[SEE], when=OFFICE)])
    assert decide_command(looks, ANN, OPS, LIST, "dev", "eu-west-1", at=MONDAY).allowed
    assert not decide_command(looks, ANN, OPS, LIST, "dev", "eu-west-1", at=MONDAY - 1).allowed
    assert not decide_command(looks, ANN, OPS, LIST, "dev", "eu-west-1").allowed


# Requests


ASK = {"who": {"groups": ["SOPS"]}, "grant": "request"}


def test_a_right_to_ask_is_no_right_to_run() -> None:
    decision = decide(of([rule(**ASK)]), request())
    assert (decision.outcome, decision.allowed, decision.layer) == (Outcome.REQUEST, False, "approval")
    assert decision.rules == ("one",)
    assert "second person" in decision.reason
    assert "not part of this release" in decision.reason
    assert not reachable(of([rule(**ASK)]), ANN, OPS, STOP, "dev", "eu-west-1")
    assert reach(of([rule(**ASK)]), ANN, OPS, STOP, "dev", "eu-west-1") is Outcome.REQUEST


def test_who_may_run_need_not_ask_and_a_deny_denies_asking_too() -> None:
    assert decide(of([rule(**ASK), rule("run")]), request()).rules == ("run",)
    assert decide(of([rule(**ASK), deny()]), request()).outcome is Outcome.NO
    assert reach(of([rule(**ASK), deny()]), ANN, OPS, STOP, "dev", "eu-west-1") is Outcome.NO


def test_a_group_counts_for_asking_only_once_it_has_settled() -> None:
    fresh = replace(ANN, settled=frozenset())
    assert decide(of([rule(**ASK)]), request(fresh)).outcome is Outcome.NO
    assert decide(of([rule(**{**ASK, "grant": "run"})]), request(fresh)).allowed
    late = replace(ANN, groups=frozenset())
    assert decide(of([rule(**ASK)]), request(late)).outcome is Outcome.REQUEST


def test_of_several_the_worst_outcome_is_that_of_the_whole() -> None:
    rules = [rule(resources=["i-1"]), rule("ask", grant="request", resources=["i-2"])]
    one, two, three = (request(resource=Resource(f"i-{n}")) for n in (1, 2, 3))
    assert decide_all(of(rules), [one, two]).outcome is Outcome.REQUEST
    assert decide_all(of(rules), [one, two]).refused == ("i-2",)
    assert decide_all(of(rules), [one, two, three]).outcome is Outcome.NO
    assert decide_all(of(rules), [one, two, three]).layer == "allowlist"
    assert decide_all(of(rules), [one, two]).layer == "approval"


def test_of_several_every_reason_is_said_once() -> None:
    asked = [request(), request(operation="ec2:StartInstances"), request(resource=Resource("i-2"))]
    assert decide_all(of([]), asked).reason == (
        "No rule allows ec2:StopInstances in dev. No rule allows ec2:StartInstances in dev."
    )


def test_of_several_it_is_said_what_broke_and_nothing_of_those_that_did_not() -> None:
    file = of([rule(params={"Force": [False]})])
    broken = replace(request(), params=None)  # type: ignore[arg-type]
    odd = replace(request(), resource=replace(WEB, arn="arn:aws:ec2"))
    one, other = decide(file, broken).fault, decide(file, odd).fault
    assert one
    assert other
    assert decide_all(file, [request(BOB), broken, odd, broken]).fault == f"{one}; {other}"


# Observed rules


def test_an_observed_rule_is_named_with_what_it_would_have_made_of_it() -> None:
    watched = [deny("no-web", mode="observe", resources=["i-1"]), rule("bob-too", mode="observe", who=EVERYONE)]
    assert decide(of([rule(), *watched]), request()).allowed
    assert decide(of([rule(), *watched]), request()).observed == (("bob-too", Outcome.RUN), ("no-web", Outcome.NO))
    assert decide(of(watched), request(BOB)).observed == (("bob-too", Outcome.RUN),)
    assert not decide(of(watched), request(BOB)).allowed
    both = decide_all(of([rule(), *watched]), [request(), request(resource=Resource("i-2"))])
    assert both.observed == (("bob-too", Outcome.RUN), ("no-web", Outcome.NO))


def test_an_observed_rule_that_breaks_breaks_nothing() -> None:
    broken = rule("broken", mode="observe", params={"Force": [True]}).model_copy(update={"params": {"Force": None}})
    decision = decide(of([rule(), broken]), request(params={"Force": False}))
    assert (decision.allowed, decision.fault, decision.observed) == (True, "", ())


def test_a_group_that_could_not_be_read_denies_and_gives_nothing() -> None:
    """Nobody can say just now who is in it: what cannot be known counts against the asker."""
    unsure = replace(BOB, unread=frozenset({"SCONTR"}))
    everyone = rule(who=EVERYONE)
    assert not decide(of([everyone, deny(who={"groups": ["SCONTR"]})]), request(actor=unsure)).allowed
    assert decide(of([everyone, deny(who={"groups": ["SOTHER"]})]), request(actor=unsure)).allowed
    assert not decide(of([rule(who={"groups": ["SCONTR"]})]), request(actor=unsure)).allowed
    assert not decide(of([rule(who={"groups": ["SCONTR"]}, grant="request")]), request(actor=unsure)).rules
