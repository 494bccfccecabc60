"""Who the credentials of boto3's default chain are: what a first `bot.yml` is written from."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import botocore.session

from bot.aws.configs import READING
from bot.aws.credentials import Source
from bot.aws.errors import translated
from bot.aws.guard import Pass, armed
from bot.aws.own_calls import WHO_AM_I
from bot.aws.sessions import guarded

ASKING = Pass(reads=frozenset({WHO_AM_I}))


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose credentials the default chain finds; `region` is empty where none is configured."""

    account: str
    arn: str
    region: str


def identity(endpoint_url: str | None = None) -> Identity:
    """Ask AWS who the credentials of boto3's default chain are. Raises AwsError."""
    with translated(WHO_AM_I, changes=False):
        region = str(botocore.session.Session().get_config_variable("region") or "")
        where: dict[str, Any] = {"region_name": region or "us-east-1", "endpoint_url": endpoint_url}
        with closing(Source(None, config=READING, **where)) as source:
            session = guarded(source.credentials(None))
            with closing(session.client("sts", config=READING, **where)) as client:
                answer = armed(client, ASKING).get_caller_identity()
    return Identity(answer["Account"], answer["Arn"], region)
