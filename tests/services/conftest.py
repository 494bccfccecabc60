"""A service's tests: its commands run through the gateway against the local AWS; the whole bot where Slack counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.aws.gateway import Gateway
from bot.command import Plan
from bot.compose import all_commands
from bot.config.load import load
from bot.parse import parse
from bot.reply import Reply
from bot.road.desk import Law
from bot.sandbox.demo import BOT_YML
from tests.sandbox import aws_wire
from tests.whole import Whole, running, sandbox_environment


class Service:
    """Commands as typed, without Slack and without rules: what they read, plan and send."""

    def __init__(self, aws: aws_wire.Aws, law: Law, gateway: Gateway) -> None:
        self.aws = aws
        self.gateway = gateway
        self._law = law
        self._commands = all_commands()

    def read(self, text: str) -> Reply:
        result = self._perform(text)
        assert isinstance(result, Reply)
        return result

    def plan(self, text: str, token: str = "a-token") -> Plan:
        result = self._perform(text, token)
        assert isinstance(result, Plan)
        return result

    def send(self, plan: Plan, account: str = "dev", region: str = "eu-west-1") -> list[Any]:
        return [self.gateway.send(account, region, call) for call in plan.calls]

    def _perform(self, text: str, token: str = "a-token") -> Any:
        action = parse(text, self._commands, self._law.defaults)
        command = self._commands.of(action)
        operations = command.reads or command.calls
        may = operations if command.effect != "reads" else command.operations
        return command.perform(self.gateway.reading(action.account, action.region, may, token=token), action)

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of each request for an operation that arrived."""
        return [each["params"] for each in self.aws.log() if each["operation"] == operation]


@pytest.fixture(scope="module")
def _servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[aws_wire.Aws, Law, Gateway]]:
    home = tmp_path_factory.mktemp("home")
    (home / "bot.yml").write_text(BOT_YML)
    law = Law(load(home / "bot.yml"))
    with sandbox_environment(home), aws_wire.running() as aws:
        gateway = Gateway(law.file.accounts, aws.url, sleep=lambda _: None)
        yield aws, law, gateway
        gateway.close()


@pytest.fixture
def service(_servers: tuple[aws_wire.Aws, Law, Gateway]) -> Service:
    """A freshly seeded estate; its clock stands still until `service.aws.wait`."""
    aws, law, gateway = _servers
    aws.control("reset", {})
    return Service(aws, law, gateway)


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with running(tmp_path) as bot:
        yield bot
