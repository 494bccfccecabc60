"""The Dockerfile: linted, pinned, without root, and every RUN step works in an empty place.

No container engine is needed: what each instruction says is read, and the RUN steps are run with their absolute
paths moved below an empty directory. What only an engine could show (the image itself) is not shown here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "Dockerfile"
TEXT = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text()))
STEPS = [tuple(line.split(None, 1)) for line in TEXT.splitlines() if line.strip()]
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))


def said(instruction: str) -> list[str]:
    return [rest for name, rest in STEPS if name == instruction]


@pytest.mark.skipif(HADOLINT is None, reason="hadolint's wheel is for x86-64 Linux only")
def test_hadolint_finds_nothing_to_say() -> None:
    assert HADOLINT
    done = subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_both_stages_start_from_one_exact_base() -> None:
    bases = {each.split(" AS ")[0] for each in said("FROM")}
    assert len(said("FROM")) == 2
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", bases.pop())


def test_it_runs_as_nobody_with_the_bots_own_health_check_and_no_packages_of_the_system() -> None:
    assert said("USER") == ["10001:10001"]
    assert said("HEALTHCHECK")[0].endswith('CMD ["/venv/bin/python", "-m", "bot", "health"]')
    assert json.loads(said("ENTRYPOINT")[0]) == ["/venv/bin/python", "-m", "bot"]
    assert not any("apt" in each or "apk" in each for each in said("RUN"))
    assert not said("ADD")
    assert not said("ARG")


def test_what_is_copied_exists_and_is_not_ignored_and_nothing_else_gets_in() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [each.split()[0] for each in said("COPY") if not each.startswith("--from")]
    assert sorted(sources) == sorted(allowed)
    assert all((ROOT / each).exists() for each in sources)
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] not in "#!*"]
    assert any(fnmatch("bot/sandbox", each) for each in ignored)


def test_no_secret_is_set_in_it() -> None:
    assert not re.search(r"TOKEN|SECRET|PASSWORD|ACCESS_KEY", TEXT)


def test_pin_writes_the_digest_into_both_stages_and_does_so_again(tmp_path: Path) -> None:
    """`make pin` asks docker's client, which needs no engine for this; here a stand-in answers."""
    digest = "sha256:" + "5" * 64
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\n[ "$3" = inspect ] && case "$4" in python:3.*-slim-*) echo {digest};; esac\n')
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    for name in ("Makefile", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    env = {**os.environ, "PATH": f"{docker.parent}:{os.environ['PATH']}"}
    for _ in range(2):
        subprocess.run(["make", "pin"], cwd=tmp_path, env=env, check=True, capture_output=True)
    bases = re.findall(r"(?m)^FROM (\S+)", (tmp_path / "Dockerfile").read_text())
    assert [each.partition("@")[2] for each in bases] == [digest, digest]


@pytest.mark.slow
def test_every_run_step_works_in_an_empty_place_and_the_bot_starts_from_it(tmp_path: Path) -> None:
    """Takes a minute: it installs what the image holds."""
    ignored = shutil.ignore_patterns("sandbox", "__pycache__")
    shutil.copytree(ROOT / "bot", tmp_path / "app" / "bot", ignore=ignored)
    shutil.copy(ROOT / "requirements-image.txt", tmp_path / "app")
    python = tmp_path / "bin"
    python.mkdir()
    (python / "python").symlink_to(sys.base_prefix + "/bin/python3")
    env = {"PATH": f"{python}:/usr/bin:/bin", "HOME": str(tmp_path)}
    for step in said("RUN"):
        moved = re.sub(r"(?<![\w.])/(venv|app|data)\b", lambda found: f"{tmp_path}/{found[1]}", step)
        subprocess.run(["/bin/sh", "-c", moved], cwd=tmp_path / "app", env=env, check=True)
    bot = [str(tmp_path / "venv" / "bin" / "python"), "-m", "bot"]
    run_env = {**env, "BOT_DATABASE_URL": f"sqlite:///{tmp_path}/data/bot.db"}
    health = subprocess.run(
        [*bot, "health"], cwd=tmp_path / "app", env=run_env, capture_output=True, text=True, check=False
    )
    assert health.returncode == 1
    assert health.stdout.startswith("down: There is no file")
    run = subprocess.run([*bot, "run"], cwd=tmp_path / "app", env=run_env, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "SLACK_BOT_TOKEN is not set" in run.stderr
    demo = subprocess.run(
        [*bot, "demo"], cwd=tmp_path / "app", env=run_env, capture_output=True, text=True, check=False
    )
    assert demo.returncode == 2
    assert "not part of this installation" in demo.stderr
