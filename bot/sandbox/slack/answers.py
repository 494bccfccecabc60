"""How an answer to a payload is shown: by the ack's own payload, or by a response_url within its rules.

Ephemeral unless `in_channel`; replace_original and delete_original act on the message whose button was clicked and
on nothing else; thread_ts counts only in_channel. Membership of the bot plays no part.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.slack.blocks import check
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.web_api import hang_up
from bot.sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from bot.sandbox.slack.grants import ResponseUrl
    from bot.sandbox.slack.state import Slack

Json = dict[str, Any]
STATUSES = {"expired_url": 404}


async def serve(slack: Slack, request: web.Request) -> web.StreamResponse:
    """Answer a POST to a response_url."""
    broken = slack.faults.take("response_url", "api_429", "api_500", "api_error")
    if broken:
        return _broken(slack, broken.kind, broken.seconds, broken.error)
    body: Json = {}
    try:
        grant = slack.grants.use_url(request.path)
        body = _parsed(await request.text())
        show(slack, grant, body, spoken=True)
    except Refusal as refusal:
        _log(slack, refusal.error, body)
        return web.json_response(refusal.json(), status=STATUSES.get(refusal.error, 400))
    _log(slack, None, body, grant.uses)
    if slack.faults.take("response_url", "api_hang_after"):
        return hang_up(request)
    return web.json_response({"ok": True})


def _broken(slack: Slack, kind: str, seconds: float, error: str) -> web.Response:
    _log(slack, kind, {})
    if kind == "api_429":
        return web.Response(status=429, text="ratelimited", headers={"Retry-After": str(int(seconds))})
    if kind == "api_500":
        return web.Response(status=500, text="Internal Server Error")
    return web.json_response({"ok": False, "error": error}, status=400)


def _log(slack: Slack, error: str | None, body: Json, uses: int | None = None) -> None:
    slack.journal.record("response_url", ok=error is None, error=error, args=body, uses=uses)


def _parsed(text: str) -> Json:
    try:
        body = json.loads(text)
    except ValueError:
        raise Refusal("invalid_payload") from None
    if not isinstance(body, dict):
        raise Refusal("invalid_payload")
    return body


def show(slack: Slack, grant: ResponseUrl, body: Json, *, spoken: bool = False) -> None:
    """Do what the body says; one with neither text nor blocks shows nothing, or is `no_text` if spoken."""
    original = slack.timeline.find(grant.channel, grant.original) if grant.original else None
    if original and body.get("delete_original"):
        slack.timeline.delete(original)
        return
    text, blocks = str(body.get("text") or ""), check(body.get("blocks") or [])
    if not text and not blocks:
        if spoken:
            raise Refusal("no_text")
        return
    if original and body.get("replace_original"):
        slack.timeline.edit(original, text, blocks, None)
        return
    _post(slack, grant, body, Message(grant.channel, BOT_USER, text, blocks))


def _post(slack: Slack, grant: ResponseUrl, body: Json, draft: Message) -> None:
    if body.get("response_type") != "in_channel":
        slack.timeline.post(replace(draft, ephemeral_to=grant.user))
        return
    if grant.command_line and not grant.echoed:
        grant.echoed = True
        slack.timeline.post(Message(grant.channel, grant.user, grant.command_line, [], silent=True))
    slack.timeline.post(replace(draft, thread_ts=body.get("thread_ts")))
