"""Paths in a terminal: ordinary files, for whoever sits there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import Refused, UsageError
from bot.store.runs import Run, State
from bot.terminal import files
from bot.terminal.files import LocalFiles

HERE = Run("r1", State.RECEIVED, actor_kind="terminal", user="root")


def test_a_path_is_a_file_with_its_size_and_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    upload = LocalFiles().facts(str(path), HERE)
    assert (upload.name, upload.size) == ("a.txt", 5)
    with LocalFiles().open(upload.id) as stream:
        assert stream.read() == b"hello"


def test_a_folder_and_nothing_are_no_files(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(UsageError, match="no file"):
            LocalFiles().facts(str(path), HERE)


def test_a_request_from_anywhere_else_reads_no_path(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    with pytest.raises(Refused):
        LocalFiles().facts(str(path), Run("r1", State.RECEIVED, user="U0ANA00001"))


def test_the_bound_is_slack_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello")
    monkeypatch.setattr(files, "MOST_BYTES", 4)
    with pytest.raises(UsageError, match="larger than 1 GB"):
        LocalFiles().facts(str(path), HERE)
