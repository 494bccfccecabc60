"""What objects are called outside S3: an address without spaces, read back as it was written, and a content type."""

from __future__ import annotations

import mimetypes
from urllib.parse import quote, unquote

_TYPES = mimetypes.MimeTypes()


def address(bucket: str, key: str, version: str = "") -> str:
    """Write `s3://BUCKET/KEY`, percent-encoded, with `?versionId=` for one version."""
    return f"s3://{bucket}/{quote(key)}" + (f"?versionId={quote(version)}" if version else "")


def read_address(address: str) -> tuple[str, str, str]:
    """Return the bucket, the key and the version of an address that was written here."""
    bucket, _, rest = address.removeprefix("s3://").partition("/")
    key, _, version = rest.partition("?versionId=")
    return bucket, unquote(key), unquote(version)


def content_type(key: str, *, text: bool) -> str:
    """Guess from a key's ending what is in it."""
    guessed = _TYPES.guess_type(key)[0] or ("text/plain" if text else "application/octet-stream")
    return f"{guessed}; charset=utf-8" if text and guessed.startswith("text/") else guessed
