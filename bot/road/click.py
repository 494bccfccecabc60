"""A click as an edge hands it in: who clicked what, on which run, and how to tell them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.reply import Reply

_ABOUT = re.compile(r"([a-z0-9]{1,16})(?:\.([0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class Click:
    """`run` is a run's id, with a row's number where it is about one row of a result: `k3v9…`, `k3v9….7`.

    `text` is what was typed into a form that the click had opened. `replace` puts another reply in the place of the
    message that bore the button, where nobody but whoever clicked sees it. `keep` is given the id of the run that the
    click became, so that it can be answered the same way.
    """

    does: str
    run: str
    user: str
    team: str
    delivery: str
    channel: str = ""
    thread: str = ""
    kind: str = "slack"
    text: str = ""
    replace: Callable[[Reply], None] | None = field(default=None, compare=False, repr=False)
    keep: Callable[[str], None] | None = field(default=None, compare=False, repr=False)

    @property
    def about(self) -> str:
        """The run's id; what was claimed instead of one where it cannot be read."""
        found = _ABOUT.fullmatch(self.run)
        return found[1] if found else self.run

    @property
    def row(self) -> int | None:
        """The row's number in the stored result, from 0."""
        found = _ABOUT.fullmatch(self.run)
        return int(found[2]) if found and found[2] else None
