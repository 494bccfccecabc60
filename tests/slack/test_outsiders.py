"""No way in reads AWS for an outsider, whatever it is about: refused by who they are in one sentence, and written down.

The whole bot is there; payloads are handed to Bolt itself, since Slack lets some of these people do less.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from slack_bolt import App, BoltRequest

from bot.reply import Reply
from bot.road.clicks import Clicks
from bot.road.engine import Asked
from bot.road.forms import OVER, Wanted
from bot.sandbox.slack.workspace import BOT_TOKEN, BOT_USER, PARTNER_TEAM_ID, TEAM_ID
from bot.slack.calls import web_client
from bot.slack.filter_form import BLOCK
from bot.slack.identity import OUTSIDE
from bot.slack.listeners import Listeners
from bot.store.forms import Form, Forms
from bot.store.runs import Run
from tests.sandbox.slack_wire import until
from tests.whole import Whole, running

ANA, WEB, OPS = "U0ANA00001", "i-0a1b2c3d4e5f60001", "C0OPS00001"
OUTSIDERS = {
    "guest": ("U0GUS00004", TEAM_ID),
    "stranger": ("U0SAM00005", PARTNER_TEAM_ID),
    "a stranger in a payload that says our team": ("U0SAM00005", TEAM_ID),
    "deleted": ("U0DEL00006", TEAM_ID),
    "bot": (BOT_USER, TEAM_ID),
    "nobody Slack knows": ("U0NOBODY99", TEAM_ID),
    "a payload of another team": (ANA, PARTNER_TEAM_ID),
}
_numbers = count()


@dataclass
class Door:
    """The bot with an app of its own, and what the outsiders' clicks are about: a question of ana's and an answer."""

    whole: Whole
    listeners: Listeners
    app: App
    question: Run
    answer: Run
    said: list[str] = field(default_factory=list)

    def audited(self) -> list[dict[str, Any]]:
        return list(self.whole.bot.desk.audit.rows(limit=100_000))

    def send(self, body: dict[str, Any]) -> None:
        answer = self.app.dispatch(BoltRequest(body=body, mode="socket_mode"))
        assert answer.status == 200
        self.said.append(answer.body)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with running(tmp_path_factory.mktemp("outsiders")) as whole:
        whole.slack.order("limits", enabled=False)
        forms = Forms(whole.bot.database)
        listeners = Listeners(Clicks(whole.bot.engine), whole.bot.people, whole.bot.teller, TEAM_ID, forms)
        app = listeners.app(web_client(BOT_TOKEN, whole.slack.server.api_url))
        question = whole.run(whole.type("ec2 stop name=web-1"))
        whole.type("ec2 list")
        until(lambda: not whole.bot.desk.outbox.waiting())
        with whole.bot.database.read() as connection:
            (done,) = connection.exec_driver_sql("select id from runs where action like 'ec2 list%'").one()
        answer = whole.bot.desk.runs.get(done)
        assert answer
        yield Door(whole, listeners, app, question, answer)


Way = Callable[[Door, str, str], None]


def typed(text: str) -> Way:
    def go(door: Door, user: str, team: str) -> None:
        door.send(
            {"command": "/aws", "text": text, "user_id": user, "team_id": team, "channel_id": OPS, "trigger_id": once()}
        )

    return go


def written(kind: str, text: str, **more: Any) -> Way:
    """A mention in a channel, or a message to the bot itself."""

    def go(door: Door, user: str, team: str) -> None:
        event = {"type": kind, "user": user, "channel": OPS, "ts": once(), "text": text, "team": team, **more}
        if kind == "message":
            event |= {"channel": "D0ANA00001", "channel_type": "im"}
        door.send({"type": "event_callback", "team_id": TEAM_ID, "event_id": once(), "event": event})

    return go


def clicked(does: str, about: str = "question", row: str = "") -> Way:
    def go(door: Door, user: str, team: str) -> None:
        run = door.question if about == "question" else door.answer
        action = {"action_id": does, "block_id": "b", "value": run.id + row, "action_ts": once()}
        container = {"channel_id": OPS, "message_ts": "1.1", "is_ephemeral": True}
        door.send(interaction("block_actions", user, team) | {"actions": [action], "container": container})

    return go


def submitted(callback: str) -> Way:
    """The filter of an answer, or a form that ana was shown."""

    def go(door: Door, user: str, team: str) -> None:
        form = Form("f" + once(), TEAM_ID, "U0SOMEBODY", OPS, "", "ec2 stop", door.whole.bot.desk.now())
        door.listeners.forms.filling.forms.receive(form, once())
        about = door.answer.id if callback == "find" else form.id
        values = {BLOCK: {"find": {"type": "plain_text_input", "value": "web"}}} if callback == "find" else {}
        view = {"type": "modal", "callback_id": callback, "private_metadata": about, "id": "V" + once(), "blocks": []}
        door.send(interaction("view_submission", user, team) | {"view": view | {"state": {"values": values}}})

    return go


def shortcut(callback: str, **message: Any) -> Way:
    def go(door: Door, user: str, team: str) -> None:
        about = {"callback_id": callback, "message": {"ts": "1.1", **message}, "channel": {"id": OPS}}
        door.send(interaction("message_action", user, team) | about)

    return go


def form_opened(door: Door, user: str, team: str) -> None:
    """A form whose modal opened in time: what it would offer is read from AWS."""

    class Shown:
        def open(self) -> None: ...

        def show(self, _sheet: Any) -> None:
            raise AssertionError("the form was shown")

        def say(self, reply: Reply) -> None:
            assert reply.summary == OUTSIDE

    form = Form("o" + once(), team, user, OPS, "", "ec2 stop", door.whole.bot.desk.now())
    door.listeners.forms.filling.work(form, Wanted(Asked("ec2 stop", user, team, OPS, delivery=once()), Shown()))


def home_opened(door: Door, user: str, team: str) -> None:
    event = {"type": "app_home_opened", "user": user, "tab": "home"}
    door.listeners.home._at.clear()  # the tab of one person is shown once in two seconds
    door.send({"type": "event_callback", "team_id": team, "event_id": once(), "event": event})


def interaction(kind: str, user: str, team: str) -> dict[str, Any]:
    about = {"id": user, "team_id": team}
    return {"type": kind, "team": {"id": TEAM_ID}, "user": about, "trigger_id": once(), "action_ts": once()}


def once() -> str:
    return f"{next(_numbers)}.5"


FILE = {"files": [{"id": "F1", "name": "notes.txt", "size": 5}]}
WAYS: dict[str, Way] = {
    "typed": typed("ec2 show name=web-1"),
    "typed, of something that is not there": typed("ec2 show i-00000000000000000"),
    "typed, a change": typed("ec2 stop name=web-1"),
    "typed, a change that lacks something": typed("ec2 stop"),
    "typed, nothing": typed(""),
    "typed, help": typed("help"),
    "typed, a misspelt one": typed("ec2 lsit"),
    "typed, a report": typed('report add "every weekday at 9:00" ec2 list'),
    "typed, a report's list": typed("report list"),
    "typed, every account": typed("report fleet"),
    "mentioned": written("app_mention", f"<@{BOT_USER}> ec2 show name=web-1"),
    "mentioned, with a file": written("app_mention", f"<@{BOT_USER}> s3 put tidewater-dev-artifacts x", **FILE),
    "a direct message": written("message", "ec2 list"),
    "a form opened": form_opened,
    "a form submitted": submitted("form"),
    "confirm": clicked("confirm"),
    "cancel": clicked("cancel"),
    "undo": clicked("undo"),
    "again": clicked("again"),
    "continue": clicked("continue"),
    "the button of a form": clicked("form"),
    "the next page": clicked("next", "answer"),
    "share": clicked("share", "answer"),
    "csv": clicked("csv", "answer"),
    "json": clicked("json", "answer"),
    "a row's command": clicked("act:show", "answer", ".0"),
    "a button that is none": clicked("whatever"),
    "a filter": submitted("find"),
    "look up": shortcut("look_up", text=f"{WEB} is down"),
    "look up, with nothing in it": shortcut("look_up", text="all is well"),
    "put a file": shortcut("put_file", **FILE),
    "the Home tab": home_opened,
}

NO_EVENTS_OF_ITS_OWN = ("mentioned", "mentioned, with a file", "a direct message", "the Home tab")
"""What the bot itself wrote or opened never reaches a listener."""


@pytest.fixture
def quiet(door: Door) -> Door:
    until(lambda: not [run for run in door.whole.bot.desk.runs.open() if run.state == "received"])
    door.whole.forget_calls()
    door.said.clear()
    return door


@pytest.mark.parametrize("way", WAYS)
def test_a6_a12_a14_an_outsider_is_refused_by_every_way_in_before_aws_is_asked_for_anything(
    quiet: Door, way: str
) -> None:
    who = {name: about for name, about in OUTSIDERS.items() if name != "bot" or way not in NO_EVENTS_OF_ITS_OWN}
    seen = quiet.audited()
    for user, team in who.values():
        WAYS[way](quiet, user, team)
    rows = until(lambda: len(rows := quiet.audited()[len(seen) :]) >= len(who) and rows)
    assert {(row["event"], row["user"]) for row in rows} <= {
        (event, user) for event in ("refused", "click refused") for user, _ in who.values()
    }
    assert {row["user"] for row in rows} == {user for user, _ in who.values()}
    for row in rows:
        why = str(json.loads(row["detail"])["why"])
        assert OUTSIDE in why or OVER in why, f"{row['user']}: {why}"
    assert quiet.whole.aws_calls(own=True) == []
    assert not any("web-1" in said or WEB in said for said in quiet.said)
    assert quiet.whole.bot.desk.runs.get(quiet.question.id) == quiet.question


def test_a14_what_outsiders_are_told_is_one_sentence_whatever_they_asked(quiet: Door) -> None:
    """What exists, what is misspelt and what is allowed to others all sound alike."""
    for way in ("typed", "typed, of something that is not there", "typed, a misspelt one", "typed, help"):
        WAYS[way](quiet, *OUTSIDERS["guest"])
    runs = quiet.whole.bot.desk.runs
    with quiet.whole.bot.database.read() as connection:
        ids = connection.exec_driver_sql("select id from runs where user = 'U0GUS00004'").scalars().all()
    until(lambda: not [id_ for id_ in ids if (run := runs.get(id_)) and run.state == "received"])
    told = {json.loads(run.reply)["summary"] for id_ in ids if (run := runs.get(id_))}
    assert told == {OUTSIDE}


def test_a12_a_person_of_ours_is_let_in_by_the_same_doors(quiet: Door) -> None:
    """The table above would prove nothing of doors that refuse everybody."""
    for way in ("typed", "mentioned", "a direct message", "look up"):
        WAYS[way](quiet, ANA, TEAM_ID)
    until(lambda: not quiet.whole.bot.desk.runs.open() or len(quiet.whole.aws_calls()) >= 4)
    assert quiet.whole.aws_calls().count("ec2:DescribeInstances") >= 3
    assert [row["event"] for row in quiet.audited()[-4:] if row["user"] == ANA].count("refused") == 0
