"""What the changes of `ec2` plan and send: what a card names is what AWS is asked to do."""

from __future__ import annotations

import pytest

from bot.command import Plan
from bot.errors import AwsRefused, UsageError
from bot.sandbox.aws.estate import AMI
from bot.services import ec2
from tests.services.conftest import Service
from tests.services.test_ec2_reads import PROTECTED, UNKNOWN, WEB_1, WEB_2, WORKER_2

BATCH_1, WORKER_1, FLEET = "i-0a1b2c3d4e5f60006", "i-0a1b2c3d4e5f60004", "i-0a1b2c3d4e5f60007"


def skipped(plan: Plan) -> dict[str, str]:
    return {each.id: each.why for each in plan.skipped}


def states(service: Service, *ids: str) -> list[str]:
    return [service.aws.state(id_) for id_ in ids]


# ── start, stop, reboot ──


def test_a_stop_is_one_call_with_every_parameter_written_out(service: Service) -> None:
    plan = service.plan(f"ec2 stop {WEB_2} name=web-2")
    (call,) = plan.calls
    assert call.operation == "ec2:StopInstances"
    assert call.params == {"InstanceIds": [WEB_2], "Hibernate": False, "Force": False}
    assert plan.headline == "stop web-2"


def test_planning_changes_nothing(service: Service) -> None:
    service.plan("ec2 terminate tag:env=dev")
    assert {each["operation"] for each in service.aws.log()} <= {"DescribeInstances", "GetCallerIdentity"}


def test_stop_passes_through_stopping(service: Service) -> None:
    service.send(service.plan("ec2 stop name=web-1"))
    assert states(service, WEB_1) == ["stopping"]
    service.aws.wait(10)
    assert states(service, WEB_1) == ["stopped"]


def test_start_takes_what_is_stopped(service: Service) -> None:
    plan = service.plan("ec2 start name=worker-*")
    assert skipped(plan) == {WORKER_1: "is running"}
    service.send(plan)
    service.aws.wait(10)
    assert states(service, WORKER_2) == ["running"]


def test_reboot_takes_what_runs(service: Service) -> None:
    plan = service.plan(f"ec2 reboot name=web-? {WORKER_2}")
    assert [call.params for call in plan.calls] == [], "a name and an id of another machine narrow to nothing"
    plan = service.plan(f"ec2 reboot {WEB_1} {WEB_2} {WORKER_2}")
    assert plan.calls[0].params == {"InstanceIds": [WEB_1, WEB_2]}
    assert skipped(plan) == {WORKER_2: "is stopped"}
    service.send(plan)


def test_ids_that_are_unknown_malformed_or_in_the_wrong_state_are_skipped_and_the_rest_is_one_call(
    service: Service,
) -> None:
    plan = service.plan(f"ec2 stop {WEB_1} {UNKNOWN} i-123 {WORKER_2} {WEB_2}")
    assert [call.ids for call in plan.calls] == [(WEB_1, WEB_2)]
    assert skipped(plan)[WORKER_2] == "is stopped"
    assert "not found in dev" in skipped(plan)[UNKNOWN]
    assert "not an instance id" in skipped(plan)["i-123"]
    service.send(plan)


def test_with_nothing_fit_there_is_no_call(service: Service) -> None:
    plan = service.plan(f"ec2 start {WEB_1} {UNKNOWN}")
    assert plan.calls == ()
    assert set(skipped(plan)) == {WEB_1, UNKNOWN}


def test_a_selector_that_matches_nothing_says_where_it_looked(service: Service) -> None:
    with pytest.raises(UsageError, match="No instance in dev eu-west-1 matches name=nobody"):
        service.plan("ec2 stop name=nobody")


def test_a_change_needs_a_selector(service: Service) -> None:
    for verb in ("start", "stop", "reboot", "terminate"):
        with pytest.raises(UsageError, match="INSTANCES"):
            service.plan(f"ec2 {verb}")


def test_a_terminated_instance_is_said_to_be_so(service: Service) -> None:
    service.aws.ec2.terminate_instances(InstanceIds=[WORKER_2])
    assert skipped(service.plan("ec2 start name=worker-2")) == {WORKER_2: "is terminated"}


def test_hibernate_is_refused_by_aws_for_the_whole_call_with_the_id(service: Service) -> None:
    plan = service.plan(f"ec2 stop --hibernate {WEB_1} {BATCH_1}")
    with pytest.raises(AwsRefused, match=WEB_1) as caught:
        service.send(plan)
    assert caught.value.code == "UnsupportedHibernationConfiguration"
    assert states(service, WEB_1, BATCH_1) == ["running", "running"]
    service.send(service.plan("ec2 stop --hibernate name=batch-1"))
    assert states(service, BATCH_1) == ["stopping"]


def test_force_is_for_what_does_not_finish_stopping(service: Service) -> None:
    service.send(service.plan("ec2 stop name=web-1"))
    assert skipped(service.plan("ec2 stop name=web-1")) == {WEB_1: "is stopping"}
    forced = service.plan("ec2 stop name=web-1 --force")
    assert forced.calls[0].params["Force"] is True
    service.send(forced)
    service.aws.wait(2.5)
    assert states(service, WEB_1) == ["stopped"]


def test_an_auto_scaling_group_is_warned_of(service: Service) -> None:
    for verb in ("stop", "terminate"):
        assert any("web-fleet-dev" in line for line in service.plan(f"ec2 {verb} {FLEET}").notes)
    assert service.plan("ec2 stop name=web-1").notes == ()


def test_more_than_three_instances_are_counted_in_the_headline(service: Service) -> None:
    assert service.plan("ec2 stop name=web-?").headline == "stop web-1 and web-2"
    assert service.plan("ec2 stop tag:env=dev").headline == "stop 7 instances"
    service.aws.ec2.create_tags(Resources=[WEB_1], Tags=[{"Key": "Name", "Value": "<!channel>"}])
    assert service.plan(f"ec2 stop {WEB_1}").headline == "stop <!channel>", "escaped where it goes, not here"


# ── terminate ──


def test_termination_is_one_call_a_zone_so_that_a_refused_call_did_nothing(service: Service) -> None:
    """EC2 spares the zone of a protected instance and terminates the rest of that very call."""
    plan = service.plan(f"ec2 terminate {PROTECTED} {WEB_1} {BATCH_1}")
    assert [call.ids for call in plan.calls] == [(WEB_1,), (BATCH_1, PROTECTED)]
    with pytest.raises(AwsRefused, match=PROTECTED) as caught:
        service.send(plan)
    assert caught.value.code == "OperationNotPermitted"
    assert states(service, WEB_1, BATCH_1, PROTECTED) == ["shutting-down", "running", "running"]


def test_termination_says_that_it_is_final(service: Service) -> None:
    assert "This cannot be undone." in service.plan("ec2 terminate name=batch-1").notes


def test_a_forgotten_instance_counts_as_terminated(service: Service) -> None:
    aws = service.gateway.reading("dev", "eu-west-1", ("ec2:DescribeInstances",))
    assert ec2._look(aws, (WEB_1, UNKNOWN)) == {WEB_1: "running", UNKNOWN: "terminated"}


# ── launch ──


def test_a_launch_with_everything(service: Service) -> None:
    (subnet, *_) = [each["SubnetId"] for each in service.aws.ec2.describe_subnets()["Subnets"]]
    plan = service.plan(
        f"ec2 launch --ami {AMI} --type t3.micro --name web-9 --key tidewater-ops --subnet {subnet} "
        "--tag env=dev --tag note=a=b --count 2"
    )
    (answer,) = service.send(plan)
    made = ec2._made(answer)
    assert [(each.name, each.state) for each in made] == [("web-9", "pending")] * 2
    tags = {"Name": "web-9", "env": "dev", "note": "a=b"}
    assert made[0].tags == tags
    assert plan.resources[0].tags == tags, "what the rules look at is what is sent"
    launched = service.aws.instance(made[0].id)
    assert (launched["SubnetId"], launched["KeyName"]) == (subnet, "tidewater-ops")
    assert "tidewater-base" in plan.notes[0]


def test_a_launch_without_tags_names_no_tags(service: Service) -> None:
    plan = service.plan(f"ec2 launch --ami {AMI} --type t3.micro")
    assert "TagSpecifications" not in plan.calls[0].params
    assert plan.headline == "launch 1 × t3.micro"


def test_the_same_token_launches_once_and_finds_it_again(service: Service) -> None:
    text = f"ec2 launch --ami {AMI} --type t3.micro"
    first, second = (service.send(service.plan(text, token="run-1"))[0] for _ in range(2))
    (made,) = ec2._made(first)
    assert ec2._made(second) == (made,)
    aws = service.gateway.reading("dev", "eu-west-1", ("ec2:DescribeInstances",))
    assert [each.id for each in ec2._find(aws, service.plan(text, token="run-1").calls[0])] == [made.id]
    assert ec2._find(aws, service.plan(text, token="run-2").calls[0]) == ()


def test_a_tag_given_twice_is_an_error_and_not_a_choice(service: Service) -> None:
    for twice in ("--tag env=dev --tag env=prod", "--name web-9 --tag Name=web-8"):
        with pytest.raises(UsageError, match="was given twice"):
            service.plan(f"ec2 launch --ami {AMI} --type t3.micro {twice}")


def test_an_image_that_is_not_there_is_found_before_anything_is_asked(service: Service) -> None:
    with pytest.raises(UsageError, match="There is no image ami-0000000000000dead"):
        service.plan("ec2 launch --ami ami-0000000000000dead --type t3.micro")


@pytest.mark.parametrize(
    "wrong",
    ["--ami web", "--type huge", "--subnet net-1", "--count 0", "--count 51", "--tag env", "--count two"],
)
def test_what_aws_would_not_understand_is_refused_before_it_is_asked(service: Service, wrong: str) -> None:
    given = {"--ami": AMI, "--type": "t3.micro"} | dict([wrong.split(" ")])
    with pytest.raises(UsageError, match=wrong.split(" ", maxsplit=1)[0]):
        service.plan("ec2 launch " + " ".join(f"{option} {value}" for option, value in given.items()))
    assert service.calls("DescribeImages") == []
