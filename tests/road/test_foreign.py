"""From the rule to the wire: a key of another account is used only where the rule that decided names it."""

from __future__ import annotations

import pytest

from bot.sandbox.aws.estate import DEV
from bot.store.runs import State
from tests.road.bench import WEB, Bench, bot_file

KEY = "arn:aws:kms:eu-west-1:999999999999:key/1"
WORDS = f"s3 create tidewater-theirs --kms {KEY}"
S3 = {"actions": ["s3:CreateBucket", "s3:PutPublicAccessBlock", "s3:PutBucketEncryption", "s3:PutBucketVersioning"]}


def test_i4_a_foreign_key_is_refused_before_anything_is_sent(bench: Bench) -> None:
    bench.use(bot_file(S3))
    run = bench.ask(WORDS)
    assert run.state is State.REFUSED
    assert not [each for each in bench.journal() if each.startswith(("Create", "Put"))]


@pytest.mark.parametrize(("again", "sent"), [(False, 1), (True, 0)])
def test_i4_a_foreign_key_that_a_rule_names_is_used_as_long_as_it_does(bench: Bench, again: bool, sent: int) -> None:
    bench.use(bot_file({**S3, "resources": ["s3://tidewater-theirs*", KEY]}))
    run = bench.ask(WORDS)
    assert run.state is State.ASKED
    if again:
        bench.use(bot_file(S3))
    bench.click("confirm", run)
    assert bench.sent("PutBucketEncryption") == sent


def test_a_confirmation_goes_by_the_rules_of_its_own_moment(bench: Bench) -> None:
    named = {**S3, "resources": ["s3://tidewater-theirs*", KEY]}
    bench.use(bot_file(named))
    run = bench.ask(WORDS)
    assert run.rules == "r1"
    bench.use(bot_file({}, named))
    bench.click("confirm", run)
    assert bench.now(run).rules == "r2"
    assert bench.sent("PutBucketEncryption") == 1


def test_an_undo_is_sent_by_the_rules_of_its_own_moment(bench: Bench) -> None:
    arn = f"arn:aws:ec2:eu-west-1:{DEV}:instance/{WEB}"
    bench.use(bot_file({"resources": [arn]}))
    run = bench.stop()
    bench.pass_by(20)
    assert bench.click("undo", run) == ""
    bench.pass_by(40)
    assert bench.newest().rules == "r1"
    assert bench.aws.state(WEB) == "running"
