"""The one door to Slack's Web API for work in the background: each call answers with a value or raises SlackError.

A SlackError says whether Slack may have taken the request although no answer came (`ambiguous`), because
chat.postMessage has no idempotency key: whoever repeats an ambiguous post may post twice. Nothing here sleeps,
repeats a call, or logs a token, a response_url or a text.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.slack_response import SlackResponse
from slack_sdk.webhook import WebhookClient

from bot.errors import SlackError

SECONDS = 10
"""How long one request may wait for the next byte of Slack's answer."""

PART_MAY_BE_DONE = frozenset({"fatal_error", "internal_error"})
"""Slack documents for these two that part of the operation may have succeeded."""

NEXT_STEP = {
    "account_inactive": "The bot's account was removed: install the app again.",
    "cant_update_message": "Only the bot's own messages can be edited.",
    "channel_not_found": "The channel does not exist or the bot cannot see it: invite the bot there.",
    "expired_url": "A reply by this way is good for 30 minutes and five messages: ask again.",
    "invalid_auth": "The token is wrong: set it again from the app's page at Slack.",
    "is_archived": "The channel is archived: ask in another one.",
    "message_not_found": "The message was deleted.",
    "missing_scope": "Add the scope to the app and install it again.",
    "msg_too_long": "The message is longer than Slack takes.",
    "not_allowed_token_type": "This is another kind of token than the call needs.",
    "not_in_channel": "Invite the bot to the channel.",
    "ratelimited": "Slack asks to slow down.",
    "restricted_action": "The workspace does not let the bot post there.",
    "token_expired": "The token has expired: set a new one.",
    "token_revoked": "The token was revoked: install the app again.",
}

NO_TOKEN = frozenset({"invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed"})

Answer = TypeVar("Answer")

_SILENT = logging.getLogger("bot.slack.silent")
_SILENT.setLevel(logging.CRITICAL + 1)


@cache
def tls() -> ssl.SSLContext:
    """One context for every call: slack_sdk would otherwise build one each time (about 30 ms of CPU)."""
    return ssl.create_default_context()


def web_client(token: str, api_url: str) -> WebClient:
    """A client that never retries by itself and never logs what it sends; `api_url` ends in `/api/`."""
    return WebClient(token=token, base_url=api_url, timeout=SECONDS, ssl=tls(), retry_handlers=[], logger=_SILENT)


class SlackCalls:
    """What the bot asks of Slack, over one WebClient; safe to share between threads."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    @property
    def api_url(self) -> str:
        return self._client.base_url

    def post(self, channel: str, message: dict[str, Any], thread: str = "") -> tuple[str, str]:
        """The channel and ts of the new message: a post to `U…` answers with the `D…` it went to."""
        body = _whole(message) | {"channel": channel, "unfurl_links": False, "unfurl_media": False, "parse": "none"}
        if thread:
            body["thread_ts"] = thread
        return _ask("post the message", lambda: _posted(self._client.chat_postMessage(**body)))

    def update(self, channel: str, ts: str, message: dict[str, Any]) -> None:
        """Replace text and blocks; `parse` is set because chat.update's own default differs from post's."""
        body = _whole(message) | {"channel": channel, "ts": ts, "parse": "none"}
        _ask("edit the message", lambda: self._client.chat_update(**body))

    def ephemeral(self, channel: str, user: str, message: dict[str, Any], thread: str = "") -> None:
        """Show a message to one member of the channel; Slack does not guarantee that it arrives."""
        body = _whole(message) | {"channel": channel, "user": user, "parse": "none"}
        if thread:
            body["thread_ts"] = thread
        _ask("show the message", lambda: self._client.chat_postEphemeral(**body))

    def respond(
        self, response_url: str, message: dict[str, Any], *, in_channel: bool = False, replace: bool = False
    ) -> None:
        """Answer through a response_url (five times within 30 minutes), also where the bot is no member.

        `replace` puts it in the place of the message that bore the button.
        """
        body = {"replace_original": replace, "unfurl_links": False, "unfurl_media": False} | _whole(message)
        body["response_type"] = "in_channel" if in_channel else "ephemeral"
        hook = WebhookClient(response_url, timeout=SECONDS, ssl=tls(), retry_handlers=[], logger=_SILENT)
        answer = _ask("take the answer", lambda: hook.send_dict(body))
        error = _webhook_error(answer.body)
        if answer.status_code != 200 or error:
            raise _refused("take the answer", error, answer.status_code, _seconds(answer.headers))

    def user(self, user: str) -> dict[str, Any]:
        """users.info (100 a minute)."""
        return _ask("look up the person", lambda: dict(self._client.users_info(user=user)["user"]))

    def groups(self) -> tuple[dict[str, Any], ...]:
        """usergroups.list (20 a minute): every group with its members' ids (`users`), guests and others' included.

        So are disabled groups, whose `date_delete` is other than 0.
        """
        return _ask(
            "list the user groups",
            lambda: tuple(self._client.usergroups_list(include_disabled=True, include_users=True)["usergroups"]),
        )

    def channel(self, channel: str) -> dict[str, Any]:
        """conversations.info (50 a minute)."""
        return _ask("look up the channel", lambda: dict(self._client.conversations_info(channel=channel)["channel"]))

    def own_channels(self) -> tuple[dict[str, Any], ...]:
        """users.conversations (20 a minute): the channels the bot is in, the first thousand."""
        return _ask(
            "list the bot's channels",
            lambda: tuple(
                self._client.users_conversations(
                    types="public_channel,private_channel", exclude_archived=True, limit=999
                )["channels"]
            ),
        )

    def file(self, file: str) -> dict[str, Any]:
        """files.info (100 a minute): whose it is, where it is shared, its size, and where its bytes are."""
        return _ask("look up the file", lambda: dict(self._client.files_info(file=file)["file"]))

    def open_view(self, trigger: str, view: dict[str, Any]) -> str:
        """views.open (100 a minute): the modal's id. A trigger_id lives three seconds and counts once."""
        return _ask("open the form", lambda: _view_id(self._client.views_open(trigger_id=trigger, view=view)))

    def update_view(self, view_id: str, view: dict[str, Any]) -> None:
        """views.update (100 a minute): put another view in the place of an open modal."""
        _ask("show the form", lambda: self._client.views_update(view_id=view_id, view=view))

    def publish_home(self, user: str, view: dict[str, Any]) -> None:
        """views.publish (100 a minute): what a person sees on the app's Home tab."""
        _ask("show the Home tab", lambda: self._client.views_publish(user_id=user, view=view))

    def members(self, channel: str) -> tuple[str, ...]:
        """conversations.members (100 a minute): the first thousand."""
        return _ask(
            "list the channel's members",
            lambda: tuple(self._client.conversations_members(channel=channel, limit=999)["members"]),
        )

    def upload_address(self, name: str, size: int, alt: str = "") -> tuple[str, str]:
        """files.getUploadURLExternal (100 a minute): where to send the bytes, itself a secret, and the file's id."""
        more = {"alt_txt": alt} if alt else {}
        return _ask(
            "take the file",
            lambda: _address(self._client.files_getUploadURLExternal(filename=name, length=size, **more)),
        )

    def complete_upload(self, file: str, title: str, channel: str, thread: str, words: str) -> None:
        """files.completeUploadExternal (100 a minute): show the file in a thread; `words` are mrkdwn beside it."""
        _ask(
            "show the file",
            lambda: self._client.files_completeUploadExternal(
                files=[{"id": file, "title": title}],
                channel_id=channel,
                thread_ts=thread or None,
                initial_comment=words or None,
            ),
        )

    def identity(self) -> dict[str, Any]:
        """auth.test: `team_id`, `enterprise_id`, `user_id` and `bot_id` of the token."""
        return _ask("say whose token this is", lambda: _data(self._client.auth_test()))

    def socket_url(self, app_token: str) -> str:
        """apps.connections.open: a single-use WebSocket address, itself a secret."""
        return _ask("open a socket", lambda: str(_data(self._client.apps_connections_open(app_token=app_token))["url"]))


def _data(response: SlackResponse) -> dict[str, Any]:
    return dict(response.data) if isinstance(response.data, dict) else {}


def _posted(response: SlackResponse) -> tuple[str, str]:
    data = _data(response)
    return str(data["channel"]), str(data["ts"])


def _view_id(response: SlackResponse) -> str:
    return str(_data(response)["view"]["id"])


def _address(response: SlackResponse) -> tuple[str, str]:
    data = _data(response)
    return str(data["upload_url"]), str(data["file_id"])


def passing(error: SlackError) -> bool:
    """Whether Slack itself is in trouble or far away, whatever was sent."""
    return error.ambiguous or error.code in ("unreachable", "ratelimited")


def _whole(message: dict[str, Any]) -> dict[str, Any]:
    """The message, refused if it has no text: the text is what a phone's lock screen and a screen reader show."""
    if not message.get("text"):
        raise ValueError("a message needs a text beside its blocks")
    return dict(message)


def _ask(doing: str, call: Callable[[], Answer]) -> Answer:
    """The call's answer; one that lacks what was asked for counts as none."""
    try:
        return call()
    except SlackApiError as error:
        raise _answered(doing, error.response) from None
    except Exception as error:  # noqa: BLE001 - whatever the transport raises becomes a SlackError
        raise _unanswered(doing, error) from None


def _answered(doing: str, response: Any) -> SlackError:
    """Slack's own no, or something between Slack and us that answered in its place."""
    data = _data(response)
    code = str(data.get("error") or "")
    doing = f"{doing} without the scope {data['needed']}" if data.get("needed") else doing
    return _refused(doing, code, response.status_code, _seconds(response.headers))


def _webhook_error(body: str) -> str:
    """A response_url answers `ok` or an error word, bare or in JSON."""
    try:
        answer = json.loads(body)
    except ValueError:
        return "" if body.strip() == "ok" else body.strip()
    return str(answer.get("error") or "") if isinstance(answer, dict) else ""


def _refused(doing: str, code: str, status: int, retry_after: float | None) -> SlackError:
    """A 5xx is ambiguous: a gateway speaks for a server that may have done it, and Slack says so of its own errors.

    An answer without one of Slack's error words (a proxy's page) says nothing about what Slack did, unless it is a
    4xx: then the request was turned away on the road.
    """
    spoken = code.replace("_", "").isalnum() and code.isascii()
    word = "ratelimited" if status == 429 else code if spoken else f"http_{status}"
    ambiguous = status >= 500 or word in PART_MAY_BE_DONE or (not spoken and status < 400)
    sentence = f"Slack did not {doing}: {word}. {NEXT_STEP.get(word, '')}".rstrip()
    return SlackError(sentence, code=word, retry_after=retry_after, ambiguous=ambiguous)


def _unanswered(doing: str, error: Exception) -> SlackError:
    """What fails until the request has left in full, urllib wraps in URLError; what fails after that comes bare."""
    if isinstance(error, URLError):
        cause = type(error.reason).__name__ if isinstance(error.reason, Exception) else "URLError"
        return SlackError(f"Slack cannot be reached to {doing} ({cause}).", code="unreachable")
    name = type(error).__name__
    sentence = f"Slack was asked to {doing} and did not answer ({name}): it may have done it."
    return SlackError(sentence, code="no_answer", ambiguous=True)


def _seconds(headers: Any) -> float | None:
    """Retry-After in seconds; headers come as a dict of strings, or of lists of strings."""
    named: Any = {str(name).lower(): value for name, value in dict(headers).items()}.get("retry-after")
    try:
        return float(named[0] if isinstance(named, list) else named)
    except (IndexError, TypeError, ValueError):
        return None
