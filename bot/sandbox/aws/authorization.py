"""What EC2 appends to a denial, encoded, and how STS reads it. Moto knows neither."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from bot.sandbox.aws.calls import ApiCall


def encoded(call: ApiCall, caller: str, resource: str) -> str:
    """Encode why a call is denied: no statement of any policy allows it."""
    conditions = [{"key": "ec2:Region", "values": {"items": [{"value": call.region}]}}]
    decision = {
        "allowed": False,
        "explicitDeny": False,
        "matchedStatements": {"items": []},
        "failures": {"items": []},
        "context": {
            "principal": {"id": "AIDASANDBOXTIDEWATER1", "name": caller.rpartition("/")[2], "arn": caller},
            "action": f"{call.service}:{call.operation}",
            "resource": resource,
            "conditions": {"items": conditions},
        },
    }
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(decision).encode())).decode().rstrip("=")


def decoded(message: str) -> Any:
    """Read such a message; None where it is none."""
    try:
        return json.loads(zlib.decompress(base64.urlsafe_b64decode(message + "=" * (-len(message) % 4))))
    except (ValueError, zlib.error):
        return None
