"""`policy who-can` and `policy explain` answer what production would decide."""

from __future__ import annotations

import pytest

from bot.sandbox.aws.estate import DEV
from bot.store.halts import Halt
from bot.store.runs import State
from tests.road.bench import ANN, BOB, EVE, WEB, Bench, bot_file

ASKS = {"actions": ["bot:WhoCan", "bot:ExplainPolicy"], "id": "asks", "accounts": ["*"]}
ONCALL = {"actions": ["ec2:StopInstances"], "who": {"groups": ["SOPS"]}, "tags": {"env": ["dev"]}, "id": "oncall"}


def test_who_can_names_holders_limits_and_denials(bench: Bench) -> None:
    bench.use(bot_file(ASKS, ONCALL, {"effect": "deny", "actions": ["ec2:Stop*"], "accounts": ["prod"], "id": "never"}))
    said = bench.card(bench.ask("policy who-can ec2:StopInstances"))
    assert "ops (SOPS)" in said
    assert "in dev where env=dev" in said
    assert "never denies it in prod" in said
    assert "asks" not in said


def test_who_can_takes_a_command(bench: Bench) -> None:
    bench.use(bot_file(ASKS, ONCALL))
    for typed in ("ec2 stop", '"ec2 stop"', "ec2:StopInstances"):
        assert "Who may ec2:StopInstances" in bench.card(bench.ask(f"policy who-can {typed}"))


@pytest.mark.parametrize(("typed", "meant"), [("ec2:StopInstance", "ec2:StopInstances"), ("s3:ListBucket", "s3:ListO")])
def test_who_can_of_no_operation_says_what_was_meant(bench: Bench, typed: str, meant: str) -> None:
    bench.use(bot_file(ASKS))
    run = bench.ask(f"policy who-can {typed}")
    assert run.state is State.USAGE
    assert meant in bench.card(run)


def test_who_can_of_what_nobody_may_says_nobody(bench: Bench) -> None:
    bench.use(bot_file(ASKS))
    assert "Nobody may ec2:RebootInstances" in bench.card(bench.ask("policy who-can ec2:RebootInstances"))


def test_a12_who_can_needs_its_right(bench: Bench) -> None:
    bench.use(bot_file(ONCALL))
    assert bench.ask("policy who-can ec2:StopInstances").state is State.REFUSED


def test_everybody_may_have_their_own_command_explained(bench: Bench) -> None:
    bench.use(bot_file({"who": {"users": [ANN]}}))
    run = bench.ask(f'policy explain "ec2 stop {WEB}"', EVE)
    assert (run.state, run.audience) == (State.DONE, "asker")
    assert "Why not: ec2 stop" in bench.card(run)
    assert bench.journal() == []  # Eve may look up nothing, so nothing was looked up


def test_explaining_looks_at_tags_where_the_asker_could(bench: Bench) -> None:
    bench.use(bot_file({"actions": ["ec2:Describe*"]}, {**ONCALL, "who": {"users": [ANN]}}))
    said = bench.card(bench.ask(f"policy explain ec2 stop {WEB}"))
    assert "the rules allow it" in said
    assert bench.sent() == 0


def test_explaining_somebody_else_needs_its_right_and_takes_them_as_they_are(bench: Bench) -> None:
    bench.use(bot_file(ASKS, ONCALL))
    said = bench.card(bench.ask(f'policy explain "ec2 stop {WEB}" --user {ANN}', BOB))
    assert "the rules allow it" in said or "As ann, here." in said
    bench.use(bot_file(ONCALL))
    run = bench.ask(f'policy explain "ec2 stop {WEB}" --user {ANN}', BOB)
    assert run.state is State.REFUSED
    assert bench.ask(f'policy explain "ec2 list" --user {BOB}', BOB).state is State.DONE


def test_nothing_is_looked_up_in_a_halted_account(bench: Bench) -> None:
    bench.use(bot_file({}))
    bench.desk.brake.put_on(Halt(f"account/{DEV}", "dev", "terminal/root", "root", "smoke", 1.0))
    said = bench.card(bench.ask(f'policy explain "ec2 stop {WEB}"'))
    assert "AWS was not asked" in said
    assert bench.journal() == []


def test_a_report_over_all_accounts_is_explained_as_it_runs(bench: Bench) -> None:
    bench.use(bot_file({"actions": ["ec2:Describe*"]}))
    said = bench.card(bench.ask('policy explain "report fleet"'))
    assert "the rules allow it" in said
    assert "Left out, because it is not allowed there: prod eu-west-1." in said
    assert bench.ask("report fleet").state is State.DONE
    bench.use(bot_file({"actions": ["s3:List*"]}))
    assert "Why not: report fleet" in bench.card(bench.ask('policy explain "report fleet"'))


def test_what_needs_no_rule_says_so(bench: Bench) -> None:
    assert "needs no rule" in bench.card(bench.ask("policy explain help"))
