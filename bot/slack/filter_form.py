"""The form behind a list's Filter button: one field, and the id of the run whose stored rows are meant."""

from __future__ import annotations

from typing import Any

from bot.road.pages import FIND, LONGEST_FIND
from bot.slack.elements import plain

BLOCK = "what"


def filter_form(run: str, now: str) -> dict[str, Any]:
    """Build the modal; `now` is the filter in force, which an empty field takes away."""
    field = {"type": "plain_text_input", "action_id": FIND, "max_length": LONGEST_FIND, "focus_on_load": True}
    field |= {"placeholder": plain("part of any cell, such as web or stopped")} | (
        {"initial_value": now} if now else {}
    )
    return {
        "type": "modal",
        "callback_id": FIND,
        "private_metadata": run,
        "title": plain("Filter these rows"),
        "submit": plain("Filter"),
        "close": plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": BLOCK,
                "optional": True,
                "label": plain("Show rows that hold"),
                "hint": plain("Looks through what was read already; AWS is not asked again. Leave it empty for all."),
                "element": field,
            }
        ],
    }


def filter_wanted(view: dict[str, Any]) -> tuple[str, str]:
    """Read a submitted form: the run's id and what to look for."""
    typed = view["state"]["values"][BLOCK][FIND].get("value")
    return str(view.get("private_metadata") or ""), str(typed or "")
