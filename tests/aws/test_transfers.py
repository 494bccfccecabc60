"""Uploads: streamed in parts, within the pass of one call, stored whole or not at all; AWS's journal is the witness."""

from __future__ import annotations

import io
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import pytest

from bot.aws import transfers
from bot.aws.gateway import Door, uploading
from bot.aws.guard import Pass, Within
from bot.aws.transfers import PART, Measured, granted
from bot.command import Call, Upload
from bot.errors import AwsRefused, AwsUnknown, AwsUnsent, GuardError, SlackError
from bot.sandbox.aws.buckets import ABROAD, ARTIFACTS, BACKUPS
from bot.sandbox.aws.estate import DEV, REGION
from tests.aws.conftest import Watched
from tests.sandbox.aws_wire import Aws
from tests.sandbox.slack_wire import until

KEY = "drop/ebb & flow.bin"
LARGE = 2 * PART + 3_000_000
CONTENT = random.Random(3).randbytes(LARGE)
IN_PARTS = {"CreateMultipartUpload": 1, "UploadPart": 3, "CompleteMultipartUpload": 1}


def call(size: int = LARGE, **params: Any) -> Call:
    about = {"Bucket": ARTIFACTS, "Key": KEY, "ExpectedBucketOwner": DEV, "ChecksumAlgorithm": "SHA256"}
    stored = {"ServerSideEncryption": "AES256", "Metadata": {"run": "r1"}, "ContentType": "text/plain"}
    return Call("s3:PutObject", {**about, **stored, **params}, ("s3://x",), Upload("F1", "ebb.bin", size), seconds=60)


def of(content: bytes) -> Any:
    return lambda: io.BytesIO(content)


@pytest.fixture
def aws(server: Aws) -> Aws:
    """One estate for all of these tests: each leaves nothing but its object behind."""
    server.control("clear", {})
    return server


@pytest.fixture
def s3(watched: Watched) -> Iterator[Any]:
    watched.gateway.reading("dev", REGION, ())
    watched.aws.client("s3").delete_object(Bucket=ARTIFACTS, Key=KEY)
    watched.aws.control("clear", {})
    yield watched.aws.client("s3")
    assert watched.aws.client("s3").list_multipart_uploads(Bucket=ARTIFACTS).get("Uploads", []) == [], "parts left"


def arrived(watched: Watched) -> Counter[str]:
    return Counter(operation for operation, _ in watched.seen())


class Broken(io.BytesIO):
    """A stream that breaks off: with an error of its own, or as if it had ended."""

    def __init__(self, content: bytes, error: Exception | None = None) -> None:
        super().__init__(content)
        self._error = error

    def read(self, amount: int | None = -1, /) -> bytes:
        found = super().read(amount)
        if not found and self._error:
            raise self._error
        return found


def test_a_large_body_goes_in_parts_and_arrives_whole(watched: Watched, s3: Any) -> None:
    seen: list[int] = []
    answer = watched.gateway.send("dev", REGION, call(), of(CONTENT), seen.append)
    assert arrived(watched) == IN_PARTS
    assert answer["ETag"].endswith('-3"')
    found = s3.get_object(Bucket=ARTIFACTS, Key=KEY)
    assert found["Body"].read() == CONTENT
    assert (found["ServerSideEncryption"], found["ContentType"]) == ("AES256", "text/plain")
    assert found["Metadata"] == {"run": "r1"}
    assert sum(seen) == LARGE
    assert len(seen) > 3


@pytest.mark.parametrize("size", [0, 5, PART - 1])
def test_a_small_body_goes_in_one_piece(watched: Watched, s3: Any, size: int) -> None:
    answer = watched.gateway.send("dev", REGION, call(size), of(CONTENT[:size]))
    assert arrived(watched) == {"PutObject": 1}
    assert answer["ChecksumSHA256"]
    assert s3.get_object(Bucket=ARTIFACTS, Key=KEY)["Body"].read() == CONTENT[:size]


def test_every_part_bears_a_checksum_that_aws_verifies(watched: Watched, s3: Any) -> None:
    watched.gateway.send("dev", REGION, call(), of(CONTENT))
    about = s3.head_object(Bucket=ARTIFACTS, Key=KEY, ChecksumMode="ENABLED")
    assert about["ChecksumSHA256"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (CONTENT[: PART + 5], "too early"),
        (CONTENT[:7], "too early"),
        (CONTENT + b"x", "more of it"),
    ],
)
def test_a_body_of_another_length_than_was_said_is_not_stored(
    watched: Watched, s3: Any, given: bytes, why: str
) -> None:
    with pytest.raises(AwsUnsent, match=why) as caught:
        watched.gateway.send("dev", REGION, call(), of(given))
    assert "Nothing was stored" in caught.value.sentence
    assert not arrived(watched) & Counter(PutObject=1, CompleteMultipartUpload=1)
    assert s3.list_objects_v2(Bucket=ARTIFACTS, Prefix=KEY)["KeyCount"] == 0


@pytest.mark.parametrize("error", [SlackError("Slack went away.", code="x"), OSError("the disk is gone")])
def test_a_body_that_breaks_off_is_not_stored_and_its_parts_are_aborted(
    watched: Watched, s3: Any, error: Exception
) -> None:
    with pytest.raises(AwsUnsent, match=r"Slack went away|the disk is gone"):
        watched.gateway.send("dev", REGION, call(), lambda: Broken(CONTENT[: PART + 9], error))
    assert arrived(watched)["AbortMultipartUpload"] == 1
    assert arrived(watched)["CompleteMultipartUpload"] == 0


def test_a_body_that_cannot_be_opened_is_told_and_nothing_is_sent(watched: Watched, s3: Any) -> None:
    def gone() -> BinaryIO:
        raise SlackError("Slack knows no such file.", code="file_not_found")

    with pytest.raises(AwsUnsent, match="Slack knows no such file"):
        watched.gateway.send("dev", REGION, call(), gone)
    assert not arrived(watched)


@pytest.mark.parametrize("kind", ["500", "refuse_connection", "lost_reply"])
def test_a_part_that_fails_ends_the_upload_with_nothing_stored(watched: Watched, s3: Any, kind: str) -> None:
    watched.aws.fault(kind, "UploadPart")
    with pytest.raises((AwsUnsent, AwsRefused)):
        watched.gateway.send("dev", REGION, call(), of(CONTENT))
    assert arrived(watched)["AbortMultipartUpload"] == 1
    assert arrived(watched)["CompleteMultipartUpload"] == 0


@pytest.mark.parametrize(("operation", "size"), [("CompleteMultipartUpload", LARGE), ("PutObject", 9)])
def test_x2_a_lost_answer_of_the_storing_call_is_unknown_and_it_left_once(
    watched: Watched, s3: Any, operation: str, size: int
) -> None:
    watched.aws.fault("lost_reply", operation)
    with pytest.raises(AwsUnknown):
        watched.gateway.send("dev", REGION, call(size), of(CONTENT[:size]))
    assert arrived(watched)[operation] == 1
    assert s3.head_object(Bucket=ARTIFACTS, Key=KEY)["Metadata"] == {"run": "r1"}


def test_throttling_starts_the_body_from_its_beginning(watched: Watched, s3: Any) -> None:
    watched.aws.fault("code", "UploadPart", code="SlowDown", status=503)
    opened: list[int] = []

    def body() -> BinaryIO:
        opened.append(1)
        return io.BytesIO(CONTENT)

    watched.gateway.send("dev", REGION, call(), body)
    assert len(opened) == 2
    assert s3.get_object(Bucket=ARTIFACTS, Key=KEY)["Body"].read() == CONTENT


def test_the_body_is_closed_whatever_happens(watched: Watched, s3: Any) -> None:
    for stream in (io.BytesIO(CONTENT), Broken(CONTENT[:5], OSError("gone"))):
        with pytest.raises(AwsUnsent) if isinstance(stream, Broken) else _nothing():
            watched.gateway.send("dev", REGION, call(), lambda: stream)  # noqa: B023
        assert stream.closed


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def test_transfers_leave_no_threads_and_use_the_client_s_own_connections(watched: Watched, s3: Any) -> None:
    watched.gateway.send("dev", REGION, call(), of(CONTENT))
    before = threading.active_count()
    watched.gateway.send("dev", REGION, call(), of(CONTENT))
    until(lambda: threading.active_count() <= before)
    assert [key[2] for key in watched.gateway._ways["dev"].clients if key[1] == "s3"] == [uploading(60)]


# The guard, in the threads of a transfer


def armed_with(watched: Watched, pass_: Pass) -> Any:
    return Door(watched.gateway, "dev", REGION, pass_, uploading(60)).client("s3")


def test_i2_the_pass_of_an_upload_is_for_this_object_alone(watched: Watched, s3: Any) -> None:
    client = armed_with(watched, granted(call()))
    tries = (
        lambda: client.put_object(Bucket=ARTIFACTS, Key="another", Body=b"x"),
        lambda: client.put_object(**call().params | {"ServerSideEncryption": "aws:kms"}, Body=b"x"),
        lambda: client.put_object(**call().params | {"ACL": "public-read"}, Body=b"x"),
        lambda: client.create_multipart_upload(Bucket=ARTIFACTS, Key=KEY),
        lambda: client.create_multipart_upload(**call().params | {"Key": "another"}),
        lambda: client.upload_part(Bucket=ARTIFACTS, Key="another", UploadId="u", PartNumber=1, Body=b"x"),
        lambda: client.complete_multipart_upload(Bucket=ARTIFACTS, Key="another", UploadId="u"),
        lambda: client.abort_multipart_upload(Bucket="another-bucket", Key=KEY, UploadId="u"),
        lambda: client.get_object(Bucket=ARTIFACTS, Key=KEY),
        lambda: client.delete_object(Bucket=ARTIFACTS, Key=KEY),
        lambda: client.list_multipart_uploads(Bucket=ARTIFACTS),
    )
    for attempt in tries:
        with pytest.raises(GuardError):
            attempt()
    assert not arrived(watched)


@pytest.mark.parametrize(
    "missing", ["s3:CreateMultipartUpload", "s3:UploadPart", "s3:CompleteMultipartUpload", "s3:PutObject"]
)
def test_i2_what_the_pass_lacks_is_refused_in_the_transfer_s_threads_too(
    watched: Watched, s3: Any, missing: str
) -> None:
    whole = granted(call())
    client = armed_with(watched, replace(whole, within=tuple(e for e in whole.within if e.operation != missing)))
    size = 5 if missing == "s3:PutObject" else LARGE
    with pytest.raises(GuardError, match=missing):
        transfers.upload(client, call(size), io.BytesIO(CONTENT[:size]), lambda _: None)
    assert arrived(watched)[missing.partition(":")[2]] == 0


def test_i2_the_right_to_put_an_object_brings_no_parts_without_an_upload(watched: Watched, s3: Any) -> None:
    plain = replace(call(5), upload=None)
    client = armed_with(watched, Pass(exactly=((plain.operation, plain.params),)))
    with pytest.raises(GuardError):
        client.upload_fileobj(io.BytesIO(CONTENT), ARTIFACTS, KEY)
    assert not arrived(watched)


def test_within_binds_every_parameter_that_is_not_free() -> None:
    one = Within("s3:UploadPart", {"Bucket": "b", "Key": "k"}, frozenset({"Body"}))
    assert one.allows("s3:UploadPart", {"Bucket": "b", "Key": "k", "Body": b"x"})
    assert one.allows("s3:UploadPart", {"Bucket": "b", "Key": "k"})
    for params in ({"Bucket": "b"}, {"Bucket": "b", "Key": "l"}, {"Bucket": "b", "Key": "k", "ACL": "public-read"}):
        assert not one.allows("s3:UploadPart", params)
    assert not one.allows("s3:PutObject", {"Bucket": "b", "Key": "k"})


# In the right place


def test_a_bucket_in_another_region_is_refused_there_and_the_region_is_named(watched: Watched) -> None:
    with pytest.raises(AwsRefused, match=r"is in us-east-1. Add --region us-east-1"):
        watched.gateway.send("dev", REGION, call(5, Bucket=ABROAD), of(b"12345"))
    assert {entry["region"] for entry in watched.aws.log() if entry["operation"] == "PutObject"} == {REGION}
    watched.gateway.send("dev", "us-east-1", call(5, Bucket=ABROAD), of(b"12345"))


def test_a_bucket_of_another_account_gets_nothing(watched: Watched, s3: Any) -> None:
    with pytest.raises(AwsRefused, match="another account"):
        watched.gateway.send("dev", REGION, call(5, Bucket=BACKUPS), of(b"12345"))
    with pytest.raises(GuardError, match="ExpectedBucketOwner"):
        watched.gateway.send("dev", REGION, call(5, ExpectedBucketOwner="999999999999"), of(b"12345"))


def test_a_measured_body_gives_whole_parts_however_small_the_pieces_are() -> None:
    class Dripping(io.BytesIO):
        def read(self, amount: int | None = -1, /) -> bytes:
            return super().read(min(amount or 0, 3))

    body = Measured(Dripping(b"0123456789"), 10)
    assert [body.read(7), body.read(7), body.read(7)] == [b"0123456", b"789", b""]
    assert Measured(Dripping(b"0123456789"), 10).read() == b"0123456789"
