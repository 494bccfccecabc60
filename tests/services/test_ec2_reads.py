"""`ec2 list`, `show` and `console`, and what selectors mean."""

from __future__ import annotations

from typing import Any

import pytest

from bot.action import quote
from bot.command import Aws
from bot.errors import UsageError
from bot.reply import Code, Fields, Note, Reply, Table
from bot.sandbox.aws.estate import AMI
from tests.services.conftest import Service

WEB_1, WEB_2, API_1, WORKER_2 = (f"i-0a1b2c3d4e5f6{number:04d}" for number in (1, 2, 3, 5))
PROTECTED = "i-0a1b2c3d4e5f60009"
UNKNOWN = "i-0000000000000dead"


def rows(reply: Reply) -> list[tuple[str, ...]]:
    return [row for part in reply.parts if isinstance(part, Table) for row in part.rows]


def names(reply: Reply) -> list[str]:
    return [row[0] for row in rows(reply)]


def notes(reply: Reply) -> str:
    return " ".join("".join(map(str, part.spans)) for part in reply.parts if isinstance(part, Note))


def fields(reply: Reply) -> dict[str, str]:
    return {label: value for part in reply.parts if isinstance(part, Fields) for label, value in part.pairs}


# ── list ──


def test_a_list_counts_states_and_is_sorted_by_name_with_the_nameless_last(service: Service) -> None:
    reply = service.read("ec2 list")
    assert reply.summary == "10 instances in dev eu-west-1: 9 running, 1 stopped"
    assert names(reply)[:4] == ["api-1", "batch-1", "db-staging-1", "web-1"]
    assert names(reply)[-1] == "–"


def test_a_row_says_name_state_id_type_and_address(service: Service) -> None:
    (table,) = service.read("ec2 list name=web-1").parts
    assert isinstance(table, Table)
    assert table.columns[:5] == ("Name", "State", "Instance", "Type", "Private IP")
    assert table.rows[0][:5] == ("web-1", "running", WEB_1, "t3.medium", "10.20.1.4")


@pytest.mark.parametrize(
    ("selectors", "found"),
    [
        (WEB_1, ["web-1"]),
        (f"{WEB_1} {WEB_2}", ["web-1", "web-2"]),
        (f"{WEB_1} {WEB_1}", ["web-1"]),
        ("name=web-?", ["web-1", "web-2"]),
        ("name=web-1 name=api-1", ["api-1", "web-1"]),
        ("tag:env=staging", ["db-staging-1", "web-staging-1"]),
        ("tag:env=staging tag:team=web", ["web-staging-1"]),
        ("tag:env=staging tag:env=nowhere", ["db-staging-1", "web-staging-1"]),
        ("state=stopped", ["worker-2"]),
        ("state=stopped state=running name=worker-*", ["worker-1", "worker-2"]),
        ("tag:aws:autoscaling:groupName=web-fleet-dev", ["web-fleet"]),
        (f"{WEB_1} {WORKER_2} state=stopped", ["worker-2"]),
        ("name=web-1 tag:env=staging", []),
        ("--account prod name=web-*", ["web-prod-1", "web-prod-2"]),
        ("--region us-east-1", ["cdn-log-1"]),
    ],
)
def test_words_of_one_kind_add_up_and_kinds_narrow(service: Service, selectors: str, found: list[str]) -> None:
    assert names(service.read(f"ec2 list {selectors}")) == found


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("state=asleep", "stopping"),
        ("state=", "stopping"),
        ("web-1", r"Did you mean name=web-1\? Use an id"),
        ("web *", r"names no instance\. Use an id"),
        ("name=", "name=web-"),
        ("tag:=dev", "tag:env=dev"),
        ("tag:env", "tag:env=dev"),
        ("colour=red", "tag:env=dev"),
    ],
)
def test_a_word_that_selects_nothing_is_refused_with_what_would(service: Service, word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        service.read(f"ec2 list {quote(word)}")
    assert service.calls("DescribeInstances") == []


def test_an_empty_list_says_so_and_repeats_what_was_looked_for(service: Service) -> None:
    reply = service.read("ec2 list name=nobody")
    assert reply.summary == "No instances in dev eu-west-1 for name=nobody"
    assert service.read("ec2 list --region us-west-2").summary == "No instances in dev us-west-2"


def test_an_id_that_is_not_there_is_named_beside_those_that_are(service: Service) -> None:
    reply = service.read(f"ec2 list {WEB_1} {UNKNOWN} i-123")
    assert names(reply) == ["web-1"]
    assert f"{UNKNOWN} not found in dev eu-west-1" in notes(reply)
    assert "i-123 is not an instance id" in notes(reply)


def test_an_id_that_another_word_excludes_is_not_called_missing_alone(service: Service) -> None:
    assert "or does not match state=stopped" in notes(service.read(f"ec2 list {WEB_1} state=stopped"))


def test_only_malformed_ids_ask_aws_nothing(service: Service) -> None:
    reply = service.read("ec2 list i-123 i-xyz")
    assert (names(reply), service.calls("DescribeInstances")) == ([], [])
    assert "i-xyz is not an instance id" in notes(reply)


def test_terminated_instances_are_hidden_unless_asked_for(service: Service) -> None:
    service.aws.ec2.terminate_instances(InstanceIds=[WORKER_2])  # stopped: terminated at once
    assert "worker-2" not in names(service.read("ec2 list"))
    assert names(service.read("ec2 list state=terminated")) == ["worker-2"]
    assert names(service.read(f"ec2 list {WORKER_2}")) == ["worker-2"]
    assert names(service.read("ec2 list name=worker-2")) == ["worker-2"], "nothing else has that name"


def test_a_terminated_namesake_does_not_stand_in_the_way(service: Service) -> None:
    service.aws.ec2.create_tags(Resources=[WORKER_2], Tags=[{"Key": "Name", "Value": "web-1"}])
    service.aws.ec2.terminate_instances(InstanceIds=[WORKER_2])
    assert WEB_1 in service.read("ec2 show name=web-1").summary


def test_more_ids_than_ec2_takes_in_one_request_go_in_several(service: Service) -> None:
    typed = [WEB_1, *(f"i-{number:017x}" for number in range(260))]
    aws = service.gateway.reading("dev", "eu-west-1", ("ec2:DescribeInstances",))
    from bot.services import _instances

    assert [each["InstanceId"] for each in _instances.select(aws, tuple(typed))] == [WEB_1]
    sizes = [sum(".Value." in name for name in params) for params in service.calls("DescribeInstances")]
    assert sizes == [200, 61]
    assert len(_instances.described(aws, typed, [_instances.filtered("tag:env", ["dev", "prod"])])) == 1
    with pytest.raises(UsageError, match="200"):
        _instances.described(aws, typed, [_instances.filtered("tag:env", ["dev"] * 200)])
    with pytest.raises(UsageError, match="wildcard"):
        _instances.select(aws, tuple(f"name=web-{number}" for number in range(201)))


@pytest.mark.slow
def test_a_thousand_and_more_instances_are_all_counted(service: Service) -> None:
    for _ in range(11):
        service.aws.ec2.run_instances(ImageId=AMI, InstanceType="t3.micro", MinCount=95, MaxCount=95)
    service.aws.wait(60)
    reply = service.read("ec2 list")
    assert len(rows(reply)) == 10 + 11 * 95
    assert "1055 instances" in reply.summary
    assert len(service.calls("DescribeInstances")) == 2


def test_names_that_would_ping_or_format_stay_data(service: Service) -> None:
    for id_, name in ((WEB_1, "<!channel>"), (WEB_2, "*"), (API_1, "[x](y)")):
        service.aws.ec2.create_tags(Resources=[id_], Tags=[{"Key": "Name", "Value": name}])
    assert {"<!channel>", "*", "[x](y)"} <= set(names(service.read("ec2 list")))


# ── show ──


def test_show_tells_what_an_on_call_person_asks_for(service: Service) -> None:
    reply = service.read("ec2 show name=web-1")
    assert reply.summary == f"web-1 ({WEB_1}) in dev eu-west-1: running"
    shown = fields(reply)
    assert (shown["Type"], shown["Zone"], shown["Private IP"]) == ("t3.medium", "eu-west-1a", "10.20.1.4")
    assert (shown["Image"], shown["Key pair"], shown["Security groups"]) == (AMI, "tidewater-ops", "tidewater-app")
    assert "env=dev" in shown["Tags"]


def test_show_says_why_an_instance_is_stopped_and_what_it_has_not(service: Service) -> None:
    shown = fields(service.read(f"ec2 show {WORKER_2}"))
    assert shown["State"].startswith("stopped (User initiated (")
    assert shown["Public IP"] == "–"


def test_show_of_several_names_them_and_of_none_says_where_it_looked(service: Service) -> None:
    with pytest.raises(UsageError, match=rf"matches 2 instances: web-1 \({WEB_1}\), web-2"):
        service.read("ec2 show name=web-?")
    with pytest.raises(UsageError, match=r"9 instances.*, …\. Name one"):
        service.read("ec2 show state=running")
    with pytest.raises(UsageError, match="dev eu-west-1 matches name=nobody"):
        service.read("ec2 show name=nobody")
    with pytest.raises(UsageError, match=f"{UNKNOWN} not found in dev eu-west-1"):
        service.read(f"ec2 show {UNKNOWN}")
    with pytest.raises(UsageError, match="i-123 is not an instance id"):
        service.read("ec2 show i-123")


def test_an_instance_without_tags_or_address_is_shown(service: Service) -> None:
    made = service.aws.ec2.run_instances(ImageId=AMI, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    id_ = made["Instances"][0]["InstanceId"]
    assert fields(service.read(f"ec2 show {id_}"))["Tags"] == "none"
    assert [row[0] for row in rows(service.read(f"ec2 list {id_}"))] == ["–"]


# ── console ──


def test_the_console_shows_the_boot_and_when_it_was_read(service: Service) -> None:
    reply = service.read("ec2 console name=web-1")
    (code,) = [part.text for part in reply.parts if isinstance(part, Code)]
    assert code.rstrip().endswith("login:")
    assert "14 lines, as of" in notes(reply)
    assert "[  OK  ] Started sshd.service - OpenSSH server daemon." in code, "without systemd's colours"


def test_an_empty_console_says_so(service: Service) -> None:
    service.aws.ec2.terminate_instances(InstanceIds=[WORKER_2])
    assert "has no console output yet" in service.read(f"ec2 console {WORKER_2}").summary


class Console:
    """Another EC2: one whose console answers as told. The local one knows neither long consoles nor missing times."""

    def __init__(self, service: Service, answer: dict[str, Any]) -> None:
        self.account, self.region, self.token = "dev", "eu-west-1", ""
        self._answer = answer
        self._real: Aws = service.gateway.reading("dev", "eu-west-1", ("ec2:DescribeInstances",))

    def client(self, _service: str) -> Any:
        return self

    def get_paginator(self, name: str) -> Any:
        return self._real.client("ec2").get_paginator(name)

    def get_console_output(self, **_: str) -> dict[str, Any]:
        return self._answer


def test_of_a_long_console_the_end_is_shown_and_said_to_be_the_end(service: Service) -> None:
    from bot.services.ec2 import console

    lines = "\n".join(f"line {number}" for number in range(101))
    reply = console(Console(service, {"Output": lines}), "name=web-1")
    (code,) = [part.text for part in reply.parts if isinstance(part, Code)]
    assert code.splitlines()[0] == "line 61"
    assert notes(reply) == "The last 40 of 101 lines."
