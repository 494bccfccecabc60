"""What Tidewater keeps in S3: artifacts, logs, uploads abroad, a public site, and production's backups."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from moto.s3.models import FakeBucket, FakeKey, PublicAccessBlock, s3_backends

from bot.sandbox.aws.names import DEV, OTHER_REGION, PROD, REGION
from bot.sandbox.aws.s3 import SSE_S3, guard

ARTIFACTS: Final = "tidewater-dev-artifacts"
LOGS: Final = "tidewater-dev-logs"
PUBLIC: Final = "tidewater-dev-status-page"
ABROAD: Final = "tidewater-dev-us-uploads"
BACKUPS: Final = "tidewater-prod-backups"
BUNDLE: Final = "web/1.42.0/bundle.tar.gz"
MANIFEST: Final = "web/1.42.0/manifest.json"
BUNDLE_BYTES: Final = 12_000_000
BACKUP_KEY: Final = f"arn:aws:kms:{REGION}:{PROD}:key/5a8e1c9e-0d4f-4c55-9c1b-7f2f6b1f0a11"


@dataclass(frozen=True)
class Store:
    """One bucket of the estate."""

    name: str
    made: datetime
    team: str
    account: str = DEV
    region: str = REGION
    env: str = "dev"
    versioned: bool = True
    public: bool = False
    kms_key: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, 9, 30, tzinfo=UTC)


RELEASE: Final = json.dumps({"name": "web", "version": "1.42.0", "commit": "9f2c1e7"}, indent=2) + "\n"
STORES: Final = (
    Store(
        ARTIFACTS,
        day(2024, 3, 4),
        "web",
        texts={
            MANIFEST: RELEASE,
            "web/1.41.3/manifest.json": RELEASE.replace("1.42.0", "1.41.3").replace("9f2c1e7", "4ab08d2"),
            "api/2.7.1/openapi.yaml": "openapi: 3.1.0\ninfo: {title: Tidewater API, version: 2.7.1}\npaths: {}\n",
            "README.md": "# Artifacts\n\nOne folder a service, one a version. Kept for a year.\n",
        },
    ),
    Store(LOGS, day(2023, 11, 20), "ops", versioned=False),
    Store(
        PUBLIC,
        day(2024, 6, 12),
        "web",
        public=True,
        texts={"index.html": "<!doctype html><title>Tidewater status</title><p>All systems operational.</p>\n"},
    ),
    Store(ABROAD, day(2025, 2, 17), "data", region=OTHER_REGION, texts={"incoming/tides-boston.csv": "at,metres\n"}),
    Store(BACKUPS, day(2023, 10, 2), "data", account=PROD, env="prod", kms_key=BACKUP_KEY),
    Store("tidewater-prod-logs", day(2023, 10, 2), "ops", account=PROD, env="prod", versioned=False),
)


def seed_buckets() -> None:
    """Make the buckets, with times that are the same every day."""
    for store in STORES:
        bucket = make(store)
        for key, words in store.texts.items():
            put(bucket, key, words.encode(), store.made + timedelta(days=200))
    put(bucket_of(DEV, ARTIFACTS), BUNDLE, b"tidewater-web-1.42.0 " * (BUNDLE_BYTES // 21 + 1), day(2025, 11, 18))
    for key, lines, at in logs():
        put(bucket_of(DEV, LOGS), key, lines, at)
    put(bucket_of(PROD, BACKUPS), "db-prod-1/2025-11-30.dump", b"PGDMP" + b"\0" * 40_000, day(2025, 11, 30))


def logs() -> Iterator[tuple[str, bytes, datetime]]:
    """A month of three machines' logs, four files a day: 360 keys."""
    for number in range(1, 31):
        for machine in ("api-1", "web-1", "web-2"):
            for hour in (0, 6, 12, 18):
                at = datetime(2025, 11, number, hour, tzinfo=UTC)
                lines = f"{at:%Y-%m-%dT%H:%M:%SZ} {machine} GET /healthz 200 {number + hour} ms\n" * (number + hour + 1)
                yield f"{machine}/2025/11/{number:02}/{hour:02}.log", lines.encode(), at + timedelta(hours=6)


def make(store: Store) -> FakeBucket:
    bucket = s3_backends[store.account]["aws"].create_bucket(store.name, store.region)
    bucket.creation_date = store.made
    guard(bucket)
    bucket.versioning_status = "Enabled" if store.versioned else None
    s3_backends[store.account]["aws"].put_bucket_tagging(store.name, {"env": store.env, "team": store.team})
    if store.kms_key:
        wanted = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": store.kms_key}
        bucket.encryption = {"Rule": {"ApplyServerSideEncryptionByDefault": wanted, "BucketKeyEnabled": True}}
    if store.public:
        bucket.public_access_block = PublicAccessBlock("false", "false", "false", "false")
        bucket.policy = json.dumps(readable(store.name)).encode()
    return bucket


def readable(bucket: str) -> dict[str, object]:
    """The policy that lets everybody read."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def bucket_of(account: str, name: str) -> FakeBucket:
    return s3_backends[account]["aws"].buckets[name]


def put(bucket: FakeBucket, key: str, content: bytes, at: datetime) -> None:
    """Store an object as it was stored at that time; its version is named after the key, so that it stays the same."""
    rule = (bucket.encryption or SSE_S3)["Rule"]["ApplyServerSideEncryptionByDefault"]
    made = FakeKey(
        key,
        content,
        account_id=bucket.account_id,
        region_name=bucket.region_name,
        bucket_name=bucket.name,
        is_versioned=bucket.is_versioned,
        version_id=f"seeded-{len(bucket.keys):04}" if bucket.is_versioned else "null",
        encryption=rule["SSEAlgorithm"],
        kms_key_id=rule.get("KMSMasterKeyID"),
    )
    made.last_modified = at.replace(tzinfo=None)
    bucket.keys[key] = made
