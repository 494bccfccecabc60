"""A person's command or click: the payload Slack builds of it, its delivery, and what the person sees of the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import answers
from bot.sandbox.slack.deliveries import Envelope, Outcome
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.typed import sent_text
from bot.sandbox.slack.workspace import APP_ID, SLACKBOT, TEAM_DOMAIN, TEAM_ID, TEAM_NAME

if TYPE_CHECKING:
    from bot.sandbox.slack.grants import ResponseUrl
    from bot.sandbox.slack.state import Slack
    from bot.sandbox.slack.workspace import Channel, User

Json = dict[str, Any]


@dataclass(frozen=True)
class Command:
    """A slash command as typed; `team` makes it the payload of another team."""

    channel: Channel
    user: User
    command: str
    text: str
    team: str = TEAM_ID


@dataclass(frozen=True)
class Click:
    """A click on an element of a message, which need not be true when forced."""

    channel: Channel
    user: User
    message_ts: str
    action: Json
    team: str | None = None
    force: bool = False


@dataclass(frozen=True)
class Invocation:
    """A payload ready to go, with the right to answer it."""

    envelope: Envelope
    grant: ResponseUrl


async def run(slack: Slack, invocation: Invocation) -> Outcome:
    """Deliver, then show the ack's payload, or Slack's error line when a command was not acknowledged."""
    outcome = await slack.deliveries.deliver(invocation.envelope, slack.sockets)
    if outcome.outcome != "acked":
        _tell_failure(slack, invocation.grant, outcome.outcome)
        return outcome
    try:
        answers.show(slack, invocation.grant, outcome.payload or {})
    except Refusal as refusal:
        slack.journal.record("ack_payload_refused", envelope_id=outcome.envelope_id, **refusal.json())
        _tell_failure(slack, invocation.grant, refusal.error)
    return outcome


def _tell_failure(slack: Slack, grant: ResponseUrl, error: str) -> None:
    """Slackbot's line to the person; a failed click shows no message in Slack either."""
    if grant.command_line is None:
        return
    line = f'{grant.command_line.split(" ")[0]} failed with the error "{error}"'
    slack.timeline.post(Message(grant.channel, SLACKBOT, line, [], ephemeral_to=grant.user))


def _shown_name(channel: Channel) -> str:
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def of_command(slack: Slack, typed: Command) -> Invocation:
    line = f"{typed.command} {typed.text}".rstrip()
    grant = slack.grants.issue_url(typed.channel.id, typed.user.id, command_line=line)
    payload = {
        "token": "sandbox",
        "team_id": typed.team,
        "team_domain": TEAM_DOMAIN,
        "channel_id": typed.channel.id,
        "channel_name": _shown_name(typed.channel),
        "user_id": typed.user.id,
        "user_name": typed.user.name,
        "command": typed.command,
        "text": sent_text(typed.text, slack.workspace, slack.should_escape),
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": slack.url + grant.path,
        "trigger_id": slack.grants.issue_trigger(typed.user.id),
    }
    return Invocation(Envelope("slash_commands", payload, takes_payload=True), grant)


def _elements(message: Message) -> list[tuple[Json, Json]]:
    """Every interactive element of the message with its block."""
    return [
        (block, element)
        for block in message.blocks
        for element in (*block.get("elements", ()), block.get("accessory"))
        if isinstance(element, dict) and "action_id" in element
    ]


def _values(element: Json) -> list[Any]:
    """What a click on the element may carry as its value."""
    groups = element.get("option_groups") or [{"options": element.get("options")}]
    options = [option for group in groups for option in group.get("options") or []]
    return [option.get("value") for option in options] or [element.get("value")]


def _clicked(message: Message | None, click: Click) -> tuple[Json, Json]:
    """The block and element that were clicked; a forced click needs neither to exist."""
    wanted = click.action
    for block, element in _elements(message) if message else ():
        same_block = wanted.get("block_id") in (None, block["block_id"])
        if same_block and element["action_id"] == wanted.get("action_id"):
            if click.force or wanted.get("value") is None or wanted["value"] in _values(element):
                return block, element
            raise Refusal("no_such_value")
    if click.force:
        return {}, {}
    raise Refusal("no_such_action" if message else "message_not_found")


def of_click(slack: Slack, click: Click) -> Invocation:
    """The block_actions payload, or a refusal where Slack's client would show nothing to click."""
    message = slack.timeline.find(click.channel.id, click.message_ts)
    if message and message.ephemeral_to not in (None, click.user.id) and not click.force:
        raise Refusal("message_not_found")
    block, element = _clicked(message, click)
    grant = slack.grants.issue_url(click.channel.id, click.user.id, original=click.message_ts)
    payload: Json = {
        "type": "block_actions",
        "user": _actor(click),
        "api_app_id": APP_ID,
        "token": "sandbox",
        "container": _container(click, message),
        "trigger_id": slack.grants.issue_trigger(click.user.id),
        "team": {"id": click.team or TEAM_ID, "domain": TEAM_DOMAIN, "name": TEAM_NAME},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": click.channel.id, "name": _shown_name(click.channel)},
        "state": {"values": {}},
        "response_url": slack.url + grant.path,
        "actions": [_action(click, block, element, slack.timeline.next_ts())],
    }
    if message and not message.ephemeral_to:
        payload["message"] = message.json()
    return Invocation(Envelope("interactive", payload), grant)


def _actor(click: Click) -> Json:
    user = click.user
    return {
        "id": user.id,
        "username": user.name,
        "name": user.name,
        "team_id": click.team or user.team_id,
    }


def _container(click: Click, message: Message | None) -> Json:
    shown: Json = {
        "type": "message",
        "message_ts": click.message_ts,
        "channel_id": click.channel.id,
        "is_ephemeral": bool(message and message.ephemeral_to),
    }
    return shown | ({"thread_ts": message.thread_ts} if message and message.thread_ts else {})


def _action(click: Click, block: Json, element: Json, action_ts: str) -> Json:
    told: Json = {key: element[key] for key in ("text", "value", "type") if key in element}
    told |= {key: value for key, value in click.action.items() if value is not None}
    told["block_id"] = click.action.get("block_id") or block.get("block_id", "")
    if "selected_option" not in told and ("options" in element or "option_groups" in element):
        told["selected_option"] = {"value": told.pop("value", None)}
    return {"type": "button", **told, "action_ts": action_ts}
