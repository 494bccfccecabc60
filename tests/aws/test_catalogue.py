"""The catalogue: it knows every operation of the installed botocore, and what it does not hold no wildcard means."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.aws import catalogue, models
from bot.aws.catalogue import FIRST, Catalogue, shipped
from bot.command import Command, Effect
from bot.compose import all_commands
from tests.catalogue import entries, raw_models, text

SMALL = """\
# A catalogue of two releases.
releases: 2026-11 2027-03
[ec2]
r DescribeInstances
c DescribeVolumes 2027-03
d TerminateInstances
[sns]
c Publish
"""
DECLARED = [each for each in all_commands() if each.calls and not each.own]


def test_every_operation_of_the_installed_botocore_was_reviewed() -> None:
    missing = [
        f"{service}:{name}"
        for service, model in raw_models()
        for name in model["operations"]
        if not shipped().holds(f"{service}:{name}", shipped().releases[-1])
    ]
    assert not missing, f"{len(missing)} new operations: make catalogue RELEASE=…"


def test_the_file_is_small_and_is_what_would_be_written() -> None:
    written = catalogue.FILE.read_text("utf-8")
    assert text(entries(Catalogue(written)), shipped().releases) == written
    assert len(written) < 600_000


def test_the_first_release_is_the_one_that_a_file_without_a_pin_means() -> None:
    assert catalogue.releases()[0] == FIRST


def test_an_operation_that_nobody_reviewed_changes_something_and_is_held_by_no_release() -> None:
    for unknown in ("ec2:DescribeNothing", "nothing:GetNothing", "ec2", "", "ec2:", ":"):
        assert catalogue.effect(unknown) is Effect.CHANGES
        assert not any(catalogue.holds(unknown, each) for each in catalogue.releases())


@pytest.mark.parametrize(
    ("operation", "effect"),
    [
        ("ec2:DescribeInstances", Effect.READS),
        ("s3:ListObjectsV2", Effect.READS),
        ("apigateway:GetRestApis", Effect.READS),
        ("ec2:RunInstances", Effect.CHANGES),
        ("sts:GetFederationToken", Effect.CHANGES),  # named like a read, published as none
        ("logs:StartQuery", Effect.CHANGES),  # published as a read, named like none
        ("ec2:TerminateInstances", Effect.DESTROYS),
        ("sqs:DeleteMessageBatch", Effect.DESTROYS),
        ("cloudformation:UpdateStack", Effect.DESTROYS),
    ],
)
def test_effects(operation: str, effect: Effect) -> None:
    assert catalogue.effect(operation) is effect


@pytest.mark.parametrize("command", DECLARED, ids=lambda each: each.name)
def test_our_own_commands_agree_with_it(command: Command) -> None:
    reading = command.operations if command.effect is Effect.READS else command.reads
    assert {each: catalogue.effect(each) for each in reading} == dict.fromkeys(reading, Effect.READS)
    if command.effect is not Effect.READS:
        assert command.effect in {catalogue.effect(each) for each in command.calls}
        assert command.effect is Effect.DESTROYS or Effect.DESTROYS not in map(catalogue.effect, command.calls)


def test_a_release_holds_its_own_operations_and_those_before_it() -> None:
    known = Catalogue(SMALL)
    assert known.releases == ("2026-11", "2027-03")
    assert known.holds("ec2:DescribeInstances", "2026-11")
    assert known.holds("ec2:DescribeInstances", "2027-03")
    assert known.holds("ec2:DescribeVolumes", "2027-03")
    assert not known.holds("ec2:DescribeVolumes", "2026-11")
    assert known.effect("ec2:DescribeVolumes") is Effect.CHANGES
    assert known.effect("ec2:TerminateInstances") is Effect.DESTROYS


def test_a_release_comes_with_those_before_it() -> None:
    assert catalogue.until(FIRST) == (FIRST,)
    assert catalogue.until("1999-01") == ()
    assert Catalogue(SMALL).until("2027-03") == ("2026-11", "2027-03")


def test_a_release_that_there_is_not_holds_nothing() -> None:
    assert not Catalogue(SMALL).holds("ec2:DescribeInstances", "2031-01")
    assert not Catalogue("").holds("ec2:DescribeInstances", "2026-11")
    odd = SMALL.replace("DescribeVolumes 2027-03", "DescribeVolumes 2029-01")
    assert not Catalogue(odd).holds("ec2:DescribeVolumes", "2027-03")


def test_what_wildcards_match_beyond_a_release_is_listed_and_what_is_named_in_full_is_not() -> None:
    known = Catalogue(SMALL)
    found = known.later(("sns:P*", "ec2:Describe*", "ec2:DescribeTags", "ec2:DescribeVpcs"), "2026-11")
    assert "ec2:DescribeVolumes" in found
    assert "ec2:DescribeInstances" not in found
    assert "ec2:DescribeTags" not in found
    assert "sns:Publish" not in found
    assert set(found) < {*models.expand("ec2:Describe*"), *models.expand("sns:P*")}
    assert "ec2:DescribeVolumes" not in known.later(("ec2:Describe*",), "2027-03")
    assert catalogue.later(("ec2:*", "s3:*"), catalogue.releases()[-1]) == ()
    assert catalogue.later(("sns:Pub*", "sns:Publish"), "2025-01") == ("sns:PublishBatch",)


_NAMES = st.sampled_from(sorted({*models.expand("sns:*"), *models.expand("sqs:*"), "sns:News", "sqs:News"}))


@settings(deadline=None)
@given(st.sets(_NAMES), st.sets(_NAMES), _NAMES)
def test_adding_under_a_later_release_changes_nothing_under_the_old_pin(
    old: set[str], new: set[str], asked: str
) -> None:
    before = dict.fromkeys(old, catalogue.Entry(Effect.READS, "2026-11"))
    after = {**dict.fromkeys(new, catalogue.Entry(Effect.READS, "2027-03")), **before}
    one, two = Catalogue(text(before, ("2026-11",))), Catalogue(text(after, ("2026-11", "2027-03")))
    assert one.holds(asked, "2026-11") == two.holds(asked, "2026-11") == (asked in old)
    assert two.holds(asked, "2027-03") == (asked in old | new)
