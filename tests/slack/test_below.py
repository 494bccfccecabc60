"""What goes below a message: each piece once, whatever fails in between; and a file that a click asked for.

The Slack is the local one over HTTP, with real uploads; one clock, turned by hand, is Slack's and the bot's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import spool
from bot.actor import Actor
from bot.compose import desk as composed
from bot.config.load import load
from bot.config.settings import Settings
from bot.errors import SlackError
from bot.reply import Chart, File, Part, Reply, Series, Table, text, to_json
from bot.road.desk import Law
from bot.sandbox.demo import BOT_YML
from bot.sandbox.slack.server import SlackServer
from bot.slack.below import Picture, pieces
from bot.slack.calls import SlackCalls, web_client
from bot.slack.telling import Teller
from bot.slack.uploads import Outgoing, Uploads
from bot.store.runs import Run, State
from bot.terminal.shell import Terminal
from tests.migrated import store_at
from tests.sandbox.slack_wire import Clock, until
from tests.slack.test_telling import ANA, ANAS, OPS, Edge

CHART = Chart("CPU of web-1", "%", ("10:00", "10:05"), (Series("web-1", (1.0, 2.0)),))
UPLOAD = ("files.getUploadURLExternal", "files.completeUploadExternal")
PNG = b"\x89PNG\r\n\x1a\n and so on"


class Below(Edge):
    """A teller that draws charts, and what lies in the threads and the direct messages."""

    def say(self, *parts: Part, thread: tuple[Part, ...] = (), **more: Any) -> Run:
        """A run whose answer has these parts."""
        return self.asked("ignored", reply=to_json(Reply("the answer", parts, "ok", thread)), **more)

    def pass_by(self, seconds: int = 40) -> None:
        """Let time go by in steps of a few seconds until nothing is under way."""
        for _ in range(seconds // 4):
            self.tell(4)
            until(lambda: not self.teller.below.lanes._names)

    def files(self, channel: str = "ops", user: str = "") -> list[str]:
        """The names of the files in a channel, when Slack has shown them."""
        done = len([each for each in self.calls(UPLOAD[1]) if each["ok"]])
        found = until(lambda: (files := self._files(channel, user)) or (not done and [""])) if done else []
        return [str(each["name"]) for each in found]

    def _files(self, channel: str, user: str) -> list[dict[str, Any]]:
        return [file for each in self.slack.messages(channel, user) for file in each.get("files") or ()]

    def below(self, run: Run) -> list[dict[str, Any]]:
        """What stands in the thread of a run's message."""
        row = self.row(run)
        return [each for each in self.messages() if each.get("thread_ts") == row.ts and each["ts"] != row.ts]

    def spooled(self, name: str = "report.txt", body: str = "hello") -> File:
        path = spool.new_file(name)
        path.write_text(body)
        return File(name, str(path), len(body))


@pytest.fixture
def edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Below]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    clock = Clock()
    (tmp_path / "bot.yml").write_text(BOT_YML)
    database = store_at(tmp_path / "bot.db")
    with SlackServer(now=clock) as server:
        made = composed(Settings(), database, Terminal("root"), Law(load(tmp_path / "bot.yml")))
        made.now = clock
        edge = Below(server, clock, made)
        edge.teller = Teller(made, edge.teller.calls, lambda chart: Picture(PNG, f"Picture of {chart.title}"))
        yield edge
        assert edge.teller.close()
        made.gateway.close()
        database.close()


# ── in order, in the thread, once ──


def test_o7_details_pictures_and_files_stand_below_the_message_in_its_thread(edge: Below) -> None:
    run = edge.say(text("short"), CHART, edge.spooled(), thread=(text("long"), Table(("a",), (("b",),))))
    edge.pass_by()
    until(lambda: len(edge.below(run)) == 3)
    details, picture, file = edge.below(run)
    assert "long" in str(details["blocks"])
    assert picture["files"][0]["name"] == "CPU of web-1.png"
    assert picture["files"][0]["alt_txt"] == "Picture of CPU of web-1"
    assert file["files"][0]["name"] == "report.txt"
    assert len(edge.calls("chat.postMessage")) == 2
    assert list(spool.folder().iterdir()) == []


def test_what_was_told_below_is_not_told_again_when_the_message_changes(edge: Below) -> None:
    run = edge.say(edge.spooled(), thread=(text("long"),))
    edge.pass_by()
    edge.desk.tell(run)
    edge.pass_by()
    assert edge.row(run).extras == 2
    assert [each["method"] for each in edge.calls()].count(UPLOAD[1]) == 1
    assert len(edge.calls("chat.postMessage")) == 2


def test_what_goes_below_waits_for_the_end(edge: Below) -> None:
    run = edge.say(thread=(text("long"),), state=State.SENDING)
    edge.pass_by(8)
    assert edge.below(run) == []
    edge.desk.runs.note(run, state=State.DONE)
    edge.desk.tell(run)
    edge.pass_by(8)
    assert len(edge.below(run)) == 1


def test_a_run_asked_in_a_thread_keeps_its_pieces_there(edge: Below) -> None:
    root = edge.slack.say("an incident")["ts"]
    run = edge.asked("x", reply=to_json(Reply("answer", (), "ok", (text("long"),))), thread=root)
    edge.pass_by(8)
    threads = {each.get("thread_ts") for each in edge.messages()}
    assert threads == {root}
    assert edge.row(run).extras == 1


def test_each_further_table_of_the_details_is_a_message_of_its_own_with_its_heading() -> None:
    table = Table(("a",), (("b",),))
    found = pieces(Reply("r", (), "ok", (text("one"), table, text("two"), table, table, CHART)))
    assert [[type(part).__name__ for part in piece.parts] for piece in found[:3]] == [  # type: ignore[union-attr]
        ["Text", "Table"],
        ["Text", "Table"],
        ["Table", "Chart"],
    ]
    assert found[3:] == (CHART,)


# ── to one person ──


def test_a_private_answer_with_a_file_goes_by_direct_message_and_says_so(edge: Below) -> None:
    run = edge.say(edge.spooled(), audience="asker")
    edge.teller.urls.keep(run.id, edge.typed())
    edge.pass_by()
    assert edge.files(ANAS, ANA) == ["report.txt"]
    assert edge._files("ops", "") == []
    assert "in a direct message" in str(edge.slack.messages("ops", ANA))


def test_a_secret_answer_keeps_its_file_until_it_is_handed_over_and_then_nothing_is_left(edge: Below) -> None:
    run = edge.asked("shown to the asker alone", audience="asker")
    edge.desk.secrets[run.id] = Reply("the secret", (edge.spooled("key.pem"),), "ok")
    edge.fault("api_500", "chat.postMessage")
    edge.pass_by()
    assert edge.files(ANAS, ANA) == ["key.pem"]
    assert edge.desk.secrets == {}
    assert list(spool.folder().iterdir()) == []


# ── what fails ──


@pytest.mark.parametrize(
    ("method", "kind"),
    [("chat.postMessage", "api_429"), (UPLOAD[0], "api_500"), (UPLOAD[1], "api_429"), ("file_upload", "api_500")],
)
def test_o3_a_piece_that_fails_in_passing_comes_later_and_the_others_once(edge: Below, method: str, kind: str) -> None:
    run = edge.say(edge.spooled(), thread=(text("long"),))
    edge.tell()
    edge.fault(kind, method, times=2, retry_after=3)
    edge.pass_by(60)
    until(lambda: len(edge.below(run)) >= 2)
    assert edge.files() == ["report.txt"]
    assert edge.row(run).told == edge.row(run).revision
    assert len([each for each in edge.below(run) if "long" in str(each["blocks"])]) == 1


def test_a_piece_whose_answer_was_lost_is_told_again_and_says_so(edge: Below) -> None:
    run = edge.say(thread=(text("long"),))
    edge.tell()
    edge.fault("api_hang_after", "chat.postMessage")
    edge.pass_by()
    first, second = edge.below(run)
    assert "Sent again" in str(second["blocks"])
    assert "Sent again" not in str(first["blocks"])
    assert len(edge.calls("chat.postMessage")) == 3


def test_a_file_whose_answer_was_lost_is_handed_over_again_and_says_so(edge: Below) -> None:
    run = edge.say(edge.spooled())
    edge.tell()
    edge.fault("api_hang_after", UPLOAD[1])
    edge.pass_by()
    until(lambda: len(edge.below(run)) == 2)
    assert "Sent again" in edge.below(run)[1]["text"]


@pytest.mark.parametrize(
    ("error", "words"), [("missing_scope", "Add the scope"), ("file_upload_size_restricted", "size_restricted")]
)
def test_o2_what_slack_refuses_for_good_is_said_in_its_place(edge: Below, error: str, words: str) -> None:
    run = edge.say(edge.spooled(), CHART)
    edge.fault("api_error", UPLOAD[0], error=error, times=2)
    edge.pass_by()
    said = edge.below(run)
    assert len(said) == 2
    assert "report.txt (5 bytes) could not be shown here." in said[1]["text"]
    assert words in said[1]["text"]
    assert edge.row(run).extras == 2
    assert list(spool.folder().iterdir()) == []


def test_where_the_bot_was_shown_out_meanwhile_the_asker_is_told_in_person(edge: Below) -> None:
    edge.say(edge.spooled())
    edge.fault("api_error", UPLOAD[1], error="not_in_channel")
    edge.pass_by()
    assert "could not be shown here" in edge.told(ANAS)[0]


def test_a_file_that_is_gone_is_said_to_be_gone(edge: Below) -> None:
    file = edge.spooled()
    run = edge.say(file, File("passwd", "/etc/passwd", 9))
    spool.discard(file.path)
    edge.pass_by()
    assert ["no longer here" in each["text"] for each in edge.below(run)] == [True, True]


def test_an_empty_file_is_said_to_be_empty(edge: Below) -> None:
    run = edge.say(edge.spooled(body=""))
    edge.pass_by()
    assert "report.txt is empty." in edge.below(run)[0]["text"]


def test_a_picture_that_cannot_be_drawn_leaves_its_numbers_in_the_message(
    edge: Below, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_chart: Chart) -> Picture:
        raise ValueError("no font")

    edge.teller.below._draw = broken
    run = edge.say(CHART, thread=(text("long"),))
    edge.pass_by()
    assert "lowest 1 %, highest 2 %" in edge.told()[0]
    assert len(edge.below(run)) == 1
    assert edge.row(run).told == edge.row(run).revision
    assert "could not be drawn" in caplog.text


def test_a_process_that_died_between_two_pieces_is_gone_on_from_where_it_was(edge: Below) -> None:
    run = edge.say(edge.spooled(), thread=(text("long"),))
    edge.fault("api_500", UPLOAD[0], times=3)
    edge.tell()
    edge.tell()
    until(lambda: not edge.teller.below.lanes._names)
    assert edge.row(run).extras == 1
    edge.mended()
    other = Teller(edge.desk, edge.teller.calls)
    edge.teller.close()
    edge.teller = other
    edge.pass_by()
    assert edge.files() == ["report.txt"]
    assert len(edge.calls("chat.postMessage")) == 2


def test_while_slack_is_away_nothing_below_is_lost(edge: Below) -> None:
    run = edge.say(CHART, edge.spooled(), thread=(text("long"),))
    edge.tell()
    edge.fault("down")
    edge.pass_by(60)
    edge.mended()
    edge.pass_by(60)
    until(lambda: len(edge.below(run)) == 3)
    assert not any("Sent again" in each["text"] for each in edge.below(run) if each.get("files"))


# ── a file that a click asked for ──


def test_o5_an_export_is_put_below_the_answer_that_everybody_sees_and_pings_nobody(edge: Below) -> None:
    run = edge.asked("3 instances")
    edge.tell()
    assert edge.teller.below.hand_over(run, edge.spooled("list.csv"), "3 rows, exported by <!channel>.", _ana())
    until(lambda: edge.below(run))
    (shown,) = edge.below(run)
    assert shown["files"][0]["name"] == "list.csv"
    assert "<!channel>" not in shown["text"]
    assert list(spool.folder().iterdir()) == []


@pytest.mark.parametrize("closed", [True, False])
def test_an_export_goes_in_person_where_the_answer_was_private_or_the_channel_is_closed(
    edge: Below, *, closed: bool
) -> None:
    run = edge.asked("3 instances", audience="channel" if closed else "asker")
    edge.tell()
    if closed:
        edge.fault("api_error", UPLOAD[1], error="not_in_channel")
    assert not edge.teller.below.hand_over(run, edge.spooled("list.csv"), "3 rows.", _ana())
    until(lambda: edge.files(ANAS, ANA) == ["list.csv"])


def test_an_export_that_fails_says_why_and_leaves_nothing_behind(edge: Below) -> None:
    run = edge.asked("3 instances")
    edge.tell()
    edge.fault("api_error", UPLOAD[0], error="missing_scope")
    with pytest.raises(SlackError, match="Add the scope"):
        edge.teller.below.hand_over(run, edge.spooled("list.csv"), "3 rows.", _ana())
    assert list(spool.folder().iterdir()) == []


def _ana() -> Actor:
    return Actor("slack", ANA, "T0TIDEWATR", name="ana")


# ── where the bytes go ──


@pytest.mark.parametrize(
    "url", ["http://files.slack.com/x", "https://slack.com.evil.example/x", "https://evil.example"]
)
def test_bytes_leave_for_slack_alone(url: str, tmp_path: Path) -> None:
    class Elsewhere(SlackCalls):
        def upload_address(self, name: str, size: int, alt: str = "") -> tuple[str, str]:
            return url, f"F1{name}{size}{alt}"

    (tmp_path / "x").write_bytes(b"secret")
    calls = Elsewhere(web_client("xoxb-1", "https://slack.com/api/"))
    with (tmp_path / "x").open("rb") as source, pytest.raises(SlackError, match="nothing was sent there"):
        Uploads(calls).hand_over(Outgoing("x", source, 6), OPS, "1.1")
