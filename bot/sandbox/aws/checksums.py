"""Whether a request's body is what its headers and trailers say: S3 computes every checksum that it is given."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from bot.sandbox.aws.faults import Refusal

_PREFIX: Final = "x-amz-checksum-"
_UNSIGNED: Final = ("UNSIGNED-PAYLOAD", "STREAMING-")


def wrong_checksum(environ: Mapping[str, Any], body: bytes) -> Refusal | None:
    """Return S3's refusal where a checksum that came along is not the body's, None where all of them are."""
    chunked = "aws-chunked" in environ.get("HTTP_CONTENT_ENCODING", "")
    payload, trailers = unchunked(body) if chunked else (body, {})
    sent = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    if sent and not sent.startswith(_UNSIGNED) and sent != hashlib.sha256(body).hexdigest():
        words = "The provided 'x-amz-content-sha256' header does not match what was computed."
        return Refusal(400, "XAmzContentSHA256Mismatch", words)
    md5 = environ.get("HTTP_CONTENT_MD5", "")
    if md5 and md5 != _base64(hashlib.md5(payload).digest()):  # noqa: S324 - S3's own header
        words = "The Content-MD5 you specified did not match what we received."
        return Refusal(400, "BadDigest", words)
    given = {**_in_headers(environ), **{name: value for name, value in trailers.items() if name.startswith(_PREFIX)}}
    for name, value in given.items():
        compute = ALGORITHMS.get(name.removeprefix(_PREFIX))
        if compute and value != compute(payload):
            words = f"The provided '{_PREFIX}' header does not match what was computed."
            return Refusal(400, "XAmzContentChecksumMismatch", words)
    return None


def unchunked(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Undo aws-chunked: the payload, and the trailers behind its last chunk."""
    payload, at = bytearray(), 0
    while at < len(body):
        end = body.index(b"\r\n", at)
        size = int(body[at:end].partition(b";")[0], 16)
        at = end + 2
        if size == 0:
            break
        payload += body[at : at + size]
        at += size + 2
    pairs = (line.partition(b":") for line in body[at:].split(b"\r\n") if b":" in line)
    return bytes(payload), {name.decode().strip().lower(): value.decode().strip() for name, _, value in pairs}


def _in_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    known = {f"HTTP_X_AMZ_CHECKSUM_{name.upper()}": f"{_PREFIX}{name}" for name in ALGORITHMS}
    return {name: environ[key] for key, name in known.items() if key in environ}


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _crc(polynomial: int, bits: int) -> Callable[[bytes], str]:
    """A reflected CRC, table by table: slow, and needed only where a client chose one that Python does not have."""

    @cache
    def table() -> tuple[int, ...]:
        found = []
        for byte in range(256):
            value = byte
            for _ in range(8):
                value = value >> 1 ^ (polynomial if value & 1 else 0)
            found.append(value)
        return tuple(found)

    def compute(data: bytes) -> str:
        full = (1 << bits) - 1
        value = full
        for byte in data:
            value = table()[(value ^ byte) & 0xFF] ^ value >> 8
        return _base64((value ^ full).to_bytes(bits // 8))

    return compute


ALGORITHMS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "crc32": lambda data: _base64(zlib.crc32(data).to_bytes(4)),
    "crc32c": _crc(0x82F63B78, 32),
    "crc64nvme": _crc(0x9A6C9329AC4BC9B5, 64),
    "sha1": lambda data: _base64(hashlib.sha1(data).digest()),  # noqa: S324 - S3's own choice
    "sha256": lambda data: _base64(hashlib.sha256(data).digest()),
}
