"""`make mutants`: makes small changes to what decides and guards, and lists those that no fast test notices.

mutmut makes the changes, in a copy; what mypy refuses counts as noticed. `mutants.txt` explains those that may live:
whoever adds one says there why no test can tell. `make mutants PARTS="policy parse" MINUTES=30` takes less time; a
later run of the same parts goes on where this one was stopped. Exit: 0 every change was tried, and each that lives is
explained; 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

EXPLAINED = Path(__file__).with_suffix(".txt")
COPIES = Path(".venv/mutants-of")
_BIN = Path(sys.executable).parent
_MUTMUT = str(_BIN / "mutmut")
_ENV = {**os.environ, "CI": "1", "PATH": f"{_BIN}:{os.environ['PATH']}"}
"""Under `CI` hypothesis draws the same examples each time, and remembers none."""
_GUARD = "guard foreign gateway identity sessions ways own_calls masks meter denied floor conditions catalogue"


@dataclass(frozen=True, slots=True)
class Part:
    """Files to change, and the tests that have to notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


PARTS: Mapping[str, Part] = {
    "policy": Part(("bot/policy/*",), ("tests/policy",)),
    "gateway": Part(tuple(f"bot/aws/{name}.py" for name in _GUARD.split()), ("tests/aws",)),
    "parse": Part(("bot/parse.py",), ("tests/test_parse.py", "tests/test_begun.py", "tests/test_hints.py")),
    "engine": Part(("bot/road/engine.py",), ("tests/road",)),
}
_SETTINGS = """
[tool.mutmut]
source_paths = ["bot"]
only_mutate = {files}
pytest_add_cli_args_test_selection = {tests}
also_copy = ["tests", "docs", "README.md", "manifest.yml", "bot.example.yml"]
process_isolation = "forkserver"
type_check_command = ["mypy", "bot", "--output", "json", "--disable-error-code", "unused-ignore"]
do_not_mutate_patterns = ['log\\.\\w+']
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A function, its lines that are no longer there and those that took their place, each without its indentation."""

    where: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.where, *(f"- {line}" for line in self.old), *(f"+ {line}" for line in self.new)])


def explained(text: str) -> Mapping[Change, str]:
    """Read the changes that may live, with their reasons. Raises ValueError for one that has none."""
    found = {}
    for block in filter(None, re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n", "", text).strip())):
        where, *lines = block.splitlines()
        change = Change(where, *(tuple(each[2:] for each in lines if each.startswith(sign)) for sign in ("- ", "+ ")))
        reason = " ".join(each for each in lines if not each.startswith(("- ", "+ ")))
        if not reason or change in found:
            raise ValueError(f"Without a reason, or twice:\n{block}")
        found[change] = reason
    return found


def read(name: str, diff: str) -> Change:
    """Read what mutmut shows of a change: its name, `bot.policy.why.xǁWhyǁsaid__mutmut_3`, and a diff."""
    module, _, function = name.partition("__mutmut_")[0].rpartition(".x")
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    old, new = (tuple(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Change(f"{module}.{function.removeprefix('_').strip('ǁ').replace('ǁ', '.')}", old, new)


def run(part: str, until: float) -> tuple[dict[str, int], tuple[Change, ...]]:
    """Try the changes of a part as far as time goes; returns how many came to what, and those that live."""
    copy = COPIES / part
    _copied(copy, PARTS[part])
    _try_all(copy, until)
    states = dict(_states(_asked(copy, "results", "--all", "true")))
    lives = sorted(name for name, state in states.items() if state in ("survived", "no tests"))
    counts = {state: list(states.values()).count(state) for state in sorted(set(states.values()))}
    return counts, tuple(read(name, _asked(copy, "show", name)) for name in lives)


def _copied(copy: Path, part: Part) -> None:
    """Copy what git knows into a folder that keeps mutmut's own notes."""
    copy.mkdir(parents=True, exist_ok=True)
    for name in subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(name, copy / name)
    settings = _SETTINGS.format(files=list(part.files), tests=list(part.tests))
    (copy / "pyproject.toml").write_text(Path("pyproject.toml").read_text("utf-8") + settings, "utf-8")


def _try_all(copy: Path, until: float) -> None:
    """Let mutmut try every change that it has not tried yet, as far as time goes."""
    running = subprocess.Popen([_MUTMUT, "run", "--max-children", str(os.cpu_count() or 1)], cwd=copy, env=_ENV)
    try:
        running.wait(max(1.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGINT)
        running.wait(60)


def _asked(copy: Path, *words: str) -> str:
    return subprocess.run([_MUTMUT, *words], cwd=copy, env=_ENV, capture_output=True, text=True, check=True).stdout


def _states(told: str) -> Iterator[tuple[str, str]]:
    for line in told.splitlines():
        name, _, state = line.strip().partition(": ")
        if state:
            yield name, state


def told(part: str, counts: Mapping[str, int], lives: Iterable[Change], known: Mapping[Change, str]) -> bool:
    """Print what came of a part; False where a change lives that nobody explained, or was not tried."""
    unexplained = [change for change in lives if change not in known]
    lines = [f"\n{change}\n" for change in unexplained]
    lines.append(f"{part}: {', '.join(f'{count} {state}' for state, count in counts.items())}")
    lines.append(f"{part}: {len(unexplained)} live unexplained")
    sys.stdout.write("\n".join(["", *lines, ""]))
    return not unexplained and not counts.get("not checked")


def main() -> int:
    """Try the parts that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("parts", nargs="*", default=list(PARTS), choices=[*PARTS, []])
    parser.add_argument("--minutes", type=float, default=120)
    asked = parser.parse_args()
    until = time.monotonic() + 60 * asked.minutes
    known = explained(EXPLAINED.read_text("utf-8"))
    sound = [told(part, *run(part, until), known) for part in asked.parts]
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
