"""Uploads: a stream goes to S3 in parts by boto3's transfer manager, and is never whole in memory.

At most `PARTS + 1` parts of 5 MB are in memory at once, `PARTS` of them on their way and one being read: 21 MB. An
upload that breaks off is aborted, so that no parts are left to be paid for; nothing is stored until the last call, and
only what comes after that has left is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPException
from typing import Any, BinaryIO, NoReturn

from boto3.s3.transfer import TransferConfig

from bot.aws.errors import translated
from bot.aws.guard import Pass, Within, listen
from bot.command import Call
from bot.errors import AwsError, AwsUnsent, BotError, GuardError

PART = 5 * 1024 * 1024
"""Bytes in a part, the least that S3 takes; a body below this goes in one PutObject."""
PARTS = 3
PUT = "s3:PutObject"
_SHARED = ("Bucket", "Key", "ExpectedBucketOwner")
_STORES = ("PutObject", "CompleteMultipartUpload")
"""The calls that make an object be there."""


def granted(call: Call) -> Pass:
    """Return the pass of one upload: this object with these parameters, in one piece or in parts, and nothing else."""
    parts = (*_SHARED, "ChecksumAlgorithm")
    return Pass(
        within=(
            Within(call.operation, call.params, frozenset({"Body"})),
            Within("s3:CreateMultipartUpload", call.params),
            Within("s3:UploadPart", _only(call, parts), frozenset({"UploadId", "PartNumber", "Body"})),
            Within("s3:CompleteMultipartUpload", _only(call, _SHARED), frozenset({"UploadId", "MultipartUpload"})),
            Within("s3:AbortMultipartUpload", _only(call, _SHARED[:2]), frozenset({"UploadId"})),
        )
    )


def upload(client: Any, call: Call, body: BinaryIO, progress: Callable[[int], None]) -> Mapping[str, Any]:
    """Stream a body to S3 and return its answer; `progress` is called with bytes as they leave, in any thread.

    Raises AwsUnsent or AwsRefused where nothing was stored; what botocore raises after the last call left comes bare.
    """
    assert call.operation == PUT, call.operation
    assert call.upload
    heard = _Heard(client)
    params = dict(call.params)
    try:
        client.upload_fileobj(
            Measured(body, call.upload.size),
            params.pop("Bucket"),
            params.pop("Key"),
            ExtraArgs=params,
            Callback=progress,
            Config=_config(),
        )
    except Exception as error:
        if heard.stored:
            raise
        _nothing_stored(call, error)
    return heard.answer


@contextmanager
def opened(call: Call, body: Callable[[], BinaryIO]) -> Iterator[BinaryIO]:
    """Open what a call uploads, and close it. Raises AwsUnsent where it cannot be opened."""
    try:
        stream = body()
    except (BotError, OSError) as error:
        raise _unread(call, error) from error
    with closing(stream):
        yield stream


class Measured:
    """A body that is exactly as long as it was said to be; what is cut short must not be stored as if it were whole."""

    def __init__(self, body: BinaryIO, size: int) -> None:
        self._body = body
        self._left = size

    def read(self, amount: int = -1) -> bytes:
        """Read so many bytes, fewer at the end alone. Raises OSError where the body is shorter or longer than said."""
        wanted = self._left if amount < 0 else min(amount, self._left)
        pieces: list[bytes] = []
        while wanted:
            pieces.append(self._piece(wanted))
            if not pieces[-1]:
                raise OSError(f"it ended {self._left:,} bytes too early")
            wanted -= len(pieces[-1])
            self._left -= len(pieces[-1])
        if not self._left and self._piece(1):
            raise OSError("there was more of it than was said")
        return b"".join(pieces)  # a single piece as it is, without a copy

    def _piece(self, amount: int) -> bytes:
        try:
            return self._body.read(amount)
        except (HTTPException, ValueError) as error:  # a connection that broke off, or that was closed meanwhile
            raise OSError(f"it broke off ({type(error).__name__})") from error


class _Heard:
    """What an armed client of its own says of an upload: whether the storing call left, and what AWS answered."""

    def __init__(self, client: Any) -> None:
        self.stored = False
        self.answer: Mapping[str, Any] = {}
        for operation in _STORES:
            listen(client, f"before-send.s3.{operation}", self._leaving)
            listen(client, f"after-call.s3.{operation}", self._answered)

    def _leaving(self, **_: Any) -> None:
        self.stored = True

    def _answered(self, parsed: Mapping[str, Any], **_: Any) -> None:
        self.answer = parsed


def _nothing_stored(call: Call, error: Exception) -> NoReturn:
    """Raise what kept the storing call from leaving."""
    if isinstance(error, AwsError | GuardError):
        raise error
    if isinstance(error, BotError | OSError):
        raise _unread(call, error) from error
    with translated(call.operation, changes=False):
        raise error
    raise AssertionError


def _unread(call: Call, error: Exception) -> AwsUnsent:
    name = call.upload.name if call.upload else "The file"
    why = error.sentence if isinstance(error, BotError) else str(error)
    return AwsUnsent(f"{name} could not be read to its end: {why.rstrip('.')}. Nothing was stored.", code="FileBroke")


def _only(call: Call, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: call.params[name] for name in names if name in call.params}


def _config() -> TransferConfig:
    """Return the sizes of a transfer; the classic client, because the other one (CRT) passes no guard."""
    config = TransferConfig(
        multipart_threshold=PART,
        multipart_chunksize=PART,
        max_concurrency=PARTS,
        preferred_transfer_client="classic",
    )
    config.max_in_memory_upload_chunks = PARTS
    config.max_submission_concurrency = 1
    return config
