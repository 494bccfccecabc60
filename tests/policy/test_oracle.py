"""The decision agrees with a reference that was written from the documentation alone, and keeps its laws."""

from tests.policy.cases import cases
from tests.policy.laws import check


def test_the_decision_agrees_with_the_naive_reference_and_keeps_its_laws() -> None:
    came_up = check(cases(3_000))
    assert min(came_up.values()) >= 30, came_up
    assert set(came_up) == {
        "run, allowlist",
        "request, approval",
        *(f"no, {layer}" for layer in ("allowlist", "floor", "freeze", "identity", "place")),
    }
