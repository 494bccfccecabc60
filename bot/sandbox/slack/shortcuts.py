"""A person runs one of the app's message shortcuts, or opens its Home tab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.deliveries import Envelope
from bot.sandbox.slack.invocations import Invocation, run
from bot.sandbox.slack.payload import actor, around, shown_name
from bot.sandbox.slack.posting import channel_of, user_of
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.workspace import SHORTCUTS

if TYPE_CHECKING:
    from bot.sandbox.slack.state import Slack

Json = dict[str, Any]


async def shortcut(slack: Slack, order: Json) -> Json:
    """POST /_control/shortcut: in threads too, and where the bot is no member; not for strangers, unless forced."""
    channel, user = channel_of(slack, order), user_of(slack, order)
    message = slack.timeline.find(channel.id, str(order.get("messageTs", "")))
    if message is None or message.ephemeral_to:
        raise Refusal("message_not_found")
    callback = str(order.get("callback_id", ""))
    if callback not in SHORTCUTS and not order.get("force"):
        raise Refusal("no_such_shortcut")
    if (user.is_stranger or user.id not in channel.members) and not order.get("force"):
        raise Refusal("not_allowed")
    grant = slack.grants.issue_url(channel.id, user.id)
    payload = {
        "type": "message_action",
        **around(),
        "user": actor(user),
        "channel": {"id": channel.id, "name": shown_name(channel)},
        "callback_id": callback,
        "trigger_id": slack.grants.issue_trigger(user.id),
        "action_ts": slack.timeline.next_ts(),
        "message_ts": message.ts,
        "message": message.json(),
        "response_url": slack.url + grant.path,
    }
    return (await run(slack, Invocation(Envelope("interactive", payload), grant))).json()


async def home(slack: Slack, order: Json) -> Json:
    """POST /_control/home: app_home_opened, with the view that was published before, if one was."""
    user = user_of(slack, order)
    channel = slack.workspace.direct(user.id)
    if channel is None:
        raise Refusal("channel_not_found")
    view = slack.views.homes.get(user.id)
    event = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": order.get("tab", "home")}
    event |= {"view": view.json()} if view else {}
    slack.emit({**event, "event_ts": slack.timeline.next_ts()})
    return {}


ORDERS = {"shortcut": shortcut, "home": home}
