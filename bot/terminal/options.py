"""The command line laid over the environment: what was typed wins over what was set."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace

from bot.config.settings import Settings, environment


def settings_from(options: argparse.Namespace) -> Settings:
    """Read the settings of any verb. Raises ConfigError."""
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
        os.environ.pop(name, None)  # with these Bolt would ignore the token and wait for an OAuth installation
    given = environment(os.environ, options.env_file)
    urls = {"slack_api_url": options.slack_api_url, "aws_endpoint_url": options.aws_endpoint_url}
    settings = Settings.from_environment(given, **urls)
    named = {"config": options.config, "database_url": options.database_url}
    return replace(settings, **{name: value for name, value in named.items() if value})
