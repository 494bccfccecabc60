"""The real bot as a process of its own, between a local Slack and a local AWS, so that it can be killed.

The bot is started as the demo starts it (`python -m bot run …`); what it wrote is read from its own store.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from bot.sandbox.aws.server import AwsServer
from bot.sandbox.demo import command, credentials
from bot.sandbox.loopback import child_environment, clean_environment
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.workspace import BOT_USER
from bot.store import tables
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.processes import Processes
from bot.store.runs import Run, Runs
from tests.sandbox.aws_wire import Aws, Clock
from tests.sandbox.slack_wire import Wire, until

Message = dict[str, Any]


class Process:
    """One bot process on the world's store."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.began = time.monotonic()
        self.owner = ""
        self._log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                arguments, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output
            )

    def let_go(self) -> None:
        """Close the pipe whose end would end the process too."""
        assert self._child.stdin
        self._child.stdin.close()

    def kill(self) -> None:
        self._child.kill()
        self._child.wait(30)

    def ask_to_end(self) -> None:
        self._child.send_signal(signal.SIGTERM)

    def ended(self, seconds: float) -> int:
        """The exit code; a failure where the process lives on."""
        return self._child.wait(seconds)

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self._child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class World:
    """A Slack, an AWS, a store (SQLite unless a URL is given), and any number of bot processes on them."""

    def __init__(self, slack: SlackServer, aws: AwsServer, directory: Path, url: str = "") -> None:
        self.slack = Wire(slack)
        self.aws = Aws(aws, Clock())  # a clock that nobody turns: the server keeps real time
        self.directory = directory
        self.arguments = command(directory, slack.api_url, aws.url)
        with (directory / "bot.yml").open("a") as file:
            file.write("reads: {per_person: 5000/m, per_api: 9000/m}\n")  # bursts come from one person here
        self.url = url or f"sqlite:///{directory}/bot.db"
        self.environment = credentials(child_environment(clean_environment(os.environ, directory)))
        self.processes: list[Process] = []
        self._database: Database | None = None

    def afresh(self) -> None:
        """No bots, an empty Slack, the seeded AWS, and an empty store."""
        self.stop()
        if self.url.startswith("sqlite"):
            for each in self.directory.glob("bot.db*"):
                each.unlink()
        else:
            self.database.migrate()
        self.emptied()

    def use(self, url: str, bot_yml: str) -> None:
        """Another store and other rules, for the processes that are started from now on."""
        self.stop()
        self.url = url
        (self.directory / "bot.yml").write_text(bot_yml)

    def emptied(self) -> None:
        """An empty Slack, the seeded AWS and nothing of earlier runs, under the feet of whatever bots there are."""
        self.slack.order("fault", kind="clear")
        self.slack.order("reset")
        self.aws.control("reset", {})
        if self.url.startswith("sqlite"):
            return
        with self.database.write() as connection:
            for table in tables.metadata.tables.values():
                if table is not tables.processes or not any(each.alive for each in self.processes):
                    connection.execute(delete(table))

    def launch(self, *more: str, **environment: str) -> Process:
        """Start a process and wait for nothing."""
        log = self.directory / f"bot-{len(self.processes)}.log"
        log.unlink(missing_ok=True)
        arguments = [*self.arguments, "--database-url", self.url, *more]
        self.processes.append(Process(arguments, {**self.environment, **environment}, log))
        return self.processes[-1]

    def start(self) -> Process:
        """Start a process and wait until Slack sees one more connection."""
        before, known = self.slack.connections(), {each.owner for each in self.processes}
        process = self.launch()
        until(lambda: self.slack.connections() > before or not process.alive, 60)
        assert process.alive, process.said
        process.owner = next((each for each in self.owners() if each not in known), "")
        return process

    def process_of(self, owner: str) -> Process:
        return next(each for each in self.processes if each.owner == owner)

    def kill(self) -> None:
        """SIGKILL every process, and wait until Slack has noticed."""
        for each in self.processes:
            if each.alive:
                each.kill()
        until(lambda: self.slack.connections() == 0)

    def stop(self) -> None:
        with contextlib.suppress(AssertionError):
            self.kill()
        for each in self.processes:
            each.let_go()
        self.processes.clear()
        if self._database:
            self._database.close()
            self._database = None

    def said(self) -> str:
        return "\n".join(each.said for each in self.processes)

    # ── what can be seen from outside ──

    def messages(self, *channels: str) -> list[Message]:
        """The bot's messages, in #ops and in ana's direct messages unless channels are named."""
        return [
            {**message, "channel": channel}
            for channel in channels or ("ops", "D0ANA00001")
            for message in self.slack.messages(channel)
            if message["user"] == BOT_USER
        ]

    def sent(self, operation: str = "StopInstances") -> int:
        """How often AWS was asked for it, whatever it answered."""
        return sum(entry["operation"] == operation for entry in self.aws.log())

    def states(self, ids: tuple[str, ...]) -> set[str]:
        shown = {each["id"]: each["state"] for each in self.aws.control("instances")["instances"]}
        return {shown[id_] for id_ in ids}

    def click(self, message: Message, does: str, **more: Any) -> dict[str, Any]:
        action = {"action_id": does, "value": None}
        return self.slack.click(message["ts"], channel=message["channel"], action=action, **more)

    @property
    def database(self) -> Database:
        """A door of the test's own to the bots' store; open until the next `stop`."""
        if self._database is None:
            self._database = Database(self.url)
        return self._database

    def owners(self) -> list[str]:
        """The ids of the processes whose heart beats, the newest beat first."""
        return list(Processes(self.database).alive(time.time()))

    def runs(self) -> list[Run]:
        """Every run of the store, oldest first."""
        found = Runs(self.database)._select(select(tables.runs))
        return sorted(found, key=lambda run: run.created_at)

    def untold(self) -> int:
        return Outbox(self.database).waiting()


def buttons(message: Message) -> dict[str, Message]:
    """What can be clicked, by what it does."""
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return {button["action_id"]: button for row in rows for button in row}


def within(seconds: float, true: Callable[[], Any], what: Callable[[], str] = str) -> Any:
    """The first true value; where it does not come, a failure that says what was there instead."""
    try:
        return until(true, seconds)
    except AssertionError as error:
        raise AssertionError(f"{error}:\n{what()}") from None


@contextmanager
def world(directory: Path, speed: float = 2.0, url: str = "") -> Iterator[World]:
    with AwsServer(speed=speed) as aws, SlackServer() as slack:
        made = World(slack, aws, directory, url)
        try:
            yield made
        finally:
            made.stop()
