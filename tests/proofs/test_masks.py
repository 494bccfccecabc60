"""Of all the answers that AWS has, none brings a marked field through."""

from __future__ import annotations

import pytest

from bot.aws import models
from tests.marked import left_over, marked_answers


@pytest.mark.slow
def test_no_marked_place_of_any_answer_of_any_service_is_missed() -> None:
    assert [found for service in sorted(models.services()) for found in left_over(service)] == []


@pytest.mark.slow
def test_what_is_looked_at_is_there() -> None:
    assert sum(map(marked_answers, sorted(models.services()))) > 1_900
