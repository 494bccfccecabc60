"""Reports over every account and Region at once: what runs, what should not be as it is, and what it costs.

They can be asked for at any time, and run by a schedule: `report add`, or `reports:` in bot.yml. Each place is read
where the asker may read it; what failed or was skipped is said, and counts as unknown.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from bot.command import Estate
from bot.declare import reads
from bot.params import Shape
from bot.reply import Reply
from bot.services import _costs, _fleet, _hygiene

Amount = Shape(r"\d{1,9}(\.\d{1,4})?", "an amount (25 or 0.50)")


@reads(
    "ec2:DescribeInstances",
    "cloudwatch:DescribeAlarms",
    "lambda:ListFunctions",
    "cloudwatch:GetMetricData",
    example="report fleet",
    wide=True,
)
def fleet(estate: Estate) -> Reply:
    """Count instances by state, type and Region; say which alarms fire and which functions fail.

    Also which instances have been stopped for more than 30 days. A function fails that had errors in the last 24 h.
    """
    return _fleet.told(_fleet.read(estate), estate.now)


@reads(
    "s3:ListBuckets",
    "s3:GetPublicAccessBlock",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketAcl",
    "s3:GetBucketEncryption",
    "s3:GetBucketVersioning",
    "ec2:DescribeInstances",
    "ec2:DescribeVolumes",
    "ec2:DescribeAddresses",
    "iam:ListUsers",
    "iam:ListAccessKeys",
    example="report hygiene --tag env",
    wide=True,
)
def hygiene(
    estate: Estate,
    *,
    tag: Annotated[tuple[str, ...], "a tag that everything should bear, as often as needed"] = (),
    key: Annotated[str | None, "the KMS key that buckets should be encrypted with"] = None,
) -> Reply:
    """Find open or bare buckets, things without tags or that nothing uses, and old access keys.

    Buckets: public, public access not blocked, not encrypted (or not with --key), without versioning. Instances and
    addresses without a --tag, or without any; volumes and addresses that are not attached; keys older than 90 days.
    """
    return _hygiene.told(_hygiene.read(estate, _hygiene.Wanted(tag, key)), estate.now)


@reads("ce:GetCostAndUsage", "ce:GetCostForecast", example="report cost", wide=True)
def cost(
    estate: Estate,
    *,
    tag: Annotated[str | None, "by the values of this cost allocation tag, too"] = None,
    only_on_increase: Annotated[bool, "one line unless something rose"] = False,
    threshold: Annotated[str, "a rise counts from this amount on (1 where absent)", Amount] = "1",
) -> Reply:
    """Say what yesterday and the month cost, the forecast, and what rose most.

    A service rose whose cost of yesterday is above the mean of the seven days before. Cost Explorer takes 0.01 USD a
    request: two an account, three with --tag.
    """
    bill = _costs.read(estate, tag)
    return _costs.told(bill, estate.now, threshold=Decimal(threshold), only_on_increase=only_on_increase)
