"""`s3` against the local AWS: what is read, what is planned, what is sent, and what AWS says to it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.aws.errors import translated
from bot.aws.gateway import Gateway
from bot.aws.masks import call_text
from bot.command import Plan
from bot.errors import AwsError, AwsRefused, MissingError, UsageError
from bot.policy.decide import decide
from bot.reply import Fields, File, Link, Reply, Table, Text
from bot.road.desk import Law
from bot.sandbox.aws.buckets import ABROAD, ARTIFACTS, BACKUPS, BUNDLE, LOGS, PUBLIC
from bot.sandbox.aws.estate import DEV
from bot.services import _buckets, _new_buckets, _objects
from bot.spool import discard
from tests.rules import of, request, rule
from tests.sandbox import aws_wire
from tests.services.conftest import Service

NEW = "tidewater-dev-reports"


@pytest.fixture(scope="module")
def one(_servers: tuple[aws_wire.Aws, Law, Gateway]) -> Service:
    """One estate for everything that leaves it as it was."""
    aws, law, gateway = _servers
    aws.control("reset", {})
    return Service(aws, law, gateway)


@pytest.fixture
def service(service: Service) -> Iterator[Service]:
    """One for what changes it: the next test finds it as it was seeded."""
    yield service
    service.aws.control("reset", {})


def table(reply: Reply) -> Table:
    (found,) = [part for part in reply.parts if isinstance(part, Table)]
    return found


def fields(reply: Reply) -> dict[str, str]:
    return {label: value for part in reply.parts if isinstance(part, Fields) for label, value in part.pairs}


def link(reply: Reply) -> str:
    (found,) = [s.url for p in reply.parts if isinstance(p, Text) for s in p.spans if isinstance(s, Link)]
    return found


def failing(service: Service, text: str) -> str:
    with pytest.raises(AwsError) as caught, translated("s3:GetObject", changes=False):
        service.read(text) if text.split()[1] in {"list", "show", "get", "presign"} else service.plan(text)
    return caught.value.sentence


# Lists


def test_without_words_it_lists_the_buckets_of_every_region(one: Service) -> None:
    shown = table(one.read("s3 list"))
    assert ("tidewater-dev-us-uploads", "us-east-1", "2025-02-17 09:30") in shown.rows
    assert {row[0] for row in shown.rows} == {ARTIFACTS, LOGS, PUBLIC, ABROAD}
    assert shown.of
    assert (shown.of.service, shown.of.verbs, shown.of.words) == ("s3", ("list", "show"), ())


def test_a_bucket_s_keys_are_read_page_by_page_up_to_the_limit_and_more_is_said(one: Service) -> None:
    whole, few = one.read(f"s3 list {LOGS}"), one.read(f"s3 list {LOGS} --limit 7")
    assert len(table(whole).rows) == 360
    assert "360 keys" in whole.summary
    assert (len(table(few).rows), few.summary.startswith("The first 7 keys")) == (7, True)
    assert "There are more" in str(few.parts)
    assert "There are more" not in str(one.read(f"s3 list {LOGS} --limit 360").parts)
    assert table(whole).rows[0] == ("api-1/2025/11/01/00.log", "98 bytes", "2025-11-01 06:00", "STANDARD")


def test_rows_of_keys_can_be_shown_fetched_and_deleted_in_their_bucket(one: Service) -> None:
    of = table(one.read(f"s3 list {ARTIFACTS} web/")).of
    assert of
    assert (of.verbs, of.words) == (("get", "show", "presign", "delete"), (ARTIFACTS,))


def test_folders_stand_for_what_lies_between_slashes(one: Service) -> None:
    reply = one.read(f"s3 list {LOGS} --folders")
    assert [row[0] for row in table(reply).rows] == ["api-1/", "web-1/", "web-2/"]
    mixed = table(one.read(f"s3 list {ARTIFACTS} --folders"))
    assert [row[0] for row in mixed.rows] == ["README.md", "api/", "web/"]
    assert mixed.of
    assert mixed.of.verbs == ("list",)


def test_addresses_and_arns_name_a_bucket_too(one: Service) -> None:
    for word in (f"s3://{LOGS}/web-1/2025/11/30/", f"arn:aws:s3:::{LOGS}/web-1/2025/11/30/"):
        assert len(table(one.read(f"s3 list {word}")).rows) == 4
    assert fields(one.read(f"s3 show arn:aws:s3:::{ARTIFACTS}/README.md"))["Size"] == "67 bytes (67 bytes)"


def test_o6_nothing_is_said_to_be_nothing(one: Service) -> None:
    assert one.read(f"s3 list {LOGS} no-such").summary.startswith("No keys in")


@pytest.mark.parametrize("limit", ["0", "100001", "-1", "x"])
def test_limits_out_of_bounds_are_refused_before_anything_leaves(one: Service, limit: str) -> None:
    with pytest.raises(UsageError):
        one.read(f"s3 list {LOGS} --limit {limit}")


@pytest.mark.parametrize(
    "name", ["ab", "Capital", "a..b-c", "192.168.0.1", "-dash", "under_score", "xn--abc", "a" * 64]
)
def test_a_name_that_no_bucket_has_never_leaves(one: Service, name: str) -> None:
    one.aws.control("clear", {})
    for text in (f"s3 list {name}", f"s3 create {name}"):
        with pytest.raises(UsageError):
            one.read(text)
    assert one.aws.log() == []


# What is there


def test_show_says_encryption_versioning_and_who_can_read(one: Service) -> None:
    private, public = one.read(f"s3 show {ARTIFACTS}"), one.read(f"s3 show {PUBLIC}")
    assert "private, versioned, SSE-S3" in private.summary
    assert fields(private)["Public access blocked"] == "all of it"
    assert fields(private)["Tags"] == "env=dev team=web"
    assert "PUBLIC" in public.summary
    assert "Anybody on the internet" in str(public.parts)
    assert fields(public)["Policy"] == "public"


def test_show_names_the_kms_key(one: Service) -> None:
    shown = one.read(f"s3 show {BACKUPS} --account prod")
    assert "SSE-KMS, key arn:aws:kms:" in fields(shown)["Default encryption"]


def test_the_bucket_s_own_key_is_kept_to(one: Service) -> None:
    params = one.plan(f"s3 put {BACKUPS} a.txt --text x --account prod").calls[0].params
    assert params["ServerSideEncryption"] == "aws:kms"
    assert params["SSEKMSKeyId"].startswith("arn:aws:kms:")


def test_a_policy_that_is_held_back_and_an_acl_that_is_not() -> None:
    blocked = dict.fromkeys(_buckets.ALL_BLOCKED, True)
    facts = _buckets.Facts("SSE-S3", "", blocked, policy_public=True, acl_public=True, tags=None)
    assert not facts.public
    open_acl = {**blocked, "IgnorePublicAcls": False}
    partly = _buckets.Facts("SSE-S3", "Suspended", open_acl, policy_public=True, acl_public=True, tags=None)
    assert partly.verdict.startswith("PUBLIC, versioning suspended")
    told = dict(partly.fields().pairs)
    assert (told["Public access blocked"], told["Tags"]) == ("not IgnorePublicAcls", "hidden from the bot")


def test_a_small_object_comes_as_a_file_and_a_large_one_as_a_link(one: Service) -> None:
    (file,) = [part for part in one.read(f"s3 get {ARTIFACTS} README.md").parts if isinstance(part, File)]
    assert (file.name, file.size) == ("README.md", 67)
    assert Path(file.path).read_text().startswith("# Artifacts")
    discard(file.path)
    large = one.read(f"s3 get {ARTIFACTS} {BUNDLE}")
    assert not [part for part in large.parts if isinstance(part, File)]
    with urllib.request.urlopen(link(large), timeout=20) as answer:
        assert len(answer.read()) == 12_000_009
        assert answer.headers["Content-Type"]


def test_a_link_opens_this_version_for_at_most_300_seconds(one: Service) -> None:
    url = link(one.read(f"s3 presign {ARTIFACTS} README.md --expires 60"))
    assert "X-Amz-Expires=60" in url
    assert "versionId=seeded-" in url
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    for seconds in ("0", "301", "3000"):
        with pytest.raises(UsageError, match="1 to 300"):
            one.read(f"s3 presign {ARTIFACTS} README.md --expires {seconds}")


def test_an_object_that_grew_meanwhile_is_not_read_to_its_end(one: Service) -> None:
    door = one.gateway.reading("dev", "eu-west-1", ("s3:GetObject", "s3:HeadObject"))
    about = _objects.head(door, ARTIFACTS, BUNDLE)
    with pytest.raises(AwsError, match="grew"):
        _objects.fetched(door, ARTIFACTS, BUNDLE, about, most=1000)


# What AWS says


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s3 list no-such-bucket-here", "no such bucket. Try: s3 list"),
        (f"s3 get {ARTIFACTS} nothing", "no such object. Try: s3 list"),
        (f"s3 show {ABROAD}", "is in us-east-1. Add --region us-east-1"),
        (f"s3 get {ABROAD} incoming/tides-boston.csv", "is in us-east-1. Add --region us-east-1"),
        (f"s3 list {BACKUPS}", "belongs to another account"),
        (f"s3 delete {BACKUPS} db", "belongs to another account"),
        (f"s3 delete {ARTIFACTS} nothing", "no such object"),
    ],
)
def test_x3_every_no_of_aws_has_its_next_step(one: Service, text: str, words: str) -> None:
    assert words in failing(one, text)


def test_x3_in_its_own_region_it_answers(one: Service) -> None:
    assert "private" in one.read(f"s3 show {ABROAD} --region us-east-1").summary


def test_o9_no_account_id_of_a_stranger_is_told(one: Service) -> None:
    assert DEV not in failing(one, f"s3 list {BACKUPS}")


# Changes


def test_a_new_bucket_is_made_in_four_steps_and_seen_to_be_in_place(service: Service) -> None:
    plan = service.plan(f"s3 create {NEW}")
    assert [call.operation for call in plan.calls] == list(_new_buckets.CALLS)
    assert plan.calls[0].params["CreateBucketConfiguration"] == {"LocationConstraint": "eu-west-1"}
    look = service.gateway.reading("dev", "eu-west-1", _new_buckets.READS)
    ids = tuple(each.id for each in plan.resources)
    assert set(_new_buckets.look(look, ids).values()) == {"not in place"}
    service.send(plan)
    assert set(_new_buckets.look(look, ids).values()) == {"in place"}
    assert service.plan(f"s3 create {NEW}").calls == ()
    assert "private, versioned, SSE-S3" in service.read(f"s3 show {NEW}").summary


def test_what_a_bucket_lacks_is_planned_and_nothing_else(service: Service) -> None:
    service.send(Plan("", service.plan(f"s3 create {NEW}").calls[:1]))
    plan = service.plan(f"s3 create {NEW}")
    assert [each.id for each in plan.resources] == [f"s3://{NEW}#versioning"], "blocked and encrypted by AWS itself"
    assert service.plan(f"s3 create {NEW} --no-versioning").calls == ()
    (kms, versioning) = service.plan(f"s3 create {NEW} --kms alias/reports").calls
    service.send(Plan("", (kms, versioning)))
    assert "SSE-KMS, key alias/reports" in service.read(f"s3 show {NEW}").summary
    assert service.plan(f"s3 create {NEW} --kms alias/reports").calls == ()


def test_us_east_1_takes_no_location(service: Service) -> None:
    plan = service.plan(f"s3 create {NEW} --region us-east-1")
    assert "CreateBucketConfiguration" not in plan.calls[0].params
    service.send(plan, region="us-east-1")
    assert ("us-east-1") in str(table(service.read("s3 list")).rows)


def test_a_bucket_of_somebody_else_s_is_not_made(one: Service) -> None:
    with pytest.raises(UsageError, match="another AWS account"):
        one.plan(f"s3 create {BACKUPS}")


def test_a_text_is_stored_encrypted_with_a_checksum_and_the_run_s_mark(service: Service) -> None:
    plan = service.plan(f's3 put {ARTIFACTS} notes/a.txt --text "Höhe: 3 m"', token="r-77")
    (answer,) = service.send(plan)
    assert answer["ChecksumSHA256"]
    found = service.aws.client("s3").get_object(Bucket=ARTIFACTS, Key="notes/a.txt")
    assert found["Body"].read().decode() == "Höhe: 3 m"
    assert found["ContentType"] == "text/plain; charset=utf-8"
    door = service.gateway.reading("dev", "eu-west-1", ("s3:HeadObject",), token="r-77")
    other = service.gateway.reading("dev", "eu-west-1", ("s3:HeadObject",), token="r-78")
    (id_,) = plan.calls[0].ids
    assert _objects.stored(door, (id_, f"s3://{ARTIFACTS}/nope")) == {
        id_: "stored",
        f"s3://{ARTIFACTS}/nope": "not stored",
    }
    assert _objects.stored(other, (id_,)) == {id_: "another object"}


def test_c7_overwriting_is_said_and_only_what_was_shown_is_overwritten(service: Service) -> None:
    plan = service.plan(f"s3 put {ARTIFACTS} README.md --text new")
    assert "keeps the old one as version seeded-" in plan.notes[0]
    service.aws.client("s3").put_object(Bucket=ARTIFACTS, Key="README.md", Body=b"somebody was faster")
    with pytest.raises(AwsRefused, match="not the one that was shown"):
        service.send(plan)
    fresh = service.plan(f"s3 put {LOGS} fresh.txt --text new")
    assert fresh.notes == ()
    service.aws.client("s3").put_object(Bucket=LOGS, Key="fresh.txt", Body=b"somebody was faster")
    with pytest.raises(AwsRefused, match="not the one that was shown"):
        service.send(fresh)
    assert "for good" in service.plan(f"s3 put {LOGS} fresh.txt --text new").notes[0]


def test_what_to_store_is_asked_for(one: Service) -> None:
    with pytest.raises(MissingError, match="--file"):
        one.plan(f"s3 put {ARTIFACTS} a.txt")
    with pytest.raises(UsageError, match="not both"):
        one.plan(f"s3 put {ARTIFACTS} a.txt --text x --file F123")


def test_a_delete_names_the_version_and_says_whether_it_can_come_back(service: Service) -> None:
    plan = service.plan(f"s3 delete {ARTIFACTS} README.md")
    assert "version seeded-" in plan.resources[0].state
    assert "can be brought back" in plan.notes[0]
    service.send(plan)
    door = service.gateway.reading("dev", "eu-west-1", ("s3:HeadObject",))
    assert set(_objects.deleted(door, plan.calls[0].ids).values()) == {"deleted"}
    version = plan.resources[0].state.rpartition(" ")[2]
    for_good = service.plan(f"s3 delete {ARTIFACTS} README.md --version {version}")
    assert for_good.notes == ("This cannot be undone.",)
    assert set(_objects.deleted(door, for_good.calls[0].ids).values()) == {"still there"}
    service.send(for_good)
    assert set(_objects.deleted(door, for_good.calls[0].ids).values()) == {"deleted"}
    assert service.plan(f"s3 delete {LOGS} web-1/2025/11/01/00.log").notes == ("This cannot be undone.",)


def test_i5_keys_are_data_whatever_is_in_them(service: Service) -> None:
    key = "odd/ä b+%20?#&'$(id)\u2026.txt"
    plan = service.plan(f's3 put {ARTIFACTS} "{key}" --text x')
    service.send(plan)
    assert " " not in plan.resources[0].id
    assert plan.resources[0].arn == f"arn:aws:s3:::{ARTIFACTS}/{key}"
    door = service.gateway.reading("dev", "eu-west-1", ("s3:HeadObject",), token="a-token")
    assert set(_objects.stored(door, plan.calls[0].ids).values()) == {"stored"}
    assert key in {row[0] for row in table(service.read(f"s3 list {ARTIFACTS} odd/")).rows}


def test_rules_bind_by_arn_and_by_the_bucket_s_tags(one: Service) -> None:
    plan = one.plan(f"s3 put {ARTIFACTS} a.txt --text x")
    (resource,) = plan.resources

    def allowed(**keys: object) -> bool:
        asked = request(operation="s3:PutObject", resource=resource, params=plan.calls[0].params)
        return decide(of([rule(actions=["s3:PutObject"], **keys)]), asked).allowed

    assert allowed(resources=[f"arn:aws:s3:::{ARTIFACTS}/*"])
    assert not allowed(resources=[f"arn:aws:s3:::{LOGS}/*"])
    assert allowed(tags={"env": ["dev"]})
    assert not allowed(tags={"env": ["prod"]})
    assert allowed(params={"ServerSideEncryption": ["AES256"]})
    assert '"run":"a-token"' in call_text(plan.calls[0])
