"""A click on an element of a message or a view: the block_actions payload that Slack builds of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.deliveries import Envelope
from bot.sandbox.slack.invocations import Invocation
from bot.sandbox.slack.payload import actor, around, shown_name
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.submissions import filled_in
from bot.sandbox.slack.view_state import HOLDS, MANY, elements, options, state_of, values

if TYPE_CHECKING:
    from bot.sandbox.slack.messages import Message
    from bot.sandbox.slack.state import Slack
    from bot.sandbox.slack.workspace import Channel, User

Json = dict[str, Any]


@dataclass(frozen=True)
class Click:
    """A click on an element of a message, which need not be true when forced."""

    channel: Channel
    user: User
    message_ts: str
    action: Json
    team: str | None = None
    force: bool = False


def of_click(slack: Slack, click: Click) -> Invocation:
    """The block_actions payload, or a refusal where Slack's client would show nothing to click."""
    message = slack.timeline.find(click.channel.id, click.message_ts)
    if message and message.ephemeral_to not in (None, click.user.id) and not click.force:
        raise Refusal("message_not_found")
    if message is None and not click.force:
        raise Refusal("message_not_found")
    blocks = message.blocks if message else []
    action = _action(blocks, click.action, slack.timeline.next_ts(), force=click.force)
    grant = slack.grants.issue_url(click.channel.id, click.user.id, original=click.message_ts)
    payload: Json = {
        "type": "block_actions",
        **around(click.team),
        "user": actor(click.user, click.team),
        "container": _container(click, message),
        "trigger_id": slack.grants.issue_trigger(click.user.id),
        "channel": {"id": click.channel.id, "name": shown_name(click.channel)},
        "state": {"values": {} if click.force else values(blocks, {action["block_id"]: {action["action_id"]: action}})},
        "response_url": slack.url + grant.path,
        "actions": [action],
    }
    if message and not message.ephemeral_to:
        payload["message"] = message.json()
    return Invocation(Envelope("interactive", payload), grant)


def of_view_click(slack: Slack, user: User, order: Json) -> Invocation:
    """The same from a modal or the Home tab: with the view and its state, without channel or response_url."""
    view = slack.views.find(str(order["view_id"]))
    if view.user != user.id or (view.is_modal and slack.views.top(user.id) != view):
        raise Refusal("view_not_found")
    action = _action(view.blocks, dict(order.get("action") or {}), slack.timeline.next_ts())
    given: Json = dict(order.get("values") or {})
    if action["type"] in HOLDS:
        given[action["block_id"]] = given.get(action["block_id"], {}) | {action["action_id"]: action}
    view = filled_in(slack, view, given)
    payload: Json = {
        "type": "block_actions",
        **around(),
        "user": actor(user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": slack.grants.issue_trigger(user.id),
        "view": view.json(),
        "actions": [action],
    }
    return Invocation(Envelope("interactive", payload))


def _container(click: Click, message: Message | None) -> Json:
    shown: Json = {
        "type": "message",
        "message_ts": click.message_ts,
        "channel_id": click.channel.id,
        "is_ephemeral": bool(message and message.ephemeral_to),
    }
    return shown | ({"thread_ts": message.thread_ts} if message and message.thread_ts else {})


def _action(blocks: list[Json], wanted: Json, action_ts: str, *, force: bool = False) -> Json:
    """What the client tells of the element that was clicked; a forced one carries what it claims."""
    for block, element in elements(blocks):
        same_block = wanted.get("block_id") in (None, block["block_id"])
        if same_block and element["action_id"] == wanted.get("action_id"):
            if block["type"] == "input" and not block.get("dispatch_action"):
                raise Refusal("no_dispatch_action")
            told: Json = {key: element[key] for key in ("action_id", "type", "text", "value") if key in element}
            wanted = _as_option(element, wanted)
            told |= _claimed(wanted) if force else _chosen(element, wanted)
            return {**told, "block_id": block["block_id"], "action_ts": action_ts}
    if force:
        return {"type": "button", "block_id": "", **_claimed(wanted), "action_ts": action_ts}
    raise Refusal("no_such_action")


def _claimed(wanted: Json) -> Json:
    return {key: value for key, value in wanted.items() if value is not None}


def _as_option(element: Json, wanted: Json) -> Json:
    """A bare `value` stands for a menu's option."""
    if not options(element) or wanted.get("value") is None:
        return wanted
    holds, option = HOLDS[element["type"]], {"value": wanted["value"]}
    rest = {key: value for key, value in wanted.items() if key != "value"}
    return {holds: [option] if holds in MANY else option} | rest


def _chosen(element: Json, wanted: Json) -> Json:
    """What a click on the element may carry: its own value, or a choice that it offers."""
    if element["type"] not in HOLDS:
        if wanted.get("value") not in (None, element.get("value")):
            raise Refusal("no_such_value")
        return {}
    return state_of(element, wanted)
