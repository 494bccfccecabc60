"""The demo's promise that nothing leaves this machine: no socket but loopback, no credentials but the sandbox's.

It stops mistakes (an ambient key, a forgotten endpoint), not malice: code that calls the kernel past Python's own
socket module, and programs that are not Python, are not seen.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

CHILDREN: Final = Path(__file__).with_name("children")
"""A folder first on a child's import path; Python runs its `sitecustomize` before anything else."""

CHECKOUT: Final = Path(__file__).parents[2]
ASKING: Final = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
REACHING: Final = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
AMBIENT: Final = ("AWS_", "SLACK_", "BOTO", "MOTO_")
EMPTY: Final = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "BOTO_CONFIG")


def only_loopback() -> None:
    """Refuse every other address in this process, for good: an audit hook cannot be taken back."""
    sys.addaudithook(refuse)


def refuse(event: str, args: tuple[Any, ...]) -> None:
    """Raise PermissionError when an audited event would leave the machine or ask who is out there."""
    if event in ASKING and not is_local(args[0]):
        raise PermissionError(f"Only loopback addresses are allowed here: no looking up {args[0]!r}.")
    if event == "socket.getnameinfo" and not is_local(args[0][0]):
        raise PermissionError(f"Only loopback addresses are allowed here: no looking up {args[0][0]!r}.")
    if event in REACHING and not stays(args[0].family, args[1]):
        raise PermissionError(f"Only loopback addresses are allowed here: not {args[1]!r}.")


def stays(family: int, address: Any) -> bool:
    """Unix sockets stay; so does what a connected socket sends (no address of its own)."""
    if family == socket.AF_UNIX or address is None:
        return True
    return family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {None, ""} and is_local(address[0])


def is_local(host: object) -> bool:
    """Whether a host is localhost, a literal loopback address, or nothing at all."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which every Python child, and its children, keep the same promise (not with -E, -I or -S)."""
    path = [str(CHILDREN), str(CHECKOUT), *filter(None, [environ.get("PYTHONPATH")])]
    return {**environ, "PYTHONPATH": os.pathsep.join(path)}


def clean_environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment without anybody's AWS or Slack settings or proxies; `home` holds the empty files instead."""
    home.mkdir(parents=True, exist_ok=True)
    nothing = home / "empty"
    nothing.write_text("")
    kept = {name: value for name, value in environ.items() if not is_ambient(name)}
    files = dict.fromkeys(EMPTY, str(nothing))
    return {**kept, **files, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(home)}


def is_ambient(name: str) -> bool:
    return name.upper().startswith(AMBIENT) or name.upper().endswith("_PROXY")
