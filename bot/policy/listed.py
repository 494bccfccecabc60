"""Who may halt and who may resume: by id alone, pure, and without any rule.

Halting is free to whoever `halt.who` lists. Resuming needs more than that: by their own id, or by a group whose
membership has settled; and it has to be a second person, which the caller sees to.
"""

from __future__ import annotations

from bot.actor import Actor
from bot.config.botfile import BotFile


def may_halt(file: BotFile, actor: Actor) -> bool:
    """Say whether somebody is listed under `halt.who`."""
    return _listed(file, actor, actor.groups)


def may_resume(file: BotFile, actor: Actor) -> bool:
    """Say whether somebody is listed in a way that counts for what undoes a halt."""
    return _listed(file, actor, actor.settled)


def _listed(file: BotFile, actor: Actor, groups: frozenset[str]) -> bool:
    if file.halt is None or not actor.user:
        return False
    who = file.halt.who
    if actor.kind == "terminal":
        return actor.user in who.terminal
    return actor.kind == "slack" and (actor.user in who.users or not groups.isdisjoint(who.groups))
