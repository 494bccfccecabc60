"""Which operations AWS has, read from the service models that botocore ships.

An operation is written `service:Operation` as botocore spells both: `ec2:StopInstances`, `s3:ListObjectsV2`,
`lambda:Invoke`. Only the models in the installed botocore count: a file in somebody's `~/.aws/models` adds nothing.
Each service is read from disk once, when it is first asked about, and kept as names only.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel

from bot.glob import glob

# Names that IAM policies use and the API does not know, with the operations people mean by them.
IAM_NAMES: Mapping[str, tuple[str, ...]] = {
    "s3:ListBucket": ("s3:ListObjectsV2", "s3:ListObjects", "s3:HeadBucket"),
    "s3:ListAllMyBuckets": ("s3:ListBuckets",),
    "s3:ListBucketVersions": ("s3:ListObjectVersions",),
    "s3:ListBucketMultipartUploads": ("s3:ListMultipartUploads",),
    "s3:ListMultipartUploadParts": ("s3:ListParts",),
    "s3:GetObjectVersion": ("s3:GetObject", "s3:HeadObject"),
    "s3:DeleteObjectVersion": ("s3:DeleteObject", "s3:DeleteObjects"),
    "s3:GetLifecycleConfiguration": ("s3:GetBucketLifecycleConfiguration",),
    "s3:PutLifecycleConfiguration": ("s3:PutBucketLifecycleConfiguration", "s3:DeleteBucketLifecycle"),
    "s3:GetEncryptionConfiguration": ("s3:GetBucketEncryption",),
    "s3:PutEncryptionConfiguration": ("s3:PutBucketEncryption", "s3:DeleteBucketEncryption"),
    "s3:GetReplicationConfiguration": ("s3:GetBucketReplication",),
    "s3:PutReplicationConfiguration": ("s3:PutBucketReplication", "s3:DeleteBucketReplication"),
    "s3:GetBucketPublicAccessBlock": ("s3:GetPublicAccessBlock",),
    "s3:PutBucketPublicAccessBlock": ("s3:PutPublicAccessBlock", "s3:DeletePublicAccessBlock"),
    "lambda:InvokeFunction": ("lambda:Invoke", "lambda:InvokeWithResponseStream"),
    "budgets:ViewBudget": ("budgets:DescribeBudget", "budgets:DescribeBudgets"),
    "kms:ReEncryptFrom": ("kms:ReEncrypt",),
    "kms:ReEncryptTo": ("kms:ReEncrypt",),
}

# Service prefixes of IAM that botocore calls something else.
IAM_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "airflow": ("mwaa",),
    "access-analyzer": ("accessanalyzer",),
    "aps": ("amp",),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "monitoring": ("cloudwatch",),
    "states": ("stepfunctions",),
    "tag": ("resourcegroupstaggingapi",),
}


def exists(operation: str) -> bool:
    """Say whether botocore knows the operation, spelt exactly like this."""
    return operation.partition(":")[2] in _known(operation)


def members(operation: str) -> Mapping[str, str]:
    """Return the operation's input parameters with their kinds, such as `boolean`, `string` and `list:string`.

    Empty for an operation that does not exist.
    """
    return _known(operation).get(operation.partition(":")[2], {})


def expand(pattern: str) -> tuple[str, ...]:
    """Return the operations a pattern such as `ec2:Describe*` names, sorted; wildcards count behind the colon only."""
    service, _, names = pattern.partition(":")
    wanted = glob(names)
    return tuple(f"{service}:{name}" for name in sorted(_known(pattern)) if wanted.fullmatch(name))


def client_method(operation: str) -> tuple[str, str]:
    """Return boto3's client and method for an operation: `ec2:StopInstances` is `("ec2", "stop_instances")`.

    Raises KeyError where there is no such operation.
    """
    if not exists(operation):
        raise KeyError(operation)
    service, _, name = operation.partition(":")
    return service, xform_name(name)


def suggest(operation: str) -> tuple[str, ...]:
    """Return what may have been meant by a name that does not exist, nearest first, at most three."""
    if operation in IAM_NAMES:
        return IAM_NAMES[operation]
    service, _, name = operation.partition(":")
    services = _near_services(service)
    near = [f"{each}:{found}" for each in services for found in close(name, _operations(each), 0.75)]
    return tuple(near[:3]) or tuple(f"{each}:…" for each in services if each != service)


@cache
def regions() -> frozenset[str]:
    """Return every Region of every partition that this botocore knows."""
    partitions = _loader().load_data("partitions")["partitions"]
    return frozenset(name for each in partitions for name in each["regions"] if not name.endswith("-global"))


@cache
def partition(region: str) -> str:
    """Return what ARNs of a Region begin with (`aws`, `aws-cn`), also of one that is newer than this botocore."""
    partitions = _loader().load_data("partitions")["partitions"]
    return next((each["id"] for each in partitions if re.match(each["regionRegex"], region)), "aws")


@cache
def services() -> frozenset[str]:
    """Return every service that this botocore knows."""
    return frozenset(_loader().list_available_services("service-2"))


def close(word: str, words: Mapping[str, Any] | frozenset[str], likeness: float = 0.6) -> list[str]:
    """Return the words that are spelt nearly like this one, whatever the case, nearest first."""
    folded = {each.casefold(): each for each in sorted(words)}
    return [folded[each] for each in difflib.get_close_matches(word.casefold(), folded, n=3, cutoff=likeness)]


def _near_services(service: str) -> tuple[str, ...]:
    if service in services():
        return (service,)
    return IAM_PREFIXES.get(service) or tuple(close(service, services()))


def _loader() -> Loader:
    loader = Loader(include_default_search_paths=False)
    loader.search_paths.append(Loader.BUILTIN_DATA_PATH)
    return loader


@cache
def kept() -> Loader:
    """Return the one loader that keeps what it read, for clients: EC2's model alone is 20 MB."""
    return _loader()


def _known(operation: str) -> Mapping[str, Mapping[str, str]]:
    service = operation.partition(":")[0]
    return _operations(service) if service in services() else {}


@cache
def _operations(service: str) -> Mapping[str, Mapping[str, str]]:
    """Read one service; the loader and the raw model are dropped again, ec2's alone is 20 MB."""
    model = ServiceModel(_loader().load_service_model(service, "service-2"), service)
    return {name: _members(model.operation_model(name)) for name in model.operation_names}


def _members(operation: OperationModel) -> Mapping[str, str]:
    shape = operation.input_shape
    return {name: _kind(member) for name, member in shape.members.items()} if shape else {}


def _kind(shape: Any) -> str:
    if isinstance(shape, ListShape):
        return f"list:{shape.member.type_name}"
    return str(shape.type_name)
