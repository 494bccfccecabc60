"""Sessions that refuse: their clients make no call until they are armed, and stay in the Region they were made for."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.session

from bot.aws import models
from bot.aws.guard import hold


def guarded(credentials: Any, profile: str | None = None) -> boto3.Session:
    """Return a session whose clients refuse every call until they are armed."""
    core = botocore.session.Session(profile=profile)
    core.register_component("data_loader", models.kept())
    hold(core.get_component("event_emitter"))
    core.get_component("event_emitter").register("before-call.s3", stay)
    core._credentials = credentials  # noqa: SLF001 - no setter
    return boto3.Session(botocore_session=core)


def stay(context: dict[str, Any], **_: Any) -> None:
    """Keep S3's clients in their Region: the rules were asked about that one, and not about where a bucket is."""
    context.setdefault("s3_redirect", {})["redirected"] = True
