"""Limits on the road: asked early, so that a person hears it before they confirm, and taken when a change leaves.

What is taken is written in the block that moves the run, so nothing is sent without having been counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from bot.actor import Actor, Place
from bot.config.times import rate_of
from bot.errors import Refused
from bot.policy import limits
from bot.policy.costs import COSTS
from bot.policy.match import Request
from bot.road.desk import Desk
from bot.store.limits import Short, Use
from bot.store.runs import Run
from bot.when import clock


def may_look(desk: Desk, actor: Actor) -> None:
    """Count a command that asks AWS. Raises Refused where this person asked too often."""
    rate = desk.law.file.reads.per_person
    wait = desk.meter.wait(actor.key, rate_of(rate))
    if wait:
        raise Refused(f"That is more than {rate} for one person. Try again in {ceil(wait)} s.", layer="limit")


def look(desk: Desk, asked: Iterable[Request]) -> None:
    """Raise Refused where a limit has too little left for this; nothing is taken."""
    file, asked = desk.law.file, tuple(asked)
    too_many = limits.too_many(file, asked)
    if too_many:
        raise Refused(too_many, layer="limit")
    wanted = limits.uses(file, asked)
    short = desk.limits.look(wanted, desk.now()) if wanted else None
    if short:
        raise Refused(_told(desk, short), layer="limit")


def wanted(desk: Desk, run: Run) -> tuple[Use, ...]:
    """Return what a run takes when it is sent. Raises Refused where it is too much for one command."""
    file, plan = desk.law.file, run.planned
    if not file.limits and not any(call.operation in COSTS for call in plan.calls):
        return ()
    asked = desk.asked(desk.actor(run), Place(run.channel, run.thread), run, desk.command(run), plan)
    too_many = limits.too_many(file, asked)
    if too_many:
        raise Refused(too_many, layer="limit")
    return limits.uses(file, asked)


def take(desk: Desk, run: Run, uses: Iterable[Use]) -> None:
    """Take it, inside the block that moves the run. Raises Refused, which undoes the block."""
    short = desk.limits.take(uses, run.id, desk.now())
    if short:
        raise Refused(_told(desk, short), layer="limit")


def pay(desk: Desk, run: Run, asked: Iterable[Request]) -> None:
    """Take what a read costs that is paid for each time. Raises Refused."""
    uses = limits.uses(desk.law.file, asked)
    if uses:
        with desk.runs.together():
            take(desk, run, uses)


def _told(desk: Desk, short: Short) -> str:
    use = short.use
    limit = next(each for each in limits.in_force(desk.law.file) if each.id == use.limit)
    left = "nothing is left" if not short.left else f"{short.left} {'is' if short.left == 1 else 'are'} left"
    when = f"Free at {clock(short.free_at, 'UTC')} UTC." if short.free_at else "Ask for fewer at once."
    return f"Limit {use.limit}: {limit}. {left[0].upper()}{left[1:]}, and this is {use.count}. {when}"
