"""What the whole suite shares: what costs too much to be made twice in a process, and in which order files run.

What a process has loaded is not walked for garbage again and again: that took a quarter of the suite's time.
"""

from __future__ import annotations

import gc

import pytest

from tests.postgres import _postgres_database, postgres, postgres_url

__all__ = ["_postgres_database", "postgres", "postgres_url"]

LONGEST_FIRST = (
    "tests/proofs/",
    "tests/sandbox/test_demo.py",
    "tests/sandbox/page/test_acting.py",
    "tests/sandbox/page/",
    "tests/services/test_ec2_over_slack.py",
    "tests/slack/test_socket.py",
    "tests/slack/test_listeners.py",
    "tests/slack/test_ways_in.py",
    "tests/terminal/",
    "tests/store/",
    "tests/slack/test_telling.py",
    "tests/road/",
    "tests/aws/",
)
"""Where tests wait or weigh most; with these at the end (they have the fewest tests) workers stand idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest (`--no-loadscope-reorder` keeps this order); within a file none moves."""
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(nodeid: str) -> int:
    return next((turn for turn, start in enumerate(LONGEST_FIRST) if nodeid.startswith(start)), len(LONGEST_FIRST))


def pytest_collection_finish() -> None:
    """Keep what collecting has loaded for good (botocore's models, moto); what tests leave is collected as ever."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
