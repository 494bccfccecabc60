"""The ways round the guard that were tried, each by name, with what stops it: docs/security.md quotes this table.

A way is stopped by any one of its `stops` alone; with the hooks in `without` removed it comes through. A way that no
hook can stop has no stops: there the import contract and the IAM role hold.
"""

from __future__ import annotations

import copy
import io
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Any

import boto3
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from bot.aws.configs import CHANGING
from bot.aws.foreign import Home
from bot.aws.gateway import Door
from bot.aws.guard import Pass, armed
from bot.sandbox.aws.buckets import ARTIFACTS, BACKUPS
from bot.sandbox.aws.estate import DEV, PROD_ROLE, REGION
from tests.aws.conftest import Watched

WEB, WEB_2 = "i-0a1b2c3d4e5f60001", "i-0a1b2c3d4e5f60002"
THEIRS = "999999999999"
FORM: Mapping[str, Any] = {"InstanceIds": [WEB]}
HERE = Home(DEV, REGION)
ELSE = ("ec2:DescribeVolumes", "s3:ListBuckets", "rds:DescribeDBInstances")
"""What the run that tries a way may do: something else."""


@dataclass(frozen=True)
class Tried:
    """What a command's code has in hand, and more than it should have."""

    watched: Watched

    def client(self, service: str, *operations: str) -> Any:
        return self.watched.gateway.reading("dev", REGION, operations or ELSE).client(service)

    def changing(self, operation: str, params: Mapping[str, Any]) -> Any:
        """A client that may make this one change."""
        granted = Pass(exactly=((operation, params),), home=HERE)
        return Door(self.watched.gateway, "dev", REGION, granted, CHANGING).client(operation.partition(":")[0])

    @property
    def session(self) -> Any:
        self.watched.gateway.client("dev", REGION, "sts", CHANGING)
        return self.watched.gateway._ways["dev"].session

    @property
    def there(self) -> dict[str, Any]:
        return {"region_name": REGION, "endpoint_url": self.watched.aws.url}


@dataclass(frozen=True)
class Way:
    """`go` tries it; it returns what was signed where nothing is sent."""

    go: Callable[[Tried], object]
    stops: tuple[frozenset[str], ...]
    without: frozenset[str]

    @property
    def stopped_by(self) -> str:
        """The hooks that stop it, as docs/security.md writes them."""
        seal = {"seal", "ARNs", "sessions"}  # what has to be removed, before what it rests on
        each = [" with ".join(sorted(stop, key=lambda hook: (hook not in seal, hook))) for stop in self.stops]
        return " · ".join(each) or "no hook: the import contract, and the IAM role"


def table() -> str:
    """The table of docs/security.md."""
    rows = [f"| {name} | {each.stopped_by} |" for name, each in WAYS.items()]
    return "\n".join(["| Way round | Stopped by (each alone) |", "| --- | --- |", *rows])


def way(go: Callable[[Tried], object], *stops: str, without: str = "") -> Way:
    """Make a way; `stops` are hooks joined by `+` where they only hold together."""
    sets = tuple(frozenset(each.split("+")) for each in stops)
    removed = frozenset(without.split()) if without else frozenset().union(*sets)
    return Way(go, sets, removed)


def in_a_thread(tried: Tried) -> None:
    ec2, caught = tried.client("ec2"), list[BaseException]()

    def work() -> None:
        try:
            ec2.describe_instances()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again
            caught.append(error)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    for error in caught:
        raise error


def past_the_front_door(tried: Tried) -> None:
    ec2 = tried.client("ec2")
    model = ec2.meta.service_model.operation_model("DescribeInstances")
    request = ec2._convert_to_request_dict({}, model, ec2.meta.endpoint_url, context={"client_region": REGION})
    ec2._endpoint.make_request(model, request)


def signer(tried: Tried) -> object:
    request = {"url": "https://x.example/", "method": "GET", "headers": {}, "body": b"", "context": {}}
    return tried.client("ec2")._request_signer.generate_presigned_url(request, "DescribeInstances")


def by_hand(tried: Tried) -> None:
    """Signed with credentials that were taken out of a client: botocore is asked for arithmetic alone."""
    credentials = tried.client("sts")._request_signer._credentials.get_frozen_credentials()
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", tried.watched.aws.url, kind, body)
    SigV4Auth(credentials, "sts", REGION).add_auth(request)
    asked = urllib.request.Request(tried.watched.aws.url, body.encode(), dict(request.headers))
    with urllib.request.urlopen(asked, timeout=10) as answer:
        answer.read()


def hooks_taken_off(tried: Tried) -> None:
    ec2 = tried.client("ec2")
    for event in ("provide-client-params", "before-sign"):
        ec2.meta.events.unregister(event, unique_id=event)
    ec2.describe_instances()


def hooks_taken_off_a_copy(tried: Tried) -> None:
    ec2 = tried.client("ec2")
    events = copy.copy(ec2.meta.events)
    for event in ("provide-client-params", "before-sign"):
        events.unregister(event, unique_id=event)
    ec2.meta.events = ec2._request_signer._event_emitter = events
    ec2.describe_instances()


def armed_anew(tried: Tried) -> None:
    armed(tried.client("ec2"), Pass(frozenset({"ec2:DescribeInstances"}))).describe_instances()


def handled(event: str, handler: Callable[..., Any]) -> Callable[[Tried], None]:
    """A handler of the command's own between the check and AWS turns the instance into another one."""

    def go(tried: Tried) -> None:
        ec2 = tried.changing("ec2:StopInstances", FORM)
        ec2.meta.events.register(f"{event}.ec2.StopInstances", handler)
        ec2.stop_instances(**FORM)
        (entry,) = [each for each in tried.watched.aws.log() if each["operation"] == "StopInstances"]
        assert entry["params"]["InstanceId.1"] == WEB_2, "the change that left is not the one that was checked"

    return go


def other_params(params: dict[str, Any], **_: Any) -> None:
    params["InstanceIds"] = [WEB_2]


def other_body(params: dict[str, Any], **_: Any) -> None:
    params["body"]["InstanceId.1"] = WEB_2


def other_request(request: Any, **_: Any) -> None:
    request.data = {**request.data, "InstanceId.1": WEB_2}


def other_bytes(request: Any, **_: Any) -> None:
    request.body = str(request.body).replace(WEB, WEB_2)


def presigned_elsewhere(tried: Tried) -> object:
    arn = f"arn:aws:s3:{REGION}:{THEIRS}:accesspoint/theirs"
    s3 = tried.client("s3", "s3:GetObject")
    return s3.generate_presigned_url("get_object", Params={"Bucket": arn, "Key": "k"})


def copied(tried: Tried, **more: Any) -> object:
    source = {"Bucket": BACKUPS, "Key": "db/2025-11-30.dump"}
    params = {"Bucket": ARTIFACTS, "Key": "stolen", "CopySource": source, **more}
    return tried.changing("s3:CopyObject", params).copy_object(**params)


def invoked_elsewhere(tried: Tried) -> object:
    params = {"FunctionName": f"arn:aws:lambda:{REGION}:{THEIRS}:function:theirs"}
    return tried.changing("lambda:Invoke", params).invoke(**params)


def fetched(tried: Tried) -> None:
    tried.client("s3").download_fileobj(ARTIFACTS, "README.md", io.BytesIO())


EITHER = ("parameters", "signature")
MADE = ("sessions+parameters", "sessions+signature")
OBJECT = {"Bucket": "b", "Key": "k"}
WAYS: Mapping[str, Way] = {
    "client method": way(lambda it: it.client("ec2").describe_instances(), *EITHER),
    "dry run": way(lambda it: it.client("ec2").stop_instances(InstanceIds=[WEB], DryRun=True), *EITHER),
    "paginator": way(lambda it: list(it.client("ec2").get_paginator("describe_instances").paginate()), *EITHER),
    "waiter": way(lambda it: it.client("ec2").get_waiter("instance_running").wait(InstanceIds=[WEB]), *EITHER),
    "upload_fileobj": way(lambda it: it.client("s3").upload_fileobj(io.BytesIO(b"x"), ARTIFACTS, "k"), *EITHER),
    "download_fileobj": way(fetched, *EITHER),
    "generate_presigned_url": way(
        lambda it: it.client("s3").generate_presigned_url("get_object", Params=OBJECT), *EITHER
    ),
    "generate_presigned_post": way(lambda it: it.client("s3").generate_presigned_post("b", "k")["fields"], *EITHER),
    "generate_presigned_post with the right to CreateBucket": way(
        lambda it: it.client("s3", "s3:CreateBucket").generate_presigned_post("b", "k")["fields"], "signature"
    ),
    "resource object": way(lambda it: list(it.session.resource("s3", **it.there).buckets.all()), *EITHER),
    "rds.generate_db_auth_token": way(
        lambda it: it.client("rds").generate_db_auth_token("db.example", 5432, "admin"), "signature"
    ),
    "dsql.generate_db_connect_auth_token": way(
        lambda it: it.client("dsql").generate_db_connect_auth_token("db.example"), "signature"
    ),
    "dsql.generate_db_connect_admin_auth_token": way(
        lambda it: it.client("dsql").generate_db_connect_admin_auth_token("db.example"), "signature"
    ),
    "client._request_signer": way(signer, "signature"),
    "client._endpoint": way(past_the_front_door, "signature"),
    "another thread": way(in_a_thread, *EITHER),
    "sts.assume_role by a command": way(
        lambda it: it.client("sts").assume_role(RoleArn=PROD_ROLE, RoleSessionName="sly"), *EITHER
    ),
    "a fresh client of the gateway's session": way(
        lambda it: it.session.client("sts", **it.there).get_caller_identity(), *EITHER
    ),
    "boto3.Session()": way(
        lambda it: boto3.Session().client("sts", **it.there).get_caller_identity(), *MADE, without="sessions"
    ),
    "botocore.session.Session()": way(
        lambda it: botocore.session.Session().create_client("sts", **it.there).get_caller_identity(),
        *MADE,
        without="sessions",
    ),
    "boto3.client, the default session": way(
        lambda it: boto3.client("sts", **it.there).get_caller_identity(), *MADE, without="sessions"
    ),
    "client.meta.events.unregister": way(hooks_taken_off, "seal+parameters", "seal+signature", without="seal"),
    "unregister on a copy of the emitter": way(
        hooks_taken_off_a_copy, "seal+parameters", "seal+signature", without="seal"
    ),
    "a copy of a client, armed for something else": way(armed_anew, "seal"),
    "a provide-client-params handler": way(
        handled("provide-client-params", lambda **_: {"InstanceIds": [WEB_2]}), "seal"
    ),
    "a before-parameter-build handler": way(handled("before-parameter-build", other_params), "seal"),
    "a before-call handler": way(handled("before-call", other_body), "seal"),
    "a before-sign handler": way(handled("before-sign", other_request), "seal"),
    "a before-send handler": way(handled("before-send", other_bytes), "seal"),
    "s3.copy from another account": way(
        lambda it: it.client("s3").copy({"Bucket": BACKUPS, "Key": "k"}, ARTIFACTS, "k"), *EITHER
    ),
    "CopySource of nobody in particular, granted": way(copied, "ARNs+parameters", without="ARNs"),
    "CopySource of another account, granted": way(
        lambda it: copied(it, ExpectedSourceBucketOwner=THEIRS), "ARNs+parameters", without="ARNs"
    ),
    "an access point's ARN of another account": way(presigned_elsewhere, "ARNs+parameters", without="ARNs"),
    "a function's ARN of another account, granted": way(invoked_elsewhere, "ARNs+parameters", without="ARNs"),
    "SigV4 by hand, with credentials taken out of a client": way(by_hand),
}
