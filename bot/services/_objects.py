"""Objects in S3: what one is like, what became of a put or a delete, and its bytes on their way to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.aws.s3_names import address, read_address
from bot.command import Aws, Resource
from bot.errors import AwsUnsent
from bot.reply import Fields, File
from bot.services import _buckets
from bot.spool import discard, new_file
from bot.text import bytes_in_words

SMALL = 10_000_000
"""Bytes up to which an object is handed over as a file; a larger one goes as a link."""
PIECE = 256 * 1024
_ABSENT = ("404", "NoSuchKey", "NoSuchVersion", "405")


@dataclass(frozen=True, slots=True)
class Object:
    """An object as it is; `version` is empty where the bucket was never versioned."""

    size: int
    etag: str
    version: str
    modified: datetime
    encrypted: str
    checksum: str
    type: str
    storage: str

    @property
    def state(self) -> str:
        """Say which object it is, exactly: a card is void when this is another one."""
        which = f"version {self.version}" if self.version else f"ETag {self.etag.strip(chr(34))[:12]}"
        return f"{bytes_in_words(self.size)} of {self.modified:%Y-%m-%d %H:%M} UTC, {which}"

    def fields(self) -> Fields:
        return Fields(
            (
                ("Size", f"{bytes_in_words(self.size)} ({self.size:,} bytes)"),
                ("Modified", f"{self.modified:%Y-%m-%d %H:%M} UTC"),
                ("Encryption", self.encrypted),
                ("Checksum", self.checksum or "none kept"),
                ("Version", self.version or "none"),
                ("Type", self.type or "–"),
                ("Storage class", self.storage),
            )
        )


def head(aws: Aws, bucket: str, key: str, version: str = "") -> Object:
    """Read what an object is like, without its content."""
    which = {"VersionId": version} if version else {}
    return _object(aws.client("s3").head_object(**_buckets.of(aws, bucket), Key=key, ChecksumMode="ENABLED", **which))


def head_if_any(aws: Aws, bucket: str, key: str) -> Object | None:
    """Do the same, None where there is no such object."""
    return _buckets.unless(aws, _ABSENT, lambda: head(aws, bucket, key), None)


def _object(answer: Mapping[str, Any]) -> Object:
    sums = ((name, answer.get(f"Checksum{name}")) for name in ("SHA256", "SHA1", "CRC64NVME", "CRC32C", "CRC32"))
    version = str(answer.get("VersionId") or "")
    return Object(
        int(answer["ContentLength"]),
        str(answer["ETag"]),
        "" if version == "null" else version,
        answer["LastModified"].astimezone(UTC),
        _buckets.encrypted_with(str(answer.get("ServerSideEncryption") or ""), str(answer.get("SSEKMSKeyId") or "")),
        next((f"{name} {value}" for name, value in sums if value), ""),
        str(answer.get("ContentType") or ""),
        str(answer.get("StorageClass") or "STANDARD"),
    )


def resource(aws: Aws, bucket: str, key: str, state: str, version: str = "") -> Resource:
    """Name an object: by an address without spaces for the road, and by ARN and its bucket's tags for the rules."""
    tags = _buckets.tags(aws, bucket)
    return Resource(address(bucket, key, version), "", state, tags, _buckets.arn(aws, bucket, key))


def _found(aws: Aws, id_: str) -> Mapping[str, Any] | None:
    """Read the object that an id of ours names, None where there is none."""
    bucket, key, version = read_address(id_)
    which = {"VersionId": version} if version else {}
    s3 = aws.client("s3")
    ask = {**_buckets.of(aws, bucket), "Key": key, **which}
    found: Mapping[str, Any] | None = _buckets.unless(aws, _ABSENT, lambda: s3.head_object(**ask), None)
    return found


def stored(aws: Aws, ids: tuple[str, ...]) -> Mapping[str, str]:
    """Say of each object whether it is the one that this run stored: its metadata bears the run's token."""
    return {id_: _stored(_found(aws, id_), aws.token) for id_ in ids}


def _stored(found: Mapping[str, Any] | None, token: str) -> str:
    if found is None:
        return "not stored"
    return "stored" if found.get("Metadata", {}).get("run") == token else "another object"


def deleted(aws: Aws, ids: tuple[str, ...]) -> Mapping[str, str]:
    """Say of each object or version whether it is gone."""
    return {id_: "still there" if _found(aws, id_) else "deleted" for id_ in ids}


def fetched(aws: Aws, bucket: str, key: str, about: Object, most: int = SMALL) -> File:
    """Stream an object into a file of the spool; botocore compares it with the checksum that AWS kept.

    Raises AwsUnsent where it is longer than `most`: it was overwritten since it was looked at.
    """
    which = {"VersionId": about.version} if about.version else {"IfMatch": about.etag}
    answer = aws.client("s3").get_object(**_buckets.of(aws, bucket), Key=key, **which)
    name = key.rstrip("/").rpartition("/")[2] or "object"
    path = new_file(name)
    try:
        return File(name, str(path), _written(answer["Body"], path, most))
    except BaseException:
        discard(str(path))
        raise
    finally:
        answer["Body"].close()


def _written(body: Any, path: Any, most: int) -> int:
    size = 0
    with path.open("wb") as file:
        while piece := body.read(PIECE):
            size += len(piece)
            if size > most:
                raise AwsUnsent("The object grew while it was read. Ask again.", code="Overwritten")
            file.write(piece)
    return size


def link(aws: Aws, bucket: str, key: str, about: Object, seconds: int) -> str:
    """Sign a link that opens one object, this version of it, for so many seconds; nothing is sent."""
    which = {"VersionId": about.version} if about.version else {}
    params = {"Bucket": bucket, "Key": key, "ResponseContentDisposition": "attachment", **which}
    return str(aws.client("s3").generate_presigned_url("get_object", Params=params, ExpiresIn=seconds))
