"""Rules that are only observed: what they would have made of a run is logged and audited, once a run and rule."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.policy.decision import Decision, Outcome
from bot.store.audit import Audit
from bot.store.runs import Run

log = logging.getLogger(__name__)

_REMEMBERED = 10_000
UNREAD = "as far as was known without asking AWS"


@dataclass
class Observed:
    """Remembers what was written, so that a command that decides a hundred times does not ask the audit as often."""

    written: set[tuple[str, str]] = field(default_factory=set)

    def write(
        self, audit: Audit, at: float, run: Run, decision: Decision, *, might: Iterable[tuple[str, Outcome]] = ()
    ) -> None:
        """Write what observed rules would have made of a run; `might` are those that AWS was not asked for."""
        known = {rule: (would, "") for rule, would in decision.observed}
        told = {rule: (would, UNREAD) for rule, would in might} | known
        fresh = [rule for rule in told if (run.id, rule) not in self.written]
        if not fresh:
            return
        rows = audit.rows(run.id)
        before = {json.loads(row["detail"])["rule"] for row in rows if row["event"] == "observed"}
        for rule in fresh:
            would, about = told[rule]
            if rule not in before:
                log.info("Run %s: by %s, which is only observed, it would be: %s", run.id, rule, would)
                audit.write(at, "observed", run, rule=rule, would=would, decided=decision.outcome, about=about)
        self.written = {(run.id, rule) for rule in fresh} | (self.written if len(self.written) < _REMEMBERED else set())
