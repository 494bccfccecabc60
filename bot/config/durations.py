"""How long, as bot.yml writes it: `30s`, `15m`, `24h`, `7d`; in the rest of the bot it is a number of seconds."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from bot.config.ids import sentence

_FORM = r"[1-9][0-9]{0,5}[smhd]"
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds(written: Any) -> float:
    """Read a duration into seconds."""
    if not isinstance(written, str) or not re.fullmatch(_FORM, written):
        raise sentence(f"{written!r} is no duration: write a whole number with s, m, h or d, like 24h")
    return int(written[:-1]) * _SECONDS[written[-1]]


Duration = Annotated[
    float, BeforeValidator(seconds), WithJsonSchema({"type": "string", "pattern": f"^{_FORM}$"}, mode="validation")
]
