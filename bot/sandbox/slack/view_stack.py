"""The views people look at: a stack of at most three modals each, and the Home tab the app published for them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.view_state import kept, values
from bot.sandbox.slack.workspace import APP_ID, BOT_ID, TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.slack.journal import Journal

Json = dict[str, Any]
DEEPEST = 3


@dataclass(frozen=True)
class View:
    """`body` is what the app gave, with ids; `state` what stands in its elements, by block_id and action_id."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    state: Json = field(default_factory=dict)

    @property
    def is_modal(self) -> bool:
        return bool(self.body["type"] == "modal")

    @property
    def blocks(self) -> list[Json]:
        return list(self.body["blocks"])

    def json(self) -> Json:
        """Slack's view object."""
        words = dict.fromkeys(("private_metadata", "callback_id", "external_id"), "")
        texts = dict.fromkeys(("title", "submit", "close"))
        flags = dict.fromkeys(("clear_on_close", "notify_on_close"), False)
        return {
            **words,
            **texts,
            **flags,
            **self.body,
            "id": self.id,
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
            "state": {"values": self.state},
            "hash": self.hash,
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
        }


class Views:
    """Every change is told to the page, as `view` with what happened and to whom."""

    def __init__(self, now: Callable[[], float], journal: Journal) -> None:
        self._now = now
        self._journal = journal
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}

    def find(self, view_id: str, external_id: str = "") -> View:
        for view in self._all():
            if view_id == view.id or (external_id and external_id == view.body.get("external_id")):
                return view
        raise Refusal("not_found")

    def top(self, user: str) -> View | None:
        stack = self.modals.get(user)
        return stack[-1] if stack else None

    def open(self, user: str, body: Json) -> View:
        """The user's only modal from now on."""
        view = self._new(user, body)
        self.modals[user] = [view]
        return self._told("open", view)

    def push(self, user: str, body: Json) -> View:
        stack = self.modals.get(user) or []
        if len(stack) >= DEEPEST:
            raise Refusal("push_limit_reached")
        view = self._new(user, body)
        if stack:
            view = replace(view, root_id=stack[0].id, previous_id=stack[-1].id)
        self.modals[user] = [*stack, view]
        return self._told("open", view)

    def publish(self, user: str, body: Json, expected: str = "") -> View:
        """The Home tab, always the same view of a person."""
        old = self.homes.get(user)
        if old is not None:
            return self.update(old, body, expected)
        self.homes[user] = self._new(user, body)
        return self._told("home", self.homes[user])

    def update(self, old: View, body: Json, expected: str = "") -> View:
        """What was filled in stays where block_id and action_id stay; `hash_conflict` when `expected` is stale."""
        if expected and expected != old.hash:
            raise Refusal("hash_conflict")
        self._unique(body, old.id)
        state = values(body["blocks"], kept(old.state, body["blocks"]))
        view = self._keep(replace(old, body=body, state=state, hash=self._hash()))
        return self._told("update" if view.is_modal else "home", view)

    def hold(self, view: View, state: Json) -> View:
        """Note what stands in the view's elements now."""
        return self._keep(replace(view, state=state))

    def close(self, user: str, *, everything: bool = False) -> list[View]:
        """Take away the topmost modal, or the whole stack; returns what went, topmost first."""
        stack = self.modals.get(user) or []
        keep = [] if everything else stack[:-1]
        gone = stack[len(keep) :][::-1]
        self.modals[user] = keep
        for view in gone:
            self._told("close", view)
        return gone

    def clear(self) -> None:
        self.modals.clear()
        self.homes.clear()

    def _all(self) -> list[View]:
        return [*self.homes.values(), *(view for stack in self.modals.values() for view in stack)]

    def _new(self, user: str, body: Json) -> View:
        self._unique(body)
        view_id = "V" + secrets.token_hex(5).upper()
        return View(view_id, user, body, self._hash(), view_id, state=values(body["blocks"]))

    def _unique(self, body: Json, own: str = "") -> None:
        wanted = body.get("external_id")
        if wanted and any(view.body.get("external_id") == wanted for view in self._all() if view.id != own):
            raise Refusal("duplicate_external_id")

    def _hash(self) -> str:
        return f"{int(self._now())}.{secrets.token_hex(4)}"

    def _keep(self, view: View) -> View:
        if view.is_modal:
            self.modals[view.user] = [view if each.id == view.id else each for each in self.modals[view.user]]
        else:
            self.homes[view.user] = view
        return view

    def _told(self, change: str, view: View) -> View:
        self._journal.publish({"type": "view", "change": change, "user": view.user, "view": view.json()})
        return view
