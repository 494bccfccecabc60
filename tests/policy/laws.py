"""What holds of every decision: it is the naive reference's, and a handful of laws between one file and another."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random

from bot.config.botfile import Rule
from bot.policy.decide import Decision, Outcome, decide
from bot.policy.decision import AUDIENCES, NEEDS, worth
from tests.policy import naive
from tests.policy.cases import Case, any_rule
from tests.policy.naive_floor import held


def check(cases: Iterable[Case]) -> Counter[str]:
    """Compare each case and try each law on it; return how often each outcome of each layer came up."""
    came_up: Counter[str] = Counter()
    for each in cases:
        found, told = decide(each.file, each.request), naive.decide(each.file, each.request)
        where = f"case{each.seeds}: {each.request}\n{each.file}"
        assert not found.fault, f"{found.fault}\n{where}"
        assert _answer(found) == told, f"decided {_answer(found)}\nbut should {told}\n{where}"
        for law in LAWS:
            assert law(each, found), f"{law.__name__}\n{where}"
        came_up[f"{found.outcome}, {found.layer}"] += 1
    return came_up


def order_never_counts(each: Case, found: Decision) -> bool:
    rules, freezes, chance = [*each.file.rules], [*each.file.freezes], Random(each.seeds[1])
    chance.shuffle(rules)
    chance.shuffle(freezes)
    shuffled = each.file.model_copy(update={"rules": tuple(rules), "freezes": tuple(freezes)})
    after = decide(shuffled, each.request)
    return replace(after, reason="") == replace(found, reason="")


def another_grant_takes_nothing_away(each: Case, found: Decision) -> bool:
    """But for one thing: a tag that no rule went by is free to be written, and is on the floor once one does."""
    more = any_rule(Random(each.seeds[1]), "more", each.request, "allow").model_copy(update={"tags": None})
    after = _with((*each.file.rules, more), each)
    if not found.allowed or not after.allowed:
        return worth(after.outcome) >= worth(found.outcome)
    asks_no_more = NEEDS.index(after.needs) <= NEEDS.index(found.needs)
    return asks_no_more and AUDIENCES.index(after.audience) <= AUDIENCES.index(found.audience)


def a_deny_wins(each: Case, found: Decision) -> bool:
    who = {"everyone": True, "terminal": [each.request.actor.user], "reports": ["*"]}
    keys = {"id": "never", "effect": "deny", "actions": [each.request.operation], "accounts": ["*"], "who": who}
    after = _with((*each.file.rules, Rule.model_validate(keys)), each)
    return after.outcome is Outcome.NO and ("never" in after.rules or after == found)


def no_wildcard_reaches_the_floor(each: Case, _: Decision) -> bool:
    service, _, name = each.request.operation.partition(":")
    if service == "bot" or not held(each.file, each.request):
        return True
    for pattern in (f"{service}:*", f"{service}:{name[:-1]}?", f"{service}:{name}*"):
        wild = tuple(rule.model_copy(update={"actions": (pattern,)}) for rule in each.file.rules)
        if _with(wild, each).outcome is not Outcome.NO:
            return False
    return True


def observed_rules_change_nothing(each: Case, found: Decision) -> bool:
    observed = {rule.id for rule in each.file.rules if rule.mode == "observe"}
    # Their tags are gone by all the same: a rule that is tried out would be let into reach otherwise.
    without = tuple(
        rule.model_copy(update={"who": rule.who.model_copy(update=_NOBODY)}) if rule.id in observed else rule
        for rule in each.file.rules
    )
    return _with(without, each) == replace(found, observed=())


_NOBODY = {"users": (), "groups": (), "everyone": False, "terminal": (), "reports": ()}
LAWS = (
    order_never_counts,
    another_grant_takes_nothing_away,
    a_deny_wins,
    no_wildcard_reaches_the_floor,
    observed_rules_change_nothing,
)


def _with(rules: tuple[Rule, ...], each: Case) -> Decision:
    return decide(each.file.model_copy(update={"rules": rules}), each.request)


def _answer(found: Decision) -> naive.Answer:
    grant = (found.needs.value, found.audience.value) if found.allowed else ()
    return naive.Answer(found.outcome.value, found.layer, found.rules, *grant)
