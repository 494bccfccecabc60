"""A decision: what may be done and why, and how several become one: the worst of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.command import Audience
from bot.config.botfile import Needs


class Outcome(StrEnum):
    """What may be done: run it, ask a second person for it, or nothing."""

    RUN = "run"
    REQUEST = "request"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Decision:
    """What may be done, and why. `rules` are the ids that decided, `refused` the ids of the resources refused.

    `reason` names nothing but the operation, the account and the rules. `fault` is for the log: what broke while
    deciding. `observed` are the rules that decide nothing, each with what it would have made of this. `layer` is what
    said no.
    """

    outcome: Outcome
    needs: Needs
    audience: Audience
    reason: str
    rules: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    fault: str = ""
    observed: tuple[tuple[str, Outcome], ...] = ()
    layer: str = "allowlist"

    @property
    def allowed(self) -> bool:
        """Say whether it may run, now and without anybody else."""
        return self.outcome is Outcome.RUN


def no(reason: str, *, outcome: Outcome = Outcome.NO, **more: Any) -> Decision:
    return Decision(outcome, Needs.CONFIRM, Audience.ASKER, reason, **more)


def together(decisions: list[Decision]) -> Decision:
    """Take the worst of several, and what is said of those that are as bad."""
    outcome = min((each.outcome for each in decisions), key=worth)
    worst = [each for each in decisions if each.outcome is outcome]
    return Decision(
        outcome=outcome,
        needs=max((each.needs for each in worst), key=NEEDS.index),
        audience=max((each.audience for each in worst), key=AUDIENCES.index),
        reason=" ".join(dict.fromkeys(each.reason for each in worst)),
        rules=tuple(sorted({rule for each in worst for rule in each.rules})),
        refused=tuple(dict.fromkeys(id_ for each in worst for id_ in each.refused)),
        fault="; ".join(dict.fromkeys(each.fault for each in worst if each.fault)),
        observed=_observed(decisions),
        layer=worst[0].layer,
    )


def _observed(decisions: list[Decision]) -> tuple[tuple[str, Outcome], ...]:
    """Return what each observed rule would have made of the whole; where it does not apply, it leaves things be."""
    names = sorted({name for each in decisions for name, _ in each.observed})
    return tuple(
        (name, min((dict(each.observed).get(name, each.outcome) for each in decisions), key=worth)) for name in names
    )


def worth(outcome: Outcome) -> int:
    return (Outcome.NO, Outcome.REQUEST, Outcome.RUN).index(outcome)


# From the least demanding to the most.
NEEDS = (Needs.NOTHING, Needs.CONFIRM)
AUDIENCES = (Audience.CHANNEL, Audience.ASKER)
