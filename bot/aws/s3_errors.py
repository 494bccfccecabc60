"""What to do about S3's errors: by code, whatever the operation was. HeadObject has no words, only a number.

Source: the list of error codes in S3's API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEY = "Whoever owns the KMS key must mend it, or name another key"
_AGAIN = "Ask again: what is there now is shown first"
_DAMAGED = "what arrived at AWS is not what was sent, so AWS did not keep it. Try again"
_NAME = "3 to 63 small letters, digits, dots and hyphens, a letter or digit first and last"

_CLOSED = (
    "the bucket belongs to another account (try: s3 list), or AWS's own IAM does not let the bot's role do this. "
    "Then whoever owns the role must allow it"
)

S3: Mapping[str, str] = {
    "403": _CLOSED,
    "AccessDenied": _CLOSED,
    "404": "there is no such object. Try: s3 list BUCKET",
    "405": "that is the mark of a deletion, not an object. Try: s3 list BUCKET",
    "412": f"the object is not the one that was shown. {_AGAIN}",
    "NoSuchBucket": "there is no such bucket. Try: s3 list",
    "NoSuchKey": "there is no such object. Try: s3 list BUCKET",
    "NoSuchVersion": "there is no such version. Try: s3 show BUCKET KEY",
    "NoSuchUpload": "the upload was aborted or has ended. Try again",
    "BucketAlreadyExists": "somebody in another AWS account has a bucket of that name. Choose another name",
    "BucketAlreadyOwnedByYou": "this account has that bucket already. Ask again: only what it lacks is done",
    "InvalidBucketName": f"a bucket cannot be called that: {_NAME}",
    "TooManyBuckets": "the account has as many buckets as it may have. Delete one, or have the quota raised",
    "OperationAborted": "somebody else is changing the bucket right now. Try again in a minute",
    "PreconditionFailed": f"the object is not the one that was shown. {_AGAIN}",
    "ConditionalRequestConflict": f"somebody else wrote the object at the same moment. {_AGAIN}",
    "BadDigest": _DAMAGED,
    "XAmzContentChecksumMismatch": _DAMAGED,
    "XAmzContentSHA256Mismatch": _DAMAGED,
    "IncompleteBody": _DAMAGED,
    "EntityTooLarge": "the object is larger than S3 takes. Hand in a smaller one",
    "KeyTooLongError": "the key is longer than 1,024 bytes. Choose a shorter one",
    "InvalidObjectState": "the object is archived. It has to be restored first (s3:RestoreObject)",
    "KMS.AccessDeniedException": "the bot's role may not use the KMS key. Whoever owns the key must let it",
    "KMS.DisabledException": f"the KMS key is disabled. {_KEY}",
    "KMS.NotFoundException": f"there is no such KMS key in this Region. {_KEY}",
    "KMS.KMSInvalidStateException": f"the KMS key cannot be used as it is. {_KEY}",
    "KMS.InvalidKeyUsageException": f"the KMS key is for something else. {_KEY}",
    "InvalidArgument": "S3 does not take one of the values. Mend it and ask again",
}
_ELSEWHERE = frozenset(
    {
        "301",
        "PermanentRedirect",
        "TemporaryRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
    }
)


def elsewhere(code: str, response: Mapping[str, Any]) -> str:
    """Say in which Region a bucket is that was asked for in another; nothing where that was not the trouble."""
    if code not in _ELSEWHERE:
        return ""
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region") or response.get("Error", {}).get("Region")
    if not region:
        return "the bucket is in another Region. Try: s3 list, and then --region with the one that it names"
    return f"the bucket is in {region}. Add --region {region}"
