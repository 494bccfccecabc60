"""The demo as a person starts it: `python -m bot demo` in a process of its own, with a home full of keys."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.__main__ import main
from bot.config.load import load
from bot.errors import OperatorError
from bot.sandbox import demo as the_demo
from bot.sandbox.aws.names import ACCESS_KEY
from bot.sandbox.demo import LOCK, OURS, WELCOME, command, folder
from bot.sandbox.slack.workspace import BOT_TOKEN
from tests.sandbox.aws_wire import made
from tests.sandbox.slack_wire import Wire, until

WEB = "i-0a1b2c3d4e5f60001"
CHECKOUT = Path(__file__).parents[2]
SECONDS = 60
"""What a person is promised, from the demo's first line to a stopped instance."""

PROBE = """
import os, pathlib, socket, threading, time
class Warned(Warning): pass
def look():
    box = pathlib.Path(os.environ["PROBE_BOX"])
    while not (box / "go").exists():
        time.sleep(0.05)
    said = []
    for reach in (
        lambda: socket.create_connection(("192.0.2.1", 9), timeout=2),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9)),
        lambda: socket.getaddrinfo("example.com", 80),
    ):
        try:
            reach()
            said.append("through")
        except PermissionError:
            said.append("refused")
        except OSError as error:
            said.append(repr(error))
    (box / f"{os.getpid()}.part").write_text(" ".join(said))
    (box / f"{os.getpid()}.part").rename(box / str(os.getpid()))
threading.Thread(target=look, daemon=True).start()
"""
"""Loaded by every Python that starts with `PYTHONWARNINGS=ignore::probe.Warned`: a part that turns bad later."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except (OSError, ValueError):
            continue
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended, waited for or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def rich(home: Path) -> dict[str, str]:
    """An environment and a HOME full of somebody's credentials, endpoints and proxies."""
    folder = home / ".aws"
    folder.mkdir(parents=True)
    keys = "aws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = real\n"
    (folder / "credentials").write_text(f"[default]\n{keys}[prod]\n{keys}")
    sso = "[profile sso]\nsso_start_url = http://192.0.2.1/start\nsso_region = us-west-2\nsso_account_id = 1\n"
    (folder / "config").write_text(f"[default]\nregion = us-west-2\nendpoint_url = http://192.0.2.1:4566\n{sso}")
    (home / ".env").write_text("SLACK_BOT_TOKEN=xoxb-real\n")
    aws = {"AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_PROFILE": "sso"}
    aws |= {"AWS_ENDPOINT_URL": "http://192.0.2.1:4566", "AWS_REGION": "mars-1", "AWS_CA_BUNDLE": "/nonsense"}
    slack = {"SLACK_BOT_TOKEN": "xoxb-real", "SLACK_APP_TOKEN": "nonsense", "SLACK_API_URL": "http://192.0.2.1/api/"}
    slack |= {"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "real"}
    proxies = dict.fromkeys(("HTTP_PROXY", "https_proxy", "ALL_PROXY"), "http://192.0.2.1:3128")
    return {**os.environ, **aws, **slack, **proxies, "HOME": str(home)}


@dataclass
class Running:
    """A demo in a process of its own, and what it has printed."""

    process: subprocess.Popen[str]
    port: int
    directory: Path
    lines: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    ready: float = 0.0
    """How many seconds it took to be ready."""

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def bot(self) -> int:
        (child,) = children(self.process.pid)
        return child

    @property
    def aws_url(self) -> str:
        words = Path(f"/proc/{self.bot}/cmdline").read_text().split("\0")
        return words[words.index("--aws-endpoint-url") + 1]

    def wait_for(self, words: str) -> None:
        until(lambda: any(words in line for line in self.lines) or self.process.poll() is not None, SECONDS)
        assert self.process.poll() is None, self.lines
        self.ready = time.monotonic() - self.started

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait until the process and everything it printed is done."""
        self.process.send_signal(how)
        code = self.process.wait(30)
        self.reader.join(10)
        return code


def start(directory: Path, port: int, environment: dict[str, str], cwd: Path = CHECKOUT) -> Running:
    words = [sys.executable, "-m", "bot", "demo", "--port", str(port), "--dir", str(directory)]
    path = os.pathsep.join(filter(None, [str(CHECKOUT), environment.get("PYTHONPATH")]))
    process = subprocess.Popen(
        words,
        env={**environment, "PYTHONPATH": path},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Running(process, port, directory)


def finish(demo: Running) -> None:
    """Whatever happened: leave no process and no pipe behind."""
    left = children(demo.process.pid) if demo.process.poll() is None else []
    if demo.process.poll() is None:
        demo.process.kill()
    demo.process.wait(30)
    demo.reader.join(10)
    if demo.process.stdout:
        demo.process.stdout.close()
    for child in left:
        until(lambda child=child: gone(child), 30)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def environment(place: Path) -> dict[str, str]:
    """Somebody's environment, and the probe in every Python of it; `place` holds its home and the demo's folder."""
    (place / "box").mkdir()
    (place / "box" / "probe.py").write_text(PROBE)
    probe = {"PYTHONPATH": str(place / "box"), "PYTHONWARNINGS": "ignore::probe.Warned"}
    return {**rich(place / "home"), **probe, "PROBE_BOX": str(place / "box")}


@pytest.fixture(scope="module")
def _demos() -> Iterator[list[Running]]:
    started: list[Running] = []
    yield started
    for one in started:
        finish(one)


@pytest.fixture
def demo(place: Path, environment: dict[str, str], _demos: list[Running]) -> Running:
    """One demo for the tests that only look and type, and the next one where a test has ended it."""
    if not _demos or _demos[-1].process.poll() is not None:
        _demos.append(start(place / "files", free_port(), environment, cwd=place / "home"))
        _demos[-1].wait_for("Ctrl-C")
    return _demos[-1]


@pytest.fixture
def slack(demo: Running) -> Wire:
    return Wire(SimpleNamespace(url=demo.url))  # type: ignore[arg-type]


def newest(slack: Wire, *, after: set[str], words: str, seconds: float = 20) -> dict[str, Any]:
    """The first new message that ana sees in #ops and that holds these words."""

    def found() -> dict[str, Any] | None:
        new = [each for each in slack.messages(user="ana") if each["ts"] not in after]
        return next((each for each in new if words in json.dumps(each)), None)

    return until(found, seconds)  # type: ignore[no-any-return]


def stamps(slack: Wire) -> set[str]:
    return {each["ts"] for each in slack.messages(user="ana")}


def test_within_a_minute_a_person_has_stopped_an_instance_and_seen_it(demo: Running, slack: Wire) -> None:
    began, before = time.monotonic(), stamps(slack)
    assert slack.command(f"ec2 stop {WEB}")["outcome"] == "acked"
    card = newest(slack, after=before, words="confirm")
    (buttons,) = (block for block in card["blocks"] if block["type"] == "actions")
    confirm = next(each for each in buttons["elements"] if each["action_id"] == "confirm")
    slack.click(card["ts"], action={key: confirm.get(key) for key in ("action_id", "value")})
    until(lambda: "stopped" in next(m for m in slack.messages(user="ana") if m["ts"] == card["ts"])["text"], SECONDS)
    assert demo.ready + time.monotonic() - began < SECONDS
    ec2 = made(demo.aws_url, "ec2", "eu-west-1", 30, signature="", keys=())
    (reservation,) = ec2.describe_instances(InstanceIds=[WEB])["Reservations"]
    assert reservation["Instances"][0]["State"]["Name"] == "stopped"


def test_it_prints_what_to_open_and_to_type_and_nothing_else(demo: Running) -> None:
    said = "\n".join(demo.lines)
    assert demo.lines[0].startswith("Starting")
    assert WELCOME.format(url=demo.url, log=demo.directory / "bot.log").strip() in said
    assert "WARNING" not in said
    with urllib.request.urlopen(demo.url, timeout=10) as page:
        assert page.status == 200


def test_the_three_things_to_type_work(demo: Running, slack: Wire) -> None:
    typed = re.findall(r"/aws (.+)", "\n".join(demo.lines))
    assert len(typed) == 3
    answers = []
    for words in typed:
        before = stamps(slack)
        assert slack.command(words)["outcome"] == "acked"
        answers.append(json.dumps(newest(slack, after=before, words="")))
    listed, stopped, helped = answers
    assert "web-1" in listed
    assert "web-1" in stopped
    assert "ec2 stop" in helped


def test_the_bot_has_the_sandbox_s_keys_and_nobody_else_s(demo: Running, place: Path) -> None:
    pairs = Path(f"/proc/{demo.bot}/environ").read_text().split("\0")
    held = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    assert (held["AWS_ACCESS_KEY_ID"], held["SLACK_BOT_TOKEN"]) == (ACCESS_KEY, BOT_TOKEN)
    assert held["HOME"] == str(demo.directory)
    ambient = {name for name in held if name.startswith(("AWS_", "SLACK_"))}
    assert not ambient & {"AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_CA_BUNDLE", "SLACK_CLIENT_ID"}
    assert not [name for name in held if name.lower().endswith("_proxy")]
    assert "real" not in "".join(held.values()).lower().replace(str(place).lower(), "")


def test_no_process_of_it_can_leave_the_machine(demo: Running, place: Path) -> None:
    (place / "box" / "go").touch()
    pids = [demo.process.pid, demo.bot]
    until(lambda: all((place / "box" / str(pid)).exists() for pid in pids), 30)
    assert [(place / "box" / str(pid)).read_text() for pid in pids] == ["refused refused refused"] * 2


def test_a_port_that_is_taken_is_one_sentence_with_the_next_step(demo: Running, tmp_path: Path) -> None:
    second = start(tmp_path / "other", demo.port, dict(os.environ))
    try:
        assert second.process.wait(30) == 2
        second.reader.join(10)
        first, said = second.lines
        assert first.startswith("Starting")
        assert f"make demo PORT={demo.port + 1}" in said
        assert not (tmp_path / "other").exists()
    finally:
        finish(second)


def test_two_demos_do_not_share_a_folder(demo: Running) -> None:
    before = (demo.directory / "bot.db").stat().st_ino
    with pytest.raises(OperatorError, match="--dir"), folder(demo.directory):
        pass
    assert (demo.directory / "bot.db").stat().st_ino == before


def test_ctrl_c_ends_everything_in_order(demo: Running) -> None:
    bot = demo.bot
    assert demo.end(signal.SIGINT) == 0
    assert demo.lines[-1] == "Stopped."
    assert "Traceback" not in "\n".join(demo.lines)
    assert gone(bot)
    assert "Traceback" not in (demo.directory / "bot.log").read_text()


def test_after_kill_9_the_bot_ends_too_and_the_next_demo_starts_and_ends_at_sigterm(tmp_path: Path) -> None:
    port = free_port()
    first = start(tmp_path / "files", port, dict(os.environ))
    try:
        first.wait_for("Ctrl-C")
        bot = first.bot
        first.process.kill()
        first.process.wait(30)
        until(lambda: gone(bot), 30)
    finally:
        finish(first)
    second = start(tmp_path / "files", port, dict(os.environ))
    try:
        second.wait_for("Ctrl-C")
        bot = second.bot
        assert second.end(signal.SIGTERM) == 0
        assert (second.lines[-1], gone(bot)) == ("Stopped.", True)
    finally:
        finish(second)


# The pieces, in this process.


@pytest.fixture
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the demo changes of its process is put back."""
    environment = dict(os.environ)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(the_demo, "only_loopback", lambda: None)  # an audit hook cannot be taken back
    yield
    os.environ.clear()
    os.environ.update(environment)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_the_demo_in_this_process(as_before: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port, log = free_port(), tmp_path / "files" / "bot.log"

    def stop() -> None:
        until(lambda: log.exists() and "Connected" in log.read_text(), SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    stopping = threading.Thread(target=stop)
    stopping.start()
    assert main(["demo", "--port", str(port), "--dir", str(log.parent)]) == 0
    stopping.join(10)
    assert capsys.readouterr().out.endswith("Stopped.\n")


def test_a_port_that_is_taken_ends_the_demo_before_it_touches_a_file(
    as_before: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["demo", "--port", str(port)]) == 2
    assert f"PORT={port + 1}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_somebody_s_files_is_not_the_demo_s(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("production")
    with pytest.raises(OperatorError, match="not the demo's own"), folder(tmp_path):
        pass
    with pytest.raises(OperatorError, match="not the demo's own"), folder(tmp_path / "bot.db"):
        pass
    assert (tmp_path / "bot.db").read_text() == "production"


def test_the_demo_deletes_what_it_left_and_nothing_else(tmp_path: Path) -> None:
    with folder(tmp_path):
        for name in (*OURS - {LOCK}, "notes.txt"):
            (tmp_path / name).write_text("x")
    with folder(tmp_path):
        assert {path.name for path in tmp_path.iterdir()} == {LOCK, "notes.txt"}


def test_the_demo_s_allowlist_is_valid(tmp_path: Path) -> None:
    command(tmp_path, "http://127.0.0.1:1/api/", "http://127.0.0.1:2")
    assert len(load(tmp_path / "bot.yml").rules) >= 5


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "bot.log").write_text("a warning\nLast words.\n")
    return tmp_path


def staying(directory: Path, code: str, connections: int) -> None:
    bot = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    slack: Any = SimpleNamespace(connections=connections, url="http://127.0.0.1:1")
    try:
        the_demo._stay(bot, slack, directory, threading.Event())
    finally:
        the_demo._end(bot)


def test_a_bot_that_does_not_start_is_told_with_its_last_words(log: Path) -> None:
    with pytest.raises(OperatorError, match=r"Last words\.\n.*did not start"):
        staying(log, "raise SystemExit(3)", connections=0)


def test_a_bot_that_ends_by_itself_is_told_with_its_last_words(log: Path) -> None:
    with pytest.raises(OperatorError, match=r"Last words\.\n.*exit code 3"):
        staying(log, "raise SystemExit(3)", connections=1)


def test_a_bot_that_does_not_connect_is_given_up(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_demo, "CONNECT_SECONDS", 0.1)
    with pytest.raises(OperatorError, match="did not connect"):
        staying(log, "import time; time.sleep(60)", connections=0)


def test_a_bot_that_does_not_listen_is_ended_all_the_same(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_demo, "END_SECONDS", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    bot = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with bot:
        assert bot.stdout
        bot.stdout.readline()
        the_demo._end(bot)
        assert bot.returncode == -signal.SIGKILL


def test_a_child_ends_when_its_parent_lets_go() -> None:
    code = "import time; from bot.sandbox.parent import die_with_parent; die_with_parent(); time.sleep(60)"
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, env=environment) as child:
        assert child.stdin
        child.stdin.write(b"still here\n")
        child.stdin.flush()
        assert child.poll() is None
        child.stdin.close()
        assert child.wait(30) == 1
