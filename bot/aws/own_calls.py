"""The calls that the bot makes for itself, for no command: this closed list, and nothing beside it.

Who its credentials are, how it gets and renews them (the account's role, a profile's own role, a web identity, SSO),
and what AWS's own IAM meant by a denial.
"""

from __future__ import annotations

WHO_AM_I = "sts:GetCallerIdentity"
DECODE = "sts:DecodeAuthorizationMessage"
CREDENTIALS = frozenset(
    {
        "sts:AssumeRole",
        "sts:AssumeRoleWithWebIdentity",
        "sso:GetRoleCredentials",
        "sso-oidc:CreateToken",
        "signin:CreateOAuth2Token",
    }
)
"""What botocore's chain of credentials, or the role of an account, asks for."""
OWN_CALLS = CREDENTIALS | {WHO_AM_I, DECODE}
