"""Buckets that should not be as they are: open, bare of their key, without versions.

Each is asked from its own Region; one in a Region that bot.yml does not open is not looked at. One that AWS would not
show is said to be so, and the others are judged all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.command import Aws, Estate, Reading
from bot.services._checked import Checked, Finding, judged, nothing

Answers = dict[str, Any]
"""By bucket: what AWS said, {} where it has none of that, None where the bucket is gone."""
_GROUPS = "http://acs.amazonaws.com/groups/global/"
_EVERYBODY = (f"{_GROUPS}AllUsers", f"{_GROUPS}AuthenticatedUsers")
_HAS_NONE = frozenset(
    {
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchBucketPolicy",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
_UNSEEN = "could not be looked at"


def buckets(estate: Estate, key: str | None) -> Iterator[Checked]:
    """Look at each bucket from every side; `key` is the KMS key that they are to be encrypted with."""
    owned = estate.each("s3:ListBuckets", _owned, regional=False)
    yield Checked("bucket", tuple(map(nothing, owned)), 0)
    where = {each.account: each.value or {} for each in owned}

    def ask(operation: str, question: Callable[[Any, str], Any]) -> tuple[Reading[Answers], ...]:
        def here(aws: Aws) -> Answers:
            mine = [name for name, region in where[aws.account].items() if region in (aws.region, "")]
            return {name: _answer(aws, question, name) for name in mine}

        return estate.each(operation, here)

    blocks = ask("s3:GetPublicAccessBlock", lambda s3, name: s3.get_public_access_block(Bucket=name))
    policies = ask("s3:GetBucketPolicyStatus", lambda s3, name: s3.get_bucket_policy_status(Bucket=name))
    grants = ask("s3:GetBucketAcl", lambda s3, name: s3.get_bucket_acl(Bucket=name))
    openness = tuple(_open(*sides) for sides in zip(blocks, policies, grants, strict=True))
    yield Checked("bucket", openness, sum(len(each.value or {}) for each in blocks))
    keys = ask("s3:GetBucketEncryption", lambda s3, name: s3.get_bucket_encryption(Bucket=name))
    yield _each(keys, lambda answer: _encryption(answer, key))
    versions = ask("s3:GetBucketVersioning", lambda s3, name: s3.get_bucket_versioning(Bucket=name))
    yield _each(versions, lambda answer: "" if answer.get("Status") == "Enabled" else "without versioning")


def _owned(aws: Aws) -> dict[str, str]:
    """Return an account's buckets with their Regions, which AWS names only where pages are asked for."""
    pages = aws.client("s3").get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1000})
    return {each["Name"]: each.get("BucketRegion", "") for page in pages for each in page["Buckets"]}


def _answer(aws: Aws, question: Callable[[Any, str], Any], name: str) -> Any:
    client = aws.client("s3")
    try:
        return question(client, name)
    except client.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        return None if code == "NoSuchBucket" else {} if code in _HAS_NONE else _UNSEEN


def _each(readings: tuple[Reading[Answers], ...], judge: Callable[[Mapping[str, Any]], str]) -> Checked:
    def findings(answers: Answers) -> list[Finding]:
        said = ((name, _UNSEEN if answer == _UNSEEN else judge(answer)) for name, answer in _there(answers))
        return [(name, why) for name, why in said if why]

    return Checked("bucket", tuple(judged(each, findings) for each in readings), 0)


def _there(answers: Answers) -> Iterator[tuple[str, Any]]:
    return ((name, answer) for name, answer in answers.items() if answer is not None)


def _open(blocks: Reading[Answers], policies: Reading[Answers], grants: Reading[Answers]) -> Reading[list[Finding]]:
    """Judge one place's buckets; where one of the three sides was not read, none of them is."""
    unread = next((each for each in (blocks, policies, grants) if each.value is None), None)
    if unread:
        return nothing(unread)

    def findings(answers: Answers) -> list[Finding]:
        sides = (
            (name, block, (policies.value or {})[name], (grants.value or {})[name]) for name, block in answers.items()
        )
        said = ((name, _openness(block, policy, grant)) for name, block, policy, grant in sides)
        return [(name, why) for name, why in said if why]

    return judged(blocks, findings)


def _openness(block: Any, policy: Any, grants: Any) -> str:
    """Say whether everybody may read it; what the block keeps out counts for nothing in policy and grants."""
    if None in (block, policy, grants):
        return ""
    if _UNSEEN in (block, policy, grants):
        return _UNSEEN
    kept = block.get("PublicAccessBlockConfiguration", {})
    by_policy = policy.get("PolicyStatus", {}).get("IsPublic") and not kept.get("RestrictPublicBuckets")
    granted = any(each["Grantee"].get("URI") in _EVERYBODY for each in grants.get("Grants", ()))
    if by_policy or (granted and not kept.get("IgnorePublicAcls")):
        return "public"
    return "" if kept and all(kept.values()) else "public access not blocked"


def _encryption(answer: Mapping[str, Any], key: str | None) -> str:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    used = [each.get("ApplyServerSideEncryptionByDefault", {}) for each in rules]
    if not used:
        return "not encrypted"
    fits = key is None or any(_same(str(each.get("KMSMasterKeyID", "")), key) for each in used)
    return "" if fits else "without the required key"


def _same(used: str, wanted: str) -> bool:
    """Compare keys by id or alias: one may be written as an ARN and the other not."""
    return bool(used) and _bare(used) == _bare(wanted)


def _bare(key: str) -> str:
    return key.rpartition(":")[2].removeprefix("key/")
