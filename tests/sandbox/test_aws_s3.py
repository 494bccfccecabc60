"""The local S3 as S3 behaves: checksums are verified, everything is encrypted, nothing new is public."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from bot.sandbox.aws.buckets import ABROAD, ARTIFACTS, BACKUPS, LOGS, PUBLIC, readable
from bot.sandbox.aws.checksums import ALGORITHMS, unchunked, wrong_checksum
from bot.sandbox.aws.estate import ACCESS_KEY, DEV, REGION, SECRET_KEY
from tests.sandbox.aws_wire import SESSION, Aws, refused, running

NEW = "tidewater-dev-made-here"


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running() as made:
        yield made


@pytest.fixture(scope="module")
def s3(aws: Aws) -> Any:
    """A client that stays where it is, as the bot's does."""
    client = SESSION.client(
        "s3",
        region_name=REGION,
        endpoint_url=aws.url,
        config=Config(retries={"total_max_attempts": 1}),
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    client.meta.events.register("before-call.s3", lambda context, **_: context["s3_redirect"].update(redirected=True))
    return client


def test_a_new_bucket_is_encrypted_and_closed(s3: Any) -> None:
    s3.create_bucket(Bucket=NEW, CreateBucketConfiguration={"LocationConstraint": REGION})
    (rule,) = s3.get_bucket_encryption(Bucket=NEW)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(s3.get_public_access_block(Bucket=NEW)["PublicAccessBlockConfiguration"].values()) == {True}
    assert "Status" not in s3.get_bucket_versioning(Bucket=NEW)
    with refused("AccessDenied"):
        s3.put_bucket_policy(Bucket=NEW, Policy=json.dumps(readable(NEW)))
    s3.delete_bucket_encryption(Bucket=NEW)
    assert s3.get_bucket_encryption(Bucket=NEW)["ServerSideEncryptionConfiguration"]["Rules"]


@pytest.mark.parametrize("name", ["SHA256", "SHA1", "CRC32"])
def test_a_right_checksum_is_kept_and_a_wrong_one_refused(s3: Any, name: str) -> None:
    s3.put_object(Bucket=ARTIFACTS, Key="sum", Body=b"abc", ChecksumAlgorithm=name)
    right = ALGORITHMS[name.lower()](b"abc")
    assert s3.head_object(Bucket=ARTIFACTS, Key="sum", ChecksumMode="ENABLED")[f"Checksum{name}"] == right
    wrong: dict[str, Any] = {f"Checksum{name}": ALGORITHMS[name.lower()](b"abd")}
    with refused("XAmzContentChecksumMismatch"):
        s3.put_object(Bucket=ARTIFACTS, Key="sum", Body=b"abc", **wrong)


def test_a_wrong_md5_is_refused(s3: Any) -> None:
    digest = base64.b64encode(hashlib.md5(b"abd").digest()).decode()
    with refused("BadDigest"):
        s3.put_object(Bucket=ARTIFACTS, Key="sum", Body=b"abc", ContentMD5=digest)


def test_a_part_s_checksum_counts_too(s3: Any) -> None:
    begun = s3.create_multipart_upload(Bucket=ARTIFACTS, Key="parts", ChecksumAlgorithm="SHA256")
    which = {"Bucket": ARTIFACTS, "Key": "parts", "UploadId": begun["UploadId"]}
    with refused("XAmzContentChecksumMismatch"):
        s3.upload_part(**which, PartNumber=1, Body=b"abc", ChecksumSHA256=ALGORITHMS["sha256"](b"abd"))
    s3.abort_multipart_upload(**which)


def test_trailing_checksums_are_read_behind_the_last_chunk() -> None:
    right = ALGORITHMS["sha256"](b"hello world")
    body = b"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-sha256:" + right.encode() + b"\r\n\r\n"
    assert unchunked(body) == (b"hello world", {"x-amz-checksum-sha256": right})
    chunked = {
        "HTTP_CONTENT_ENCODING": "aws-chunked",
        "HTTP_X_AMZ_CONTENT_SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }
    assert wrong_checksum(chunked, body) is None
    refusal = wrong_checksum(chunked, body.replace(b"hello", b"hallo"))
    assert refusal
    assert refusal.code == "XAmzContentChecksumMismatch"


def test_the_crcs_are_the_published_ones() -> None:
    check = {"crc32": "cbf43926", "crc32c": "e3069283", "crc64nvme": "ae8b14860a799888"}
    found = {name: base64.b64decode(ALGORITHMS[name](b"123456789")).hex() for name in check}
    assert found == check


def test_a_body_that_is_not_what_was_signed_is_refused() -> None:
    refusal = wrong_checksum({"HTTP_X_AMZ_CONTENT_SHA256": hashlib.sha256(b"abd").hexdigest()}, b"abc")
    assert refusal
    assert refusal.code == "XAmzContentSHA256Mismatch"


def test_a_bucket_answers_in_its_own_region_and_names_it_elsewhere(s3: Any, aws: Aws) -> None:
    with refused("PermanentRedirect"):
        s3.list_objects_v2(Bucket=ABROAD)
    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket=ABROAD, Key="x")
    about = caught.value.response["ResponseMetadata"]
    assert (about["HTTPStatusCode"], about["HTTPHeaders"]["x-amz-bucket-region"]) == (301, "us-east-1")
    assert aws.client("s3", region="us-east-1").list_objects_v2(Bucket=ABROAD)["KeyCount"] == 1


def test_a_bucket_is_its_account_s(s3: Any, aws: Aws) -> None:
    with refused("AccessDenied"):
        s3.list_objects_v2(Bucket=BACKUPS)
    with refused("AccessDenied"):
        s3.list_objects_v2(Bucket=LOGS, ExpectedBucketOwner="999999999999")
    assert s3.list_objects_v2(Bucket=LOGS, ExpectedBucketOwner=DEV)["KeyCount"]
    where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    with refused("BucketAlreadyExists"):
        s3.create_bucket(Bucket=BACKUPS, **where)
    with refused("BucketAlreadyOwnedByYou"):
        s3.create_bucket(Bucket=LOGS, **where)
    assert [each["Name"] for each in aws.prod("s3").list_buckets()["Buckets"]] == [BACKUPS, "tidewater-prod-logs"]


def test_buckets_come_in_pages_with_their_regions(s3: Any) -> None:
    pages = s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2})
    found = {each["Name"]: each["BucketRegion"] for page in pages for each in page["Buckets"]}
    assert found[ABROAD] == "us-east-1"
    assert found[LOGS] == REGION
    assert [each["Name"] for each in s3.list_buckets(Prefix="tidewater-dev-us")["Buckets"]] == [ABROAD]
    assert [each["Name"] for each in s3.list_buckets(BucketRegion="us-east-1")["Buckets"]] == [ABROAD]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_keys_come_in_pages_of_any_size_with_folders_once(s3: Any, size: int) -> None:
    page = s3.get_paginator("list_objects_v2").paginate
    config = {"PaginationConfig": {"PageSize": size}}
    names = [k["Key"] for p in page(Bucket=LOGS, Prefix="web-1/2025/11/0", **config) for k in p.get("Contents", ())]
    assert names == sorted(names)
    assert len(names) == 36
    folders = [f["Prefix"] for p in page(Bucket=LOGS, Delimiter="/", **config) for f in p.get("CommonPrefixes", ())]
    assert folders == ["api-1/", "web-1/", "web-2/"]
    after = s3.list_objects_v2(Bucket=LOGS, StartAfter="web-2/2025/11/30/06.log")
    assert [each["Key"] for each in after["Contents"]] == ["web-2/2025/11/30/12.log", "web-2/2025/11/30/18.log"]


def test_what_is_stored_and_deleted_shows_in_the_next_list(s3: Any) -> None:
    s3.put_object(Bucket=ARTIFACTS, Key="list/new & <odd>", Body=b"x")
    assert [k["Key"] for k in s3.list_objects_v2(Bucket=ARTIFACTS, Prefix="list/")["Contents"]] == ["list/new & <odd>"]
    s3.delete_object(Bucket=ARTIFACTS, Key="list/new & <odd>")
    assert s3.list_objects_v2(Bucket=ARTIFACTS, Prefix="list/")["KeyCount"] == 0


def test_the_public_bucket_is_public_and_its_pages_open_without_a_signature(s3: Any, aws: Aws) -> None:
    assert s3.get_bucket_policy_status(Bucket=PUBLIC)["PolicyStatus"] == {"IsPublic": True}
    with urllib.request.urlopen(f"{aws.url}/{PUBLIC}/index.html", timeout=10) as answer:
        assert b"All systems operational" in answer.read()


def test_a_refused_head_has_no_body_and_its_connection_goes_on(s3: Any, aws: Aws) -> None:
    aws.fault("denied", "HeadObject")
    with pytest.raises(ClientError, match="403"):
        s3.head_object(Bucket=ARTIFACTS, Key="README.md")
    assert s3.head_object(Bucket=ARTIFACTS, Key="README.md")["ContentLength"] == 67
