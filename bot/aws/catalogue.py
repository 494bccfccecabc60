"""What every AWS operation does (reads, changes, destroys), and in which release of the catalogue it was reviewed.

`catalogue.txt` holds every operation that was looked at; what is not in it changes something, and no release holds it.
`python -m tests.catalogue` writes it. A service's lines are read when it is first asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.aws import models
from bot.command import Effect
from bot.glob import is_glob

FILE = Path(__file__).with_name("catalogue.txt")
FIRST = "2026-11"
"""The release that a bot.yml means which names none."""

LETTERS: Mapping[str, Effect] = {"r": Effect.READS, "c": Effect.CHANGES, "d": Effect.DESTROYS}


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation as it was reviewed."""

    effect: Effect
    release: str


class Catalogue:
    """A catalogue's text, parsed a service at a time.

    `releases: 2026-11 2027-03` names the releases, oldest first; `[ec2]` begins a service; `r DescribeInstances` is an
    operation of the first release, `r DescribeNews 2027-03` one of a later release.
    """

    def __init__(self, text: str) -> None:
        header, *sections = text.split("\n[")
        named = (line.partition(":")[2] for line in header.splitlines() if line.startswith("releases:"))
        self.releases: tuple[str, ...] = tuple(next(named, "").split())
        self._texts = dict(section.split("]\n", 1) for section in sections)
        self._entries: dict[str, Mapping[str, Entry]] = {}

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def of(self, service: str) -> Mapping[str, Entry]:
        """Return a service's operations, without the service's name."""
        if service not in self._entries:
            lines = self._texts.get(service, "").splitlines()
            self._entries[service] = dict(self._entry(line) for line in lines if line)
        return self._entries[service]

    def effect(self, operation: str) -> Effect:
        """Return what an operation does; one that is not in the catalogue changes something."""
        entry = self._found(operation)
        return entry.effect if entry else Effect.CHANGES

    def holds(self, operation: str, release: str) -> bool:
        """Say whether an operation was reviewed in this release or an earlier one; in no unknown release it was."""
        entry = self._found(operation)
        return entry is not None and entry.release in self.until(release)

    def later(self, patterns: Iterable[str], release: str) -> tuple[str, ...]:
        """Return the operations that botocore knows and these wildcards match, but that a release does not hold.

        What stands among the patterns in full is no wildcard's.
        """
        patterns = tuple(patterns)
        matched = {each for pattern in patterns if is_glob(pattern) for each in models.expand(pattern)}
        return tuple(sorted(each for each in matched.difference(patterns) if not self.holds(each, release)))

    def _found(self, operation: str) -> Entry | None:
        service, _, name = operation.partition(":")
        return self.of(service).get(name)

    def until(self, release: str) -> tuple[str, ...]:
        """Return a release and those before it; none where there is no such release."""
        return self.releases[: self.releases.index(release) + 1] if release in self.releases else ()

    def _entry(self, line: str) -> tuple[str, Entry]:
        letter, name, *release = line.split()
        return name, Entry(LETTERS[letter], release[0] if release else self.releases[0])


@cache
def shipped() -> Catalogue:
    """Return the catalogue of this bot."""
    return Catalogue(FILE.read_text("utf-8"))


def effect(operation: str) -> Effect:
    return shipped().effect(operation)


def holds(operation: str, release: str) -> bool:
    return shipped().holds(operation, release)


def until(release: str) -> tuple[str, ...]:
    return shipped().until(release)


def releases() -> tuple[str, ...]:
    """Return the releases that bot.yml may name, oldest first."""
    return shipped().releases


def later(patterns: Iterable[str], release: str) -> tuple[str, ...]:
    return shipped().later(patterns, release)
