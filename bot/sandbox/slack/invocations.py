"""A person's command as Slack's payload, and how this or any other invocation is delivered and ends for the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import answers
from bot.sandbox.slack.deliveries import Envelope, Outcome
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.payload import shown_name
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.typed import sent_text
from bot.sandbox.slack.workspace import APP_ID, SLACKBOT, TEAM_DOMAIN, TEAM_ID

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
class Invocation:
    """A payload ready to go, with the right to answer it where there is one."""

    envelope: Envelope
    grant: ResponseUrl | None = None


async def run(slack: Slack, invocation: Invocation) -> Outcome:
    """Deliver, then show the ack's payload, or Slack's error line when a command was not acknowledged."""
    outcome = await slack.deliveries.deliver(invocation.envelope, slack.sockets)
    if invocation.grant is None:
        return outcome
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


def of_command(slack: Slack, typed: Command) -> Invocation:
    line = f"{typed.command} {typed.text}".rstrip()
    grant = slack.grants.issue_url(typed.channel.id, typed.user.id, command_line=line)
    payload = {
        "token": "sandbox",
        "team_id": typed.team,
        "team_domain": TEAM_DOMAIN,
        "channel_id": typed.channel.id,
        "channel_name": shown_name(typed.channel),
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
