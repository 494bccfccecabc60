"""What Lambda's answer to an invocation says: the function's result, its error with its stack, the end of its log.

Only rendered words are kept. The log's tail passes a net for what looks like a secret, because nobody asked for that;
the result is what was asked for, and stays as it is.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bot.command import ANSWER_BYTES, Outcome
from bot.reply import Code, Part, note, text

_TOOK = re.compile(r"^REPORT .*?\bDuration: ([\d.]+) ms", re.MULTILINE)
_TIMED_OUT = "Sandbox.Timedout"
_SECRET = re.compile(
    r"""(?ix)
    ( \b[\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization|credential)[\w-]*["']?\s*[=:]\s*["']?
      (?:bearer\s+|basic\s+)? ) [^\s"',;&}]+
    """
)
_SHAPED = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bxox[a-z]-[\w-]{6,}|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*")


def outcome(answer: Mapping[str, Any]) -> Outcome:
    """Read an answer of lambda:Invoke."""
    if answer.get("StatusCode") == 202:
        later = note("Accepted is not done: what becomes of it stands in lambda logs and in the function's metrics.")
        return Outcome("AWS accepted the event; the function runs by itself", (later,))
    if answer.get("StatusCode") == 204:
        return Outcome("it could be invoked; nothing was run")
    payload: bytes = answer.get("Payload") or b""
    log = base64.b64decode(answer.get("LogResult") or "").decode(errors="replace")
    if answer.get("FunctionError"):
        return _failed(payload, log)
    return Outcome(f"answered{_took(log)}", (*_result(payload), *_tail(log)))


def _failed(payload: bytes, log: str) -> Outcome:
    """Say what a function raised. The verdict names the kind alone: it goes into the audit, no message does."""
    told = _object(payload)
    if told is None:
        return Outcome("the function failed", (*_result(payload), *_tail(log)), failed=True)
    kind, message = str(told.get("errorType") or ""), str(told.get("errorMessage") or "no message")
    stack = told.get("stackTrace") or told.get("trace") or []
    lines = [each if isinstance(each, str) else json.dumps(each) for each in stack] if isinstance(stack, list) else []
    shown = (Code("\n".join(each.rstrip("\n") for each in lines)),) if lines else ()
    parts = (text(f"{kind}: {message}" if kind else message), *shown, *_tail(log))
    return Outcome(_verdict(kind, message) + _took(log), parts, failed=True)


def _verdict(kind: str, message: str) -> str:
    if kind == _TIMED_OUT or "Task timed out after" in message:
        return "the function ran out of time"
    if kind.startswith(("Runtime.", "Function.", "Extension.")):
        return f"the function failed ({kind})"
    return f"the function raised {kind}" if kind else "the function failed"


def _took(log: str) -> str:
    found = _TOOK.search(log)
    return f" in {float(found[1]):,.0f} ms" if found else ""


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(payload)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _result(payload: bytes) -> tuple[Part, ...]:
    """Show a result: pretty-printed where it is JSON and came whole."""
    if len(payload) > ANSWER_BYTES:
        cut = note(f"The answer was longer: these are its first {ANSWER_BYTES:,} bytes.")
        return Code(payload[:ANSWER_BYTES].decode(errors="replace")), cut
    words = payload.decode(errors="replace")
    with suppress(ValueError):
        words = json.dumps(json.loads(words), indent=2, ensure_ascii=False)
    return (note("It returned nothing."),) if words.strip() in {"", "null"} else (Code(words),)


def _tail(log: str) -> tuple[Part, ...]:
    """Show the end of the log, without what looks like a secret."""
    if not log.strip():
        return ()
    shown = _SHAPED.sub("•••", _SECRET.sub(r"\1•••", log))
    masked = " What looks like a secret is masked." if shown != log else ""
    return note(f"The end of its log (at most 4 KB).{masked}"), Code(shown.rstrip("\n"))
