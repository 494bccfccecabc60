"""botocore's exceptions as sentences, translated in this one place.

What matters for a change is whether it may have been done: AWS answered no (`AwsRefused`), it never left (`AwsUnsent`),
or it left and no answer came (`AwsUnknown`). Which exception says which stands in `families`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as raised

from bot.aws.advice import advice
from bot.aws.denied import encoded, which_policy
from bot.aws.families import (
    DENIED,
    EXPIRED,
    FOR_CREDENTIALS,
    NOTHING_DONE,
    ROOTS,
    THROTTLED,
    TURNED_AWAY_UNREAD,
    Family,
    family_of,
)
from bot.aws.s3_errors import elsewhere
from bot.errors import AwsError, AwsRefused, AwsUnknown, AwsUnsent, BotError

log = logging.getLogger(__name__)


@contextmanager
def translated(operation: str, *, changes: bool) -> Iterator[None]:
    """Turn what botocore raises inside the block into an AwsError; `changes` where being done matters.

    A mistake of the bot's own stays what it is around a read; around a change it may have come after the request left.
    """
    try:
        yield
    except BotError:
        raise
    except ROOTS as error:
        raise translate(error, operation, changes=changes) from error
    except Exception as error:
        if not changes:
            raise
        log.exception("A mistake of the bot's at %s", operation)
        code = type(error).__name__
        raise AwsUnknown(f"The bot itself failed at {operation} ({code}); it may have been done.", code=code) from error


def translate(error: Exception, operation: str, *, changes: bool) -> AwsError:
    """Say in one sentence what AWS or the way to it did."""
    code = type(error).__name__
    family = family_of(error)
    if isinstance(error, raised.ClientError) and family is Family.ANSWERED:
        return _answered(error, operation, changes=changes)
    if family is Family.LEFT and changes:
        return AwsUnknown(f"AWS gave no answer to {operation}; it may have been done.", code=code)
    return AwsUnsent(_unsent(error, family, operation), code=code)


def _unsent(error: Exception, family: Family, operation: str) -> str:
    if family is Family.LEFT:
        return f"AWS gave no answer to {operation}. Try again in a moment."
    if family is Family.NOT_CONNECTED:
        return f"AWS could not be reached, so {operation} was not sent. Try again in a moment."
    if family is Family.NO_CREDENTIALS:
        return (
            "The bot has no valid AWS credentials for this account: nothing was sent. "
            "Whoever runs the bot must mend them (environment, profile or role)."
        )
    if family is Family.MISCONFIGURED:
        return (
            f"The bot's AWS settings cannot be used: {_quiet(str(error))} "
            f"{operation} was not sent. Whoever runs the bot must mend them."
        )
    return f"{operation} could not be sent: {_quiet(str(error))}"


def _answered(error: raised.ClientError, operation: str, *, changes: bool) -> AwsError:
    told = error.response.get("Error", {})
    about = error.response.get("ResponseMetadata", {})
    code, words = str(told.get("Code", "Unknown")), str(told.get("Message", ""))
    request_id = about.get("RequestId")
    if error.operation_name in FOR_CREDENTIALS and operation.partition(":")[2] != error.operation_name:
        return AwsUnsent(
            f"The bot could not get its credentials ({error.operation_name}: {code}), so {operation} was not sent. "
            "Whoever runs the bot must mend them.",
            code=code,
            request_id=request_id,
        )
    made = f"{operation.partition(':')[0]}:{error.operation_name}"
    status = int(about.get("HTTPStatusCode", 400))
    if changes and status >= 500 and code not in NOTHING_DONE:
        return AwsUnknown(
            f"AWS had an internal error ({code}) at {made}; it may have been done.", code=code, request_id=request_id
        )
    unread = code in TURNED_AWAY_UNREAD
    away = elsewhere(code, error.response) if made.startswith("s3:") else ""
    if away:
        return AwsRefused(f"Nothing was done: {away} ({made}, {code}).", code=code, request_id=request_id)
    sentence, cipher = _sentence(code, words, made), "" if which_policy(words) else encoded(words)
    return AwsRefused(sentence, code=code, request_id=request_id, unread=unread, encoded=cipher)


def _sentence(code: str, words: str, operation: str) -> str:
    message = _quiet(words)
    if advice(operation, code):
        told = f" AWS's words: {message}" if message else ""
        return f"Nothing was done: {advice(operation, code)} ({operation}, {code}).{told}"
    if code in THROTTLED:
        return f"AWS is throttling {operation} ({code}): nothing was done. Try again in a minute."
    if code in EXPIRED:
        return (
            f"AWS did not accept the bot's credentials ({code}): nothing was done. "
            "Whoever runs the bot must renew them."
        )
    if code in DENIED:
        no = f"AWS's own IAM does not let the bot's role do {operation} ({code}): nothing was done. "
        return no + (which_policy(words) or "Whoever owns the role must allow it; the allowlist in bot.yml did.")
    return f"AWS refused {operation}: {message or 'no reason given'} ({code})"


def _quiet(message: str) -> str:
    """Take encoded blobs and account ids out of somebody else's words, and keep them to one short line."""
    message = re.sub(r"\s*Encoded authorization failure message:\s*\S+", "", message, flags=re.IGNORECASE)
    message = re.sub(r"(?<![\w-])\d{12}(?![\w-])", "…", message)
    message = " ".join(message.split())
    return message if len(message) <= 300 else message[:300] + "…"
