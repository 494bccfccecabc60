"""The audit fails for a known vulnerability, and says so where it could not ask."""

from __future__ import annotations

import json

import pytest

from tests.audit import audit


def test_a_known_vulnerability_fails_it_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    found = [
        {"name": "left", "version": "1.0", "vulns": [{"id": "GHSA-1"}]},
        {"name": "right", "version": "2", "vulns": []},
    ]
    assert audit(lambda: (1, json.dumps({"dependencies": found}), "")) == 1
    assert "left 1.0: GHSA-1" in capsys.readouterr().out


def test_what_nobody_could_be_asked_about_is_said_and_not_called_safe(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(lambda: (1, "", "Traceback\nConnectionError: no route")) == 0
    assert "not audited: the advisories cannot be reached (ConnectionError: no route)" in capsys.readouterr().out
    found = [{"name": "left", "skip_reason": "not found"}]
    assert audit(lambda: (0, json.dumps({"dependencies": found}), "")) == 0
    assert capsys.readouterr().out == (
        "Not audited: 1 of 1 dependencies (not found …).\nNo known vulnerability in 0 audited dependencies.\n"
    )
