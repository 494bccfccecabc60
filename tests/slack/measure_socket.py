"""Seconds from each way of losing the socket to the first acknowledged command, at production's pace but for `calm`:
a second counts as a long session, whose successor is dialled without a pause.

`python -m tests.slack.measure_socket [rounds]` prints them. Commands arrive every tenth of a second.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from statistics import median

from bot.sandbox.slack.server import SlackServer
from bot.slack.socket import Timing
from tests.sandbox.slack_wire import until
from tests.slack.test_socket import Bot, connected

FAULTS = {
    "refresh, old socket left open": {"kind": "refresh"},
    "cut without a close frame": {"kind": "drop_socket"},
    "close frame": {"kind": "close_socket"},
    "frozen peer": {"kind": "freeze_socket"},
}


def first_answer(bot: Bot, fault: dict[str, str]) -> float:
    """Seconds of the server's own clock between the fault and the first ack after it."""
    bot.wire.order("fault", **fault)
    began = bot.wire.log("fault")[-1]
    over = threading.Event()

    def type_on() -> None:
        while not over.wait(0.1):
            bot.wire.command("again", wait=False)

    typing = threading.Thread(target=type_on)
    typing.start()
    ack = until(lambda: next((each for each in bot.wire.log("ack") if each["index"] > began["index"]), None), 60)
    over.set()
    typing.join()
    return float(ack["at"] - began["at"])


def idle_cpu(seconds: float) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    time.sleep(seconds)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds


def main(rounds: int) -> None:
    for name, fault in FAULTS.items():
        took = []
        for _ in range(rounds):
            with SlackServer() as slack, connected(slack, Timing(calm=0.5)) as bot:
                time.sleep(1)
                took.append(first_answer(bot, fault))
        print(f"{name:32} median {median(took):6.2f} s, worst {max(took):6.2f} s of {rounds}")  # noqa: T201
    with SlackServer() as slack, connected(slack, Timing()):
        print(f"{'idle, server included':32} {idle_cpu(5):.2%} of a core")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
