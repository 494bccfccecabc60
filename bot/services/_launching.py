"""What a launch is made from: an image that is there, and tags, each given once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from bot.command import Aws
from bot.errors import UsageError
from bot.services._instances import filtered


def image(aws: Aws, ami: str) -> Mapping[str, Any]:
    filters = [filtered("image-id", [ami])]
    images: list[dict[str, Any]] = aws.client("ec2").describe_images(Filters=filters)["Images"]
    if not images:
        raise UsageError(f"There is no image {ami} in {aws.account} {aws.region}.")
    return images[0]


def tags_from(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read KEY=VALUE pairs. Raises UsageError where one key comes twice: neither value may win silently."""
    tags = [(key, value) for key, _, value in (each.partition("=") for each in pairs)]
    twice = [key for key, times in Counter(key for key, _ in tags).items() if times > 1]
    if twice:
        raise UsageError(f"The tag {twice[0]} was given twice; give it once.")
    return dict(tags)


def tag_specification(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return [{"ResourceType": kind, "Tags": pairs} for kind in ("instance", "volume")]
