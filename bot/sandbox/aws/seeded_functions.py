"""The functions of Tidewater's accounts: their code, their settings, and what they logged before today's visit."""

from __future__ import annotations

import base64
import io
import json
import random
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from bot.sandbox.aws.invocations import Ran, logged, record
from bot.sandbox.aws.metrics import measure_invocation
from bot.sandbox.aws.names import DEV, PROD, REGION

HANDLERS: Final = Path(__file__).parents[1] / "handlers"


@dataclass(frozen=True)
class Seeded:
    """One function; `says` are the lines it logged, `minutes` how long ago each time."""

    name: str
    days: float
    team: str
    memory: int = 128
    timeout: int = 30
    env: str = "dev"
    account: str = DEV
    code: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    private: bool = False
    layer: str = ""
    reserved: int | None = None
    says: tuple[str, ...] = ()
    minutes: tuple[float, ...] = ()
    description: str = ""

    @property
    def module(self) -> str:
        return (self.code or self.name).replace("-", "_")


_TRACE: Final = (
    "adding up 3 orders of yesterday",
    "[ERROR] KeyError: 'GBP'",
    "Traceback (most recent call last):",
    '  File "/var/task/nightly_report.py", line 20, in handler',
    '    return {"day": day, "euros": total(event.get("currencies", ["EUR", "USD", "GBP"]))}',
    '  File "/var/task/nightly_report.py", line 28, in in_euros',
    '    return float(order["total"]) * RATES[order["currency"]]',
)
FUNCTIONS: Final = (
    Seeded(
        "thumbnailer",
        19.4,
        "web",
        memory=512,
        variables={"THUMBNAIL_BUCKET": "tidewater-thumbs", "STAGE": "dev"},
        layer="pillow",
        says=("making 3 thumbnails of dog.jpg in tidewater-thumbs",),
        minutes=(42.3, 17.8, 3.4),
        description="Makes three thumbnails of every picture",
    ),
    Seeded(
        "nightly-report",
        2.6,
        "data",
        memory=256,
        timeout=60,
        variables={"DB_PASSWORD": "seeded-and-opens-nothing", "REPORT_BUCKET": "tidewater-reports", "STAGE": "dev"},
        private=True,
        says=_TRACE,
        minutes=(31.0, 1471.0),
        description="Adds up yesterday's orders",
    ),
    Seeded("slow-import", 64.2, "data", memory=1024, timeout=20, reserved=2, description="Imports what partners send"),
    Seeded(
        "payments-webhook",
        7.9,
        "web",
        memory=256,
        env="prod",
        account=PROD,
        code="thumbnailer",
        variables={"THUMBNAIL_BUCKET": "tidewater-prod", "SIGNING_SECRET": "seeded-and-opens-nothing"},
        reserved=50,
    ),
)


def seed_functions() -> None:
    """Make them, after the networks."""
    for about in FUNCTIONS:
        made = _made(about)
        spread = random.Random(about.name)  # noqa: S311 - the same log every time
        for minutes in about.minutes:
            _logged(made, about, spread, minutes)


def _made(about: Seeded) -> LambdaFunction:
    spec = {
        "FunctionName": about.name,
        "Runtime": "python3.12",
        "Role": _role(about),
        "Handler": f"{about.module}.handler",
        "Code": {"ZipFile": base64.b64encode(code_of(about.module)).decode()},
        "Description": about.description,
        "MemorySize": about.memory,
        "Timeout": about.timeout,
        "Environment": {"Variables": dict(about.variables)},
        "ReservedConcurrentExecutions": about.reserved,
        "Tags": {"env": about.env, "team": about.team},
        "Layers": [_layer(about)] if about.layer else [],
        **({"VpcConfig": _network(about.account)} if about.private else {}),
    }
    made = lambda_backends[about.account][REGION].create_function(spec)
    changed = datetime.now(UTC) - timedelta(days=about.days)
    made.last_modified = f"{changed:%Y-%m-%dT%H:%M:%S}.000+0000"
    return made


def _role(about: Seeded) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    backend = iam_backends[about.account]["aws"]
    return str(backend.create_role(f"lambda-{about.name}", document, "/", None, "", [], None).arn)


def _layer(about: Seeded) -> str:
    content = {"ZipFile": base64.b64encode(zipped(f"python/{about.layer}.py", "")).decode()}
    spec = {"LayerName": about.layer, "Content": content, "CompatibleRuntimes": ["python3.12"]}
    return str(lambda_backends[about.account][REGION].publish_layer_version(spec).arn)


def code_of(module: str) -> bytes:
    return zipped(f"{module}.py", (HANDLERS / f"{module}.py").read_text())


def zipped(name: str, code: str) -> bytes:
    """Code as it is deployed; the same bytes every time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), code)
    return packed.getvalue()


def _network(account: str) -> dict[str, list[str]]:
    """The private subnet and the group of the account's seeded network."""
    backend = ec2_backends[account][REGION]
    subnets = backend.describe_subnets(filters={"tag:Name": ["*-private-b"]})
    groups = [group.id for group in backend.describe_security_groups() if group.name == "tidewater-app"]
    return {"SubnetIds": [subnet.id for subnet in subnets], "SecurityGroupIds": groups}


def _logged(function: LambdaFunction, about: Seeded, spread: random.Random, minutes: float) -> None:
    request = str(UUID(int=spread.getrandbits(128), version=4))
    told = {"ms": spread.uniform(40, 160), "mb": spread.randrange(38, 90)}
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    stream = f"{at:%Y/%m/%d}/[$LATEST]{spread.getrandbits(128):032x}"
    log = logged(function, request, "\n".join(about.says), told)
    record(function, stream, log, at)
    ran = Ran(request, "", "[ERROR]" in log, log, told["ms"])
    measure_invocation(about.account, REGION, about.name, ran, at)
