"""Files on their way to a person lie where nobody else can read them, and do not stay there."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from bot import spool
from bot.errors import OperatorError


@pytest.fixture(autouse=True)
def _own_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_only_this_user_can_open_the_folder_and_its_files() -> None:
    path = spool.new_file("report.csv")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.suffix == ".csv"


@pytest.mark.parametrize("name", ["a/../../etc/passwd", "x.", "", ".\x00", "x.a b", "x.../", "\u202e.exe\u202e"])
def test_a_name_decides_nothing_about_where_the_file_lies(name: str) -> None:
    assert spool.new_file(name).parent == spool.folder()


def test_a_folder_that_others_can_open_is_not_used(tmp_path: Path) -> None:
    spool.folder().chmod(0o755)
    with pytest.raises(OperatorError, match="TMPDIR"):
        spool.new_file("x")


def test_a_link_that_somebody_else_laid_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / f"aws-slack-bot-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OperatorError):
        spool.new_file("x")


def test_what_lies_elsewhere_is_neither_handed_out_nor_deleted(tmp_path: Path) -> None:
    other = tmp_path / "bot.db"
    other.write_text("mine")
    link = spool.folder() / "link"
    link.symlink_to(other)
    assert not spool.spooled(str(other))
    assert not spool.spooled(str(link))
    spool.discard(str(other))
    assert other.read_text() == "mine"


def test_files_that_nobody_handed_over_are_cleaned_away_and_newer_ones_stay() -> None:
    old, new = spool.new_file("old.txt"), spool.new_file("new.txt")
    os.utime(old, (1_000, 1_000))
    assert spool.clean(before=2_000) == 1
    assert not old.exists()
    assert new.exists()
    spool.discard(str(new))
    assert not spool.spooled(str(new))
