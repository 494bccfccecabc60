"""Where an account's credentials come from: boto3's default chain, a named profile, and the role of the account.

The chain may itself have to ask AWS (a profile that assumes a role, a web identity, SSO). It does so in a session of
its own, whose guard lets through these calls and no others.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError

from bot.aws import models
from bot.aws.errors import translated
from bot.aws.guard import Pass, hold
from bot.aws.own_calls import CREDENTIALS

_SESSION_NAME = "aws-slack-bot"
_SESSION_SECONDS = 3600


class Source:
    """One account's credentials; `close` ends the connections they were fetched over."""

    def __init__(self, profile: str | None, *, region_name: str, config: Config, endpoint_url: str | None) -> None:
        self._region = region_name
        self._clients: list[Any] = []
        self._session = botocore.session.Session(profile=profile)
        self._session.register_component("data_loader", models.kept())
        self._session.set_default_client_config(config)
        self._make = partial(self._session.create_client, endpoint_url=endpoint_url)
        self._session.create_client = self._client  # botocore's own providers make their clients here
        hold(self._session.get_component("event_emitter"), Pass(reads=CREDENTIALS))

    def credentials(self, role: str | None) -> Any:
        """Return botocore credentials, as the role where there is one. Raises botocore's errors."""
        found = self._session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return self._become(role) if role else found

    def close(self) -> None:
        while self._clients:
            self._clients.pop().close()

    def _client(self, *names: Any, **options: Any) -> Any:
        client = self._make(*names, **options)
        self._clients.append(client)
        return client

    def _become(self, role: str) -> DeferredRefreshableCredentials:
        """Return credentials that become the role when first used, and again before they expire."""
        sts = self._client("sts", region_name=self._region)

        def assume() -> dict[str, str]:
            with translated("sts:AssumeRole", changes=False):
                answer = sts.assume_role(RoleArn=role, RoleSessionName=_SESSION_NAME, DurationSeconds=_SESSION_SECONDS)
            given = answer["Credentials"]
            return {
                "access_key": given["AccessKeyId"],
                "secret_key": given["SecretAccessKey"],
                "token": given["SessionToken"],
                "expiry_time": given["Expiration"].isoformat(),
            }

        return DeferredRefreshableCredentials(refresh_using=assume, method="bot-assume-role")
