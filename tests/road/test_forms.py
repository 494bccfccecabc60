"""Forms: opened for what lacks something, for whoever may run it, filled in once, and decided anew on the road."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from bot.actor import Place
from bot.command import Command, Effect
from bot.errors import Refused, SlackError
from bot.parse import Commands, Defaults, begun
from bot.reply import Reply
from bot.road.blanks import MOST_CHOICES, Sheet
from bot.road.engine import Asked, Received
from bot.road.filled import written
from bot.road.forms import Filling, Wanted
from bot.store.forms import KEPT_SECONDS, Form, Forms
from bot.store.runs import State
from bot.text import plain
from tests.road.bench import ANN, BOB, COMMANDS, EVE, GUEST, OPS, STOPPED, TEAM, WEB, Bench, bot_file

MAY_STOP_BLIND = {"actions": ["ec2:StopInstances"], "who": {"users": [EVE]}}
DEV = Defaults({"dev": "dev"}, {"dev": "eu-west-1"}, "dev")


@dataclass
class Paper:
    """A surface that remembers what it was shown; one with an `error` cannot be opened."""

    error: str = ""
    shown: list[Sheet] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def open(self) -> None:
        if self.error:
            raise SlackError("Slack did not open the form.", code=self.error)

    def show(self, sheet: Sheet) -> None:
        self.shown.append(sheet)

    def say(self, reply: Reply) -> None:
        self.told.append(plain(reply))


@pytest.fixture
def filling(bench: Bench) -> Filling:
    return Filling(bench.engine, Forms(bench.database))


def opened(filling: Filling, text: str, user: str = ANN, channel: str = OPS, **more: str) -> Paper:
    """Ask for a form and wait until there is something in it."""
    paper = Paper(**more)
    asked = Asked(text, user, TEAM, channel, delivery=f"{text}/{user}")
    form = _form(filling, asked)
    filling.work(form, Wanted(asked, paper))
    return paper


def _form(filling: Filling, asked: Asked) -> Form:
    form = Form(
        "f" + str(abs(hash(asked)) % 10**9), asked.team, asked.user, asked.channel, "", asked.text, filling.desk.now()
    )
    assert filling.forms.receive(form, "")
    return form


def options(sheet: Sheet, name: str) -> list[str]:
    return [value for blank in sheet.blanks if blank.param.name == name for value, _ in blank.options]


# ── what a form is opened for ──


LACKING = {
    "ec2 stop": ["instances"],
    "EC2 Stop --force": ["instances"],
    "ec2 launch --ami ami-0a1b2c3d4e5f60101": ["type"],
    "s3 put tidewater-dev-artifacts notes.txt": ["file"],
    "s3 put": ["bucket", "key"],
}
AS_IT_IS = (
    "",
    "help",
    "ec2",
    "ec2 show",  # a read: its usage bears a button instead
    f"ec2 stop {WEB}",
    "ec2 stop --colour red",
    "ec2 halt",
    "ec2 launch --ami nonsense",
    's3 put tidewater-dev-artifacts notes.txt --text "hello"',
    'ec2 stop "',
)


def test_a_change_that_lacks_something_is_asked_for_in_a_form_and_all_else_goes_as_it_is(filling: Filling) -> None:
    found = {text: filling.lacking(text) for text in LACKING}
    assert {text: [param.name for param in each.lacks] for text, each in found.items() if each} == LACKING
    assert [text for text in AS_IT_IS if filling.lacking(text)] == []


def test_a_locked_bot_opens_no_form(bench: Bench, filling: Filling) -> None:
    bench.use(bot_file({}), ("bot.yml line 3: nonsense.",))
    assert filling.lacking("ec2 stop") is None


# ── who sees what in it ──


def test_a_form_offers_what_could_be_changed_by_name_id_and_state(filling: Filling) -> None:
    (sheet,) = opened(filling, "ec2 start --region eu-west-1").shown
    assert options(sheet, "instances") == [STOPPED]
    assert sheet.blanks[0].options[0][1].startswith(f"worker-2 · {STOPPED} · stopped")
    assert (sheet.title, sheet.where) == ("ec2 start", "dev eu-west-1")


def test_a_form_is_filled_in_as_far_as_it_was_typed(filling: Filling) -> None:
    (sheet,) = opened(filling, "ec2 launch --type t3.micro --tag a=1 --tag b=2").shown
    typed = {blank.param.name: blank.typed for blank in sheet.blanks}
    assert typed["type"] == ("t3.micro",)
    assert typed["tag"] == ("a=1", "b=2")
    assert typed["ami"] == ()


def test_a12_who_may_not_run_it_sees_the_refusal_and_nothing_of_aws(bench: Bench, filling: Filling) -> None:
    paper = opened(filling, "ec2 stop", user=EVE)
    assert "Not allowed: ec2 stop in dev" in paper.told[0]
    assert not paper.shown
    assert bench.journal() == []
    assert bench.audited()[-1] == "refused"


def test_a_guest_learns_nothing_from_a_form(bench: Bench, filling: Filling) -> None:
    assert opened(filling, "ec2 stop", user=GUEST).told == ["refused: This bot answers full members only."]
    assert bench.journal() == []


def test_who_may_stop_and_not_list_types_what_to_stop(bench: Bench, filling: Filling) -> None:
    bench.use(bot_file({}, MAY_STOP_BLIND))
    (sheet,) = opened(filling, "ec2 stop", user=EVE).shown
    assert options(sheet, "instances") == []
    assert bench.journal() == []


def test_where_aws_does_not_answer_the_form_goes_without_choices(bench: Bench, filling: Filling) -> None:
    bench.aws.fault("denied", "DescribeInstances", times=1)
    (sheet,) = opened(filling, "ec2 stop").shown
    assert options(sheet, "instances") == []


def test_choices_count_as_a_look_of_whoever_asks(bench: Bench, filling: Filling) -> None:
    bench.use(bot_file({}, reads={"per_person": "1/m"}))
    assert options(opened(filling, "ec2 stop").shown[0], "instances")
    assert bench.ask("ec2 list").state is State.REFUSED
    assert not options(opened(filling, "ec2 start").shown[0], "instances")


def test_a_place_without_the_bot_is_said_before_anything_is_filled_in(bench: Bench, filling: Filling) -> None:
    bench.people.places["CAWAY"] = Place("CAWAY", member=False)
    assert "Invite me" in opened(filling, "ec2 stop", channel="CAWAY").told[0]
    assert opened(filling, "ec2 stop --private", channel="CAWAY").shown


def test_a_mistake_of_the_bots_is_said_in_the_form(
    bench: Bench, filling: Filling, caplog: pytest.LogCaptureFixture
) -> None:
    bench.people.place = None  # type: ignore[assignment,method-assign]
    assert "Something went wrong" in opened(filling, "ec2 stop").told[0]


def test_where_no_form_can_be_opened_the_usage_bears_a_button(bench: Bench, filling: Filling) -> None:
    opened(filling, "ec2 stop", error="expired_trigger_id")
    run = bench.newest()
    assert run.state is State.USAGE
    assert bench.buttons(run) == ["form"]


def test_a_read_that_lacks_something_bears_the_button_too_and_a_terminal_does_not(bench: Bench) -> None:
    assert bench.buttons(bench.ask("ec2 show")) == ["form"]
    run = replace(bench.engine.new_run(Asked("ec2 show", ANN, TEAM, OPS)), actor_kind="terminal")
    bench.desk.runs.receive(run, "")
    bench.engine.work(run)
    assert bench.buttons(run) == []


def test_a14_who_may_not_run_it_gets_no_button_either(bench: Bench) -> None:
    run = bench.ask("ec2 stop", user=EVE)
    assert bench.buttons(run) == []


def test_more_choices_than_a_menu_holds_are_counted(bench: Bench, filling: Filling) -> None:
    asked = Asked("ec2 stop", ANN, TEAM, OPS)
    paper = Paper()
    offered = {"instances": tuple((f"i-{n}", f"web-{n}") for n in range(130))}
    filling.work(_form(filling, asked), Wanted(asked, paper, offered=offered))
    blank = paper.shown[0].blanks[0]
    assert (len(blank.options), blank.more) == (MOST_CHOICES, 30)


def test_an_account_that_has_to_be_named_is_a_field(bench: Bench, filling: Filling) -> None:
    file = bot_file({"accounts": ["dev", "prod"]})
    undecided = {name: about.model_copy(update={"default": False}) for name, about in file.accounts.items()}
    bench.use(file.model_copy(update={"accounts": undecided}))
    (sheet,) = opened(filling, "ec2 stop").shown
    assert options(sheet, "account") == ["dev", "prod"]
    assert bench.journal() == []
    assert "Not allowed" in opened(filling, "ec2 stop", user=EVE).told[0]


# ── submitting ──


def submitted(filling: Filling, text: str = "ec2 stop", user: str = ANN, **texts: tuple[str, ...]) -> object:
    asked = Asked(text, ANN, TEAM, OPS)
    form = _form(filling, asked)
    return filling.submitted(form.id, user, TEAM, texts)


def test_a_filled_in_form_is_asked_for_like_typed_text(bench: Bench, filling: Filling) -> None:
    assert submitted(filling, "ec2 stop --hibernate", instances=(WEB,), force=("yes",), hibernate=()) is Received.TAKEN
    bench.engine.pool.close(10)
    run = bench.newest()
    assert run.text == f"ec2 stop {WEB} --force --account dev --region eu-west-1"
    assert (run.state, run.channel) == (State.ASKED, OPS)
    assert bench.sent() == 0


def test_what_is_wrong_is_said_by_its_field(filling: Filling) -> None:
    assert submitted(filling, instances=()) == {
        "instances": "This is needed: an id (i-…), name=web-*, tag:env=dev or state=running."
    }
    wrong = submitted(filling, "ec2 launch", ami=("ami-1",), type=("t3.micro",), count=("many",))
    assert isinstance(wrong, dict)
    assert wrong.keys() == {"ami", "count"}


def test_c9_a_form_is_for_whoever_asked_for_it(bench: Bench, filling: Filling) -> None:
    with pytest.raises(Refused, match="is gone"):
        submitted(filling, user=BOB, instances=(WEB,))
    with pytest.raises(Refused, match="is gone"):
        filling.submitted("nonsense", ANN, TEAM, {"instances": (WEB,)})
    assert bench.audited() == ["refused"]


def test_c4_a_form_counts_once(bench: Bench, filling: Filling) -> None:
    form = _form(filling, Asked("ec2 stop", ANN, TEAM, OPS))
    texts = {"instances": (WEB,)}
    outcomes = [filling.submitted(form.id, ANN, TEAM, texts) for _ in range(2)]
    assert outcomes == [Received.TAKEN, Received.SEEN]


def test_c6_a_form_is_good_for_an_hour(bench: Bench, filling: Filling) -> None:
    form = _form(filling, Asked("ec2 stop", ANN, TEAM, OPS))
    bench.clock.now += KEPT_SECONDS + 1
    with pytest.raises(Refused, match="good for an hour"):
        filling.submitted(form.id, ANN, TEAM, {"instances": (WEB,)})


def test_d1_a_form_that_is_asked_for_twice_opens_once(bench: Bench, filling: Filling) -> None:
    paper = Paper()
    wanted = Wanted(Asked("ec2 stop", ANN, TEAM, OPS, delivery="one"), paper)
    assert [filling.receive(wanted), filling.receive(wanted)] == [Received.TAKEN, Received.SEEN]
    bench.engine.pool.close(10)
    assert len(paper.shown) == 1


def test_a_full_bot_opens_no_form(bench: Bench, filling: Filling) -> None:
    while bench.engine.pool.reserve():
        pass
    assert filling.receive(Wanted(Asked("ec2 stop", ANN, TEAM, OPS), Paper())) is Received.BUSY
    assert submitted(filling, instances=(WEB,)) is Received.BUSY
    for _ in range(64):
        bench.engine.pool.release()


def test_i5_what_is_filled_in_is_data_however_it_looks() -> None:
    found = begun("s3 put b-1", COMMANDS, DEV)
    assert found
    odd = 'it’s "all" --account prod\n<!channel> $(rm) \\'
    action, wrong = written(found, {"bucket": ("b-1",), "key": ("--force",), "text": (odd,), "file": ()})
    assert not wrong
    again = begun(str(action), COMMANDS, DEV)
    assert again
    assert again.action == action
    assert again.action.option("text") == (odd,)
    assert again.action.account == "dev"


def test_a_word_left_out_before_another_is_asked_for() -> None:
    from bot.params import Param

    params = (Param("a", str, word=True, required=True), Param("b", str, word=True), Param("c", str, word=True))
    command = Command("x", "go", "Go.", Effect.CHANGES, ("ec2:StopInstances",), "x go", lambda *_: Reply(""), params)
    found = begun("x go 1", Commands((command,)), DEV)
    assert found
    assert written(found, {"a": ("1",), "b": (), "c": ("3",)})[1] == {"b": "Fill this in as well: C stands behind it."}
    assert written(found, {"a": ("1",), "b": ("2",), "c": ("3",)})[0].words == ("1", "2", "3")
