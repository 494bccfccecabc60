"""Asking: who may ask what, what a read answers, and what is refused before AWS hears of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot.actor import Place
from bot.config.botfile import BotFile, Rule
from bot.road.engine import Asked, Received
from bot.store.runs import State
from tests.road.bench import ANN, BOB, EVE, GUEST, OPS, STOPPED, WEB, Bench, bot_file, opened
from tests.sandbox.aws_wire import Aws

STOP_DEV = {
    "actions": ["ec2:StopInstances", "ec2:DescribeInstances"],
    "who": {"users": [EVE]},
    "tags": {"env": ["dev"]},
}


def test_a_read_is_answered_in_the_channel(bench: Bench) -> None:
    run = bench.ask("ec2 list state=running")
    assert run.state is State.DONE
    assert run.audience == "channel"
    assert "web-1" in bench.card(run)
    assert bench.journal() == ["DescribeInstances"]
    assert bench.audited(run) == ["done"]


def test_a_slip_and_a_mistake_of_the_bot_are_told_to_the_asker_alone(bench: Bench) -> None:
    slip = bench.ask("ec2 stpo")
    assert (slip.state, slip.audience) == (State.USAGE, "asker")
    bench.use(bot_file({}), ("bot.yml line 1: wrong.",))
    locked = bench.ask("ec2 list")
    assert (locked.state, locked.audience, locked.rules) == (State.FAILED, "asker", "")
    bench.use(bot_file())
    refused = bench.ask("ec2 list")
    assert (refused.state, refused.rules) == (State.REFUSED, "")
    bench.use(bot_file({}))
    nothing = bench.ask(f"ec2 start {WEB}")
    assert (nothing.state, nothing.audience) == (State.USAGE, "asker")


def test_a_change_is_asked_and_sent_where_everybody_sees_it_unless_it_was_typed_as_private(bench: Bench) -> None:
    asked = bench.ask(f"ec2 stop {WEB}")
    assert (asked.state, asked.audience, asked.rules) == (State.ASKED, "channel", "r1")
    assert bench.ask(f"ec2 stop {WEB} --private").audience == "asker"
    bench.use(bot_file({"audience": "asker"}, {"audience": "asker"}))
    alone = bench.ask(f"ec2 stop {WEB}")
    assert (alone.audience, alone.rules) == ("asker", "r1, r2")
    bench.use(bot_file({"needs": "nothing"}))
    sent = bench.ask(f"ec2 start {STOPPED}")
    assert (sent.state, sent.audience) == (State.FOLLOWING, "channel")


@pytest.mark.parametrize(("more", "audience"), [("", "channel"), (" --private", "asker")])
def test_a_change_that_could_not_be_planned_is_told_where_it_was_asked(bench: Bench, more: str, audience: str) -> None:
    bench.aws.fault("denied", "DescribeInstances")
    run = bench.ask(f"ec2 stop {WEB}{more}")
    assert (run.state, run.audience) == (State.FAILED, audience)


def test_what_was_asked_is_written_down_with_who_and_where(bench: Bench) -> None:
    run = bench.engine.new_run(Asked("ec2 list", ANN, "T1", OPS, "17.1", kind="slack"))
    assert (run.text, run.user, run.team, run.channel, run.thread) == ("ec2 list", ANN, "T1", OPS, "17.1")
    assert (run.actor_kind, run.state, run.owner, run.created_at) == ("slack", State.RECEIVED, "first", bench.clock.now)


def test_o6_an_empty_answer_says_that_it_is_empty(bench: Bench) -> None:
    run = bench.ask("ec2 list name=no-such-*")
    assert run.state is State.DONE
    assert "No instances" in bench.card(run)


@pytest.mark.parametrize(
    ("kind", "times", "words"),
    [
        ("throttle", 8, "throttling"),
        ("expired", 1, "credentials"),
        ("denied", 1, "IAM"),
        ("refuse_connection", 8, "no answer"),
        ("500", 8, "InternalError"),
    ],
)
def test_x3_each_trouble_of_aws_has_its_own_short_answer(
    local_aws: Aws, tmp_path: Path, kind: str, times: int, words: str
) -> None:
    local_aws.control("reset", {})
    with opened(local_aws) as gateway:  # its own: a throttled client is slow for a while
        bench = Bench(tmp_path / "bot.db", local_aws, bot_file({}), gateway)
        bench.aws.fault(kind, "DescribeInstances", times=times)
        run = bench.ask("ec2 list")
        assert run.state is State.FAILED
        assert words in bench.card(run)
        assert len(bench.card(run)) < 300
        assert bench.audited(run) == ["failed"]
        assert bench.desk.audit.rows(run.id)[0]["action"].startswith("ec2 list")
        bench.close()


def test_x3_an_id_not_found_and_one_in_the_state_already_are_each_said(bench: Bench) -> None:
    lost = bench.ask("ec2 stop i-0123456789abcdef0")
    already = bench.ask(f"ec2 stop {STOPPED}")
    assert (lost.state, already.state) == (State.USAGE, State.USAGE)
    assert "not found" in bench.card(lost)
    assert "is stopped" in bench.card(already)
    assert bench.sent() == 0


def test_a_private_request_s_error_is_the_asker_s_alone(bench: Bench) -> None:
    bench.aws.fault("denied", "DescribeInstances", times=2)
    assert bench.ask("ec2 list --private").audience == "asker"
    assert bench.ask(f"ec2 stop {WEB} --private").audience == "asker"


@pytest.mark.parametrize(
    ("user", "team"),
    [(GUEST, "T1"), ("", "T1"), (ANN, "T2"), (ANN, "")],
    ids=["guest", "nobody", "other team", "no team"],
)
def test_a6_guests_strangers_and_other_workspaces_are_refused_before_aws(bench: Bench, user: str, team: str) -> None:
    for words in ("ec2 list", f"ec2 stop {WEB}", "help", "whoami", "", "ec2 nonsense"):
        run = bench.ask(words, user=user, team=team)
        assert run.state is State.REFUSED
        assert "ec2" not in bench.card(run)
        assert bench.audited(run) == ["refused"]
    assert bench.journal() == []


@pytest.mark.parametrize("words", ["ec2 list", f"ec2 stop {WEB}", "ec2 console name=web-1", f"ec2 terminate {WEB}"])
def test_who_no_rule_names_is_refused_before_aws(bench: Bench, words: str) -> None:
    run = bench.ask(words, user=EVE)
    assert run.state is State.REFUSED
    assert run.audience == "asker"
    assert bench.journal() == []
    assert bench.detail(run, "refused")["why"].startswith("allowlist")
    assert words in bench.desk.audit.rows(run.id)[0]["action"]


def test_a_channel_that_another_company_reads_sees_nothing(bench: Bench) -> None:
    bench.people.places["CEXT"] = Place("CEXT", shared=True)
    assert bench.ask("ec2 list", channel="CEXT").state is State.REFUSED
    assert bench.ask(f"ec2 stop {WEB}", channel="CEXT").state is State.REFUSED
    assert bench.ask("ec2 list", channel="CUNKNOWN").state is State.REFUSED
    assert bench.journal() == []


def test_where_the_bot_is_no_member_a_read_goes_to_the_asker_and_a_change_is_refused(bench: Bench) -> None:
    bench.people.places["COUT"] = Place("COUT", member=False)
    read = bench.ask("ec2 list", channel="COUT")
    assert (read.state, read.audience) == (State.DONE, "asker")
    change = bench.ask(f"ec2 stop {WEB}", channel="COUT")
    assert change.state is State.REFUSED
    assert change.why.startswith("place: I am not in this channel, so a change here would go unseen.")
    assert bench.ask(f"ec2 stop {WEB} --private", channel="COUT").state is State.ASKED
    bench.aws.fault("denied", "DescribeInstances")
    failed = bench.ask("ec2 list", channel="COUT")
    assert (failed.state, failed.audience) == (State.FAILED, "asker")


def test_a2_an_identity_that_cannot_be_found_out_is_a_refusal_and_a_fault_in_it_sends_nothing(bench: Bench) -> None:
    bench.desk.directory = Broken()
    run = bench.ask(f"ec2 stop {WEB}")
    assert run.state is State.FAILED
    assert run.id in bench.card(run)
    assert bench.journal() == []


class Broken:
    def actor(self, *_: object) -> None:
        raise RuntimeError("the directory broke")

    place = name = actor


@pytest.mark.parametrize("words", ["ec2 list", f"ec2 stop {WEB}", "help", "whoami", "", "status", "ec2 nonsense"])
def test_a1_a_locked_bot_answers_everything_with_the_line(bench: Bench, words: str) -> None:
    bench.use(BotFile(), ("bot.yml line 12: I do not know the key efect",))
    run = bench.ask(words)
    assert run.state is State.FAILED
    assert "Locked: bot.yml line 12" in bench.card(run)
    assert bench.journal() == []


def test_a1_locked_no_button_works(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    bench.use(BotFile(), ("bot.yml line 12: I do not know the key efect",))
    assert "Locked: bot.yml line 12" in bench.click("confirm", run)
    assert "Locked" in bench.click("cancel", run)
    assert bench.now(run).state is State.ASKED
    assert "bot.yml" in bench.card(run)  # the question stays readable though its account is not there any more
    assert bench.sent() == 0


def test_a1_with_an_empty_allowlist_only_help_and_whoami_answer(bench: Bench) -> None:
    bench.use(bot_file())
    for words in ("help", "whoami", ""):
        assert bench.ask(words).state is State.DONE
    for words in ("status", "ec2 list", f"ec2 stop {WEB}"):
        assert bench.ask(words).state is State.REFUSED
    assert "ec2" not in bench.card(bench.ask("help"))
    assert bench.journal() == []


def test_without_any_account_nothing_of_aws_can_be_asked(bench: Bench) -> None:
    bench.use(BotFile())
    assert bench.ask("ec2 list").state is State.USAGE
    assert bench.ask("help").state is State.DONE


@pytest.mark.parametrize("words", ["ec2 list", "status", f"ec2 stop {WEB}"])
def test_a2_a_decision_that_raises_is_a_denial_in_log_and_audit(
    bench: Bench, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Rule.model_construct(id="broken", effect="allow", actions=("*",), who=None)
    file = bot_file({"actions": ["ec2:*", "bot:*"]})
    bench.use(file.model_copy(update={"rules": (*file.rules, broken)}))
    run = bench.ask(words)
    assert run.state is State.REFUSED
    assert bench.audited(run) == ["policy error", "refused"]
    assert "AttributeError" in bench.detail(run, "policy error")["fault"]
    assert "the decision broke" in caplog.text
    assert bench.journal() == []


def test_a2_help_of_a_policy_that_raises_shows_nothing(bench: Bench) -> None:
    broken = Rule.model_construct(id="broken", effect="allow", actions=("*",), who=None)
    bench.use(bot_file({}).model_copy(update={"rules": (broken,)}))
    assert "ec2" not in bench.card(bench.ask("help"))


def test_a2_a_decision_that_breaks_at_the_click_sends_nothing(bench: Bench) -> None:
    run = bench.ask(f"ec2 stop {WEB}")
    broken = Rule.model_construct(id="broken", effect="deny", actions=("*",), who=None)
    bench.use(bot_file({}).model_copy(update={"rules": (broken,)}))
    bench.click("confirm", run)
    assert bench.now(run).state is State.REFUSED
    assert "policy error" in bench.audited(run)
    assert bench.sent() == 0


def test_a14_help_shows_what_may_be_run_in_another_region_than_the_account_s_own(bench: Bench) -> None:
    bench.use(bot_file({"regions": ["us-east-1"], "actions": ["ec2:DescribeInstances"]}))
    assert "ec2 list" in bench.card(bench.ask("help"))
    assert "ec2 stop" not in bench.card(bench.ask("help"))
    assert "cdn-log-1" in bench.card(bench.ask("ec2 list --region us-east-1"))
    assert bench.ask("ec2 list").state is State.REFUSED


def test_a14_examples_name_nothing_of_an_account_that_may_not_be_listed(bench: Bench) -> None:
    bench.use(bot_file({"accounts": ["prod"]}))
    run = bench.ask("")
    assert "web-1" not in bench.card(run)
    assert bench.journal() == []
    bench.use(bot_file({}))
    assert "ec2 show" in bench.card(bench.ask(""))


def test_a14_suggestions_name_only_what_may_be_run(bench: Bench) -> None:
    bench.use(bot_file({"actions": ["ec2:DescribeInstances"]}))
    run = bench.ask("ec2 stpo x")
    assert run.state is State.USAGE
    assert "stop" not in bench.card(run).replace("stpo", "")


def test_a10_a_region_the_account_does_not_open_is_refused_and_audited_as_what_it_was(bench: Bench) -> None:
    bench.use(bot_file({}, dev={"regions": ["eu-*"]}))
    run = bench.ask("ec2 list --region us-east-1")
    assert run.state is State.REFUSED
    assert "us-east-1" in bench.desk.audit.rows(run.id)[0]["action"]
    assert bench.journal() == []


def test_a10_every_instance_a_selector_names_has_to_be_allowed(bench: Bench) -> None:
    bench.use(bot_file(STOP_DEV))
    one = bench.ask("ec2 stop name=web-1", user=EVE)
    assert one.state is State.ASKED
    wide = bench.ask("ec2 stop name=web-*", user=EVE)  # web-staging-1 among them
    assert wide.state is State.REFUSED
    assert bench.sent() == 0


def test_a10_no_word_at_all_is_not_every_instance(bench: Bench) -> None:
    run = bench.ask("ec2 stop")
    assert run.state is State.USAGE
    assert bench.journal() == []


def test_a9_spellings_are_read_before_they_are_decided(bench: Bench) -> None:
    bench.use(bot_file({"params": {"Force": [False]}}))
    assert bench.ask(f"EC2 Stop --force {WEB}").state is State.REFUSED
    assert bench.ask(f'ec2  STOP "{WEB}" --FORCE').state is State.REFUSED
    assert bench.ask(f"ec2 stop {WEB}").state is State.ASKED


def test_a13_a_thread_and_a_direct_message_are_decided_alike(bench: Bench) -> None:
    bench.people.places["D1"] = Place("D1", direct=True)
    assert bench.ask(f"ec2 stop {WEB}", channel="D1").state is State.ASKED
    assert bench.ask(f"ec2 stop {WEB}", channel="D1", user=EVE).state is State.REFUSED


def test_an_audience_of_the_asker_s_keeps_answer_and_card_to_them(bench: Bench) -> None:
    bench.use(bot_file({"audience": "asker"}))
    assert bench.ask("ec2 list").audience == "asker"
    assert bench.ask(f"ec2 stop {WEB}").audience == "asker"


def test_status_tells_what_waits_to_who_may(bench: Bench) -> None:
    bench.use(bot_file({"actions": ["bot:Status", "ec2:*"]}))
    bench.ask(f"ec2 stop {WEB}")
    run = bench.ask("status")
    assert (run.state, run.audience) == (State.DONE, "channel")
    assert bench.ask("status --private").audience == "asker"
    assert bench.ask("status", user=EVE).state is State.REFUSED


def test_a_dry_run_decides_and_sends_nothing(bench: Bench) -> None:
    _, engine, _, _ = bench.process("dry", bot_file({"needs": "nothing"}), dry=True)
    bench.engine = engine
    stop, listing, refused = bench.ask(f"ec2 stop {WEB}"), bench.ask("ec2 list"), bench.ask("ec2 list", user=EVE)
    assert (stop.state, listing.state, refused.state) == (State.DONE, State.DONE, State.REFUSED)
    assert "ec2:StopInstances" in bench.card(stop)
    assert bench.journal() == ["DescribeInstances"]
    engine.pool.close(5)


def test_d1_a_delivery_that_comes_twice_is_one_run_and_d10_two_at_once_are_two(bench: Bench) -> None:
    one = Asked("ec2 list name=web-1", ANN, "T1", OPS, delivery="d1")
    other = Asked("ec2 list name=api-1", BOB, "T1", OPS, delivery="d2")
    answers = [bench.engine.receive(each) for each in (one, one, other, replace(other))]
    assert answers == [Received.TAKEN, Received.SEEN, Received.TAKEN, Received.SEEN]
    bench.engine.pool.close(20)
    runs = sorted((row["user"], row["text"]) for row in bench.desk.audit.rows() if row["event"] == "done")
    assert runs == [(ANN, "ec2 list name=web-1"), (BOB, "ec2 list name=api-1")]
    assert bench.sent("DescribeInstances") == 2


def test_a_bug_is_a_reference_for_the_person_and_a_traceback_for_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    listing = bench.desk.commands.find("ec2", "list")
    assert listing is not None

    def breaks(_aws: object, _action: object) -> None:
        raise ZeroDivisionError("a secret detail")

    bench.desk.commands = type(bench.desk.commands)([replace(listing, perform=breaks)])  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        run = bench.ask("ec2 list")
    assert run.state is State.FAILED
    assert run.id in bench.card(run)
    assert "secret detail" not in bench.card(run)
    assert "ZeroDivisionError" in caplog.text
