"""views.open and views.update, as far as a trigger's rules and a modal's limits go; nothing is shown."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.elements import Found, text, word
from bot.sandbox.slack.limits import TIER_4
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.web_api import Args, Method

if TYPE_CHECKING:
    from bot.sandbox.slack.state import Slack

Json = dict[str, Any]


def _problems(view: Json) -> Found:
    for key in ("title", "submit", "close"):
        if key in view or key == "title":
            yield from text(view.get(key), f"/view/{key}", 24, kinds=("plain_text",))
    yield from word(view, "private_metadata", "/view/private_metadata", 3000)
    yield from word(view, "callback_id", "/view/callback_id", 255)
    if len(view.get("blocks") or []) > 100:
        yield "/view/blocks", "no more than 100 items allowed"


def _view(args: Args) -> Json:
    view = args.json("view")
    if not isinstance(view, dict) or view.get("type") != "modal":
        raise Refusal.with_messages("invalid_arguments", ["view must be a modal [json-pointer:/view]"])
    found = [f"{sentence} [json-pointer:{at}]" for at, sentence in _problems(view)]
    if found:
        raise Refusal.with_messages("invalid_arguments", found)
    if len(json.dumps(view)) > 250_000:
        raise Refusal("view_too_large")
    return view


def views_open(slack: Slack, args: Args) -> Json:
    slack.grants.spend_trigger(args.required("trigger_id"))
    view = _view(args)
    view_id = "V" + secrets.token_hex(5).upper()
    slack.views.add(view_id)
    return {"view": {**view, "id": view_id}}


def views_update(slack: Slack, args: Args) -> Json:
    view = _view(args)
    if args.required("view_id") not in slack.views:
        raise Refusal("not_found")
    return {"view": {**view, "id": args.required("view_id")}}


METHODS = {"views.open": Method(views_open, TIER_4), "views.update": Method(views_update, TIER_4)}
