"""The bot's own words say only what their reader may know."""

from __future__ import annotations

import pytest

from bot.config.botfile import BotFile
from bot.road.engine import Asked
from bot.road.own_words import bot_words
from bot.store.runs import State
from tests.road.bench import ANN, EVE, OPS, STOPPED, WEB, WEB2, Bench, bot_file

READS = {"actions": ["ec2:DescribeInstances"], "who": {"users": [EVE]}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("help", "ec2 stop"),
        ("help ec2", "ec2 terminate"),
        ("help ec2 stop", "ec2:StopInstances"),
        ("help whoami", "whoami"),
        ("whoami", ANN),
        ("whoami", "COPS"),
    ],
)
def test_the_words_answer_the_asker_alone(bench: Bench, words: str, said: str) -> None:
    run = bench.ask(words)
    assert (run.state, run.audience) == (State.DONE, "asker")
    assert said in bench.card(run)


@pytest.mark.parametrize("words", ["help ec2 stop", "help s3", "help ec2 nonsense", "help nonsense"])
def test_a14_help_of_what_may_not_be_run_says_what_help_there_is(bench: Bench, words: str) -> None:
    bench.use(bot_file(READS))
    run = bench.ask(words, user=EVE)
    assert run.state is State.USAGE
    assert "StopInstances" not in bench.card(run)


def test_whoami_tells_rights_groups_and_whom_to_ask(bench: Bench) -> None:
    bench.use(BotFile(accounts=bot_file().accounts, rules=bot_file(READS).rules, contact="UBOB"))
    ann, eve = bench.card(bench.ask("whoami")), bench.card(bench.ask("whoami", user=EVE))
    assert "SOPS" in ann
    assert "nothing else" in ann
    assert "ec2 list" in eve
    assert "bob" in eve


def test_bare_aws_names_an_instance_that_is_there(bench: Bench) -> None:
    card = bench.card(bench.ask(""))
    assert "ec2 list" in card
    assert "name=" in card


@pytest.mark.parametrize("kind", ["denied", "refuse_connection"])
def test_bare_aws_does_without_names_where_aws_is_out_of_reach(bench: Bench, kind: str) -> None:
    bench.aws.fault(kind, "DescribeInstances", times=4)
    run = bench.ask("")
    assert run.state is State.DONE
    assert "name=" not in bench.card(run)


def test_bare_aws_without_a_default_account_names_no_instance(bench: Bench) -> None:
    bench.use(bot_file({}, dev={"default": False}))
    assert bench.ask("").state is State.DONE
    assert bench.journal() == []


def test_every_word_of_the_bot_has_a_sentence() -> None:
    assert {word.verb for word in bot_words()} == {"hello", "help", "whoami", "status"}
    assert all(word.summary.endswith(".") for word in bot_words())


def test_nothing_to_do_lists_why_for_each(bench: Bench) -> None:
    run = bench.ask(f"ec2 start {WEB} {WEB2}")
    assert run.state is State.USAGE
    assert WEB in bench.card(run)
    assert WEB2 in bench.card(run)
    assert bench.ask(f"ec2 start {STOPPED}").state is State.ASKED


def test_the_terminal_s_runs_are_told_by_the_terminal_alone(bench: Bench) -> None:
    run = bench.engine.new_run(Asked("help", ANN, "T1", OPS, kind="terminal"))
    bench.desk.runs.receive(run, "")
    bench.engine.work(run)
    assert bench.desk.outbox.get(run.id) is None


def test_a_bug_that_comes_after_the_question_stands_leaves_it_standing(bench: Bench) -> None:
    woken = iter([None, ZeroDivisionError("late")])

    def wake() -> None:
        error = next(woken, None)
        if error:
            raise error

    next(woken)
    bench.desk.wake = wake
    run = bench.ask(f"ec2 stop {WEB}")
    assert run.state is State.ASKED
    assert bench.buttons(run) == ["confirm", "cancel"]


def test_an_audience_of_the_asker_holds_for_the_bots_own_words(bench: Bench) -> None:
    bench.use(bot_file({"actions": ["bot:Status"], "audience": "asker"}))
    assert bench.ask("status").audience == "asker"
    bench.use(bot_file({"actions": ["bot:Status"]}))
    assert bench.ask("status").audience == "channel"
