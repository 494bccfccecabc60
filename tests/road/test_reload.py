"""bot.yml without a restart: every decision afterwards is the one a fresh start would make, or the old rules stay."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actor import Actor, Place
from bot.aws.gateway import Gateway
from bot.config.botfile import BotFile
from bot.config.load import parse
from bot.policy.decide import decide_command, reachable
from bot.road.reload import GONE_SECONDS, Reload, read_law
from bot.sandbox.aws.estate import DEV, PROD, PROD_ROLE
from bot.store.runs import State
from tests.road.bench import ANN, BOB, COMMANDS, EVE, OPS, TEAM, WEB, Bench, bot_file, opened
from tests.sandbox.aws_wire import Aws

ACCOUNTS = f"""\
accounts:
  dev: {{id: "{DEV}", default: true, region: eu-west-1}}
  prod: {{id: "{PROD}", role: "{PROD_ROLE}", region: eu-west-1, production: true}}
operators: CALARMS
"""
ONE = f'{ACCOUNTS}rules:\n  - {{id: all, actions: ["ec2:*"], who: {{users: [{ANN}]}}, accounts: [dev]}}\n'
LOOKS = ONE.replace('"ec2:*"', '"ec2:Describe*"')
REPORT = 'reports:\n  morning: {schedule: "every day at 9:00", channel: COPS, command: ec2 list}\n'
WRONG = ONE.replace("accounts: [dev]", "accounts: [nosuch]")


class Watched:
    """A bench whose rules come from a file, looked at when the test says so."""

    def __init__(self, bench: Bench, text: str) -> None:
        self.bench = bench
        self.path = bench.path.parent / "bot.yml"
        self.files: list[BotFile] = []
        self.path.write_text(text)
        bench.desk.law = read_law(self.path, COMMANDS, bench.clock.now)
        bench.desk.gateway.use(bench.desk.law.file.accounts)
        self.reload = Reload(bench.desk, self.path, self.files.append)

    def write(self, text: str) -> None:
        """Write the file, and look as often as it takes to believe it."""
        self.path.write_text(text)
        self.look(2)

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.bench.wait(1)
            self.reload.look()

    @property
    def law(self) -> Any:
        return self.bench.desk.law

    def told(self) -> list[str]:
        with self.bench.database.read() as connection:
            query = "select id from runs where actor_kind = 'bot' order by rowid"
            ids = [str(row[0]) for row in connection.exec_driver_sql(query)]
        return [self.bench.card(self.bench.run(id_)) for id_ in ids]


@pytest.fixture
def own_gateway(local_aws: Aws) -> Iterator[Gateway]:
    """A gateway of the test's own: accounts come and go here."""
    with opened(local_aws) as gateway:
        yield gateway


@pytest.fixture
def w(local_aws: Aws, own_gateway: Gateway, tmp_path: Path) -> Iterator[Watched]:
    local_aws.control("reset", {})
    bench = Bench(tmp_path / "bot.db", local_aws, bot_file({}), own_gateway)
    yield Watched(bench, ONE)
    bench.close()


# ── a file that is right ──


def test_a_new_file_is_in_force_within_two_looks_and_operators_are_told_who_lost_what(w: Watched) -> None:
    assert w.bench.ask(f"ec2 stop {WEB}").state is State.ASKED
    before = w.law
    w.write(LOOKS)
    assert w.law is not before
    assert (w.law.since, w.law.digest) == (w.bench.clock.now, read_law(w.path, COMMANDS, 0).digest)
    refused = w.bench.ask(f"ec2 stop {WEB}")
    assert refused.state is State.REFUSED
    (said,) = w.told()
    assert f"{w.law.digest[:8]} is in force" in said
    assert "user ann lost ec2:*" in said
    assert "ec2:StopInstances" in said
    w.look(5)
    assert len(w.told()) == 1


def test_a_card_that_waits_is_decided_by_the_new_rules(w: Watched) -> None:
    run = w.bench.ask(f"ec2 stop {WEB}")
    w.write(LOOKS)
    assert "Not allowed" in w.bench.click("confirm", run)
    assert w.bench.now(run).state is State.REFUSED
    assert w.bench.sent() == 0


def test_a_half_written_file_is_never_in_force(w: Watched) -> None:
    before = w.law
    never = "  - {id: never, effect: deny, actions: [ec2:StopInstances], who: {everyone: true}, accounts: [dev]}\n"
    for cut in (0, len(ACCOUNTS), len(ONE)):
        w.path.write_text((ONE + never)[:cut])
        w.look()
        assert w.law == before
    w.write(ONE + never)
    assert w.bench.ask(f"ec2 stop {WEB}").state is State.REFUSED


def test_a_signal_says_that_the_file_is_whole(w: Watched) -> None:
    w.path.write_text(LOOKS)
    w.reload.look(settled=True)
    assert w.bench.ask(f"ec2 stop {WEB}").state is State.REFUSED


def test_two_processes_tell_it_once(w: Watched) -> None:
    desk = w.bench.process("second", bot_file({}))[0]
    desk.law = w.law
    second = Reload(desk, w.path)
    w.path.write_text(LOOKS)
    for each in (w.reload, second, w.reload, second):
        each.look()
    assert desk.law.digest == w.law.digest != ""
    assert len(w.told()) == 1


def test_the_channel_that_was_told_before_hears_that_another_is_told_now(w: Watched) -> None:
    w.write(ONE.replace("CALARMS", "CELSEWHERE"))
    assert len(w.told()) == 2


def test_groups_reports_and_accounts_follow_the_file(w: Watched) -> None:
    w.write(ONE.replace(f"users: [{ANN}]", f"users: [{ANN}], groups: [SNEW]") + REPORT)
    assert [each.groups for each in w.files] == [frozenset({"SNEW"})]
    assert [report.name for report in w.bench.desk.reports.all()] == ["morning"]
    w.write(ONE + "reads: {per_api: 7/m}\n")
    assert w.bench.desk.gateway.reads.rate == (7, 60.0)
    w.write(ONE)
    assert w.files[-1].groups == frozenset()
    assert w.bench.desk.reports.all() == ()


def test_an_account_that_is_new_can_be_used_and_one_that_is_gone_can_not(w: Watched) -> None:
    lonely = ONE.replace(f'  prod: {{id: "{PROD}", role: "{PROD_ROLE}", region: eu-west-1, production: true}}\n', "")
    both = ONE.replace("accounts: [dev]", "accounts: [dev, prod]")
    w.write(both)
    assert w.bench.ask("ec2 list --account prod").state is State.DONE
    waits = w.bench.ask("ec2 stop name=web-1 --account prod")
    w.write(lonely)
    assert w.bench.ask("ec2 list --account prod").state is State.USAGE
    assert w.bench.now(waits).state is not State.ASKED
    w.write(both)
    assert w.bench.ask("ec2 list --account prod").state is State.DONE


def test_a_changed_account_forgets_its_sessions_and_another_keeps_its_own(w: Watched) -> None:
    w.write(ONE.replace("accounts: [dev]", "accounts: [dev, prod]"))
    gateway = w.bench.gateway
    w.bench.ask("ec2 list")
    dev, prod = gateway._ways["dev"], gateway._ways["prod"]
    w.write(w.path.read_text().replace(f', role: "{PROD_ROLE}"', ""))
    assert gateway._ways["dev"] is dev
    assert gateway._ways["prod"] is not prod
    assert "another account" in w.bench.card(w.bench.ask("ec2 list --account prod")), "asked anew who it is"


# ── a file that is wrong, or gone ──


def test_a_wrong_file_changes_nothing_is_told_at_once_and_once(w: Watched) -> None:
    before = w.law.file
    w.write(WRONG)
    assert w.law.file == before
    assert "bot.yml line" in w.law.warning
    assert "Running on the rules of" in w.law.warning
    assert w.bench.ask(f"ec2 stop {WEB}").state is State.ASKED
    w.look(5)
    (said,) = w.told()
    assert "nosuch" in said
    assert "old rules stay" in said
    w.write(ONE)
    assert w.law.warning == ""
    assert "nothing changed" in w.told()[1]
    w.write(LOOKS)
    assert w.bench.ask(f"ec2 stop {WEB}").state is State.REFUSED


@pytest.mark.parametrize("content", [b"\xff\xfe", b"rules: [", b"rulez: []\n", b"rules:\n- id: x\n"])
def test_nothing_that_cannot_be_read_is_ever_half_used(w: Watched, content: bytes) -> None:
    before = w.law.file
    w.path.write_bytes(content)
    w.look(3)
    assert w.law.file == before
    assert w.law.warning


def test_a_file_that_cannot_be_opened_changes_nothing(w: Watched) -> None:
    w.path.unlink()
    w.path.mkdir()
    w.look(2)
    assert "cannot read it" in w.law.warning
    assert w.bench.ask("ec2 list").state is State.DONE


def test_a_file_that_is_away_for_a_moment_is_nothing_and_for_longer_is_said(w: Watched) -> None:
    w.path.unlink()
    w.look(3)
    assert w.law.warning == ""
    w.path.write_text(ONE)
    w.look(2)
    w.path.unlink()
    w.look(int(GONE_SECONDS) + 3)
    assert "is gone" in w.law.warning
    assert w.bench.ask(f"ec2 stop {WEB}").state is State.ASKED
    assert len(w.told()) == 1
    w.write(ONE)
    assert w.law.warning == ""


def test_an_empty_file_that_stays_empty_allows_nothing_to_anybody(w: Watched) -> None:
    w.write("")
    assert w.bench.ask("ec2 list").state is not State.DONE
    assert w.bench.ask("help").state is State.DONE
    assert any("lost" in each for each in w.told())


def test_a_name_that_would_lead_to_another_account_is_refused(w: Watched) -> None:
    swapped = ONE.replace(DEV, "333333333333")
    before = w.law.file
    w.write(swapped)
    assert w.law.file == before
    assert "another id" in w.law.warning
    assert "restart" in w.told()[0]


def test_a_store_that_is_away_keeps_no_rule_from_being_taken(w: Watched) -> None:
    from bot.store.database import StoreError

    write = w.bench.database.write

    def fail(**_: Any) -> Any:
        raise StoreError("The store cannot be written (gone).")

    w.path.write_text(LOOKS + REPORT)
    w.bench.database.write = fail  # type: ignore[method-assign]
    w.look(2)
    assert w.law.file.reports
    w.bench.database.write = write  # type: ignore[method-assign]
    w.look()
    assert [report.name for report in w.bench.desk.reports.all()] == ["morning"], "at the next look"


# ── locked at the start, and mended ──


def test_a_bot_that_started_locked_is_unlocked_by_the_mended_file(w: Watched) -> None:
    made = Watched(w.bench, WRONG)
    assert made.law.locked
    assert "Locked" in w.bench.card(w.bench.ask("ec2 list"))
    made.look(3)
    assert made.law.locked
    made.write(ONE + REPORT)
    assert made.law.locked == ""
    assert w.bench.ask("ec2 list").state is State.DONE
    assert [report.name for report in w.bench.desk.reports.all()] == ["morning"]
    assert "locked before" in made.told()[-1]


def test_a_locked_bot_says_what_is_wrong_now(w: Watched) -> None:
    made = Watched(w.bench, WRONG)
    made.write(ONE.replace("[dev]", "[other]"))
    assert "other" in made.law.locked
    made.path.unlink()
    made.look(int(GONE_SECONDS) + 3)
    assert made.law.locked, "a file that is gone opens nothing"
    made.write(ONE)
    assert not made.law.locked


def test_a_file_that_comes_after_the_start_is_read(w: Watched) -> None:
    w.path.unlink()
    w.bench.desk.law = read_law(w.path, COMMANDS, w.bench.clock.now)
    w.reload = Reload(w.bench.desk, w.path)
    w.look(20)
    assert w.told() == []
    w.write(ONE)
    assert w.bench.ask("ec2 list").state is State.DONE


# ── the law of it ──

_RULES = st.lists(
    st.fixed_dictionaries(
        {
            "effect": st.sampled_from(["allow", "deny"]),
            "actions": st.lists(st.sampled_from(["ec2:*", "ec2:DescribeInstances", "s3:*"]), min_size=1, max_size=2),
            "who": st.sampled_from(
                [f"{{users: [{ANN}]}}", "{groups: [SOPS]}", "{everyone: true}", f"{{users: [{EVE}]}}"]
            ),
            "accounts": st.sampled_from(["[dev]", "[prod]", '["*"]']),
        }
    ),
    max_size=4,
)


def _text(rules: list[dict[str, Any]]) -> str:
    lines = [
        f"  - {{id: r{n}, effect: {each['effect']}, actions: {[*each['actions']]!r}, who: {each['who']}, "
        f"accounts: {each['accounts']}}}\n"
        for n, each in enumerate(rules)
    ]
    return ACCOUNTS + ("rules:\n" + "".join(lines) if lines else "")


@pytest.fixture(scope="module")
def one(local_aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with opened(local_aws) as gateway:
        bench = Bench(tmp_path_factory.mktemp("law") / "bot.db", local_aws, bot_file({}), gateway)
        yield Watched(bench, ONE)
        bench.close()
        shutil.rmtree(bench.path.parent)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(_RULES.map(_text), st.just(WRONG), st.just("rules: [")), min_size=1, max_size=4))
def test_every_decision_after_a_reload_is_that_of_a_fresh_start_with_the_last_right_file(
    one: Watched, texts: list[str]
) -> None:
    one.write(ONE)
    right = ONE
    for text in texts:
        one.write(text)
        right = text if text not in (WRONG, "rules: [") else right
    fresh = parse(right)
    assert one.law.file == fresh
    listing = COMMANDS.find("ec2", "list")
    assert listing
    for user, groups in ((ANN, {"SOPS"}), (BOB, set()), (EVE, set())):
        actor = Actor("slack", user, TEAM, frozenset(groups))
        for account in ("dev", "prod"):
            where = (actor, Place(OPS))
            now = decide_command(one.law.file, *where, listing, account, "eu-west-1")
            assert now == decide_command(fresh, *where, listing, account, "eu-west-1")
            stops = (*where, "ec2:StopInstances", account, "eu-west-1")
            assert reachable(one.law.file, *stops) is reachable(fresh, *stops)
