"""The control API under /_control: act as a person, look at everything, and make Slack misbehave.

A person's: command, interact, message, edit, upload, submit, close, home, shortcut. The workspace's: people, app (takes
scopes and events away), should_escape, limits, redelivery, fault, reset. To read: state, messages, views, files, log,
and the stream of changes.

Answers are JSON with `ok`; a request that cannot be done gets `ok: false` and a word for why, as in Slack.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.slack import clicks, invocations, people, posting, shortcuts, submissions
from bot.sandbox.slack.faults import API_KINDS
from bot.sandbox.slack.posting import channel_of, user_of
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.workspace import TEAM_ID, TEAM_NAME

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.sandbox.slack.state import Slack

Json = dict[str, Any]
KEEPALIVE_SECONDS = 15
BY_PEOPLE = {**posting.ORDERS, **submissions.ORDERS, **shortcuts.ORDERS}


class Control:
    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._orders: dict[str, Callable[[Json], Awaitable[Json]]] = {
            **{name: partial(run, slack) for name, run in BY_PEOPLE.items()},
            "command": self._command,
            "interact": self._interact,
            "reset": self._reset,
            "fault": self._fault,
            "limits": self._limits,
            "people": self._people,
            "should_escape": self._should_escape,
            "app": self._app,
            "redelivery": self._redelivery,
        }

    async def order(self, request: web.Request) -> web.Response:
        """POST /_control/{order}."""
        run = self._orders.get(request.match_info["order"], _unknown)
        try:
            answer = {"ok": True, **await run(await _body(request))}
        except Refusal as refusal:
            answer = refusal.json()
        return web.json_response(answer)

    async def _command(self, order: Json) -> Json:
        typed = invocations.Command(
            channel=channel_of(self._slack, order),
            user=user_of(self._slack, order),
            command=str(order.get("command", "/aws")),
            text=str(order.get("text", "")),
            team=order.get("team") or TEAM_ID,
        )
        return await self._run(invocations.of_command(self._slack, typed), order)

    async def _interact(self, order: Json) -> Json:
        if order.get("view_id"):
            return await self._run(clicks.of_view_click(self._slack, user_of(self._slack, order), order), order)
        click = clicks.Click(
            channel=channel_of(self._slack, order),
            user=user_of(self._slack, order),
            message_ts=str(order.get("messageTs", "")),
            action=dict(order.get("action") or {}),
            team=order.get("team"),
            force=bool(order.get("force")),
        )
        return await self._run(clicks.of_click(self._slack, click), order)

    async def _run(self, invocation: invocations.Invocation, order: Json) -> Json:
        if order.get("wait") is False:
            self._slack.spawn(invocations.run(self._slack, invocation))
            return {"envelope_id": invocation.envelope.id}
        return (await invocations.run(self._slack, invocation)).json()

    async def _reset(self, order: Json) -> Json:  # noqa: ARG002  there is one way to reset
        self._slack.reset()
        return {}

    async def _limits(self, order: Json) -> Json:
        self._slack.limits.enabled = bool(order.get("enabled", True))
        return {"enabled": self._slack.limits.enabled}

    async def _should_escape(self, order: Json) -> Json:
        self._slack.should_escape = bool(order.get("enabled", True))
        return {"enabled": self._slack.should_escape}

    async def _app(self, order: Json) -> Json:
        """Take scopes and events away from the app as installed: `{"without": ["files:read", "message.im"]}`."""
        without = set(order.get("without") or ())
        workspace = self._slack.workspace
        self._slack.workspace = replace(
            workspace,
            tokens_scopes=tuple(each for each in workspace.tokens_scopes if each not in without),
            subscriptions=tuple(each for each in workspace.subscriptions if each not in without),
        )
        return {"scopes": self._slack.workspace.tokens_scopes, "events": self._slack.workspace.subscriptions}

    async def _redelivery(self, order: Json) -> Json:
        """The seconds before each retry of an event that was not acknowledged; Slack's are 0, 60 and 300."""
        self._slack.deliveries.redelivery = [float(each) for each in order.get("seconds") or ()]
        return {"seconds": self._slack.deliveries.redelivery}

    async def _people(self, order: Json) -> Json:
        people.change(self._slack, order)
        return {}

    async def _fault(self, order: Json) -> Json:
        slack, kind, seconds = self._slack, order.get("kind"), order.get("seconds")
        slack.journal.record("fault", order=order)
        if kind in API_KINDS:
            slack.faults.add_api(str(kind), order)
        elif kind == "deliver_twice":
            slack.faults.deliver_twice(int(order.get("times", 1)))
        elif kind == "lose_ack":
            slack.faults.lose_acks(int(order.get("times", 1)))
        elif kind == "down":
            slack.faults.go_away(None if seconds is None else float(seconds))
            slack.sockets.drop()
        elif kind == "clear":
            slack.clear_faults()
        else:
            await self._socket_fault(str(kind), order, seconds)
        return {}

    async def _socket_fault(self, kind: str, order: Json, seconds: float | None) -> None:
        sockets = self._slack.sockets
        if kind == "drop_socket":
            sockets.drop()
        elif kind == "close_socket":
            await sockets.close()
        elif kind == "freeze_socket":
            sockets.freeze(seconds)
        elif kind == "refresh":
            await sockets.refresh(str(order.get("reason", "refresh_requested")))
        else:
            raise Refusal("unknown_fault")

    async def state(self, request: web.Request) -> web.Response:  # noqa: ARG002  a handler's shape
        workspace = self._slack.workspace
        told = {
            "ok": True,
            "team": {"id": TEAM_ID, "name": TEAM_NAME},
            "users": [people.user_state(user) for user in workspace.users],
            "channels": [people.channel_state(channel) for channel in workspace.channels],
            "groups": [people.group_state(group) for group in workspace.groups],
            "connections": len(self._slack.sockets.open),
        }
        return web.json_response(told)

    async def messages(self, request: web.Request) -> web.Response:
        """Every message of a channel, or with ?user= what that person sees of them."""
        channel = self._slack.workspace.channel(request.match_info["channel"])
        if channel is None:
            return web.json_response({"ok": False, "error": "channel_not_found", "messages": []})
        user = self._slack.workspace.user(request.query.get("user", ""))
        seen = self._slack.timeline.seen_by(channel.id, user.id if user else None)
        return web.json_response({"ok": True, "messages": [message.json() for message in seen]})

    async def views(self, request: web.Request) -> web.Response:
        """GET /_control/views?user=: the person's modals, the topmost last, and the Home tab."""
        user, views = self._slack.workspace.user(request.query.get("user", "")), self._slack.views
        if user is None:
            return web.json_response({"ok": False, "error": "user_not_found"})
        home = views.homes.get(user.id)
        modals = [view.json() for view in views.modals.get(user.id, [])]
        return web.json_response({"ok": True, "modals": modals, "home": home.json() if home else None})

    async def log(self, request: web.Request) -> web.Response:
        journal = self._slack.journal
        entries = journal.since(int(request.query.get("since", "0")))
        return web.json_response({"ok": True, "entries": entries, "next": journal.end})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-Sent Events: hello, the number of connections, then every change as it happens."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        queue = self._slack.journal.listen()
        queue.put_nowait({"type": "hello"})
        queue.put_nowait({"type": "connections", "n": len(self._slack.sockets.open)})
        try:
            await _follow(queue, response)
        except ConnectionError:
            pass  # the page was closed: nobody is left to tell
        finally:
            self._slack.journal.leave(queue)
        return response


async def _follow(queue: asyncio.Queue[Json | None], response: web.StreamResponse) -> None:
    while True:
        try:
            change = await asyncio.wait_for(queue.get(), KEEPALIVE_SECONDS)
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        if change is None:
            return
        await response.write(f"data: {json.dumps(change)}\n\n".encode())


async def _unknown(order: Json) -> Json:  # noqa: ARG001  the name was in the path
    raise Refusal("unknown_order")


async def _body(request: web.Request) -> Json:
    text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(body, dict):
        raise Refusal("invalid_json")
    return body
