"""What AWS's answer to a change says, read once while it is there and stored beside the call it answers.

A stream in the answer is read to a bound. One that breaks off leaves the call without a known outcome: AWS took it, and
what came of it was in the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bot.command import ANSWER_BYTES, Command, Outcome
from bot.errors import AwsUnknown
from bot.reply import Reply, from_json, note, to_json
from bot.store.runs import Run

log = logging.getLogger(__name__)


def outcome_of(command: Command, operation: str, answer: Mapping[str, Any]) -> str:
    """Return what an answer says, as it is stored; nothing where the command reads none. Raises AwsUnknown."""
    if command.outcome is None:
        return ""
    request_id = answer.get("ResponseMetadata", {}).get("RequestId")
    whole = {name: _read(value, operation, request_id) for name, value in answer.items()}
    try:
        outcome = command.outcome(whole)
    except Exception:
        log.exception("AWS's answer to %s could not be read", operation)
        mended = note("Reading AWS's answer failed by a mistake of the bot's: see its log.")
        outcome = Outcome("AWS accepted it, and I could not read its answer", (mended,))
    return to_json(Reply(outcome.verdict, outcome.parts, "fail" if outcome.failed else "ok"))


def told(run: Run) -> Reply | None:
    """Return what the answer said: its verdict is the summary, and `fail` the sign of one that bore an error."""
    return from_json(run.answer) if run.answer else None


def failure(run: Run) -> str:
    """Return the verdict of an answer that bore an error, else nothing."""
    answer = told(run)
    return answer.summary if answer and answer.sign == "fail" else ""


def _read(value: Any, operation: str, request_id: str | None) -> Any:
    """Read a stream to its end or the bound, and give its connection back."""
    if not hasattr(value, "read"):
        return value
    try:
        return value.read(ANSWER_BYTES + 1)
    except Exception as error:
        code = type(error).__name__
        log.warning("The answer to %s broke off (%s)", operation, code)
        words = f"AWS took {operation}, and its answer broke off on the way: what came of it is not known."
        raise AwsUnknown(words, code=code, request_id=request_id) from error
    finally:
        value.close()
