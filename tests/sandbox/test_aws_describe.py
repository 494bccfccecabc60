"""Finding instances: filters with EC2's wildcards, pages over more than a thousand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.ec2.models import ec2_backends

from bot.sandbox.aws.estate import AMI, DEV, OTHER_REGION, REGION
from bot.sandbox.aws.selection import page
from tests.sandbox.aws_wire import Aws, refused, running

WEB, WEB_2 = "i-0a1b2c3d4e5f60001", "i-0a1b2c3d4e5f60002"


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with running() as aws:
        yield aws


@pytest.fixture
def aws(server: Aws) -> Aws:
    server.control("reset", {})
    return server


def ids(reply: Any) -> list[str]:
    return [i["InstanceId"] for r in reply["Reservations"] for i in r["Instances"]]


def named(aws: Aws, **filters: str) -> list[str]:
    asked = [{"Name": name.replace("__", ":").replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    reply = aws.ec2.describe_instances(Filters=asked)
    tags = [{t["Key"]: t["Value"] for t in i["Tags"]} for r in reply["Reservations"] for i in r["Instances"]]
    return [one.get("Name", "") for one in tags]


def test_tags_and_wildcards_filter(aws: Aws) -> None:
    assert named(aws, tag__Name="web-?") == ["web-1", "web-2"]
    assert named(aws, tag__Name="web-*", tag__env="staging") == ["web-staging-1"]
    assert named(aws, tag__env="sta") == []
    assert named(aws, tag_key="aws:autoscaling:groupName") == ["web-fleet"]


def test_a_filter_is_no_regular_expression(aws: Aws) -> None:
    assert named(aws, tag__Name="web-[12]") == []
    assert named(aws, tag__Name=".*") == []


def test_several_values_of_one_filter_are_alternatives(aws: Aws) -> None:
    filters = [{"Name": "tag:Name", "Values": ["web-1", "web-2", "nobody"]}]
    assert ids(aws.ec2.describe_instances(Filters=filters)) == [WEB, WEB_2]


def test_states_filter_while_they_change(aws: Aws) -> None:
    aws.ec2.stop_instances(InstanceIds=[WEB])
    aws.ec2.terminate_instances(InstanceIds=[WEB_2])
    assert named(aws, instance_state_name="stopping") == ["web-1"]
    assert named(aws, instance_state_name="shutting-down") == ["web-2"]
    assert named(aws, instance_state_name="pending") == []


def test_other_fields_filter_too(aws: Aws) -> None:
    assert named(aws, instance_lifecycle="spot") == ["web-fleet"]
    assert named(aws, instance_type="r6i.*") == ["batch-1", "db-staging-1"]
    assert len(named(aws, **{"instance.group_name": "tidewater-app"})) == 10


def test_an_unknown_filter_is_refused(aws: Aws) -> None:
    with refused("InvalidParameterValue", "The filter 'colour' is invalid"):
        aws.ec2.describe_instances(Filters=[{"Name": "colour", "Values": ["red"]}])


@pytest.mark.slow
def test_pages_cover_more_than_a_thousand_instances_each_once(aws: Aws) -> None:
    kind: dict[str, Any] = {"instance_type": "t3.micro", "is_instance_type_default": False, "region_name": OTHER_REGION}
    ec2_backends[DEV][OTHER_REGION].run_instances(AMI, 1001, None, [], **kind)
    pages = list(aws.client("ec2", OTHER_REGION).get_paginator("describe_instance_status").paginate())
    found = [[one["InstanceId"] for one in page["InstanceStatuses"]] for page in pages]
    assert [len(page) for page in found] == [1000, 2]
    assert len({*found[0], *found[1]}) == 1002


def test_pages_leave_nothing_out_and_repeat_nothing() -> None:
    found, token = page(list(range(2345)), 1000, None)
    while token:
        more, token = page(list(range(2345)), 1000, token)
        found += more
    assert found == list(range(2345))


def test_one_reservation_goes_on_over_the_page_s_end(aws: Aws) -> None:
    aws.ec2.run_instances(ImageId=AMI, MinCount=7, MaxCount=7, InstanceType="t3.micro", ClientToken="seven")
    filters = [{"Name": "client-token", "Values": ["seven"]}]
    first = aws.ec2.describe_instances(MaxResults=5, Filters=filters)
    second = aws.ec2.describe_instances(MaxResults=5, Filters=filters, NextToken=first["NextToken"])
    assert [len(ids(first)), len(ids(second))] == [5, 2]
    assert first["Reservations"][0]["ReservationId"] == second["Reservations"][0]["ReservationId"]


def test_boto_s_paginator_walks_small_pages(aws: Aws) -> None:
    pages = list(aws.ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(ids(page)) for page in pages] == [5, 5]


def test_the_status_call_pages_too(aws: Aws) -> None:
    paginator = aws.ec2.get_paginator("describe_instance_status")
    pages = [page["InstanceStatuses"] for page in paginator.paginate(PaginationConfig={"PageSize": 5})]
    assert [len(page) for page in pages] == [5, 4]
    assert all(one["InstanceState"]["Name"] == "running" for page in pages for one in page)


def test_pages_and_ids_do_not_go_together(aws: Aws) -> None:
    with refused("InvalidParameterCombination"):
        aws.ec2.describe_instances(InstanceIds=[WEB], MaxResults=5)


def test_a_page_is_five_to_a_thousand(aws: Aws) -> None:
    for size in (4, 1001):
        with refused("InvalidParameterValue"):
            aws.ec2.describe_instances(MaxResults=size)


def test_a_made_up_token_is_refused(aws: Aws) -> None:
    for token in ("bogus", "!", "bmV4dDp4"):
        with refused("InvalidNextToken"):
            aws.ec2.describe_instances(NextToken=token)


def test_an_id_asked_twice_is_answered_once(aws: Aws) -> None:
    assert ids(aws.ec2.describe_instances(InstanceIds=[WEB, WEB])) == [WEB]


def test_the_other_region_has_its_own_instances(aws: Aws) -> None:
    assert ids(aws.client("ec2", OTHER_REGION).describe_instances()) == ["i-0a1b2c3d4e5f60011"]
    assert aws.ec2.meta.region_name == REGION
    with refused("InvalidInstanceID.NotFound"):
        aws.ec2.describe_instances(InstanceIds=["i-0a1b2c3d4e5f60011"])
