"""A desk to test the road at: a store in a file, the local AWS, rules, people and places, and a clock turned by hand.

`ask` is what typing comes to and `click` what a button does; both are worked on the spot, without a pool. `wait` turns
the road's clock and AWS's together and lets everything that is due happen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot import services
from bot.actor import Actor, Place
from bot.aws.gateway import Gateway
from bot.config.botfile import BotFile, Rule
from bot.declare import discovered
from bot.errors import Refused
from bot.parse import Commands
from bot.policy import record
from bot.reply import Buttons, Reply
from bot.road.brake import Brake
from bot.road.cards import card
from bot.road.clicks import Click, Clicks
from bot.road.desk import Desk, Law
from bot.road.engine import Asked, Engine
from bot.road.halt_words import halt_words
from bot.road.own_words import bot_words
from bot.road.policy_words import policy_words
from bot.road.pool import Pool
from bot.road.reports import report_words
from bot.road.waiting import Waiting
from bot.sandbox.aws.estate import ACCESS_KEY, DEV, PROD, PROD_ROLE, SECRET_KEY
from bot.store.audit import Audit
from bot.store.halts import Halts
from bot.store.limits import Limits
from bot.store.outbox import Outbox
from bot.store.processes import Processes
from bot.store.reports import Reports
from bot.store.runs import Run, Runs, State
from bot.text import plain
from tests.migrated import store_at
from tests.sandbox.aws_wire import Aws

TEAM, OPS = "T1", "COPS"
ANN, BOB, EVE, GUEST = "UANN", "UBOB", "UEVE", "UGUEST"
WEB, WEB2, API, WORKER, STOPPED, BATCH, FLEET, NAMELESS = (f"i-0a1b2c3d4e5f6000{n}" for n in range(1, 9))
STAGING, PROTECTED_PROD = "i-0a1b2c3d4e5f60010", "i-0a1b2c3d4e5f60103"
ALL = {"actions": ["ec2:*"], "who": {"users": [ANN, BOB]}, "accounts": ["dev"]}
COMMANDS = Commands((*bot_words(), *halt_words(), *report_words(), *policy_words(), *discovered(services)))


def rules(*about: dict[str, Any]) -> tuple[Rule, ...]:
    return tuple(Rule.model_validate({"id": f"r{n}", **ALL, **keys}) for n, keys in enumerate(about, 1))


def bot_file(*about: dict[str, Any], dev: dict[str, Any] | None = None, **more: Any) -> BotFile:
    accounts: dict[str, Any] = {
        "dev": {"id": DEV, "default": True, "region": "eu-west-1", **(dev or {})},
        "prod": {"id": PROD, "role": PROD_ROLE, "region": "eu-west-1", "production": True},
    }
    made = BotFile.model_validate({"accounts": accounts, **more})
    return made.model_copy(update={"rules": rules(*about)})


@dataclass
class People:
    """A directory of full members and places; whoever is not in it is refused."""

    members: dict[str, frozenset[str]] = field(
        default_factory=lambda: {ANN: frozenset({"SOPS"}), BOB: frozenset(), EVE: frozenset()}
    )
    settled: dict[str, frozenset[str]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=lambda: {OPS: Place(OPS)})

    def actor(self, user: str, teams: Iterable[str]) -> Actor:
        if set(teams) != {TEAM} or user not in self.members:
            raise Refused("This bot answers full members only.", layer="identity")
        groups = self.members[user]
        return Actor("slack", user, TEAM, groups, self.settled.get(user, groups), user[1:].lower())

    def place(self, channel: str, thread: str) -> Place:
        return self.places.get(channel, Place(channel, thread, member=False, shared=None))

    def name(self, id_: str) -> str:
        return id_[1:].lower()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A bot without edges. `answers` is what people who clicked were told alone."""

    def __init__(self, path: Path, aws: Aws, file: BotFile, gateway: Gateway) -> None:
        self.path = path
        self.gateway = gateway
        self.aws = aws
        self.clock = Clock()
        self.people = People()
        self.database = store_at(path)
        self.answers: list[Reply] = []
        self.desk, self.engine, self.clicks, self.waiting = self.process("first", file)

    def process(self, owner: str, file: BotFile, **engine: Any) -> tuple[Desk, Engine, Clicks, Waiting]:
        """Another process on the same store and the same AWS."""
        desk = Desk(
            runs=Runs(self.database),
            reports=Reports(self.database),
            outbox=Outbox(self.database),
            audit=Audit(self.database),
            limits=Limits(self.database),
            brake=Brake(Halts(self.database), self.path.parent / "HALT"),
            gateway=self.gateway,
            commands=COMMANDS,
            law=Law(file),
            directory=self.people,
            owner=owner,
            now=self.clock,
        )
        made = Engine(desk, Pool(4, 60, owner), **engine)
        return desk, made, Clicks(made), Waiting(desk, Pool(2, 60, f"{owner}-waiting"), Processes(self.database))

    def use(self, file: BotFile, problems: tuple[str, ...] = ()) -> None:
        """Put other rules in force, as a restart with another bot.yml does."""
        self.desk.law = Law(file, problems)

    def close(self) -> None:
        self.engine.pool.close(10)
        self.engine.stop.pool.close(10)
        self.waiting.pool.close(10)
        self.database.close()

    def ask(self, text: str, user: str = ANN, channel: str = OPS, team: str = TEAM) -> Run:
        """Type something; the run as it is when the answer or the question stands."""
        run = self.engine.new_run(Asked(text, user, team, channel))
        assert self.desk.runs.receive(run, "")
        self.engine.work(run)
        return self.run(run.id)

    def click(self, does: str, run: Run | str, user: str = ANN, team: str = TEAM) -> str:
        """Click a button; what whoever clicked was told alone."""
        told: list[Reply] = []
        id_ = run if isinstance(run, str) else run.id
        self.clicks.work(Click(does, id_, user, team, "", channel=OPS), told.append)
        self.answers += told
        return " ".join(map(plain, told))

    def stop(self, words: str = f"ec2 stop {WEB}") -> Run:
        """Ask for a change and confirm it; the run after the sending."""
        run = self.ask(words)
        assert run.state is State.ASKED, self.card(run)
        assert self.click("confirm", run) == ""
        return self.run(run.id)

    def run(self, id_: str) -> Run:
        found = self.desk.runs.get(id_)
        assert found is not None
        return found

    def now(self, run: Run) -> Run:
        return self.run(run.id)

    def newest(self) -> Run:
        with self.database.read() as connection:
            id_ = connection.exec_driver_sql("select id from runs order by rowid desc limit 1").scalar_one()
        return self.run(str(id_))

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds
        self.aws.wait(seconds)

    def tick(self, waiting: Waiting | None = None) -> int:
        """Let everything that is due happen once, on the spot."""
        waiting = waiting or self.waiting
        due = waiting.desk.runs.due(self.clock.now)
        for run in due:
            claimed = waiting.desk.runs.claim(run, self.clock.now + 30)
            if claimed:
                waiting.step(claimed)
        return len(due)

    def pass_by(self, seconds: float) -> None:
        """Let time go by in steps of two seconds."""
        for _ in range(int(seconds // 2)):
            self.wait(2)
            self.tick()

    def card(self, run: Run) -> str:
        return plain(card(self.desk, self.run(run.id)))

    def buttons(self, run: Run) -> list[str]:
        """What the buttons on a run's card do."""
        parts = card(self.desk, self.run(run.id)).parts
        return [button.does for part in parts if isinstance(part, Buttons) for button in part.buttons]

    def states(self, run: Run) -> dict[str, str]:
        return self.run(run.id).states

    def calls(self, run: Run) -> list[tuple[str, str]]:
        return [(call.operation, call.state) for call in self.desk.runs.calls(run.id)]

    def audited(self, run: Run | None = None) -> list[str]:
        """What happened, in order; the decisions on the way are asked for by `decided`."""
        events = [row["event"] for row in self.desk.audit.rows(run.id if run else None)]
        return [event for event in events if event != record.EVENT]

    def decided(self, run: Run) -> list[record.Record]:
        """The decisions made for a run, as the audit keeps them."""
        rows = [row for row in self.desk.audit.rows(run.id) if row["event"] == record.EVENT]
        return [record.read(json.loads(row["detail"])) for row in rows]

    def detail(self, run: Run, event: str) -> dict[str, Any]:
        rows = [row for row in self.desk.audit.rows(run.id) if row["event"] == event]
        found: dict[str, Any] = json.loads(rows[-1]["detail"])
        return found

    def holds(self) -> list[str]:
        with self.database.read() as connection:
            return [str(row[0]) for row in connection.exec_driver_sql("select resource from holds")]

    def journal(self) -> list[str]:
        """The operations AWS was asked for, the bot's own identification aside."""
        asked = [entry["operation"] for entry in self.aws.log()]
        return [operation for operation in asked if operation not in ("GetCallerIdentity", "AssumeRole")]

    def sent(self, operation: str = "StopInstances") -> int:
        """How many times AWS got this operation."""
        return self.journal().count(operation)


@contextmanager
def opened(aws: Aws) -> Iterator[Gateway]:
    """A gateway to the local AWS with the sandbox's credentials and no others."""
    with pytest.MonkeyPatch.context() as patch:
        _credentials(patch)
        gateway = Gateway(bot_file().accounts, aws.url, sleep=lambda _seconds: None)
        yield gateway
        gateway.close()


def _credentials(patch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    patch.setenv("AWS_CONFIG_FILE", "/dev/null")
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
