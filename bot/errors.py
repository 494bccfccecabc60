"""Every error the bot raises on purpose, by whom it concerns.

BotError
├── UsageError        the asker: what was typed cannot be read; says what to type instead
│   └── MissingError  the asker: what was typed is the beginning of a command; a form can ask for the rest
├── Refused           policy: identity, allowlist or limits said no; says which and who can
│   └── Unsure        policy: who asks, or where, could not be found out just now; a later try may
├── AwsError          AWS, as one sentence
│   ├── AwsRefused    AWS answered no: nothing was done
│   ├── AwsUnsent     the request never reached AWS: nothing was done
│   └── AwsUnknown    sent, and no answer came: it may have been done
├── SlackError        Slack did not take a message or a question
└── OperatorError     whoever runs the bot
    ├── ConfigError   bot.yml or the environment, with the line
    └── GuardError    the bot's own code tried a call it had not declared or was not granted
"""

from __future__ import annotations


class BotError(Exception):
    """A sentence for a person, with the next step in it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class UsageError(BotError):
    """What was typed cannot be read."""


class MissingError(UsageError):
    """What was typed can be read, and something is missing."""


class Refused(BotError):
    """Policy said no; `layer` names which part of it did (identity, allowlist, place, …)."""

    def __init__(self, sentence: str, *, layer: str, rule: str | None = None) -> None:
        super().__init__(sentence)
        self.layer = layer
        self.rule = rule


class Unsure(Refused):
    """No, because it cannot be found out just now who asks or where: Slack is away, or would not say."""


class AwsError(BotError):
    """AWS in one sentence; `code` is AWS's own error code or botocore's exception name."""

    def __init__(self, sentence: str, *, code: str, request_id: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.request_id = request_id


class AwsRefused(AwsError):
    """AWS answered no. `unread` is true where AWS turned the request away before reading it (throttling).

    `encoded` is an authorization message that STS alone can read: never shown, logged or stored.
    """

    def __init__(
        self, sentence: str, *, code: str, request_id: str | None = None, unread: bool = False, encoded: str = ""
    ) -> None:
        super().__init__(sentence, code=code, request_id=request_id)
        self.unread = unread
        self.encoded = encoded


class AwsUnsent(AwsError):
    """The request never reached AWS."""


class AwsUnknown(AwsError):
    """The request left and no answer came back."""


class SlackError(BotError):
    """Slack did not take it; `code` is Slack's error string, `retry_after` seconds where it named them."""

    def __init__(self, sentence: str, *, code: str, retry_after: float | None = None, ambiguous: bool = False) -> None:
        super().__init__(sentence)
        self.code = code
        self.retry_after = retry_after
        self.ambiguous = ambiguous


class OperatorError(BotError):
    """Whoever runs the bot has to act."""


class ConfigError(OperatorError):
    """bot.yml or the environment is wrong; `problems` holds one sentence a problem, each with its line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class GuardError(OperatorError):
    """A call that the running command did not declare, or that the decision in force does not grant."""
