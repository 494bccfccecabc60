"""S3 as S3 behaves, where moto does not: checksums are verified, everything is encrypted, nothing new is public.

A bucket answers in its own Region and to its own account. Everything not decided here is moto's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote
from xml.sax.saxutils import escape

from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends
from moto.s3.utils import bucket_policy_is_public

from bot.sandbox.aws.calls import ApiCall
from bot.sandbox.aws.checksums import wrong_checksum
from bot.sandbox.aws.faults import Refusal
from bot.sandbox.aws.keys import Names, list_buckets, list_objects
from bot.sandbox.aws.replies import Answer, in_protocol

SSE_S3: Final[dict[str, Any]] = {
    "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
}
ANYWHERE: Final = frozenset({"ListBuckets", "CreateBucket", "GetBucketLocation"})
"""What S3 answers wherever the bucket is."""
WITH_BODY: Final = frozenset({"PutObject", "UploadPart"})


class S3:
    """What the local S3 adds to moto's."""

    def __init__(self) -> None:
        self.names = Names()

    def answer(self, call: ApiCall, environ: Mapping[str, Any], body: bytes, onward: Callable[[], Answer]) -> Answer:
        """Answer one request, by moto (`onward`) where moto does as S3 does."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            self.names.forget()
        bucket = named(call)
        refused = self._refused(call, environ, body, bucket)
        if refused:
            return refused
        if call.operation == "ListBuckets":
            return xml(list_buckets(call.account, call.params))
        if call.operation == "ListObjectsV2" and bucket:
            return xml(list_objects(self.names, bucket, call.params))
        if bucket and bucket.encryption is None:
            bucket.encryption = SSE_S3  # since January 2023 no bucket is without
        answer = onward()
        if call.operation == "CreateBucket" and answer.status == 200:
            made = named(call)
            assert made
            guard(made)
        return answer

    def _refused(
        self, call: ApiCall, environ: Mapping[str, Any], body: bytes, bucket: FakeBucket | None
    ) -> Answer | None:
        if bucket is None:
            return None
        if call.access_key and call.operation not in ANYWHERE and bucket.region_name != call.region:
            return elsewhere(bucket)
        refusal = strangers(call, environ, bucket) or made_public(call, body, bucket)
        if refusal is None and call.operation in WITH_BODY:
            refusal = wrong_checksum(environ, body)
        return in_protocol(refusal, call) if refusal else None


def named(call: ApiCall) -> FakeBucket | None:
    """The bucket that a request's path names, whoever owns it."""
    name = unquote(str(call.params.get("path", "/"))).lstrip("/").partition("/")[0]
    _, account = s3_backends.bucket_accounts.get(name, ("", ""))
    return s3_backends[account]["aws"].buckets.get(name) if account else None


def guard(bucket: FakeBucket) -> None:
    """What S3 gives every new bucket since 2023."""
    bucket.encryption = SSE_S3
    bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")


def elsewhere(bucket: FakeBucket) -> Answer:
    """The 301 of a bucket that was asked for in another Region than its own."""
    words = (
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint."
    )
    host = f"{bucket.name}.s3.{bucket.region_name}.amazonaws.com"
    error = f"<Code>PermanentRedirect</Code><Message>{words}</Message><Endpoint>{host}</Endpoint>"
    text = f"<Error>{error}<Bucket>{escape(bucket.name)}</Bucket><RequestId>4442587FB7D0A2F9</RequestId></Error>"
    headers = (("Content-Type", "application/xml"), ("x-amz-bucket-region", bucket.region_name))
    return Answer(301, headers, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())


def strangers(call: ApiCall, environ: Mapping[str, Any], bucket: FakeBucket) -> Refusal | None:
    """Another account's bucket is closed, and so is one that is not whose the caller takes it to be."""
    expected = environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER", bucket.account_id)
    creates = call.operation == "CreateBucket"  # there S3 says that the name is taken
    if expected != bucket.account_id or (call.account not in {"", bucket.account_id} and not creates):
        return Refusal(403, "AccessDenied", "Access Denied")
    if creates and call.account == bucket.account_id:
        words = "Your previous request to create the named bucket succeeded and you already own it."
        return Refusal(409, "BucketAlreadyOwnedByYou", words)
    return None


def made_public(call: ApiCall, body: bytes, bucket: FakeBucket) -> Refusal | None:
    """What would make a bucket public is refused while BlockPublicPolicy stands."""
    blocked = bucket.public_access_block and ensured(bucket.public_access_block.block_public_policy)
    if call.operation != "PutBucketPolicy" or not blocked or not _public(body):
        return None
    words = "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
    return Refusal(403, "AccessDenied", f"User is not authorized to perform: s3:PutBucketPolicy {words}")


def _public(policy: bytes) -> bool:
    try:
        json.loads(policy)
    except ValueError:
        return False
    return bool(bucket_policy_is_public(policy))


def ensured(value: Any) -> bool:
    """Moto keeps what the XML said: `true` as a word."""
    return str(value).lower() == "true"


def xml(body: bytes) -> Answer:
    return Answer(200, (("Content-Type", "application/xml"),), body)
