"""What others must know of the local AWS before it is there: importing this does not import moto."""

from __future__ import annotations

from typing import Final

ACCESS_KEY: Final = "AKIASANDBOXTIDEWATER"
SECRET_KEY: Final = "sandbox-only-not-a-secret-sandbox-only-x"  # noqa: S105  # opens nothing anywhere
DEV: Final = "111111111111"
PROD: Final = "222222222222"
REGION: Final = "eu-west-1"
OTHER_REGION: Final = "us-east-1"
PROD_ROLE: Final = f"arn:aws:iam::{PROD}:role/bot"
