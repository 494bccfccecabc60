"""What a refusal says beyond its sentence: whose word it was, and, behind [Why], what it would take.

It is explained from what the audit kept of the decision: AWS is not asked again, so nothing is learnt by clicking.
"""

from __future__ import annotations

import json
from dataclasses import replace

from bot.actor import Actor
from bot.aws.denied import decoded
from bot.errors import AwsError, AwsRefused, Refused
from bot.policy import record
from bot.policy.why import Why, why
from bot.reply import Button, Buttons, Code, Part, Reply, note, text
from bot.road.desk import Desk
from bot.store.runs import Run, State

WHY = "why"
"""What the button under a refusal does."""
LAYERS = {
    "allowlist": "the allowlist (bot.yml)",
    "approval": "the allowlist (bot.yml): it may be asked for, not run",
    "limit": "a limit in bot.yml",
    "freeze": "a freeze in bot.yml",
    "floor": "the floor, which no wildcard in bot.yml reaches",
}
"""The layers that a person may have explained, in words; identity and halt say themselves all there is to say."""


def refused(desk: Desk, run: Run, error: Refused) -> Reply:
    """Return a refusal as it is told: its sentence, whose word it is, and [Why] where that can be explained."""
    said = Reply(error.sentence, sign="no")
    if error.layer not in LAYERS or kept(desk, run) is None:
        return said
    parts: tuple[Part, ...] = (note(f"Refused by {LAYERS[error.layer]}, kept by {_keeper(desk)}."),)
    if run.actor_kind == "slack":
        parts += (Buttons((Button("Why", WHY, run.id),)),)
    return replace(said, parts=parts)


def told_by_aws(desk: Desk, run: Run, error: AwsError) -> str:
    """Return AWS's refusal as it is told: where its own IAM said no in cipher, with what STS reads in that."""
    if not (isinstance(error, AwsRefused) and error.encoded):
        return error.sentence
    about = desk.gateway.decoded(run.account, run.region, error.encoded)
    return f"{error.sentence} {decoded(about)}" if about else error.sentence


def kept(desk: Desk, run: Run) -> record.Record | None:
    """Return the last decision made for a run, as the audit kept it; None where there was none that can be read."""
    rows = [row for row in desk.audit.rows(run.id) if row["event"] == record.EVENT]
    try:
        return record.read(json.loads(rows[-1]["detail"])) if rows else None
    except ValueError:
        return None


def explained(desk: Desk, run: Run, actor: Actor) -> Reply:
    """Explain a refusal to whoever was refused. Raises Refused for anybody else."""
    if actor.key != run.asker:
        raise Refused("This was answered to somebody else alone. Ask for it yourself.", layer="audience")
    found = kept(desk, run)
    if run.state is not State.REFUSED or found is None:
        raise Refused("There is nothing to explain here (any more). Ask again.", layer="result")
    return in_words(desk, run.action, why(desk.law.file, found.requests), run.why.partition(": ")[2])


def in_words(desk: Desk, action: str, found: Why, said: str = "") -> Reply:
    """Say what the rules say, and the smallest rule that would allow what was refused."""
    decision = found.decision
    if decision.allowed:
        needs = text(f"{decision.reason} Needs: {decision.needs}.")
        return Reply(f"{action}: the rules allow it", (text(said), needs) if said else (needs,), "no" if said else "ok")
    near = tuple(text(f"• {each}") for each in found.rules)
    if not found.proposal:
        none = note(f"No rule added to bot.yml would allow it as it stands; {_keeper(desk)} would have to change one.")
        return Reply(f"Why not: {action}", (text(decision.reason), *near, none), "no")
    ask = text(f"The smallest rule that would allow it, for {_keeper(desk)} to judge:")
    return Reply(f"Why not: {action}", (text(decision.reason), *near, ask, Code(found.proposal)), "no")


def _keeper(desk: Desk) -> str:
    contact = desk.law.file.contact
    return desk.directory.name(contact) if contact else "whoever runs the bot"
