"""A refusal names whose word it was, and [Why] says what it would take."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from botocore.exceptions import ClientError

from bot.aws.denied import encoded
from bot.config.botfile import BotFile
from bot.errors import AwsRefused
from bot.reply import from_json
from bot.road.denials import told_by_aws
from bot.store.runs import State
from tests.road.bench import ANN, BOB, EVE, WEB, Bench, bot_file

SEES = {"actions": ["ec2:Describe*"], "who": {"users": [ANN, EVE]}}
STOPS = {"actions": ["ec2:StopInstances"], "who": {"users": [ANN]}, "tags": {"env": ["staging"]}}


def refused(b: Bench, words: str = f"ec2 stop {WEB}", user: str = ANN, contact: str | None = BOB) -> str:
    """Be refused; the run's id."""
    b.use(b.desk.law.file.model_copy(update={"contact": contact}))
    run = b.ask(words, user)
    assert run.state is State.REFUSED, b.card(run)
    return run.id


def test_a_refusal_names_the_layer_and_who_keeps_it(bench: Bench) -> None:
    bench.use(bot_file(SEES, STOPS))
    run = bench.run(refused(bench))
    assert "Refused by the allowlist (bot.yml), kept by bob." in bench.card(run)
    assert bench.buttons(run) == ["why"]
    run = bench.run(refused(bench, contact=None))
    assert "kept by whoever runs the bot" in bench.card(run)


def test_why_shows_what_came_near_and_a_rule_that_would_do_and_no_more(bench: Bench) -> None:
    bench.use(bot_file(SEES, STOPS))
    run = refused(bench)
    calls = len(bench.aws.log())
    said = bench.click("why", run)
    assert len(bench.aws.log()) == calls  # AWS is not asked again
    assert "r2 would allow it, but for its tags" in said
    (proposed,) = yaml.safe_load(said[said.index("- {") if "- {" in said else said.index("- id") :])
    assert proposed["actions"] == ["ec2:StopInstances"]
    assert proposed["who"] == {"users": [ANN]}
    assert (proposed["accounts"], proposed["regions"]) == (["dev"], ["eu-west-1"])
    assert proposed["resources"] == [WEB]


def test_the_proposed_rule_really_allows_it(bench: Bench) -> None:
    bench.use(bot_file(SEES, STOPS))
    said = bench.click("why", refused(bench))
    proposed = yaml.safe_load(said[said.index("- id") :])
    file = BotFile.model_validate({"rules": proposed})
    bench.use(bench.desk.law.file.model_copy(update={"rules": (*bench.desk.law.file.rules, *file.rules)}))
    assert bench.ask(f"ec2 stop {WEB}").state is State.ASKED


def test_where_a_rule_denies_no_rule_is_proposed(bench: Bench) -> None:
    bench.use(bot_file({}, {"effect": "deny", "actions": ["ec2:StopInstances"], "id": "never"}))
    said = bench.click("why", refused(bench))
    assert "never denies it" in said
    assert "- id" not in said
    assert "would have to change one" in said


def test_why_of_a_refused_list_needs_no_resource(bench: Bench) -> None:
    bench.use(bot_file(STOPS))
    said = bench.click("why", refused(bench, "ec2 list", EVE), user=EVE)
    (proposed,) = yaml.safe_load(said[said.index("- id") :])
    assert proposed["actions"] == ["ec2:DescribeInstances"]
    assert "resources" not in proposed


def test_c1_only_who_was_refused_is_told_why(bench: Bench) -> None:
    bench.use(bot_file(SEES, STOPS))
    run = refused(bench)
    assert "somebody else alone" in bench.click("why", run, user=BOB)


def test_c9_there_is_no_why_of_what_was_not_refused(bench: Bench) -> None:
    run = bench.stop()
    assert "nothing to explain" in bench.click("why", run)


def test_a_right_given_since_is_said(bench: Bench) -> None:
    bench.use(bot_file(SEES))
    run = refused(bench)
    bench.use(bot_file({}))
    assert "the rules allow it" in bench.click("why", run)


def test_identity_and_place_have_nothing_to_explain(bench: Bench) -> None:
    run = bench.ask("ec2 list", user="UNOBODY")
    assert run.state is State.REFUSED
    assert bench.buttons(run) == []


@pytest.mark.parametrize("operation", ["StopInstances", "DescribeInstances"])
def test_awss_own_iam_is_told_with_the_kind_of_policy_that_said_no(bench: Bench, operation: str) -> None:
    bench.aws.fault("denied", operation)
    run = bench.stop() if operation == "StopInstances" else bench.ask("ec2 list")
    said = " ".join(bench.card(run).split())
    assert "AWS says: no identity-based policy allows it. Whoever owns the bot's role can change that." in said
    assert "Encoded" not in said
    assert bench.sent("DecodeAuthorizationMessage") == 0


def in_cipher(bench: Bench) -> AwsRefused:
    """A denial of EC2 that says why only to whoever may decode it."""
    bench.aws.fault("denied", "StopInstances")
    with pytest.raises(ClientError) as refused:
        bench.aws.ec2.stop_instances(InstanceIds=[WEB])
    return AwsRefused("AWS said no.", code="UnauthorizedOperation", encoded=encoded(str(refused.value)))


def test_what_was_said_in_cipher_is_told_in_words(bench: Bench) -> None:
    run = replace(bench.ask("ec2 list"), account="dev", region="eu-west-1")
    said = told_by_aws(bench.desk, run, in_cipher(bench))
    assert said.startswith(f"AWS said no. AWS says: no policy allows ec2:StopInstances on instance/{WEB}.")
    assert bench.sent("DecodeAuthorizationMessage") == 1


def test_a_read_that_was_denied_in_cipher_is_told_in_words_where_it_was_asked(bench: Bench) -> None:
    error = in_cipher(bench)

    def denied(*_: object) -> None:
        raise error

    bench.engine.reading.read = denied  # type: ignore[assignment]
    run = bench.ask("ec2 list")
    assert (run.state, run.audience) == (State.FAILED, "channel")
    assert from_json(run.reply).sign == "fail"
    assert f"AWS said no. AWS says: no policy allows ec2:StopInstances on instance/{WEB}." in bench.card(run)


def test_where_it_cannot_be_read_awss_denial_stands_as_it_is(bench: Bench) -> None:
    run = replace(bench.ask("ec2 list"), account="dev", region="eu-west-1")
    error = in_cipher(bench)
    bench.aws.fault("denied", "DecodeAuthorizationMessage")
    assert told_by_aws(bench.desk, run, error) == "AWS said no."


def test_why_names_no_id_that_was_not_typed(bench: Bench) -> None:
    bench.use(bot_file(STOPS))
    said = bench.click("why", refused(bench, "ec2 stop name=web-1"))
    assert WEB not in said
    assert "resources" not in said
    assert "ec2:StopInstances" in said
