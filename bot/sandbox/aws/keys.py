"""S3's lists: a page of keys at a time, found by halving, and the buckets of one account with their Regions.

Moto sorts all keys again for every page, which a hundred pages of a hundred thousand keys do not forgive.
"""

from __future__ import annotations

import base64
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from moto.s3.models import FakeBucket, FakeKey, s3_backends

LAST: Final = "\U0010ffff"
"""Behind every key of a folder: the highest character there is."""
MOST: Final = 1000
"""Keys in one page, whatever was asked for."""
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE: Final = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class Names:
    """The sorted key names of each bucket, kept until something changes in S3."""

    def __init__(self) -> None:
        self._sorted: dict[str, list[str]] = {}

    def forget(self) -> None:
        self._sorted.clear()

    def of(self, bucket: FakeBucket) -> list[str]:
        if bucket.name not in self._sorted:
            live = (name for name, key in bucket.keys.items() if isinstance(key, FakeKey))
            self._sorted[bucket.name] = sorted(live)
        return self._sorted[bucket.name]

    def page(
        self, bucket: FakeBucket, prefix: str, delimiter: str, after: str, most: int
    ) -> tuple[list[tuple[str, bool]], bool]:
        """Return up to `most` names behind `after`, folders marked True, and whether there are more."""
        names, found = self.of(bucket), list[tuple[str, bool]]()
        at = max(bisect_left(names, prefix), bisect_right(names, after) if after else 0)
        while at < len(names) and names[at].startswith(prefix):
            if len(found) == most:
                return found, True
            head, folded, _ = names[at][len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if folded:
                found.append((prefix + head + delimiter, True))
                at = bisect_right(names, prefix + head + delimiter + LAST)
            else:
                found.append((names[at], False))
                at += 1
        return found, False


def list_objects(names: Names, bucket: FakeBucket, asked: Mapping[str, str]) -> bytes:
    """Answer ListObjectsV2."""
    prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
    token = asked.get("continuation-token", "")
    after = base64.urlsafe_b64decode(token).decode() if token else asked.get("start-after", "")
    most = min(int(asked.get("max-keys") or MOST), MOST)
    found, more = names.page(bucket, prefix, delimiter, after, most)
    write = quote if asked.get("encoding-type") == "url" else escape
    last = found[-1][0] + (LAST if found[-1][1] else "") if found else ""
    onward = base64.urlsafe_b64encode(last.encode()).decode()
    about = [
        f"<Name>{bucket.name}</Name><Prefix>{write(prefix)}</Prefix><MaxKeys>{most}</MaxKeys>",
        f"<KeyCount>{len(found)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>",
        f"<Delimiter>{write(delimiter)}</Delimiter>" if delimiter else "",
        "<EncodingType>url</EncodingType>" if write is quote else "",
        f"<ContinuationToken>{token}</ContinuationToken>" if token else "",
        f"<NextContinuationToken>{onward}</NextContinuationToken>" if more else "",
    ]
    contents = [_key(write(name), bucket.keys[name]) for name, folder in found if not folder]
    folders = [f"<CommonPrefixes><Prefix>{write(name)}</Prefix></CommonPrefixes>" for name, folder in found if folder]
    inside = "".join([*about, *contents, *folders])
    return f"{_XML}<ListBucketResult {_NAMESPACE}>{inside}</ListBucketResult>".encode()


def _key(name: str, key: FakeKey) -> str:
    modified = f"{key.last_modified:%Y-%m-%dT%H:%M:%S}.000Z"
    return (
        f"<Contents><Key>{name}</Key><LastModified>{modified}</LastModified><ETag>{escape(key.etag)}</ETag>"
        f"<Size>{key.size}</Size><StorageClass>{key.storage_class}</StorageClass></Contents>"
    )


def list_buckets(account: str, asked: Mapping[str, str]) -> bytes:
    """Answer ListBuckets; the Regions stand in a page that was asked for as a page, as in S3."""
    prefix, region = asked.get("prefix", ""), asked.get("bucket-region", "")
    after = base64.urlsafe_b64decode(asked.get("continuation-token", "")).decode()
    paged = "max-buckets" in asked or bool(prefix or region)
    most = int(asked.get("max-buckets") or 10_000)
    ours = [s3_backends[account]["aws"].buckets[name] for name in sorted(s3_backends[account]["aws"].buckets)]
    fit = [b for b in ours if b.name.startswith(prefix) and region in ("", b.region_name) and b.name > after]
    buckets = "".join(_bucket(each, paged=paged) for each in fit[:most])
    onward = base64.urlsafe_b64encode(fit[most - 1].name.encode()).decode() if len(fit) > most else ""
    token = f"<ContinuationToken>{onward}</ContinuationToken>" if onward else ""
    owner = f"<Owner><ID>{account.rjust(64, '0')}</ID></Owner>"
    inside = f"{owner}<Buckets>{buckets}</Buckets>{token}<Prefix>{escape(prefix)}</Prefix>"
    return f"{_XML}<ListAllMyBucketsResult {_NAMESPACE}>{inside}</ListAllMyBucketsResult>".encode()


def _bucket(each: Any, *, paged: bool) -> str:
    region = f"<BucketRegion>{each.region_name}</BucketRegion>" if paged else ""
    made = f"{each.creation_date:%Y-%m-%dT%H:%M:%S}.000Z"
    return f"<Bucket><Name>{each.name}</Name><CreationDate>{made}</CreationDate>{region}</Bucket>"
