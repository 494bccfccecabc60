"""Making a bucket step by step, each step a call with something to see for it: what is there already is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.command import Aws, Call, Plan, Resource, Skipped
from bot.errors import UsageError
from bot.services import _buckets
from bot.services._buckets import ALL_BLOCKED, arn, of

IN_PLACE = "in place"
CALLS = ("s3:CreateBucket", "s3:PutPublicAccessBlock", "s3:PutBucketEncryption", "s3:PutBucketVersioning")
READS = (
    "s3:HeadBucket",
    "s3:GetPublicAccessBlock",
    "s3:GetBucketEncryption",
    "s3:GetBucketVersioning",
    "s3:GetBucketTagging",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One call and what it is for; `part` is its part of the bucket, as an id shows it behind the `#`."""

    part: str
    state: str
    call: str
    params: Mapping[str, Any]

    def id(self, bucket: str) -> str:
        return f"s3://{bucket}" + (f"#{self.part}" if self.part else "")


def plan(aws: Aws, bucket: str, kms: str, *, versioned: bool) -> Plan:
    """Plan what a bucket lacks. Raises UsageError where the name is taken by somebody else."""
    there = _exists(aws, bucket)
    steps = _steps(aws, bucket, kms, versioned=versioned)
    lacking = [step for step in steps if not (there and _in_place(aws, bucket, step.part))]
    tags = _buckets.tags(aws, bucket) if there else {}
    resources = tuple(Resource(each.id(bucket), "", each.state, tags, arn(aws, bucket)) for each in lacking)
    calls = tuple(Call(each.call, each.params, (each.id(bucket),)) for each in lacking)
    if not calls:
        return Plan(f"create {bucket}", skipped=(Skipped(f"s3://{bucket}", "is there, with all of it", bucket),))
    notes = ("It is there already; only what it lacks is done.",) if there else ()
    return Plan(f"create the bucket {bucket} in {aws.region}", calls, resources, notes=notes)


def _exists(aws: Aws, bucket: str) -> bool:
    """Say whether this account has the bucket in this Region. Raises UsageError where somebody else has it."""
    s3 = aws.client("s3")
    taken: dict[str, Any] = {"taken": True}
    found = _buckets.unless(
        aws,
        ("404", "NoSuchBucket"),
        lambda: _buckets.unless(aws, ("403", "AccessDenied"), lambda: s3.head_bucket(**of(aws, bucket)), taken),
        None,
    )
    if found == taken:
        raise UsageError(f"{bucket} belongs to another AWS account, or is hidden from the bot. Choose another name.")
    return found is not None


def _steps(aws: Aws, bucket: str, kms: str, *, versioned: bool) -> list[Step]:
    place = {"CreateBucketConfiguration": {"LocationConstraint": aws.region}} if aws.region != "us-east-1" else {}
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms} if kms else {"SSEAlgorithm": "AES256"}
    rule = {"ApplyServerSideEncryptionByDefault": default, **({"BucketKeyEnabled": True} if kms else {})}
    owned = of(aws, bucket)
    encrypted = f"encryption={kms}" if kms else "encryption"
    steps = [
        Step("", "to be created", CALLS[0], {"Bucket": bucket, **place}),
        Step("public-access", "to be blocked", CALLS[1], {**owned, "PublicAccessBlockConfiguration": ALL_BLOCKED}),
        Step(
            encrypted,
            f"to be {_buckets.encrypted_with(default['SSEAlgorithm'], kms)}",
            CALLS[2],
            {**owned, "ServerSideEncryptionConfiguration": {"Rules": [rule]}},
        ),
    ]
    versions = Step("versioning", "to be on", CALLS[3], {**owned, "VersioningConfiguration": {"Status": "Enabled"}})
    return [*steps, versions] if versioned else steps


def look(aws: Aws, ids: tuple[str, ...]) -> Mapping[str, str]:
    """Say of each part of a bucket whether it is in place."""
    return {id_: _state(aws, id_) for id_ in ids}


def _state(aws: Aws, id_: str) -> str:
    bucket, _, part = id_.removeprefix("s3://").partition("#")
    return IN_PLACE if _exists(aws, bucket) and _in_place(aws, bucket, part) else "not in place"


def _in_place(aws: Aws, bucket: str, part: str) -> bool:
    kind, _, key = part.partition("=")
    if kind == "public-access":
        return _buckets.blocked(aws, bucket) == ALL_BLOCKED
    if kind == "encryption":
        algorithm, by = _buckets.encryption(aws, bucket)
        return by == key if key else bool(algorithm)
    if kind == "versioning":
        return _buckets.versioning(aws, bucket) == "Enabled"
    return True
