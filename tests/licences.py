"""Writes docs/dependencies.md: what the image holds, under which licence, and why it was chosen.

`make docs` writes the page; a test fails where the page is not what would be written, and where a licence is not among
those that Apache-2.0 software may be shipped with. Licences are what the installed packages say of themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "dependencies.md"
INTRODUCTION = """\
# Dependencies

What the container image holds beside Python itself. Every version is pinned by hash in `requirements-image.txt`;
`make sbom` writes the bill of materials (CycloneDX), `make audit` asks the public advisories about it.

| Package | Licence | Why |
| --- | --- | --- |
"""
OURS_TO_SHIP = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "HPND",
        "ISC",
        "LGPL-3.0-only",  # psycopg, used as the library it is
        "MIT",
        "MIT-CMU",
        "MPL-2.0",
        "PSF-2.0",
        "Python-2.0",
        "Zlib",
    }
)
_SPOKEN = {
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "bsd": "BSD-3-Clause",
    "dual license": "Apache-2.0 OR BSD-3-Clause",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}


def shipped() -> Iterator[Distribution]:
    """Every package of the image that belongs on this system."""
    pinned = re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", (ROOT / "requirements-image.txt").read_text())
    for name in dict.fromkeys(pinned):  # one that is pinned for each Python version stands there twice
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue  # for another system


def licence(package: Distribution) -> str:
    """The licence as SPDX writes it, from what the package says: expression, classifier, or words."""
    about = package.metadata
    if about.get("License-Expression"):
        return str(about["License-Expression"])
    classified = [
        each.rpartition(" :: ")[2] for each in about.get_all("Classifier", []) if each.startswith("License ::")
    ]
    for words in (*classified, str(about.get("License") or "").splitlines()[0] if about.get("License") else ""):
        known = _SPOKEN.get(words.lower(), words)
        if known and known != "OSI Approved":
            return known
    return "unknown"


def permitted(expression: str) -> bool:
    """Whether all that is asked for (AND) is ours to ship, by one of the choices (OR) each."""
    parts = re.split(r"\s+AND\s+", expression.replace("(", "").replace(")", ""))
    return all(any(choice in OURS_TO_SHIP for choice in re.split(r"\s+OR\s+", part)) for part in parts)


def page() -> str:
    reasons = _reasons()
    rows = sorted(
        (str(each.metadata["Name"]), licence(each), reasons.get(_plain(each.metadata["Name"]), ""))
        for each in shipped()
    )
    rows.sort(key=lambda row: row[0].lower())
    return INTRODUCTION + "".join(f"| {name} | {terms} | {why} |\n" for name, terms, why in rows)


def _reasons() -> dict[str, str]:
    """The reason in a line that stands beside each direct dependency in pyproject.toml."""
    lines = re.findall(r'(?m)^ *"([A-Za-z0-9._-]+)[^"]*", *# (.*)$', (ROOT / "pyproject.toml").read_text())
    return {_plain(name): why for name, why in lines}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    PAGE.write_text(page())
