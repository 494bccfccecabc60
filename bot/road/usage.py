"""What is said to somebody whose command cannot be read, or has nothing to do."""

from __future__ import annotations

from dataclasses import replace

from bot.command import Command, Plan
from bot.errors import MissingError, UsageError
from bot.reply import Button, Buttons, Mono, Reply, answer, text
from bot.store.runs import Run

FORM = "form"
"""What the button under an unfinished command does."""


def usage(run: Run, error: UsageError) -> Reply:
    """Say what to type instead; in Slack, what lacks something can be filled in as well."""
    said = answer(error.sentence, "no")
    if not isinstance(error, MissingError) or run.actor_kind != "slack":
        return said
    return replace(said, parts=(*said.parts, Buttons((Button("Fill in", FORM, run.id, "primary"),))))


def nothing_to_do(command: Command, plan: Plan) -> Reply:
    """Say why a change has nothing to change."""
    lines = tuple(text(Mono(each.id), f" {each.name} {each.why}".replace("  ", " ")) for each in plan.skipped)
    if len(plan.skipped) == 1:
        one = plan.skipped[0]
        return Reply(f"Nothing to {command.verb}: {one.name or one.id} {one.why}.", sign="no")
    return Reply(f"Nothing to {command.verb}: none of these can be.", lines, "no")
