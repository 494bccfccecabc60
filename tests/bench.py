"""What the bot costs and how quick it is, one line a figure, measured on the real bot as a process of its own.

`python -m tests.bench` takes two to three minutes; `--quick` tries the same on a small scale, to see that it
works. Every figure comes from one run on this machine, with the local Slack and the local AWS in the measuring process
and on the same cores: what they cost is in the figures. Acks are timed by the local Slack, from envelope to ack.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN
from tests.proofs.world import World, buttons, world
from tests.sandbox.slack_wire import Wire, until

OPS = "C0OPS00001"
LOOK = "ec2 list --private"
FAULTS = {"drop_socket": "cut", "close_socket": "closed", "refresh": "refreshed", "freeze_socket": "frozen"}


@dataclass(frozen=True)
class Size:
    """How much is measured. `slow` and `handler` are seconds, `calm` how long a connection lasts before it is lost."""

    starts: int = 3
    commands: int = 100
    burst: int = 40
    slow: float = 3.0
    speed: float = 1.0
    faults: tuple[str, ...] = tuple(FAULTS)
    calm: float = 11.0


QUICK = Size(starts=1, commands=5, burst=5, slow=0.2, speed=30.0, faults=("close_socket",), calm=0.0)


class Since:
    """Slack's journal from a moment on."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._next = wire.get("/_control/log?since=999999999")["next"]

    def entries(self, kind: str) -> list[dict[str, Any]]:
        found = self._wire.get(f"/_control/log?since={self._next}")["entries"]
        return [each for each in found if each["kind"] == kind]

    def acks(self) -> list[float]:
        """Milliseconds from each envelope to its ack."""
        return [each["ms"] for each in self.entries("ack")]

    def busy(self) -> int:
        return sum("Busy" in str(each["payload"]) for each in self.entries("ack"))

    def failed(self) -> int:
        """How many people saw Slack's own `operation_timeout`."""
        return len(self.entries("operation_timeout"))


def say(figure: str, value: str, detail: str = "") -> None:
    print(f"{figure:44} {value:>12}  {detail}".rstrip())  # noqa: T201


def starting(bench: World, size: Size) -> None:
    took = []
    for _ in range(size.starts):
        bench.afresh()
        took.append(-time.monotonic())
        bench.start()
        took[-1] += time.monotonic()
    say("process start to connected", f"{median(took):.2f} s", f"median of {size.starts}, worst {max(took):.2f} s")


def alone(bench: World, size: Size) -> None:
    """One command after another, each answered before the next is typed."""
    bot = bench.processes[-1]
    say("resident memory, connected", f"{bot.megabytes:.0f} MB")
    seen = Since(bench.slack)
    for number in range(size.commands):
        bench.slack.command(LOOK)
        until(lambda many=number: len(seen.entries("response_url")) > many, 30)  # type: ignore[misc]
    say(f"resident memory, after {size.commands} commands", f"{bot.megabytes:.0f} MB")
    acks = seen.acks()
    say(f"ack alone, of {len(acks)}: p50", f"{median(acks):.1f} ms")
    say(f"ack alone, of {len(acks)}: p99", f"{quantiles(acks, n=100, method='inclusive')[98]:.1f} ms")


def in_a_burst(bench: World, size: Size) -> None:
    """All at once, while AWS takes its time over each."""
    bench.aws.control("clear", {})
    bench.aws.fault("slow", "DescribeInstances", times=size.burst, seconds=size.slow)
    seen = Since(bench.slack)
    type_at_once(bench.slack, LOOK, size.burst)
    until(lambda: len(seen.entries("response_url")) + seen.busy() >= size.burst, 60)
    acks, ran = seen.acks(), bench.sent("DescribeInstances")
    bench.aws.control("clear", {})
    p99 = quantiles(acks, n=100, method="inclusive")[98]
    say(f"ack in a burst of {size.burst}, AWS {size.slow:g} s slow: p50", f"{median(acks):.1f} ms")
    say(f"ack in a burst of {size.burst}, AWS {size.slow:g} s slow: p99", f"{p99:.1f} ms")
    told = f"{len(acks)} acked, {seen.failed()} told failed, {ran} ran, {seen.busy()} told busy"
    say(f"our bot, {size.burst} at once", f"{len(acks)}/{size.burst}", told)


def type_at_once(wire: Wire, text: str, many: int) -> None:
    with ThreadPoolExecutor(many) as people:
        list(people.map(lambda _: wire.command(text, wait=False), range(many)))


def a_plain_bolt_bot(size: Size) -> None:
    """The same burst on a Bolt app as its guide shows it: ack, then the work; default settings throughout."""
    ran: list[str] = []
    with SlackServer() as server:
        wire = Wire(server)
        with plain_bolt(wire, size.slow, ran):
            seen = Since(wire)
            type_at_once(wire, "list", size.burst)
            until(lambda: len(seen.acks()) + seen.failed() == size.burst, 30)
            until(lambda: len(ran) == size.burst, 60)
            acked, failed = len(seen.acks()), seen.failed()
    told = f"{acked} acked, {failed} told failed, {len(ran)} ran all the same"
    say(f"a plain Bolt bot, {size.burst} at once", f"{acked}/{size.burst}", told)


@contextmanager
def plain_bolt(wire: Wire, seconds: float, ran: list[str]) -> Iterator[None]:
    quiet = logging.getLogger("tests.bench.bolt")
    quiet.setLevel(logging.CRITICAL)  # it has a lot to say about the commands that it lost
    app = App(client=wire.client(), logger=quiet)

    @app.command("/aws")
    def command(ack: Callable[[], None], body: dict[str, Any]) -> None:
        ack()
        time.sleep(seconds)
        ran.append(body["text"])

    handler = SocketModeHandler(app, APP_TOKEN)
    handler.connect()
    try:
        until(lambda: wire.connections() == 1)
        yield
    finally:
        handler.client.auto_reconnect_enabled = False
        if (session := handler.client.current_session) and session.sock:
            session.sock.settimeout(0.2)  # or closing takes three seconds
        handler.close()


def stopping(bench: World, size: Size) -> None:
    """`ec2 stop` through the bot, and the same calls to AWS and Slack by hand."""
    through = stop_through_the_bot(bench)
    by_hand = stop_by_hand(bench)
    waits = f"EC2's own {6 / size.speed:g} s in both"
    say("ec2 stop, envelope to final post", f"{through:.2f} s", f"the click at once; {waits}")
    say("the same AWS and Slack calls by hand", f"{by_hand:.2f} s", "boto3 and slack_sdk, looking four times a second")
    say("the bot against by hand", f"{through / by_hand:.2f} x", f"{through - by_hand:+.2f} s")


def stop_through_the_bot(bench: World) -> float:
    seen = Since(bench.slack)
    bench.slack.command("ec2 stop name=web-1")
    card = until(lambda: next((each for each in bench.messages("ops") if "confirm" in buttons(each)), None))
    bench.click(card, "confirm")

    def final() -> float:
        edits = [each for each in seen.entries("api") if each["method"] == "chat.update" and each["ok"]]
        return next((each["at"] for each in edits if verdict(each["args"]["text"]) == "stopped"), 0.0)

    return float(until(final, 60)) - float(seen.entries("envelope")[0]["at"])


def verdict(text: str) -> str:
    return text.splitlines()[0].split()[-1]


def stop_by_hand(bench: World) -> float:
    """Look, post the card, look again, stop, edit, look until it has stopped, edit."""
    ec2, slack = bench.aws.ec2, bench.slack.client(BOT_TOKEN)
    named = [{"Name": "tag:Name", "Values": ["web-2"]}]
    ec2.describe_regions()
    began = time.monotonic()
    one = looked_at(ec2, named)["InstanceId"]
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": f"Stop {one}?"}}]
    posted = slack.chat_postMessage(channel=OPS, text="Stop?", blocks=blocks)
    looked_at(ec2, named)
    ec2.stop_instances(InstanceIds=[one])
    edit(slack, posted["ts"], "stopping")
    while looked_at(ec2, named)["State"]["Name"] != "stopped":
        time.sleep(0.25)
    edit(slack, posted["ts"], "stopped")
    return time.monotonic() - began


def looked_at(ec2: Any, named: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_instances(Filters=named)["Reservations"][0]["Instances"][0]
    return found


def edit(slack: WebClient, ts: str, state: str) -> None:
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": state}}]
    slack.chat_update(channel=OPS, ts=ts, text=state, blocks=blocks)


def losing_the_socket(bench: World, size: Size) -> None:
    """From each way of losing the connection to the first answer; a command arrives every tenth of a second."""
    for kind in size.faults:
        time.sleep(size.calm)
        seen = Since(bench.slack)
        bench.slack.order("fault", kind=kind)
        with typing(bench.slack):
            answer = until(lambda then=seen: next(iter(then.entries("response_url")), None), 60)  # type: ignore[misc]
        took = answer["at"] - seen.entries("fault")[0]["at"]
        say(f"socket {FAULTS[kind]} to first answer", f"{took:.2f} s")


@contextmanager
def typing(wire: Wire) -> Iterator[None]:
    over = threading.Event()

    def type_on() -> None:
        while not over.wait(0.1):
            wire.command("whoami", wait=False)

    thread = threading.Thread(target=type_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def main(arguments: list[str]) -> None:
    size = QUICK if "--quick" in arguments else Size()
    with TemporaryDirectory() as directory, world(Path(directory), speed=size.speed) as bench:
        starting(bench, size)
        alone(bench, size)
        stopping(bench, size)
        in_a_burst(bench, size)
        losing_the_socket(bench, size)
    a_plain_bolt_bot(size)


if __name__ == "__main__":
    main(sys.argv[1:])
