"""Who may halt and resume: ids alone, and a group's member resumes only once the membership has settled."""

from __future__ import annotations

import pytest

from bot.actor import Actor
from bot.config.botfile import BotFile
from bot.policy.listed import may_halt, may_resume

FILE = BotFile.model_validate({"halt": {"who": {"users": ["UANN"], "groups": ["SOPS"], "terminal": ["root"]}}})
GROUP = frozenset({"SOPS"})


@pytest.mark.parametrize(
    ("actor", "halts", "resumes"),
    [
        (Actor("slack", "UANN"), True, True),
        (Actor("slack", "UBOB"), False, False),
        (Actor("slack", "UBOB", groups=GROUP), True, False),
        (Actor("slack", "UBOB", groups=GROUP, settled=GROUP), True, True),
        (Actor("slack", "UBOB", groups=frozenset({"SDEV"}), settled=frozenset({"SDEV"})), False, False),
        (Actor("terminal", "root"), True, True),
        (Actor("terminal", "UANN"), False, False),
        (Actor("slack", "root"), False, False),
        (Actor("report", "UANN", groups=GROUP, settled=GROUP), False, False),
        (Actor("slack", ""), False, False),
    ],
    ids=str,
)
def test_ids_and_settled_groups_alone_count(actor: Actor, halts: bool, resumes: bool) -> None:
    assert may_halt(FILE, actor) is halts
    assert may_resume(FILE, actor) is resumes


def test_a_file_without_the_section_lists_nobody() -> None:
    assert not may_halt(BotFile(), Actor("slack", "UANN", groups=GROUP))
    assert not may_resume(BotFile(), Actor("terminal", "root"))
