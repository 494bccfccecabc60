"""The catalogue's generator: what is not agreed upon is no read, and nothing grows weaker without a person's line."""

from __future__ import annotations

import pytest

from bot.aws.catalogue import Catalogue, Entry
from bot.command import Effect
from tests.catalogue import CORRECTIONS, Corrections, Derived, Operation, corrections, derive, entries, merged, text

LEVELS = {
    "ec2": {
        "describeinstances": "List",
        "getnews": "Write",
        "runinstances": "Write",
        "exportnews": "Read",
        "describetagging": "Tagging, Write",
        "cancelnews": "Read",
    },
    "cloudwatch": {"describealarms": "Read"},
    "apigateway": {"get": "Read", "post": "Write"},
}
NOBODY = Corrections({}, {})


@pytest.mark.parametrize(
    ("operation", "effect", "how"),
    [
        (Operation("ec2:DescribeInstances", "ec2", "POST"), Effect.READS, "agreed"),
        (Operation("ec2:DescribeInstances", "ec2", "POST", readonly=True), Effect.READS, "agreed"),
        (Operation("ec2:DescribeInstances", "ec2", "POST", readonly=False), Effect.CHANGES, "disagreed"),
        (Operation("ec2:GetNews", "ec2", "POST", readonly=True), Effect.CHANGES, "disagreed"),
        (Operation("ec2:ExportNews", "ec2", "POST"), Effect.CHANGES, "disagreed"),
        (Operation("ec2:DescribeTagging", "ec2", "POST"), Effect.CHANGES, "disagreed"),
        (Operation("ec2:RunInstances", "ec2", "POST"), Effect.CHANGES, "agreed"),
        (Operation("ec2:RunInstances", "ec2", "POST", readonly=True), Effect.CHANGES, "disagreed"),
        (Operation("ec2:DescribeUnknown", "ec2", "POST"), Effect.CHANGES, "unmapped"),
        (Operation("new:GetNews", "new", "POST"), Effect.CHANGES, "unmapped"),
        (Operation("ec2:CancelNews", "ec2", "POST"), Effect.DESTROYS, "agreed"),
        (Operation("new:BatchDeleteNews", "new", "POST"), Effect.DESTROYS, "agreed"),
        (Operation("cloudwatch:DescribeAlarms", "monitoring", "POST"), Effect.READS, "agreed"),
        (Operation("apigateway:GetRestApis", "apigateway", "GET"), Effect.READS, "agreed"),
        (Operation("apigateway:GetRestApis", "apigateway", "POST"), Effect.CHANGES, "disagreed"),
    ],
)
def test_a_read_is_what_all_sources_call_one(operation: Operation, effect: Effect, how: str) -> None:
    assert derive(operation, LEVELS, NOBODY) == Derived(effect, how)


def test_a_person_s_line_beats_the_sources() -> None:
    said = corrections(
        "# a comment\n\n"
        "ec2:ExportNews reads  # it only reads\n"
        "ec2:DescribeUnknown = ec2:DescribeInstances  # its other name\n"
        "ec2:GetBoth = ec2:DescribeInstances ec2:RunInstances  # needs both\n"
    )
    assert derive(Operation("ec2:ExportNews", "ec2", "POST"), LEVELS, said).effect is Effect.READS
    assert derive(Operation("ec2:DescribeUnknown", "ec2", "POST"), LEVELS, said) == Derived(Effect.READS, "corrected")
    assert derive(Operation("ec2:GetBoth", "ec2", "POST"), LEVELS, said).effect is Effect.CHANGES


@pytest.mark.parametrize(
    "line", ["ec2:A reads", "ec2:A reads #  ", "ec2:A wonders  # why", "ec2:A reads # a\nec2:A changes # b"]
)
def test_a_line_without_a_reason_or_said_twice_is_no_correction(line: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        corrections(line)


def test_a_correction_to_an_action_that_there_is_not_is_found() -> None:
    said = corrections("ec2:DescribeUnknown = ec2:DescribeUnknowns  # a slip\n")
    with pytest.raises(KeyError):
        derive(Operation("ec2:DescribeUnknown", "ec2", "POST"), LEVELS, said)


def test_the_lines_that_are_there_can_be_read_and_are_in_the_catalogue() -> None:
    said = corrections(CORRECTIONS.read_text("utf-8"))
    held = entries(Catalogue((CORRECTIONS.parents[1] / "bot" / "aws" / "catalogue.txt").read_text("utf-8")))
    assert {name: held[name].effect for name in said.effects} == said.effects
    assert said.actions.keys() < held.keys()


READ, CHANGE = Entry(Effect.READS, "2026-11"), Entry(Effect.CHANGES, "2026-11")


def test_what_is_new_gets_the_new_release_and_what_is_known_keeps_its_own() -> None:
    new = {"ec2:A": Derived(Effect.READS, "agreed"), "ec2:B": Derived(Effect.READS, "agreed")}
    found, notes = merged({"ec2:A": READ, "ec2:Gone": READ}, new, "2027-03")
    assert found == {"ec2:A": READ, "ec2:Gone": READ, "ec2:B": Entry(Effect.READS, "2027-03")}
    assert notes == ()


def test_an_effect_grows_stronger_by_itself_and_weaker_by_a_correction_alone() -> None:
    stronger, told = merged({"ec2:A": READ}, {"ec2:A": Derived(Effect.CHANGES, "disagreed")}, "2027-03")
    assert stronger == {"ec2:A": CHANGE}
    assert told == ("ec2:A was reads and is changes now (disagreed)",)
    kept, told = merged({"ec2:A": CHANGE}, {"ec2:A": Derived(Effect.READS, "agreed")}, "2027-03")
    assert kept == {"ec2:A": CHANGE}
    assert told == ("ec2:A stays changes: the sources say reads now",)
    weaker, told = merged({"ec2:A": CHANGE}, {"ec2:A": Derived(Effect.READS, "corrected")}, "2027-03")
    assert weaker == {"ec2:A": READ}
    assert told == ("ec2:A was changes and is reads now (corrected)",)


def test_what_is_written_is_read_back() -> None:
    held = {"ec2:A": READ, "ec2:B": Entry(Effect.DESTROYS, "2027-03"), "s3:A": CHANGE, "a-b:C": READ}
    written = Catalogue(text(held, ("2026-11", "2027-03")))
    assert entries(written) == held
    assert written.releases == ("2026-11", "2027-03")
    assert text(entries(written), written.releases) == text(held, ("2026-11", "2027-03"))
