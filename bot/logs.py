"""The log: JSON lines for machines, plain lines for a terminal; no token, key or response_url in either.

One line of JSON an event: `time` (UTC, ISO 8601), `level`, `logger`, `message`, `run` where it is about one, and
`exception`. The redaction is a net below the code's own care: what looks like a secret is replaced wherever it stands.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from bot.errors import BotError
from bot.text import clean

_NOISY = ("slack_bolt", "slack_sdk", "botocore", "boto3", "urllib3", "apscheduler", "alembic", "werkzeug", "matplotlib")
_SECRETS = re.compile(
    r"xox[a-z]-[\w-]{6,}|xapp-[\w-]{6,}|xoxe\.[\w.-]{6,}"  # Slack's tokens
    r"|(?<=hooks\.slack\.com/)[\w/-]+|(?<=/response/)[\w/-]{8,}"  # response_urls
    r"|(?<=[?&]ticket=)[\w-]+"  # the socket's address
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|(?<=X-Amz-Signature=)[0-9a-f]+|(?<=X-Amz-Security-Token=)[^&\s]+"  # AWS's
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # a database's user and password
)
_STEERS = re.compile(
    r"[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e0fff]"
)
_BELOW = "\n    | "
_AGAIN_SECONDS = 10.0
_RUN = re.compile(r"\b[Rr]un ([a-hjkmnp-z2-9]{12})\b")


def redacted(text: str) -> str:
    """Replace what looks like a secret."""
    return _SECRETS.sub("[redacted]", text)


def begin(level: str, form: str = "auto") -> None:
    """Log to standard error from now on; `auto` is human where that is a terminal and JSON elsewhere."""
    handler = logging.StreamHandler(sys.stderr)
    human = form == "human" or (form != "json" and sys.stderr.isatty())
    handler.setFormatter(_Human() if human else _Json())
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    handler.addFilter(_Sentences())
    logging.basicConfig(level=number, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Sentences(logging.Filter):
    """An error of our own is a sentence, not a traceback, and the same one from the same place is said now and then.

    While its database is away, a bot looks for it several times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, BotError):
            return True
        key = (record.name, str(record.msg), error.sentence)
        self._said = {each: at for each, at in self._said.items() if record.created - at < _AGAIN_SECONDS}
        if key in self._said:
            return False
        self._said[key] = record.created
        record.msg, record.args, record.exc_info = f"{record.getMessage()}: {error.sentence}", (), None
        return True


class _Human(logging.Formatter):
    """Lines below the first are marked: nothing that was logged can look like a line of the log's own."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return clean(redacted(super().format(record))).replace("\n", _BELOW)


class _Json(JsonFormatter):
    """One line an event, also for whoever ends lines at more than LF, and nothing raw that would steer a terminal."""

    def __init__(self) -> None:
        super().__init__("%(message)s", json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        about = _RUN.search(record.getMessage())
        log_data |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **({"run": about[1]} if about else {}),
        }
        if "exc_info" in log_data:
            log_data["exception"] = log_data.pop("exc_info")

    def format(self, record: logging.LogRecord) -> str:
        return _STEERS.sub(lambda found: json.dumps(found[0])[1:-1], redacted(super().format(record)))
