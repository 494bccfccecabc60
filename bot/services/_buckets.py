"""What a bucket is like: its encryption, its versioning, who can read it; each asked of the account that owns it.

Bucket names are everybody's: `ExpectedBucketOwner` makes AWS refuse a bucket of that name in somebody else's account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.command import Aws
from bot.params import Shape
from bot.reply import Fields

T = TypeVar("T")

_NAME = r"(?!xn--|.*\.\.|\d+\.\d+\.\d+\.\d+/?$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_MEANS = "a bucket's name (3 to 63 small letters, digits, dots and hyphens)"
BUCKET = Shape(rf"(?:s3://|arn:aws[a-z-]*:s3:::)?{_NAME}/?", _MEANS)
PLACE = Shape(rf"{_NAME}|(?:s3://|arn:aws[a-z-]*:s3:::){_NAME}(?:/.*)?", f"{_MEANS}, or s3://BUCKET/KEY")
KEY = Shape(r"[\s\S]{1,1024}", "a key of 1 to 1,024 characters")
ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_EVERYBODY = ("/global/AllUsers", "/global/AuthenticatedUsers")


def place(word: str) -> tuple[str, str]:
    """Return the bucket and the key that a name, an `s3://` address or an ARN means; the key may be empty."""
    for scheme in ("s3://", ":s3:::"):
        word = word.rpartition(scheme)[2] if scheme in word[:24] else word
    bucket, _, key = word.partition("/")
    return bucket, key


def bare(bucket: str) -> str:
    return place(bucket)[0]


def arn(aws: Aws, bucket: str, key: str = "") -> str:
    return f"arn:{aws.partition}:s3:::{bucket}" + (f"/{key}" if key else "")


def of(aws: Aws, bucket: str) -> dict[str, str]:
    """Name a bucket in a call, and whose it has to be."""
    return {"Bucket": bucket, "ExpectedBucketOwner": aws.account_id}


def unless(aws: Aws, codes: tuple[str, ...], ask: Callable[[], T], otherwise: T) -> T:
    """Return what AWS answers, or something else where it answers with one of these error codes."""
    try:
        return ask()
    except aws.client("s3").exceptions.ClientError as error:
        if error.response.get("Error", {}).get("Code") not in codes:
            raise
        return otherwise


def encryption(aws: Aws, bucket: str) -> tuple[str, str]:
    """Return the default encryption's algorithm and its key; both empty where there is none."""
    s3, none = aws.client("s3"), ("ServerSideEncryptionConfigurationNotFoundError",)
    answer: Mapping[str, Any] = unless(aws, none, lambda: s3.get_bucket_encryption(**of(aws, bucket)), {})
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    return str(default.get("SSEAlgorithm", "")), str(default.get("KMSMasterKeyID", ""))


def encrypted_with(algorithm: str, key: str) -> str:
    """Say how something is encrypted."""
    names = {"AES256": "SSE-S3 (AES256)", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS", "": "not encrypted"}
    by = f", key {key}" if key else ", AWS's own key" if algorithm.startswith("aws:kms") else ""
    return names.get(algorithm, algorithm) + by


def versioning(aws: Aws, bucket: str) -> str:
    """Return `Enabled`, `Suspended`, or nothing where it was never on."""
    return str(aws.client("s3").get_bucket_versioning(**of(aws, bucket)).get("Status") or "")


def blocked(aws: Aws, bucket: str) -> dict[str, bool]:
    """Return the four settings of the bucket's public access block."""
    s3, none = aws.client("s3"), ("NoSuchPublicAccessBlockConfiguration",)
    answer: Mapping[str, Any] = unless(aws, none, lambda: s3.get_public_access_block(**of(aws, bucket)), {})
    return dict.fromkeys(ALL_BLOCKED, False) | dict(answer.get("PublicAccessBlockConfiguration", {}))


def tags(aws: Aws, bucket: str) -> dict[str, str] | None:
    """Return a bucket's tags, None where they may not be read: an object counts as tagged like its bucket."""
    s3 = aws.client("s3")
    found: Mapping[str, Any] | None = unless(
        aws,
        ("AccessDenied",),
        lambda: unless(aws, ("NoSuchTagSet",), lambda: s3.get_bucket_tagging(**of(aws, bucket)), {"TagSet": []}),
        None,
    )
    return None if found is None else {each["Key"]: each["Value"] for each in found["TagSet"]}


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to know of a bucket."""

    encrypted: str
    versioned: str
    blocked: Mapping[str, bool]
    policy_public: bool
    acl_public: bool
    tags: Mapping[str, str] | None

    @property
    def public(self) -> bool:
        """Whether anybody outside can read it, the account's own block aside."""
        by_policy = self.policy_public and not self.blocked["RestrictPublicBuckets"]
        return by_policy or (self.acl_public and not self.blocked["IgnorePublicAcls"])

    @property
    def verdict(self) -> str:
        """Say the three things that matter, worst first."""
        versions = {"Enabled": "versioned", "Suspended": "versioning suspended"}.get(self.versioned, "not versioned")
        return f"{'PUBLIC' if self.public else 'private'}, {versions}, {self.encrypted}"

    def fields(self) -> Fields:
        off = [name for name, on in self.blocked.items() if not on]
        told = "all of it" if not off else f"not {', '.join(off)}" if len(off) < len(self.blocked) else "none of it"
        tags = (
            "hidden from the bot" if self.tags is None else " ".join(f"{k}={v}" for k, v in sorted(self.tags.items()))
        )
        return Fields(
            (
                ("Default encryption", self.encrypted),
                ("Versioning", self.versioned or "never on"),
                ("Public access blocked", told),
                ("Policy", "public" if self.policy_public else "not public"),
                ("ACL", "public" if self.acl_public else "not public"),
                ("Tags", tags or "none"),
            )
        )


def facts(aws: Aws, bucket: str) -> Facts:
    s3 = aws.client("s3")
    status: Mapping[str, Any] = unless(
        aws, ("NoSuchBucketPolicy",), lambda: s3.get_bucket_policy_status(**of(aws, bucket)), {}
    )
    grants = s3.get_bucket_acl(**of(aws, bucket)).get("Grants", ())
    return Facts(
        encrypted_with(*encryption(aws, bucket)),
        versioning(aws, bucket),
        blocked(aws, bucket),
        bool(status.get("PolicyStatus", {}).get("IsPublic")),
        any(str(each["Grantee"].get("URI", "")).endswith(_EVERYBODY) for each in grants),
        tags(aws, bucket),
    )
