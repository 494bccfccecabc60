"""S3: buckets and the objects in them.

Every call names the account that the bucket has to belong to, so that a name that is somebody else's gets nothing.
Objects are stored with a checksum that AWS verifies and with the encryption that their bucket asks for; what is fetched
goes to the asker alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Annotated, Any

from bot.aws.s3_names import content_type
from bot.command import Aws, Call, Follow, Plan
from bot.declare import changes, reads
from bot.errors import MissingError, UsageError
from bot.params import Choices, FileParam, Lines, Shape
from bot.reply import Link, Note, Part, Reply, Rows, Table, note, text
from bot.services import _buckets, _new_buckets, _objects
from bot.services._buckets import BUCKET, KEY, PLACE, bare, of
from bot.text import bytes_in_words

Bucket = Annotated[str, "the bucket", BUCKET, Choices("s3 list")]
Key = Annotated[str, "the object's key", KEY]
Row = tuple[str, str, str, str]
_FOLDER = "folder"
_LINK_SECONDS = 300
_SEE_BUCKET = (
    "s3:GetBucketEncryption",
    "s3:GetBucketVersioning",
    "s3:GetPublicAccessBlock",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:GetBucketTagging",
)


@reads("s3:ListObjectsV2", "s3:ListBuckets", example="s3 list tidewater-dev-logs web-1/2025/11/30/")
def list_(
    aws: Aws,
    bucket: Annotated[str | None, "the bucket whose keys to list; without it, the buckets", PLACE] = None,
    prefix: Annotated[str, "how the keys begin"] = "",
    *,
    limit: Annotated[
        int, "how many keys at most (1,000)", Shape(r"0*(?:[1-9]\d{0,4}|100000)", "a number from 1 to 100000")
    ] = 1000,
    folders: Annotated[bool, "what lies between slashes as one folder"] = False,
) -> Reply:
    """List the buckets, or the keys in one of them.

    At most 1,000 keys, up to 100,000 with `--limit`; whether there are more is said.
    """
    if bucket is None:
        return _all_buckets(aws)
    name, key = _buckets.place(bucket)
    prefix = prefix or key
    delimiter = {"Delimiter": "/"} if folders else {}
    asked = {**of(aws, name), "Prefix": prefix, "MaxKeys": min(1000, limit), **delimiter}
    found = _entries(aws.client("s3").get_paginator("list_objects_v2").paginate(**asked))
    rows = tuple(row for _, row in zip(range(limit), found, strict=False))
    return _listed(aws, name, prefix, rows, more=next(found, None) is not None)


def _all_buckets(aws: Aws) -> Reply:
    pages = aws.client("s3").get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1000})
    rows = tuple(
        (each["Name"], str(each.get("BucketRegion", "–")), f"{each['CreationDate'].astimezone(UTC):%Y-%m-%d %H:%M}")
        for page in pages
        for each in page.get("Buckets", ())
    )
    if not rows:
        return Reply(f"No buckets in {aws.account}", sign="ok")
    table = Table(("Bucket", "Region", "Created"), rows, of=Rows("s3", ("list", "show")))
    return Reply(f"{_plural(len(rows), 'bucket')} in {aws.account}, in every Region", (table,), "ok")


def _entries(pages: Any) -> Iterator[Row]:
    """Yield rows page by page, folders and keys in their common order; a page is forgotten after its rows."""
    for page in pages:
        keys = list(map(_key_row, page.get("Contents", ())))
        folders: list[Row] = [(each["Prefix"], "", "", _FOLDER) for each in page.get("CommonPrefixes", ())]
        yield from sorted(keys + folders) if folders else keys


def _key_row(each: Mapping[str, Any]) -> Row:
    modified = f"{each['LastModified'].astimezone(UTC):%Y-%m-%d %H:%M}"
    return (each["Key"], bytes_in_words(each["Size"]), modified, each.get("StorageClass", "STANDARD"))


def _listed(aws: Aws, bucket: str, prefix: str, rows: tuple[Row, ...], *, more: bool) -> Reply:
    where = f"{bucket}" + (f" under {prefix}" if prefix else "") + f" in {aws.account} {aws.region}"
    if not rows:
        return Reply(f"No keys in {where}", sign="ok")
    folders = any(row[3] == _FOLDER for row in rows)
    verbs = ("list",) if folders else ("get", "show", "presign", "delete")
    table = Table(("Key", "Size", "Modified", "Class"), rows, of=Rows("s3", verbs, words=(bucket,)))
    rest = (
        (note("There are more. Narrow it by a longer prefix, or ask for up to 100,000 with --limit."),) if more else ()
    )
    count = _plural(len(rows), "key" if not folders else "key or folder", "keys and folders" if folders else "keys")
    return Reply(f"{'The first ' if more else ''}{count} in {where}", (table, *rest), "ok")


@reads(
    *_SEE_BUCKET,
    "s3:HeadObject",
    example="s3 show tidewater-dev-artifacts web/1.42.0/manifest.json",
    finds=r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[^\s>|]*)?|arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}(?:/[^\s>|]*)?",
)
def show(
    aws: Aws,
    bucket: Annotated[str, "the bucket, or s3://BUCKET/KEY", PLACE, Choices("s3 list")],
    key: Annotated[str | None, "an object in it", KEY] = None,
) -> Reply:
    """Show a bucket's encryption, versioning and who can read it, and an object in it."""
    name, inside = _buckets.place(bucket)
    about, key = _buckets.facts(aws, name), key or inside
    where = f"{aws.account} {aws.region}"
    if not key:
        return Reply(f"{name} in {where}: {about.verdict}", (about.fields(), *_public_note(about)), "ok")
    one = _objects.head(aws, name, key)
    parts: tuple[Part, ...] = (
        one.fields(),
        text(f"The bucket {name}: {about.verdict}"),
        about.fields(),
        *_public_note(about),
    )
    return Reply(f"{key} in {name}, {where}: {bytes_in_words(one.size)}, {one.encrypted}", parts, "ok")


def _public_note(about: _buckets.Facts) -> tuple[Note, ...]:
    if not about.public:
        return ()
    return (note("Anybody on the internet may read it, unless the account's own public access block forbids it."),)


@reads("s3:GetObject", "s3:HeadObject", example="s3 get tidewater-dev-artifacts README.md", secret=True)
def get(aws: Aws, bucket: Bucket, key: Key) -> Reply:
    """Fetch an object, for you alone: as a file up to 10 MB, else as a link that opens for 300 seconds.

    Nothing of it is kept by the bot.
    """
    bucket = bare(bucket)
    one = _objects.head(aws, bucket, key)
    summary = f"{key} from {bucket} in {aws.account} {aws.region}: {bytes_in_words(one.size)}"
    if one.size > _objects.SMALL:
        parts: tuple[Part, ...] = (_link(aws, bucket, key, one, _LINK_SECONDS), one.fields())
        return Reply(f"{summary}, by a link", parts, "ok")
    return Reply(summary, (_objects.fetched(aws, bucket, key, one), one.fields()), "ok")


@reads("s3:GetObject", "s3:HeadObject", example="s3 presign tidewater-dev-artifacts README.md", secret=True)
def presign(
    aws: Aws,
    bucket: Bucket,
    key: Key,
    *,
    expires: Annotated[
        int, "seconds it opens for (300 at most)", Shape(r"0*(?:[1-9]\d?|[12]\d\d|300)", "a number from 1 to 300")
    ] = _LINK_SECONDS,
) -> Reply:
    """Sign a link that opens an object for whoever has it, for 300 seconds at most; shown to you alone."""
    bucket = bare(bucket)
    one = _objects.head(aws, bucket, key)
    summary = f"A link to {key} in {bucket}, {aws.account} {aws.region}: {bytes_in_words(one.size)}"
    return Reply(summary, (_link(aws, bucket, key, one, expires), one.fields()), "ok")


def _link(aws: Aws, bucket: str, key: str, one: _objects.Object, seconds: int) -> Part:
    link = Link(f"Open {key}", _objects.link(aws, bucket, key, one, seconds))
    return text(link, f"\nIt opens for {seconds} seconds, for whoever has it: do not pass it on.")


@changes(
    *_new_buckets.CALLS,
    reads=_new_buckets.READS,
    example="s3 create tidewater-dev-reports",
    follow=Follow(_new_buckets.look, goal=_new_buckets.IN_PLACE),
)
def create(
    aws: Aws,
    bucket: Annotated[str, "the new bucket's name", BUCKET],
    *,
    kms: Annotated[
        str | None,
        "encrypt with this KMS key instead of S3's own",
        Shape(r"\S{1,2048}", "a KMS key's id, alias or ARN"),
    ] = None,
    no_versioning: Annotated[bool, "keep no old versions"] = False,
) -> Plan:
    """Create a bucket: nothing in it public, everything encrypted, old versions kept.

    Asked again for a bucket that this account has, it does only what that one lacks.
    """
    return _new_buckets.plan(aws, bare(bucket), kms or "", versioned=not no_versioning)


@changes(
    "s3:PutObject",
    reads=("s3:HeadObject", "s3:GetBucketVersioning", "s3:GetBucketEncryption", "s3:GetBucketTagging"),
    example='s3 put tidewater-dev-artifacts notes/hello.txt --text "Hello from Slack"',
    follow=Follow(_objects.stored, goal="stored"),
)
def put(
    aws: Aws,
    bucket: Bucket,
    key: Key,
    *,
    text: Annotated[str | None, "what to store, as text", Lines()] = None,
    file: Annotated[str | None, "what to store, as a file: F… of a file here", FileParam()] = None,
) -> Plan:
    """Store a text or a file as an object, encrypted as its bucket asks, its checksum verified by AWS."""
    bucket = bare(bucket)
    if text is not None and file is not None:
        raise UsageError("Give --text or --file, not both.")
    if text is None and file is None:
        raise MissingError("--file is missing: what to store, or --text for a text.")
    upload = aws.file(file) if file else None
    there = _objects.head_if_any(aws, bucket, key)
    params = {**of(aws, bucket), "Key": key, **_stored_with(aws, bucket, key, text=upload is None)}
    if upload is None:  # boto3's transfer manager takes no conditions
        params |= {"IfMatch": there.etag} if there else {"IfNoneMatch": "*"}
        params["Body"] = text
    one = _objects.resource(aws, bucket, key, there.state if there else "new")
    call = Call("s3:PutObject", params, (one.id,), upload, seconds=60)
    size = upload.size if upload else len((text or "").encode())
    what = f"{upload.name} as {key}" if upload else key
    return Plan(
        f"put {what} ({bytes_in_words(size)}) into {bucket}", (call,), (one,), notes=_overwritten(aws, bucket, there)
    )


def _stored_with(aws: Aws, bucket: str, key: str, *, text: bool) -> dict[str, Any]:
    """Return what an object is stored with: its bucket's encryption, said out loud, and a mark of this run."""
    algorithm, kms_key = _buckets.encryption(aws, bucket)
    return {
        "ContentType": content_type(key, text=text),
        "ServerSideEncryption": algorithm or "AES256",
        **({"SSEKMSKeyId": kms_key} if kms_key else {}),
        "ChecksumAlgorithm": "SHA256",
        "Metadata": {"run": aws.token},
    }


def _overwritten(aws: Aws, bucket: str, there: _objects.Object | None) -> tuple[str, ...]:
    """Warn of what a put does to the object that is there."""
    versions = _buckets.versioning(aws, bucket)
    if there is None:
        return ()
    if versions == "Enabled":
        return (f"Overwrites it; the bucket's versioning keeps the old one as version {there.version or 'null'}.",)
    return (f"Overwrites it for good: the bucket's versioning is {'suspended' if versions else 'off'}.",)


@changes(
    "s3:DeleteObject",
    reads=("s3:HeadObject", "s3:GetBucketVersioning", "s3:GetBucketTagging"),
    example="s3 delete tidewater-dev-artifacts api/2.7.1/openapi.yaml",
    destroys=True,
    follow=Follow(_objects.deleted, goal="deleted"),
)
def delete(
    aws: Aws,
    bucket: Bucket,
    key: Key,
    *,
    version: Annotated[str | None, "this version of it, for good", Shape(r"\S{1,1024}", "a version's id")] = None,
) -> Plan:
    """Delete an object, or one version of it for good."""
    bucket = bare(bucket)
    there = _objects.head(aws, bucket, key, version or "")
    one = _objects.resource(aws, bucket, key, there.state, version or "")
    which = {"VersionId": version} if version else {"IfMatch": there.etag}
    call = Call("s3:DeleteObject", {**of(aws, bucket), "Key": key, **which}, (one.id,))
    what = f"version {version} of {key}" if version else key
    return Plan(f"delete {what} from {bucket}", (call,), (one,), notes=(_kept(aws, bucket, there, version),))


def _kept(aws: Aws, bucket: str, there: _objects.Object, version: str | None) -> str:
    """Say whether a deleted object can come back."""
    versions = _buckets.versioning(aws, bucket)
    if version is None and versions == "Enabled":
        return f"The bucket's versioning keeps it as version {there.version or 'null'}; it can be brought back in AWS."
    if version is None and versions:
        return "The bucket's versioning is suspended: what was stored since then cannot be brought back."
    return "This cannot be undone."


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
