"""Slack's way of saying no: a word for the error, and what else stands in the answer."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    def __init__(self, error: str, **beside: Any) -> None:
        super().__init__(error)
        self.error = error
        self.beside = beside

    def json(self) -> dict[str, Any]:
        return {"ok": False, "error": self.error, **self.beside}

    @classmethod
    def with_messages(cls, error: str, messages: list[str]) -> Refusal:
        """A refusal that says which field is wrong, as Slack does for blocks and arguments."""
        return cls(error, errors=messages, response_metadata={"messages": [f"[ERROR] {m}" for m in messages]})
