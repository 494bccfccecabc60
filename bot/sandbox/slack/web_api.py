"""The Web API's front: authentication, scopes, faults, rate limits and the log, the same for every method."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.slack.limits import Rate
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack.state import Slack

Json = dict[str, Any]
FALSE = (None, "", "0", "false", False, 0)


class Args:
    """A call's arguments, from a form, a JSON body or the query, read as what the method needs."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise Refusal.with_messages("invalid_arguments", [f"missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        return self.values.get(name) not in FALSE

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        return int(value) if value.isdigit() else default

    def json(self, name: str) -> Any:
        """A structure, which forms carry as JSON text; None when absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refusal(f"invalid_{name}_format") from None


@dataclass(frozen=True)
class Method:
    """One Web API method: who may call it, how often, and what it does."""

    run: Callable[[Slack, Args], Json]
    rate: Rate
    scope: str | None = None
    per_channel: bool = False
    token: str = BOT_TOKEN


class WebApi:
    def __init__(self, slack: Slack, methods: dict[str, Method]) -> None:
        self._slack = slack
        self._methods = methods

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, or misbehave as the faults say."""
        name = request.match_info["method"]
        args, token = await _read(request)
        slow = self._slack.faults.take(name, "api_slow")
        if slow:
            await asyncio.sleep(slow.seconds)
        response, answer = self._answer(name, args, token)
        error = answer.get("error")
        self._slack.journal.record("api", method=name, ok=error is None, error=error, args=args.values)
        if self._slack.faults.take(name, "api_hang_after"):
            return hang_up(request)
        return response

    def _answer(self, name: str, args: Args, token: str) -> tuple[web.Response, Json]:
        broken = self._slack.faults.take(name, "api_429", "api_500", "api_error")
        if broken and broken.kind == "api_500":
            return web.Response(status=500, text="Internal Server Error"), {"error": "http_500"}
        if broken and broken.kind == "api_429":
            return _rate_limited(int(broken.seconds))
        if broken:
            return web.json_response({"ok": False, "error": broken.error}), {"error": broken.error}
        try:
            answer = self._run(name, args, token)
        except RateLimited as limited:
            return _rate_limited(limited.seconds)
        except Refusal as refusal:
            answer = refusal.json()
        return web.json_response(answer, headers=self._scope_headers(token)), answer

    def _run(self, name: str, args: Args, token: str) -> Json:
        method = self._methods.get(name)
        if method is None:
            raise Refusal("unknown_method", req_method=name)
        self._authorize(method, token)
        key = f"{name} {args.text('channel')}" if method.per_channel else name
        wait = self._slack.limits.retry_after(key, method.rate, self._slack.now())
        if wait:
            raise RateLimited(wait)
        return {"ok": True, **method.run(self._slack, args)}

    def _authorize(self, method: Method, token: str) -> None:
        if not token:
            raise Refusal("not_authed")
        if token not in (BOT_TOKEN, APP_TOKEN):
            raise Refusal("invalid_auth")
        if token != method.token:
            raise Refusal("not_allowed_token_type")
        if method.scope:
            require_scope(self._slack, method.scope)

    def _scope_headers(self, token: str) -> dict[str, str]:
        scopes = ",".join(self._slack.workspace.tokens_scopes)
        return {"x-oauth-scopes": scopes} if token == BOT_TOKEN else {}


class RateLimited(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def require_scope(slack: Slack, scope: str) -> None:
    scopes = slack.workspace.tokens_scopes
    if scope not in scopes:
        raise Refusal("missing_scope", needed=scope, provided=",".join(scopes))


def hang_up(request: web.Request) -> web.Response:
    """Cut the connection without an answer; the response returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _rate_limited(seconds: int) -> tuple[web.Response, Json]:
    answer = {"ok": False, "error": "ratelimited"}
    return web.json_response(answer, status=429, headers={"Retry-After": str(seconds)}), answer


async def _read(request: web.Request) -> tuple[Args, str]:
    values: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.text()
        values |= json.loads(body) if body else {}
    else:
        values |= dict(await request.post())
    in_body = str(values.pop("token", ""))
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return Args(values), bearer or in_body
