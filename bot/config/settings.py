"""Settings from the environment, and from the one .env file that was named; secrets stay out of every repr.

An endpoint that the environment alone sets counts for loopback only: a stray variable must not be able to send the
bot's tokens or AWS's answers to somebody else. The command line may name any server, since a person typed it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import SecretStr

from bot.errors import ConfigError

_FORMATS = ("auto", "json", "human")
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. The tokens, and the database's URL with its password, appear in no repr."""

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    config: Path = Path("bot.yml")
    database_url: str = field(default="sqlite:///bot.db", repr=False)
    log: str = "info"
    log_format: str = "auto"
    slack_api_url: str | None = None
    aws_endpoint_url: str | None = None
    halt_file: Path | None = None

    @property
    def stop_file(self) -> Path:
        """The file that halts everything while it is there: beside bot.yml unless another is named."""
        return self.halt_file or self.config.parent / "HALT"

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], *, slack_api_url: str | None = None, aws_endpoint_url: str | None = None
    ) -> Settings:
        """Read the settings; the two URLs are the command line's and win. Raises ConfigError with all problems."""
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        problems = [*_wrong_tokens(given), *_wrong_log(given), *_far_endpoints(given, slack_api_url, aws_endpoint_url)]
        if problems:
            raise ConfigError(tuple(problems))
        return cls(
            bot_token=_secret(given, "SLACK_BOT_TOKEN"),
            app_token=_secret(given, "SLACK_APP_TOKEN"),
            config=Path(given.get("BOT_CONFIG", "bot.yml")),
            database_url=given.get("BOT_DATABASE_URL", "sqlite:///bot.db"),
            log=given.get("BOT_LOG", "info").lower(),
            log_format=given.get("BOT_LOG_FORMAT", "auto").lower(),
            slack_api_url=slack_api_url or given.get("SLACK_API_URL"),
            aws_endpoint_url=aws_endpoint_url or given.get("AWS_ENDPOINT_URL"),
            halt_file=Path(given["BOT_HALT_FILE"]) if "BOT_HALT_FILE" in given else None,
        )

    def tokens(self) -> tuple[str, str]:
        """Return Slack's bot token and app token. Raises ConfigError where one is missing."""
        pairs = {"SLACK_BOT_TOKEN": self.bot_token, "SLACK_APP_TOKEN": self.app_token}
        missing = tuple(f"{name} is not set: put it into the environment." for name, each in pairs.items() if not each)
        if missing or not self.bot_token or not self.app_token:
            raise ConfigError(missing)
        return self.bot_token.get_secret_value(), self.app_token.get_secret_value()


def environment(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    """Lay the environment over the values of one named .env file; no other file is looked for."""
    return {**(read_env_file(env_file) if env_file else {}), **environ}


def read_env_file(path: Path) -> dict[str, str]:
    """Read a .env file literally (no ${…}). Raises ConfigError where it cannot be read."""
    if not path.is_file():
        raise ConfigError((f"There is no file {path}.",))
    try:
        values = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError):
        raise ConfigError((f"I cannot read {path}.",)) from None
    return {name: value for name, value in values.items() if value is not None}


def is_loopback(url: str) -> bool:
    """Say whether a URL can only lead to this very machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(given: Mapping[str, str], name: str) -> SecretStr | None:
    return SecretStr(given[name]) if name in given else None


def _wrong_tokens(given: Mapping[str, str]) -> list[str]:
    forms = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}
    return [
        f"{name} should begin with {form}: the bot's token and the app's token are two."
        for name, form in forms.items()
        if not given.get(name, form).startswith(form)
    ]


def _wrong_log(given: Mapping[str, str]) -> list[str]:
    known = {"BOT_LOG": _LEVELS, "BOT_LOG_FORMAT": _FORMATS}
    return [
        f"{name} is one of {', '.join(values)}, not {given[name]!r}."
        for name, values in known.items()
        if given.get(name, values[0]).lower() not in values
    ]


def _far_endpoints(given: Mapping[str, str], slack: str | None, aws: str | None) -> list[str]:
    typed = {"SLACK_API_URL": slack, "AWS_ENDPOINT_URL": aws}
    names = ["SLACK_API_URL", *(name for name in given if name.startswith("AWS_ENDPOINT_URL"))]
    return [
        f"{name} counts for this machine only (http://127.0.0.1:…): use {_option(name)} for another server."
        for name in sorted(names)
        if name in given and not typed.get(name) and not _near(given[name])
    ]


def _near(url: str) -> bool:
    try:
        return is_loopback(url)
    except ValueError:
        return False


def _option(name: str) -> str:
    return "--slack-api-url" if name == "SLACK_API_URL" else "--aws-endpoint-url"
