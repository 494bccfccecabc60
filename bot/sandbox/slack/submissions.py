"""A person submits or closes a modal: the payload Slack builds, and what the ack's response_action then does.

A submission that is not acknowledged, or answered with what Slack cannot use, leaves the modal as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.deliveries import Envelope
from bot.sandbox.slack.payload import actor, around
from bot.sandbox.slack.posting import user_of
from bot.sandbox.slack.refusal import Refusal
from bot.sandbox.slack.view_limits import checked
from bot.sandbox.slack.view_state import incomplete, values

if TYPE_CHECKING:
    from bot.sandbox.slack.state import Slack
    from bot.sandbox.slack.view_stack import View
    from bot.sandbox.slack.workspace import User

Json = dict[str, Any]


def _modal(slack: Slack, order: Json) -> tuple[User, View]:
    """The modal on top of the person's stack, which must be the one meant."""
    user = user_of(slack, order)
    view = slack.views.top(user.id)
    if view is None or view.id != order.get("view_id"):
        raise Refusal("view_not_found")
    return user, view


def filled_in(slack: Slack, view: View, given: Json | None) -> View:
    """The view with what the person put into it; a file becomes the app's to read."""
    merged = {**view.state, **{block: {**view.state.get(block, {}), **held} for block, held in (given or {}).items()}}
    state = values(view.blocks, merged)
    for held in (element for block in state.values() for element in block.values()):
        if held["type"] == "file_input":
            held["files"] = [_handed_in(slack, view.user, each) for each in held["files"]]
    return slack.views.hold(view, state)


def _handed_in(slack: Slack, user: str, ref: Any) -> Json:
    file = slack.files.get(str(ref["id"] if isinstance(ref, dict) else ref))
    if file.user != user:
        raise Refusal("file_not_found")
    return slack.files.json(slack.files.hand_in(file))


async def submit(slack: Slack, order: Json) -> Json:
    """POST /_control/submit; with `force` even what Slack's client would not send."""
    user, view = _modal(slack, order)
    view = filled_in(slack, view, order.get("values"))
    wrong = incomplete(view.blocks, view.state)
    if wrong and not order.get("force"):
        return {"outcome": "incomplete", "errors": wrong}
    payload = {"type": "view_submission", **around(), "user": actor(user), "view": view.json(), "response_urls": []}
    payload["trigger_id"] = slack.grants.issue_trigger(user.id)
    outcome = await slack.deliveries.deliver(Envelope("interactive", payload, takes_payload=True), slack.sockets)
    if outcome.outcome != "acked":
        return outcome.json()
    try:
        told = _answered(slack, slack.views.find(view.id), outcome.payload or {})
    except Refusal as refusal:
        slack.journal.record("ack_payload_refused", envelope_id=outcome.envelope_id, **refusal.json())
        return {**outcome.json(), "outcome": "refused", "error": refusal.error}
    top = slack.views.top(user.id)
    return {**outcome.json(), "view": top.json() if top else None, **told}


def _answered(slack: Slack, view: View, answer: Json) -> Json:
    action = answer.get("response_action")
    if action is None and not answer:
        slack.views.close(view.user)
    elif action == "clear":
        slack.views.close(view.user, everything=True)
    elif action == "update":
        slack.views.update(view, checked(slack, answer.get("view"), "modal"))
    elif action == "push":
        slack.views.push(view.user, checked(slack, answer.get("view"), "modal"))
    elif action == "errors":
        return {"errors": _errors(view, answer.get("errors"))}
    else:
        raise Refusal("invalid_response_action")
    return {}


def _errors(view: View, errors: Any) -> Json:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise Refusal("invalid_errors")
    return dict(errors)


async def close(slack: Slack, order: Json) -> Json:
    """POST /_control/close: the topmost modal, or with `all`, or where it clears on close, the whole stack."""
    user, view = _modal(slack, order)
    everything = bool(order.get("all") or view.body.get("clear_on_close"))
    outcome = "closed"
    for gone in slack.views.close(user.id, everything=everything):
        if gone.body.get("notify_on_close"):
            payload = {"type": "view_closed", **around(), "user": actor(user), "view": gone.json()}
            envelope = Envelope("interactive", {**payload, "is_cleared": everything})
            outcome = (await slack.deliveries.deliver(envelope, slack.sockets)).outcome
    return {"outcome": outcome}


ORDERS = {"submit": submit, "close": close}
