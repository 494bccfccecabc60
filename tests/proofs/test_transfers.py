"""Large things: a 200 MB object put and got, a list of 100,000 keys and one of 10,000 instances.

The local AWS is a process of its own, and so is the bot, whose resident memory is read while it works.
"""

from __future__ import annotations

import hashlib
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from bot.sandbox.aws.buckets import ARTIFACTS
from bot.sandbox.slack.server import SlackServer
from tests.proofs import elsewhere
from tests.proofs.elsewhere import MANY, There, measured, megabytes
from tests.proofs.world import World, buttons, within

pytestmark = pytest.mark.slow

SIZE = 200_000_000
MOST_MEGABYTES = 50.0


@contextmanager
def on(aws: There, directory: Path) -> Iterator[World]:
    """A bot of its own process between a Slack in this one and an AWS elsewhere."""
    with SlackServer() as slack:
        made = World(slack, aws, directory)  # type: ignore[arg-type]  # its address is all that is asked of it
        try:
            yield made
        finally:
            made.stop()


class Watching:
    """Reads a process's resident memory all the time, and remembers the most."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self.before = self.most = megabytes(pid)
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self.most = max(self.most, megabytes(self._pid))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def grown(self) -> float:
        return self.most - self.before


def pid_of(w: World) -> int:
    return w.processes[-1]._child.pid


def say(words: str) -> None:
    print(f"\n{words}")  # noqa: T201


def ask(w: World, text: str, seconds: float = 60, **more: Any) -> dict[str, Any]:
    """Type something and return the bot's newest message once it stands."""
    before = len(w.messages())
    assert w.slack.command(text, **more)["outcome"] == "acked"
    within(seconds, lambda: len(w.messages()) > before and "Working" not in w.messages()[-1]["text"], w.said)
    return newest(w)


def newest(w: World) -> dict[str, Any]:
    return max(w.messages(), key=lambda each: float(each["ts"]))


def put(w: World, key: str, size: int, seed: int) -> tuple[str, list[str]]:
    """Upload a file in Slack, put it into S3, and wait for the end; the file's id and every text the card had."""
    shared = w.slack.upload(key, size=size, seed=seed)
    id_ = shared["file"]["id"]
    card = ask(w, f"s3 put {ARTIFACTS} {key} --file {id_}")
    assert "confirm" in buttons(card), card
    w.click(card, "confirm")
    texts: list[str] = []

    def done() -> bool:
        text = next(each["text"] for each in w.messages() if each["ts"] == card["ts"])
        texts.append(text)
        return text.startswith(("✅", "❌"))

    within(120, done, lambda: f"{texts[-1]}\n{w.said()}")
    assert "stored" in texts[-1], texts[-1]
    return id_, list(dict.fromkeys(texts))


def digest_of(url: str) -> str:
    sum_ = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=60) as answer:
        while piece := answer.read(1 << 20):
            sum_.update(piece)
    return sum_.hexdigest()


def links(value: Any) -> Iterator[str]:
    """Every address that a message links to."""
    if isinstance(value, list):
        for each in value:
            yield from links(each)
    if isinstance(value, dict):
        if value.get("type") == "link":
            yield value["url"]
        for each in value.values():
            yield from links(each)


def test_200_mb_go_in_and_come_out_within_50_mb_of_memory(tmp_path: Path) -> None:
    with elsewhere.aws() as aws, on(aws, tmp_path) as w:
        w.start()
        put(w, "warm/up.bin", 1_000, 1)  # what the first put of any size loads: S3's model
        with Watching(pid_of(w)) as watching:
            began = time.monotonic()
            id_, texts = put(w, "large/backup.bin", SIZE, 2)
            took = time.monotonic() - began
        say(f"put 200 MB: {took:.1f} s, memory {watching.before:.0f} + {watching.grown:.1f} MB, the card: {texts}")
        assert watching.grown <= MOST_MEGABYTES
        with Watching(pid_of(w)) as watching:
            answer = ask(w, f"s3 get {ARTIFACTS} large/backup.bin")
            (link,) = links(answer["blocks"])
            found = digest_of(link)
        say(f"got 200 MB by its link: memory {watching.before:.0f} + {watching.grown:.1f} MB")
        assert watching.grown <= MOST_MEGABYTES
        assert found == digest_of(f"{w.slack.server.url}/_control/files/{id_}")
        took, grown, size = measured("fetch", aws.url, ARTIFACTS, "large/backup.bin")
        say(f"got 200 MB streamed to a file: {took:.1f} s, memory + {grown:.1f} MB")
        assert size == SIZE
        assert grown <= MOST_MEGABYTES


def compared(w: World, what: str, text: str, plain: tuple[float, float, int], there: Callable[[str], bool]) -> None:
    """List with the bot, first page to Slack, and print it beside the plain loop."""
    ask(w, "s3 list")
    ask(w, "ec2 list name=web-1")
    with Watching(pid_of(w)) as watching:
        began = time.monotonic()
        answer = ask(w, text, seconds=240)
        took = time.monotonic() - began
        time.sleep(1)
    assert there(answer["text"]), answer["text"]
    seconds, memory, count = plain
    say(
        f"{what}: told after {took:.1f} s, a plain loop over {count:,} takes {seconds:.1f} s (× {took / seconds:.2f}); "
        f"memory + {watching.grown:.0f} MB against + {memory:.0f} MB (× {watching.grown / max(memory, 1):.2f})"
    )
    assert took <= 5 + 4 * seconds
    assert watching.grown <= 100 + 4 * memory


def test_100000_keys_against_a_plain_loop(tmp_path: Path) -> None:
    with elsewhere.aws(keys=100_001) as aws, on(aws, tmp_path) as w:
        w.start()
        plain = measured("keys", aws.url)
        assert plain[2] == 100_001
        compared(w, "1,000 of 100,001 keys", f"s3 list {MANY}", plain, lambda said: "first 1,000 keys" in said)
        text = f"s3 list {MANY} --limit 100000"
        compared(w, "100,000 of 100,001 keys", text, plain, lambda said: "first 100,000 keys" in said)


def test_10000_instances_against_a_plain_loop(tmp_path: Path) -> None:
    with elsewhere.aws(instances=10_000) as aws, on(aws, tmp_path) as w:
        w.start()
        measured("instances", aws.url)  # the other process remembers its pages, which take moto seconds each
        ask(w, "ec2 list", seconds=300)
        plain = measured("instances", aws.url)
        assert plain[2] >= 10_000
        compared(w, "10,000 instances", "ec2 list", plain, lambda said: "instances in dev" in said)
