"""Requests, and files about them, from a number each: drawn so that keys often agree, and every branch is taken."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from bot.actor import Actor, Place
from bot.aws.catalogue import effect
from bot.command import Effect, Resource
from bot.config.botfile import Account, BotFile, Freeze, Limit, Needs, Production, Rule
from bot.policy.match import Request
from tests.rules import MONDAY, OFFICE

HERE, ELSEWHERE = "arn:aws:ec2:eu-west-1:111111111111:instance/i-1", "arn:aws:ec2:us-east-1:999999999999:instance/i-9"
KEY_HERE, KEY_ELSEWHERE = "arn:aws:kms:eu-west-1:111111111111:key/k-1", "arn:aws:kms:eu-west-1:999999999999:key/k-9"
ROLE = "arn:aws:iam::111111111111:role/path/bot"
_TAGGED = {"Tags": [{"Key": "env", "Value": "dev"}]}
_OPEN = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": True}
_LAUNCH = {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1}

CALLS: dict[str, list[dict[str, Any]]] = {
    "ec2:StopInstances": [{}, {"Force": True}, {"Force": False}, {"InstanceIds": ["i-1", "i-own"]}],
    "ec2:StartInstances": [{}, {"InstanceIds": ["i-1"]}],
    "ec2:TerminateInstances": [{"InstanceIds": ["i-1", "i-2"]}],
    "ec2:DescribeInstances": [{}, {"MaxResults": 5}, {"InstanceIds": []}],
    "ec2:DescribeInstanceAttribute": [{"Attribute": "userData"}, {"Attribute": "kernel"}],
    "ec2:GetConsoleOutput": [{"InstanceId": "i-1"}],
    "ec2:RunInstances": [
        {**_LAUNCH, "InstanceType": "t3.micro"},
        {**_LAUNCH, "SecurityGroupIds": ["sg-1", "sg-2"], "DisableApiTermination": True},
        {**_LAUNCH, "InstanceType": "t3.micro", "SecurityGroupIds": ["sg-1"]},
        {**_LAUNCH, "IamInstanceProfile": {"Name": "web"}},
        {**_LAUNCH, "UserData": "x", "MaxCount": 1.0},
    ],
    "ec2:ModifyInstanceAttribute": [{}, {"DisableApiTermination": {"Value": True}}, {"UserData": {"Value": b""}}],
    "ec2:CreateTags": [_TAGGED, {"Tags": [{"Key": "name", "Value": "dev"}]}, {}],
    "ec2:ModifySnapshotAttribute": [{"SnapshotId": "snap-1"}],
    "ec2:StopNews": [{}],
    "s3:GetObject": [{"Bucket": "b", "Key": "k"}],
    "s3:PutObject": [
        {"Bucket": "b", "SSEKMSKeyId": KEY_ELSEWHERE},
        {"Bucket": "b", "SSEKMSKeyId": KEY_HERE},
        {"Bucket": "b", "ACL": "public-read"},
        {"Bucket": "b", "ACL": "private"},
        {"Bucket": "b", "Tagging": "env=dev"},
        {"Bucket": "own-bucket"},
    ],
    "s3:CopyObject": [
        {"Bucket": "b", "CopySource": {"Bucket": "other", "Key": "k"}},
        {"Bucket": "b", "CopySource": {"Bucket": "other"}, "ExpectedSourceBucketOwner": "111111111111"},
    ],
    "s3:PutPublicAccessBlock": [
        {"PublicAccessBlockConfiguration": _OPEN},
        {"PublicAccessBlockConfiguration": {**_OPEN, "BlockPublicPolicy": True}},
    ],
    "s3:ListBuckets": [{}],
    "lambda:Invoke": [{"FunctionName": "f", "Payload": b"{}"}],
    "lambda:GetFunction": [{"FunctionName": "f"}],
    "lambda:TagResource": [{"Resource": "f", "Tags": {"env": "dev"}}, {"Resource": "f", "Tags": {"name": "x"}}],
    "iam:DeleteRole": [{"RoleName": "bot"}],
    "iam:ListUsers": [{}],
    "dynamodb:DeleteTable": [{"TableName": "t"}, {"TableName": "own-bucket"}],
    "cloudtrail:StopLogging": [{"Name": "t"}],
    "kms:Decrypt": [{}],
    "ssm:GetParameter": [{"Name": "p"}, {"Name": "p", "WithDecryption": False}, {"Name": "p", "WithDecryption": True}],
    "bot:Status": [{}],
    "bot:AddReport": [{}],
}
_OFTEN = ("ec2:StopInstances", "ec2:StartInstances", "ec2:RunInstances", "ec2:ModifyInstanceAttribute", "s3:PutObject")
_OPERATIONS = (*CALLS, *_OFTEN, *_OFTEN)
_ACTORS = (
    Actor("slack", "UANN", "T1", frozenset({"SOPS"}), frozenset({"SOPS"})),
    Actor("slack", "UANN", "T1", frozenset({"SOPS", "SDEV"}), frozenset({"SDEV"})),
    Actor("slack", "UBOB", "T1", frozenset({"SOPS"})),
    Actor("slack", "UBOB", "T1", frozenset({"SOPS"}), unread=frozenset({"SDEV"})),
    Actor("slack", "root", "T1"),
    Actor("terminal", "root"),
    Actor("terminal", "UANN"),
    Actor("report", "fleet"),
)
_PEOPLE = _ACTORS[:-1]
_NOBODY = (Actor("slack", ""), Actor("terminal", ""))
_PLACES = (
    Place("COPS"),
    Place("COPS"),
    Place("COPS"),
    Place("CDEV"),
    Place("COPS", direct=True, member=False),
    Place(),
)
_SHARED = (Place("COPS", shared=True), Place("COPS", shared=None))
_IDS = ("i-1", "i-1", "i-2", "i-own", "own-bucket", ELSEWHERE)
_ARNS = ("", HERE, HERE, ELSEWHERE, "arn:aws:s3:::own-bucket", ROLE)
_TAGS = (None, {}, {"env": "dev"}, {"env": "prod", "team": "web"}, {"env": "dev", "team": "web"}, {"team": "dev"})
_HOURS = (
    OFFICE,
    {"days": ["fri-mon"]},
    {"hours": "22:00-09:01", "zone": "Europe/Berlin"},
    {"days": ["sun"], "hours": "18:00-08:00"},
    {"days": ["tue", "thu-fri"], "hours": "00:00-24:00", "zone": "Asia/Kolkata"},
)
_SPANS = (
    {"from": "2026-06-01 09:00", "until": "2026-06-01 09:01", "zone": "Europe/Berlin"},
    {"from": "2026-06-01", "until": "2026-06-03"},
    {"from": "2026-05-01", "until": "2026-06-01 07:00"},
    {"when": OFFICE},
    {"when": {"days": ["sat-sun"]}},
)
_TIMES = (MONDAY, MONDAY, MONDAY - 1, MONDAY + 59, MONDAY + 60, MONDAY + 8 * 3600, MONDAY + 39 * 3600, None)
_ACCOUNTS = {
    name: Account.model_validate({"name": name, "id": id_, "region": "eu-west-1", **keys})
    for name, id_, keys in (
        ("dev", "111111111111", {"role": ROLE}),
        ("prod", "222222222222", {"production": True}),
        ("lab", "333333333333", {}),
    )
}


class Case(NamedTuple):
    """A request and a file about it; `case(*seeds)` makes them again."""

    file: BotFile
    request: Request
    seeds: tuple[int, int]


def case(asked: int, told: int) -> Case:
    request = any_request(asked)
    return Case(any_file(told, request), request, (asked, told))


def cases(count: int, start: int = 0) -> Iterator[Case]:
    return (case(seed, 7_919 * seed + 1) for seed in range(start, start + count))


def any_request(seed: int) -> Request:
    chance = Random(seed)
    operation = chance.choice(_OPERATIONS)
    own = operation.startswith("bot:")
    account = (
        "" if own else chance.choice(("dev", "dev", "dev", "prod", "lab") if chance.random() < 0.95 else ("gone",))
    )
    usual = {"bot:Status": Effect.READS}.get(operation) or effect(operation)
    id_ = chance.choice(_IDS)
    thing = Resource(id_, tags=chance.choice(_TAGS), arn=HERE if chance.random() < 0.5 else chance.choice(_ARNS))
    request = Request(
        actor=chance.choice(_ACTORS if usual is Effect.READS or chance.random() < 0.2 else _PEOPLE),
        place=chance.choice(_PLACES),
        operation=operation,
        account=account,
        region="" if own else chance.choice(("eu-west-1", "eu-west-1", "eu-west-1", "us-east-1")),
        resource=thing if chance.random() < 0.7 else None,
        params=chance.choice(CALLS[operation]),
        effect=usual if chance.random() < 0.9 else chance.choice([*Effect]),
        account_id=_ACCOUNTS[account].id if account in _ACCOUNTS else "444444444444" if account else "",
        at=chance.choice(_TIMES),
    )
    return _barred(request, chance) if chance.random() < 0.08 else request


def _barred(request: Request, chance: Random) -> Request:
    name = chance.choice(("actor", "place", "place", "account", "region"))
    worse = {"actor": chance.choice(_NOBODY), "place": chance.choice(_SHARED), "account": "", "region": ""}
    return replace(request, **{name: worse[name]})


def any_file(seed: int, request: Request) -> BotFile:
    """A file about a request: each of its parts is like it often enough to apply."""
    chance = Random(seed)
    rules = tuple(any_rule(chance, f"r{at}", request) for at in range(chance.randint(0, 6)))
    freezes = [_freeze(chance, f"f{at}", request) for at in range(2) if chance.random() < 0.12]
    tags = {"env": ["prod"], "team": ["web"]} if chance.random() < 0.5 else {"env": ["prod"]}
    limit = {"id": "l", "at_most": 1, "within": "1h", "per": chance.choice(("person", "tag:name"))}
    return BotFile.model_construct(
        rules=rules,
        freezes=tuple(freezes),
        accounts=_ACCOUNTS,
        production=Production.model_validate({"tags": tags}) if chance.random() < 0.5 else None,
        limits=(Limit.model_validate(limit),) if chance.random() < 0.2 else (),
        own=("i-own", "arn:aws:s3:::own-bucket") if chance.random() < 0.7 else (),
        catalogue="2026-11" if chance.random() < 0.95 else "2031-01",
    )


def any_rule(chance: Random, id_: str, request: Request, effect_: str = "") -> Rule:
    effect_ = effect_ or ("deny" if chance.random() < 0.15 else "allow")
    keys = {
        "id": id_,
        "effect": effect_,
        "actions": _actions(chance, request),
        "who": _who(chance, request.actor),
        "accounts": chance.choice((["*"], ["*"], [request.account or "dev", "dev"], ["dev", "prod"], ["lab"])),
        **_narrower(chance, request),
    }
    if effect_ == "allow":
        answer = {"needs": chance.choice((*Needs, None)), "audience": chance.choice(("channel", "asker", None))}
        keys.update(answer if chance.random() < 0.65 else {"grant": "request", "audience": answer["audience"]})
    return Rule.model_validate(keys)


def _actions(chance: Random, request: Request) -> list[str]:
    service, _, name = request.operation.partition(":")
    near = (request.operation, request.operation, f"{service}:*", f"{service}:{name[:3]}*", f"{service}:?{name[1:]}")
    return [chance.choice((*near, chance.choice(_OPERATIONS))) for _ in range(chance.randint(1, 2))]


def _who(chance: Random, actor: Actor) -> dict[str, Any]:
    kinds = {
        "users": ["UANN", "UBOB"],
        "groups": chance.choice((["SOPS"], ["SDEV"], ["SDEV", "SOPS"], ["SNO"])),
        "everyone": chance.random() < 0.5,
        "terminal": chance.choice((["root"], ["UANN"])),
        "reports": chance.choice((["*"], ["fleet"], ["other"])),
    }
    liked = {"slack": ("users", "groups", "everyone"), "terminal": ("terminal",), "report": ("reports",)}[actor.kind]
    return {name: value for name, value in kinds.items() if chance.random() < (0.6 if name in liked else 0.3)}


def _narrower(chance: Random, request: Request) -> dict[str, Any]:
    keys = {
        "channels": chance.choice((["COPS"], ["CDEV"], ["COPS", "CDEV"])),
        "regions": chance.choice((["eu-west-1"], ["eu-*"], ["us-east-1", "eu-?est-1"])),
        "resources": _resources(chance),
        "tags": chance.choice(({"env": ["dev"]}, {"env": ["prod", "dev"]}, {"env": ["dev"], "team": ["web"]})),
        "params": _params(chance, request),
        "when": chance.choice(_HOURS),
        "production": chance.random() < 0.5,
        "mode": "observe",
    }
    return {name: value for name, value in keys.items() if chance.random() < (0.2 if name == "resources" else 0.1)}


def _resources(chance: Random) -> list[str]:
    one = ("i-1", "i-*", "*", "arn:aws:ec2:*:instance/i-?", HERE, ELSEWHERE, "arn:aws:s3:::other", "x")
    return [*chance.sample(one, chance.randint(1, 2)), *chance.choice(((), (KEY_ELSEWHERE, ELSEWHERE), (ELSEWHERE,)))]


def _params(chance: Random, request: Request) -> dict[str, list[Any]]:
    pool: dict[str, list[Any]] = {
        "Force": [chance.random() < 0.5],
        "InstanceType": ["t3.micro"],
        "MaxCount": [1, 2],
        "SecurityGroupIds": chance.choice((["sg-1"], ["sg-1", "sg-2"])),
        "DisableApiTermination": [chance.random() < 0.5],
        "ACL": ["private"],
        "Attribute": ["kernel", "userData"],
        "MinCount": [True],
    }
    liked = [name for name in pool if name in request.params]
    name = chance.choice(liked) if liked and chance.random() < 0.7 else chance.choice([*pool])
    names = {name, *chance.sample([*pool], chance.randint(0, 1))}
    return {each: pool[each] for each in sorted(names)}


def _freeze(chance: Random, id_: str, request: Request) -> Freeze:
    keys: dict[str, Any] = {"id": id_, "reason": "Books.", **chance.choice(_SPANS)}
    if chance.random() < 0.4:
        keys["accounts"] = chance.choice((["*"], [request.account or "dev"], ["prod"]))
    if chance.random() < 0.4:
        keys["actions"] = _actions(chance, request)
    if chance.random() < 0.3:
        keys["except"] = {"who": _who(chance, request.actor)}
    return Freeze.model_validate(keys)
