"""The views.* methods: a trigger spent once within its three seconds opens a modal; a Home tab needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.limits import TIER_4
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.view_limits import checked
from bot.sandbox.slack.web_api import Args, Method

if TYPE_CHECKING:
    from bot.sandbox.slack.state import Slack

Json = dict[str, Any]


def views_open(slack: Slack, args: Args) -> Json:
    user = slack.grants.spend_trigger(args.required("trigger_id"))
    return {"view": slack.views.open(user, checked(slack, args.json("view"), "modal")).json()}


def views_push(slack: Slack, args: Args) -> Json:
    """On top of the modal whose trigger it is."""
    user = slack.grants.spend_trigger(args.required("trigger_id"))
    view = checked(slack, args.json("view"), "modal")
    if slack.views.top(user) is None:
        raise Refusal("not_found")
    return {"view": slack.views.push(user, view).json()}


def views_update(slack: Slack, args: Args) -> Json:
    if not args.text("view_id") and not args.text("external_id"):
        raise Refusal.with_messages("invalid_arguments", ["must provide view_id or external_id"])
    body = checked(slack, args.json("view"), "modal", "home")
    old = slack.views.find(args.text("view_id"), args.text("external_id"))
    if body["type"] != old.body["type"]:
        raise Refusal.with_messages("invalid_arguments", [f"must be a {old.body['type']} [json-pointer:/view/type]"])
    return {"view": slack.views.update(old, body, args.text("hash")).json()}


def views_publish(slack: Slack, args: Args) -> Json:
    user = next((user for user in slack.workspace.users if user.id == args.required("user_id")), None)
    if user is None or user.deleted:
        raise Refusal("user_not_found")
    body = checked(slack, args.json("view"), "home")
    return {"view": slack.views.publish(user.id, body, args.text("hash")).json()}


METHODS = {
    "views.open": Method(views_open, TIER_4),
    "views.push": Method(views_push, TIER_4),
    "views.update": Method(views_update, TIER_4),
    "views.publish": Method(views_publish, TIER_4),
}
