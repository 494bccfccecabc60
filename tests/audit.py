"""`make audit`: asks the public advisories about every pinned dependency; says so where they cannot be reached.

Exit: 0 nothing known, or the advisories are out of reach (then that is said); 1 a known vulnerability.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

REQUIREMENTS = "requirements-image.txt"
COMMAND = [sys.executable, "-m", "pip_audit", "-r", REQUIREMENTS, "--require-hashes", "--disable-pip"]

Run = Callable[[], tuple[int, str, str]]


def ask() -> tuple[int, str, str]:
    """Return pip-audit's exit code, its JSON and its complaints."""
    done = subprocess.run(
        [*COMMAND, "--progress-spinner", "off", "--format", "json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def audit(run: Run = ask) -> int:
    """Print what is known of the dependencies; returns the exit code."""
    _, told, complaint = run()
    try:
        found: list[dict[str, Any]] = json.loads(told)["dependencies"]
    except (ValueError, KeyError):
        last = (complaint.strip().splitlines() or ["no answer"])[-1]
        sys.stdout.write(f"Dependencies not audited: the advisories cannot be reached ({last[:200]}).\n")
        return 0
    bad = [each for each in found if each.get("vulns")]
    skipped = [each for each in found if "skip_reason" in each]
    for each in bad:
        ids = ", ".join(vulnerability["id"] for vulnerability in each["vulns"])
        sys.stdout.write(f"{each['name']} {each['version']}: {ids}\n")
    if skipped:
        sys.stdout.write(f"Not audited: {len(skipped)} of {len(found)} dependencies ({skipped[0]['skip_reason']} …).\n")
    if not bad:
        sys.stdout.write(f"No known vulnerability in {len(found) - len(skipped)} audited dependencies.\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(audit())
