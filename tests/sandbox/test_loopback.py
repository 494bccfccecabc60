"""Nothing leaves the machine: the hook's judgement here, its hold on real processes in children."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.sandbox.aws.estate import ACCESS_KEY, SECRET_KEY
from bot.sandbox.aws.server import AwsServer
from bot.sandbox.loopback import child_environment, clean_environment, refuse

INET, INET6, UNIX, PACKET = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 17


class Socket:
    def __init__(self, family: int) -> None:
        self.family = family


def child(code: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (INET, ("127.0.0.1", 80)),
        (INET, ("127.8.9.10", 80)),
        (INET, ("localhost", 80)),
        (INET6, ("::1", 80, 0, 0)),
        (UNIX, "/tmp/a.sock"),
        (UNIX, b"\0abstract"),
        (INET, None),
    ],
)
@pytest.mark.parametrize("event", ["socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"])
def test_loopback_passes(event: str, family: int, address: object) -> None:
    refuse(event, (Socket(family), address))


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (INET, ("192.0.2.1", 80)),
        (INET, ("169.254.169.254", 80)),
        (INET, ("0.0.0.0", 80)),
        (INET, ("", 80)),
        (INET, ("2130706433", 80)),
        (INET, ("127.1", 80)),
        (INET, ("127.0.0.1.example.com", 80)),
        (INET, ("localhost.example.com", 80)),
        (INET6, ("::", 80, 0, 0)),
        (INET6, ("::ffff:192.0.2.1", 80, 0, 0)),
        (PACKET, ("lo", 0)),
    ],
)
@pytest.mark.parametrize("event", ["socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"])
def test_everything_else_is_refused(event: str, family: int, address: object) -> None:
    with pytest.raises(PermissionError, match="Only loopback addresses are allowed here"):
        refuse(event, (Socket(family), address))


@pytest.mark.parametrize("host", ["localhost", b"localhost", "127.0.0.1", "::1", None, ""])
def test_local_names_may_be_looked_up(host: object) -> None:
    refuse("socket.getaddrinfo", (host, 80, 0, 0, 0))


@pytest.mark.parametrize("host", ["example.com", b"example.com", "192.0.2.1", "metadata", "localhost.localdomain"])
def test_other_names_may_not(host: object) -> None:
    for event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        with pytest.raises(PermissionError, match="no looking up"):
            refuse(event, (host, 80, 0, 0, 0))
    with pytest.raises(PermissionError, match="no looking up"):
        refuse("socket.getnameinfo", ((host, 80),))


def test_other_events_are_none_of_its_business() -> None:
    refuse("open", ("/etc/hosts", "r", 0))
    refuse("socket.getnameinfo", (("127.0.0.1", 80),))


REACH = """
import socket
for what in (
    lambda: socket.create_connection(("192.0.2.1", 9), timeout=2),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9)),
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.socket().bind(("", 0)),
    lambda: socket.socket().connect_ex(("192.0.2.1", 9)),
):
    try:
        what()
    except PermissionError as refused:
        print("refused", refused)
    else:
        print("LET THROUGH")
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=2).close()
print("loopback works")
"""
GRANDCHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {REACH!r}], check=True)"


@pytest.mark.parametrize("code", [REACH, GRANDCHILD], ids=["child", "grandchild"])
def test_a_child_and_its_children_reach_loopback_only(code: str, tmp_path: Path) -> None:
    done = child(code, child_environment(clean_environment(os.environ, tmp_path)))
    said = done.stdout.splitlines()
    assert [line.split()[0] for line in said] == ["refused"] * 5 + ["loopback"], done.stderr


def test_a_child_that_cannot_be_kept_in_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__init__.py").write_text("raise RuntimeError('broken')")
    folder = child_environment({})["PYTHONPATH"].split(os.pathsep)[0]
    done = child("print('started')", {"PYTHONPATH": os.pathsep.join([folder, str(tmp_path)])})
    assert (done.returncode, done.stdout) == (70, "")
    assert "does not start: broken" in done.stderr


def test_an_import_path_of_the_caller_s_own_is_kept_behind_ours() -> None:
    assert child_environment({"PYTHONPATH": "/theirs", "LANG": "C"})["PYTHONPATH"].endswith(f"{os.pathsep}/theirs")
    assert child_environment({"LANG": "C"})["LANG"] == "C"


def test_ambient_settings_are_dropped_and_the_rest_is_kept(tmp_path: Path) -> None:
    ambient = {
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "SLACK_BOT_TOKEN": "xoxb-real",
        "SLACK_API_URL": "http://elsewhere",
        "BOTO_CONFIG": "/etc/boto.cfg",
        "https_proxy": "http://proxy:3128",
        "NO_PROXY": "*",
        "MOTO_ACCOUNT_ID": "1",
    }
    made = clean_environment({**ambient, "PATH": "/bin", "HOME": "/home/ann"}, tmp_path / "demo")
    assert (made["PATH"], made["HOME"], made["AWS_EC2_METADATA_DISABLED"]) == ("/bin", str(tmp_path / "demo"), "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG"):
        assert Path(made[name]).read_text() == ""
    assert not set(ambient) - {"BOTO_CONFIG"} & set(made)


WHO = """
import boto3
from botocore.exceptions import NoCredentialsError
print(boto3.Session().available_profiles)
try:
    print(boto3.client("sts", region_name="eu-west-1").get_caller_identity()["Account"])
except NoCredentialsError:
    print("nobody")
"""


@pytest.fixture
def rich_home(tmp_path: Path) -> dict[str, str]:
    """An environment and a HOME full of somebody's credentials."""
    folder = tmp_path / "ann" / ".aws"
    folder.mkdir(parents=True)
    keys = "aws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = real\n"
    (folder / "credentials").write_text(f"[default]\n{keys}[prod]\n{keys}")
    (folder / "config").write_text("[default]\nregion = us-west-2\n[profile prod]\nsource_profile = default\n")
    (folder.parent / ".boto").write_text(f"[Credentials]\n{keys}")
    settings = {"AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_PROFILE": "prod"}
    proxies = {"HTTPS_PROXY": "http://192.0.2.1:3128", "HTTP_PROXY": "http://192.0.2.1:3128"}
    return {**os.environ, **settings, **proxies, "HOME": str(folder.parent)}


def test_boto3_in_a_clean_child_finds_nobody_s_credentials(rich_home: dict[str, str], tmp_path: Path) -> None:
    done = child(WHO, child_environment(clean_environment(rich_home, tmp_path / "demo")))
    assert done.stdout.splitlines() == ["[]", "nobody"], done.stderr


def test_boto3_in_a_clean_child_sees_the_sandbox_s_account_only(rich_home: dict[str, str], tmp_path: Path) -> None:
    with AwsServer() as server:
        ours = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_ENDPOINT_URL": server.url}
        done = child(WHO, child_environment({**clean_environment(rich_home, tmp_path / "demo"), **ours}))
    assert done.stdout.splitlines() == ["[]", "111111111111"], done.stderr
