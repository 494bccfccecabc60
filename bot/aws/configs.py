"""How botocore's clients are set: how long they wait, how often they try. Clients are kept by these very objects."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.config import Config

_SHARED: dict[str, Any] = {
    "connect_timeout": 3,
    "max_pool_connections": 32,
    "tcp_keepalive": True,
    "ignore_configured_endpoint_urls": True,
    "user_agent_extra": "aws-slack-bot",
}
READING = Config(read_timeout=10, retries={"mode": "adaptive", "total_max_attempts": 4}, **_SHARED)
CHANGING = Config(read_timeout=20, retries={"mode": "standard", "total_max_attempts": 1}, **_SHARED)

EXPLAINING = CHANGING.merge(Config(read_timeout=3, connect_timeout=2))
"""For what is only asked to explain: once, and not for long."""


@cache
def changing(seconds: int) -> Config:
    """Return the one configuration of changes that AWS may take so long to answer: clients are kept by it."""
    return CHANGING if seconds == 20 else CHANGING.merge(Config(read_timeout=seconds))


@cache
def uploading(seconds: int) -> Config:
    """Return the configuration of uploads: while a part is sent, botocore waits as long as for a connection."""
    return CHANGING.merge(Config(read_timeout=max(60, seconds), connect_timeout=10))


@cache
def of_service(service: str, config: Config) -> Config:
    """Return a service's own configuration: S3's links are signed as KMS asks for (version 4), not as of old."""
    return config.merge(Config(signature_version="s3v4")) if service == "s3" else config
