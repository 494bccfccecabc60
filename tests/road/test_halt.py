"""The stop button: at once, for whoever is listed, whatever else is ill; and nothing of what is halted starts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.actor import Actor
from bot.config.botfile import BotFile
from bot.errors import Refused, Unsure
from bot.reply import Reply
from bot.road.asked import Asked, Received
from bot.road.engine import Engine
from bot.road.halt_watch import HaltWatch
from bot.road.pool import Pool
from bot.sandbox.aws.estate import DEV
from bot.store.database import StoreError
from bot.store.halts import Halt
from bot.store.runs import State
from bot.text import plain
from tests.road.bench import ANN, BOB, EVE, OPS, TEAM, WEB, WEB2, WORKER, Bench, bot_file


def file(*about: dict[str, Any], **who: Any) -> BotFile:
    """Ann and Bob may do all; Ann, Bob and the group of the oncall may halt."""
    listed = {"users": [ANN, BOB], "groups": ["SOPS"], "terminal": ["root"], **who}
    parts = BotFile.model_validate({"halt": {"who": listed}, "operators": "CALARMS"})
    made = bot_file(*(about or ({},)))
    return made.model_copy(update={"halt": parts.halt, "operators": parts.operators})


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.use(file())
    return bench


@pytest.fixture
def watch(bench: Bench) -> HaltWatch:
    return HaltWatch(bench.desk)


def told(bench: Bench, channel: str = "CALARMS") -> list[str]:
    """What operators were told, oldest first."""
    with bench.database.read() as connection:
        query = "select id from runs where channel = ? and actor_kind = 'bot' order by rowid"
        ids = [str(row[0]) for row in connection.exec_driver_sql(query, (channel,))]
    return [bench.card(bench.run(id_)) for id_ in ids]


# ── what a halt stops ──


def test_halt_is_done_at_once_and_says_what_it_stopped(bench: Bench) -> None:
    waits, follows = bench.ask(f"ec2 stop {WEB}"), bench.stop(f"ec2 stop {WORKER}")
    run = bench.ask("halt don't \"trust anything", user=BOB)
    card = bench.card(run)
    assert (run.state, run.audience) == (State.DONE, "asker")
    assert "Halted by bob" in card
    assert "don't \"trust anything" in card
    assert f"ec2 stop {WEB}" in card.partition("Voided:")[2].partition("Still running")[0]
    assert f"ec2 stop {WORKER}" in card.partition("Still running")[2]
    assert "following" in card
    assert bench.now(waits).state is State.VOID
    assert "Halted by bob" in bench.card(waits)
    assert bench.detail(run, "halted")["voided"] == [waits.id]
    bench.pass_by(60)
    assert bench.now(follows).state is State.DONE, "what was sent is followed to its end"


@pytest.mark.parametrize("words", ["ec2 list", "", "report list", "report fleet", f"ec2 stop {WEB}"])
def test_x13_nothing_starts_while_all_is_halted(bench: Bench, words: str) -> None:
    bench.ask("halt why not", user=BOB)
    before = bench.journal()
    run = bench.ask(words)
    assert run.state is State.REFUSED
    assert run.why.startswith("halt: Halted by bob")
    assert "why not" in bench.card(run)
    assert "can end that" in bench.card(run)
    assert bench.journal() == before


@pytest.mark.parametrize("words", ["help", "whoami", "status", "halt again", "resume"])
def test_the_words_that_reach_no_aws_answer_all_the_same(bench: Bench, words: str) -> None:
    bench.use(file({}, {"actions": ["bot:Status"]}))
    bench.ask("halt", user=BOB)
    assert bench.ask(words).state is State.DONE


def test_status_says_what_is_halted_and_which_rules_are_in_force(bench: Bench) -> None:
    bench.use(file({"actions": ["bot:Status"]}))
    bench.ask("halt account dev smoke", user=BOB)
    card = bench.card(bench.ask("status"))
    assert "Halted in dev by bob" in card
    assert "Rules" in card


@pytest.mark.parametrize("does", ["confirm", "again", "undo", "continue", "share", "next", "csv"])
def test_no_click_does_anything_while_all_is_halted(bench: Bench, does: str) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.desk.brake.put_on(Halt("all", "", "T1/UBOB", "bob", "stop", 1.0))
    assert "Halted by bob" in bench.click(does, run)
    assert bench.sent() == 0


def test_a_card_may_be_cancelled_while_all_is_halted(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.desk.brake.put_on(Halt("all", "", "T1/UBOB", "bob", "stop", 1.0))
    assert bench.click("cancel", run) == ""
    assert bench.now(run).state is State.CANCELLED


def test_a_halt_between_two_calls_stops_the_second(bench: Bench) -> None:
    run = bench.ask(f"ec2 terminate {WEB} {WORKER}")
    gateway, halt = bench.desk.gateway, Halt("all", "", "T1/UBOB", "bob", "stop", 1.0)
    sent: list[str] = []

    class Halting:
        def __getattr__(self, name: str) -> Any:
            return getattr(gateway, name)

        def send(self, *args: Any, **more: Any) -> Any:
            answer = gateway.send(*args, **more)
            sent.append(args[2].operation)
            bench.desk.brake.halts.put(halt)
            return answer

    bench.desk.gateway = Halting()  # type: ignore[assignment]
    bench.click("confirm", run)
    assert len(sent) == bench.sent("TerminateInstances") == 1
    assert [state for _, state in bench.calls(run)] == ["accepted", "refused"]
    assert "Halted by bob" in bench.card(run)
    assert bench.now(run).state is State.FOLLOWING


def test_a_halt_while_aws_throttles_stops_the_next_try(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.aws.fault("throttle", "StopInstances", times=1)
    gateway = bench.desk.gateway
    sleep, gateway._sleep = gateway._sleep, lambda _seconds: bench.ask("halt storm", user=BOB)
    try:
        bench.click("confirm", run)
    finally:
        gateway._sleep = sleep
    assert bench.sent() == 1, "the one that AWS turned away"
    assert bench.now(run).state is State.FAILED
    assert "Halted by bob" in bench.card(run)
    assert bench.aws.state(WEB) == "running"


def test_what_needs_no_confirmation_is_not_sent_either(bench: Bench) -> None:
    bench.use(file({"needs": "nothing"}))
    plan = bench.desk.plan
    bench.desk.plan = lambda *given: (plan(*given), bench.ask("halt", user=BOB))[0]  # type: ignore[method-assign]
    run = bench.ask(f"ec2 stop {WEB}")
    assert run.state is State.FAILED
    assert bench.sent() == 0


def test_an_undo_whose_moment_has_come_is_void(bench: Bench, watch: HaltWatch) -> None:
    run = bench.stop()
    bench.click("undo", run)
    armed = bench.newest()
    assert armed.state is State.ARMED
    bench.ask("halt", user=BOB)
    bench.wait(60)
    for _ in range(3):
        bench.tick()
    watch.tick()
    assert bench.now(armed).state is State.VOID
    assert bench.sent("StartInstances") == 0


def test_an_undo_that_a_worker_has_in_hand_is_not_sent(bench: Bench) -> None:
    run = bench.stop()
    bench.click("undo", run)
    bench.wait(60)
    armed = bench.newest()
    bench.waiting.step(bench.now(run))
    bench.desk.brake.halts.put(Halt("all", "", "T1/UBOB", "bob", "stop", 1.0))
    done = bench.waiting.step(bench.now(armed))
    assert done
    assert done.state is State.VOID
    assert "Halted by bob" in done.why
    assert bench.sent("StartInstances") == 0


def test_a_card_that_was_asked_while_it_was_halted_is_voided_by_the_watch(bench: Bench, watch: HaltWatch) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.desk.brake.halts.put(Halt("all", "", "T1/UBOB", "bob", "stop", 1.0))
    watch.tick()
    assert bench.now(run).state is State.VOID


# ── one person, one account ──


def test_halting_a_person_takes_every_right_of_theirs_and_of_nobody_else(bench: Bench) -> None:
    theirs, other = bench.ask(f"ec2 stop {WEB}"), bench.ask(f"ec2 stop {WORKER}", user=BOB)
    card = bench.card(bench.ask(f"halt user {ANN} phone stolen", user=BOB))
    assert f"Halted for {ANN} by bob" in card
    assert bench.now(theirs).state is State.VOID
    assert bench.now(other).state is State.ASKED
    assert bench.ask("ec2 list").state is State.REFUSED
    assert bench.ask("ec2 list", user=BOB).state is State.DONE
    assert bench.click("confirm", other, user=BOB) == ""


def test_who_is_halted_may_still_halt_and_not_resume(bench: Bench) -> None:
    bench.ask(f"halt user {ANN}", user=BOB)
    bench.ask("halt", user=BOB)
    assert bench.ask("halt account dev").state is State.DONE
    for words in (f"resume user {ANN}", "resume"):
        run = bench.ask(words)
        assert run.state is State.REFUSED
        assert "halted yourself" in bench.card(run)


def test_halting_an_account_stops_what_is_there_and_nothing_else(bench: Bench) -> None:
    bench.use(file({"accounts": ["*"]}))
    run = bench.ask("halt account prod wrong numbers", user=BOB)
    assert run.action == "halt account prod wrong numbers"
    refused = bench.ask("ec2 list --account prod")
    assert refused.state is State.REFUSED
    assert "Halted in prod" in bench.card(refused)
    assert bench.ask("ec2 list").state is State.DONE


def test_a_wide_command_leaves_out_a_halted_account_and_says_so(bench: Bench) -> None:
    bench.use(file({"accounts": ["*"], "actions": ["ec2:*", "cloudwatch:*", "s3:*", "lambda:*"]}))
    bench.ask(f"halt account {DEV}", user=BOB)
    run = bench.ask("report fleet")
    assert run.state is State.DONE
    assert "dev is halted" in bench.card(run)


def test_an_account_stays_halted_under_another_name(bench: Bench) -> None:
    bench.ask("halt account dev", user=BOB)
    made = file()
    accounts = {"other": made.accounts["dev"].model_copy(update={"name": "other"})}
    rules = tuple(rule.model_copy(update={"accounts": ("other",)}) for rule in made.rules)
    bench.use(made.model_copy(update={"accounts": accounts, "rules": rules}))
    assert "Halted in dev" in bench.card(bench.ask("ec2 list"))


@pytest.mark.parametrize(
    "words", ["halt user", "halt user ann", "halt account", "halt account nosuch", "halt user @ann"]
)
def test_what_cannot_be_told_is_asked_for_again_and_halts_nothing(bench: Bench, words: str) -> None:
    run = bench.ask(words, user=BOB)
    assert run.state is State.USAGE
    assert "Nothing was done" in bench.card(run)
    assert bench.desk.brake.in_force() == ()


@pytest.mark.parametrize("words", ["halt", "HALT!", "Halt: now", " halt\nall of it", "halt 'unclosed", "halt --what"])
def test_a_halt_is_understood_however_it_is_typed(bench: Bench, words: str) -> None:
    assert bench.ask(words, user=BOB).state is State.DONE
    assert [halt.scope for halt in bench.desk.brake.in_force()] == ["all"]


def test_a_second_halt_of_the_same_leaves_the_first_and_says_so(bench: Bench) -> None:
    bench.ask("halt first", user=BOB)
    card = bench.card(bench.ask("halt second"))
    assert "Already: Halted by bob" in card
    assert [halt.reason for halt in bench.desk.brake.in_force()] == ["first"]


# ── who ──


def test_who_is_not_listed_is_told_who_is(bench: Bench) -> None:
    run = bench.ask("halt", user=EVE)
    assert run.state is State.REFUSED
    assert "bob" in bench.card(run)
    assert run.why.startswith("halt: ")
    assert bench.desk.brake.in_force() == ()


def test_halting_takes_no_rule_no_member_of_the_channel_and_no_answer_of_slack(bench: Bench) -> None:
    bench.use(file().model_copy(update={"rules": ()}))
    unsure = Unsure("Slack would not say who you are.", layer="identity")

    class Away:
        def actor(self, _user: str, teams: Any) -> Actor:
            raise unsure if TEAM in teams else Refused("Full members only.", layer="identity")

        def place(self, *_: str) -> Any:
            raise AssertionError("nobody is asked where it is")

        def name(self, id_: str) -> str:
            return id_

    bench.desk.directory = Away()  # type: ignore[assignment]
    assert bench.ask("halt", user=EVE, channel="CFAR").state is State.REFUSED
    assert bench.ask("halt", user=BOB, team="TOTHER").state is State.REFUSED
    assert bench.desk.brake.in_force() == ()
    assert bench.ask("halt", user=BOB, channel="CFAR").state is State.DONE


def test_a_group_s_member_may_halt_and_may_resume_once_the_membership_has_settled(bench: Bench) -> None:
    bench.use(file(users=[BOB]))
    bench.people.settled[ANN] = frozenset()
    assert bench.ask("halt").state is State.DONE, "ann is in SOPS"
    assert bench.ask("resume", user=BOB).state is State.DONE
    bench.ask("halt", user=BOB)
    refused = bench.ask("resume")
    assert refused.state is State.REFUSED
    assert "too new" in bench.card(refused)
    bench.people.settled[ANN] = frozenset({"SOPS"})
    assert bench.ask("resume").state is State.DONE


def test_help_names_the_button_to_who_may_press_it_alone(bench: Bench) -> None:
    bench.use(file({"who": {"users": [ANN, BOB, EVE]}}))
    assert "halt" in bench.card(bench.ask("help"))
    assert "halt" not in bench.card(bench.ask("help", user=EVE))


# ── resume ──


def test_a_second_listed_person_resumes_and_hears_who_halted_and_why(bench: Bench) -> None:
    bench.ask("halt smoke in the lab", user=BOB)
    own = bench.ask("resume", user=BOB)
    assert own.state is State.REFUSED
    assert "a second listed person has to resume, or python -m bot resume" in bench.card(own)
    run = bench.ask("resume all")
    card = bench.card(run)
    assert run.state is State.DONE
    assert "Halted by bob" in card
    assert "smoke in the lab" in card
    assert bench.ask("ec2 list").state is State.DONE
    assert bench.detail(run, "resumed")["halted_by"] == f"{TEAM}/{BOB}"
    assert bench.ask("resume").state is State.USAGE, "once"


def test_resuming_one_thing_leaves_the_others(bench: Bench) -> None:
    bench.ask("halt account dev", user=BOB)
    bench.ask(f"halt user {EVE}", user=BOB)
    assert bench.ask("resume").state is State.USAGE
    card = bench.card(bench.ask("resume account dev"))
    assert f"Still: Halted for {EVE}" in card
    assert bench.ask("ec2 list").state is State.DONE


def test_who_is_not_listed_resumes_nothing(bench: Bench) -> None:
    bench.ask("halt", user=BOB)
    assert bench.ask("resume", user=EVE).state is State.REFUSED
    assert bench.desk.brake.in_force()


# ── the file ──


def test_a_file_halts_everything_and_its_text_is_the_reason(bench: Bench, watch: HaltWatch) -> None:
    card = bench.ask(f"ec2 stop {WEB}")
    stop = bench.path.parent / "HALT"
    stop.write_text("the lab\nis on fire\n")
    refused = bench.ask("ec2 list")
    assert refused.state is State.REFUSED
    assert "the lab is on fire" in bench.card(refused)
    watch.tick()
    assert bench.now(card).state is State.VOID
    run = bench.ask("resume")
    assert run.state is State.USAGE
    assert "removed" in bench.card(run)
    stop.unlink()
    watch.tick()
    assert bench.ask("ec2 list").state is State.DONE
    assert ["is gone" in each for each in told(bench)] == [False, True]


def test_a_file_that_nobody_can_look_for_counts_as_there(tmp_path: Path, bench: Bench) -> None:
    class Closed(type(tmp_path)):  # type: ignore[misc]
        def stat(self, **_: Any) -> Any:
            raise PermissionError(13, "Permission denied")

    bench.desk.brake.file = Closed(tmp_path / "HALT")
    assert "Permission denied" in bench.card(bench.ask("ec2 list"))


def test_a_file_without_words_halts_as_well(bench: Bench) -> None:
    (bench.path.parent / "HALT").touch()
    assert "no reason given" in bench.card(bench.ask("ec2 list"))


# ── a store that is ill, a pool that is full ──


def broken(bench: Bench) -> Callable[[], None]:
    """Let every write of the store fail; returns what mends it."""
    write = bench.database.write

    def fail(**_: Any) -> Any:
        raise StoreError("The store cannot be written (disk full).")

    bench.database.write = fail  # type: ignore[method-assign]

    def mend() -> None:
        bench.database.write = write  # type: ignore[method-assign]

    return mend


def pressed(bench: Bench, words: str, engine: Engine | None = None) -> str:
    """Type a halt as an edge hands it in; what its asker was told past the store."""
    heard, done = [], threading.Event()

    def answer(reply: Reply) -> None:
        heard.append(plain(reply))
        done.set()

    taken = (engine or bench.engine).receive(Asked(words, BOB, TEAM, OPS), answer=answer)
    assert taken is Received.TAKEN
    assert done.wait(10)
    return " ".join(heard[0].split())


def test_a_store_that_takes_nothing_halts_this_process_and_says_what_could_not_be_done(
    bench: Bench, watch: HaltWatch
) -> None:
    mend = broken(bench)
    stop = bench.path.parent / "HALT"
    try:
        said = pressed(bench, f"halt user {ANN} gone mad")
        assert "disk full" in said
        assert "other processes were not told" in said
        assert str(stop) in said
        assert stop.exists()
        assert {halt.scope for halt in bench.desk.brake.here()} == {"all", f"user/{ANN}"}
        watch.tick()
    finally:
        mend()
    assert "Halted" in bench.card(bench.ask("ec2 list"))
    watch.tick()
    assert not stop.exists(), "the store has it now"
    assert [halt.scope for halt in bench.desk.brake.in_force()] == [f"user/{ANN}"]
    assert bench.ask("ec2 list", user=BOB).state is State.DONE
    assert bench.ask("ec2 list").state is State.REFUSED


def test_a_file_that_cannot_be_written_either_is_said(bench: Bench) -> None:
    bench.desk.brake.file = bench.path.parent / "no" / "such" / "HALT"
    mend = broken(bench)
    try:
        said = pressed(bench, "halt")
    finally:
        mend()
    assert "could not be written" in said
    assert [halt.scope for halt in bench.desk.brake.here()] == ["all"]


def test_a_file_of_somebody_s_own_is_left_where_it_is(bench: Bench, watch: HaltWatch) -> None:
    stop = bench.path.parent / "HALT"
    mend = broken(bench)
    try:
        pressed(bench, "halt")
        stop.write_text("mine")
    finally:
        mend()
    watch.tick()
    assert stop.read_text() == "mine"


def test_a_store_that_cannot_be_read_refuses_every_change(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")

    def fail() -> Any:
        raise StoreError("The store cannot be read (gone).")

    active = bench.desk.brake.halts.active
    bench.desk.brake.halts.active = fail  # type: ignore[method-assign]
    assert "cannot be read" in bench.click("confirm", run)
    assert bench.ask(f"ec2 stop {WEB2}").state is State.FAILED
    bench.desk.brake.halts.active = active  # type: ignore[method-assign]
    assert bench.sent() == 0
    assert bench.now(run).state is State.ASKED


def test_a_full_pool_keeps_nobody_from_halting(bench: Bench) -> None:
    full = Engine(bench.desk, Pool(1, 0, "full"))
    assert full.pool.reserve()
    assert full.receive(Asked("ec2 list", ANN, TEAM, OPS)) is Received.BUSY
    assert full.receive(Asked("halt full", BOB, TEAM, OPS, delivery="d1")) is Received.TAKEN
    assert full.receive(Asked("halt full", BOB, TEAM, OPS, delivery="d1")) is Received.SEEN
    full.stop.pool.close(10)
    assert [halt.reason for halt in bench.desk.brake.in_force()] == ["full"]
    full.pool.release()


def test_who_presses_on_and_on_keeps_nobody_else_from_halting(bench: Bench) -> None:
    go = threading.Event()
    actor = bench.people.actor
    bench.people.actor = lambda user, teams: actor(user, teams) if user != EVE or go.wait(10) else None  # type: ignore[method-assign,assignment,return-value]
    taken = [bench.engine.receive(Asked("halt", EVE, TEAM, OPS, delivery=f"e{n}")) for n in range(6)]
    assert taken == [Received.TAKEN] * 3 + [Received.BUSY] * 3
    done = threading.Event()
    bench.engine.receive(Asked("halt", BOB, TEAM, OPS, delivery="b"), answer=lambda _: None, on_taken=lambda _: None)
    until = time.monotonic() + 10
    while not bench.desk.brake.in_force() and time.monotonic() < until:
        done.wait(0.02)
    assert [halt.by for halt in bench.desk.brake.in_force()] == [f"{TEAM}/{BOB}"]
    go.set()
    assert bench.engine.stop.pool.close(10)
    assert not bench.engine.stop._inside


def test_a_store_that_fails_after_the_halt_does_not_say_that_it_failed(bench: Bench) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise StoreError("The store cannot be written (locked).")

    bench.desk.runs.note = fail  # type: ignore[method-assign]
    said = pressed(bench, "halt smoke")
    assert "Halted by bob" in said
    assert [halt.reason for halt in bench.desk.brake.in_force()] == ["smoke"]


def test_a_locked_bot_yml_halts_by_the_last_list_that_is_known(bench: Bench) -> None:
    bench.use(BotFile(), ("bot.yml line 1: wrong.",))
    assert "python -m bot halt" in bench.card(bench.ask("halt", user=BOB))
    bench.use(file(), ("bot.yml line 1: wrong.",))
    assert bench.ask("halt", user=BOB).state is State.DONE


# ── operators, and another process ──


def test_operators_are_told_once_whichever_process_sees_it(bench: Bench, watch: HaltWatch) -> None:
    second = HaltWatch(bench.process("second", file())[0])
    bench.ask("halt smoke", user=BOB)
    for each in (watch, second, watch):
        each.tick()
    assert len(told(bench)) == 1
    assert "Halted by bob" in told(bench)[0]
    bench.ask("resume")
    for each in (second, watch):
        each.tick()
    assert len(told(bench)) == 2
    assert "Resumed all by ann" in told(bench)[1]
    bench.ask("halt smoke", user=BOB)
    watch.tick()
    assert len(told(bench)) == 2, "the same second: one halt"
    bench.ask("resume")
    bench.wait(5)
    bench.ask("halt more smoke", user=BOB)
    watch.tick()
    assert len(told(bench)) == 3


def test_without_a_channel_operators_read_the_log(bench: Bench, watch: HaltWatch, caplog: Any) -> None:
    bench.use(file().model_copy(update={"operators": None}))
    bench.ask("halt <!channel> smoke", user=BOB)
    watch.tick()
    watch.tick()
    assert sum("smoke" in record.getMessage() for record in caplog.records) == 1
    assert told(bench, "") != []
    with bench.database.read() as connection:
        notices = "select count(*) from outbox join runs on runs.id = outbox.run where runs.actor_kind = 'bot'"
        assert connection.exec_driver_sql(notices).scalar_one() == 0


def test_nobody_is_a_notice_and_no_click_on_one_does_anything(bench: Bench, watch: HaltWatch) -> None:
    bench.ask("halt", user=BOB)
    watch.tick()
    bench.ask("resume")
    notice = next(run for run in map(bench.run, ids_of_notices(bench)))
    with pytest.raises(Refused):
        bench.desk.actor(notice)
    for does in ("confirm", "cancel", "undo", "continue", "share", "csv", "next"):
        assert bench.click(does, notice) != ""
    assert bench.buttons(notice) == []


def ids_of_notices(bench: Bench) -> list[str]:
    with bench.database.read() as connection:
        return [str(row[0]) for row in connection.exec_driver_sql("select id from runs where actor_kind = 'bot'")]


def test_another_process_is_halted_by_the_same_row(bench: Bench) -> None:
    desk, engine, _, _ = bench.process("second", file())
    bench.ask("halt", user=BOB)
    run = engine.new_run(Asked("ec2 list", ANN, TEAM, OPS))
    desk.runs.receive(run, "")
    engine.work(run)
    assert bench.now(run).state is State.REFUSED
    engine.pool.close(1)


def test_i8_a_store_that_is_away_at_the_last_moment_is_a_refusal_and_no_lost_answer(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    over, sends = bench.desk.brake.over, bench.desk.gateway.send

    def away(*_: object) -> Any:
        raise StoreError("The store is away.")

    def send(*args: Any, **more: Any) -> Any:
        bench.desk.brake.over = away  # type: ignore[method-assign]
        return sends(*args, **more)

    bench.desk.gateway.send = send  # type: ignore[method-assign]
    try:
        bench.click("confirm", run)
    finally:
        bench.desk.gateway.send = sends  # type: ignore[method-assign]
        bench.desk.brake.over = over  # type: ignore[method-assign]
    assert bench.sent() == 0
    assert [state for _, state in bench.calls(run)] == ["refused"]
    assert "nothing was sent" in bench.card(run)
