"""Over 100,000 files and requests the decision is that of the naive reference; `pytest -s` prints what came up."""

from time import perf_counter

import pytest

from tests.policy.cases import cases
from tests.policy.laws import LAWS, check

pytestmark = pytest.mark.slow
CASES = 120_000


def test_the_decision_agrees_with_the_naive_reference_over_and_over() -> None:
    began = perf_counter()
    came_up = check(cases(CASES, start=1_000_000))
    print(f"\n{CASES:,} cases and {len(LAWS)} laws of each, in {perf_counter() - began:.0f} s")  # noqa: T201
    for name, count in came_up.most_common():
        print(f"{name:20} {count:7,} {count / CASES:6.1%}")  # noqa: T201
    assert min(came_up.values()) >= CASES / 100
