from pathlib import Path

import boto3
import pytest

from bot.aws import models


@pytest.mark.parametrize(
    "operation", ["ec2:StopInstances", "s3:ListObjectsV2", "lambda:Invoke", "stepfunctions:StartExecution"]
)
def test_an_operation_is_spelt_as_botocore_spells_it(operation: str) -> None:
    assert models.exists(operation)


@pytest.mark.parametrize(
    "operation",
    [
        "ec2:stopInstances",
        "EC2:StopInstances",
        "ec2:StopInstance",
        "ec2",
        "ec2:",
        ":StopInstances",
        "",
        "../ec2:StopInstances",
        "states:StartExecution",
    ],
)
def test_every_other_spelling_does_not_exist(operation: str) -> None:
    assert not models.exists(operation)
    assert not models.members(operation)


def test_asking_about_one_service_reads_no_other() -> None:
    before = models._operations.cache_info().currsize
    models._operations.cache_clear()
    models.exists("sqs:SendMessage")
    models.exists("sqs:DeleteMessage")
    assert models._operations.cache_info().currsize == 1
    assert before >= 0


def test_a_service_nobody_knows_is_not_remembered() -> None:
    models._operations.cache_clear()
    models.exists("nosuchservice:Run")
    assert models._operations.cache_info().currsize == 0


def test_a_model_in_somebodys_home_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "mine" / "2026-01-01"
    model.mkdir(parents=True)
    (model / "service-2.json").write_text('{"metadata": {}, "operations": {"Run": {"name": "Run"}}, "shapes": {}}')
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    models.services.cache_clear()
    assert "mine" in boto3.Session()._session.get_component("data_loader").list_available_services("service-2")
    assert "mine" not in models.services()
    assert not models.exists("mine:Run")


def test_parameters_come_with_their_kinds() -> None:
    assert models.members("ec2:StopInstances")["InstanceIds"] == "list:string"
    assert models.members("ec2:StopInstances")["Force"] == "boolean"
    assert models.members("ec2:RunInstances")["MaxCount"] == "integer"
    assert models.members("ec2:RunInstances")["Placement"] == "structure"


def test_an_operation_without_input_has_no_parameters() -> None:
    assert models.exists("ec2-instance-connect:SendSSHPublicKey")
    assert models.members("s3:ListBuckets")
    assert not models.members("organizations:DescribeOrganization")


def test_wildcards_name_operations_of_one_service() -> None:
    assert models.expand("ec2:St?pInstances") == ("ec2:StopInstances",)
    assert "ec2:DescribeInstances" in models.expand("ec2:Describe*")
    assert "ec2:StopInstances" not in models.expand("ec2:Describe*")
    assert models.expand("ec2:StopInstances") == ("ec2:StopInstances",)


@pytest.mark.parametrize(
    "pattern", ["ec2:stop*", "*:StopInstances", "e*:StopInstances", "ec2:[S]topInstances", "*", ""]
)
def test_a_wildcard_that_names_nothing_expands_to_nothing(pattern: str) -> None:
    assert models.expand(pattern) == ()


@pytest.mark.parametrize(
    ("operation", "method"),
    [("ec2:StopInstances", "stop_instances"), ("s3:ListObjectsV2", "list_objects_v2"), ("lambda:Invoke", "invoke")],
)
def test_boto3_has_the_method_that_an_operation_names(operation: str, method: str) -> None:
    service, name = models.client_method(operation)
    assert name == method
    assert hasattr(boto3.Session(region_name="eu-west-1").client(service), method)


def test_there_is_no_method_for_what_does_not_exist() -> None:
    with pytest.raises(KeyError):
        models.client_method("ec2:StopInstance")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ec2:StopInstance", "ec2:StopInstances"),
        ("ec2:stopinstances", "ec2:StopInstances"),
        ("EC2:StopInstances", "ec2:StopInstances"),
        ("ecc2:StopInstances", "ec2:StopInstances"),
        ("states:StartExecution", "stepfunctions:StartExecution"),
        ("lambda:InvokeFunction", "lambda:Invoke"),
        ("elasticloadbalancing:DescribeLoadBalancers", "elbv2:DescribeLoadBalancers"),
        ("lamda:Zzzzzzzz", "lambda:…"),
    ],
)
def test_the_first_suggestion_is_what_was_meant(typed: str, meant: str) -> None:
    assert models.suggest(typed)[0] == meant


def test_nothing_is_suggested_for_nonsense() -> None:
    assert models.suggest("qqqqqq:Zzzzzz") == ()
    assert models.suggest("ec2:Qqqqqqqqqqqq") == ()


def test_every_hint_about_iams_names_leads_from_a_name_that_is_none_to_operations_that_are() -> None:
    assert not [name for name in models.IAM_NAMES if models.exists(name)]
    assert not [name for meant in models.IAM_NAMES.values() for name in meant if not models.exists(name)]


def test_every_hint_about_iams_prefixes_leads_to_a_service() -> None:
    assert not models.IAM_PREFIXES.keys() & models.services()
    assert not [name for meant in models.IAM_PREFIXES.values() for name in meant if name not in models.services()]


def test_regions_are_those_of_every_partition_and_no_pretended_ones() -> None:
    assert {"eu-west-1", "us-gov-west-1", "cn-north-1"} <= models.regions()
    assert not [name for name in models.regions() if "global" in name]


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eu-west-99", "aws"),
        ("", "aws"),
    ],
)
def test_a_region_is_of_a_partition(region: str, partition: str) -> None:
    assert models.partition(region) == partition
