"""The measuring itself works: on a small scale, every figure is measured and printed."""

from __future__ import annotations

import re

import pytest

from tests import bench

FIGURE = re.compile(r"\S.{43} +[\d.]+(?:/\d+| ?(?:s|ms|MB|x))(?:  .*)?")


@pytest.mark.slow
def test_every_figure_is_printed_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--quick"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 13
    assert [line for line in lines if not FIGURE.fullmatch(line)] == []
    assert "5 acked, 0 told failed, 5 ran, 0 told busy" in next(line for line in lines if line.startswith("our bot"))
