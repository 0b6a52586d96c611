"""No test talks to another machine: a connection that leaves the loopback fails it."""

from __future__ import annotations

import sys
from ipaddress import ip_address

LOOPBACK_NAMES = frozenset({"localhost", ""})


class LeftTheMachine(RuntimeError):
    """A test tried to reach an address that is not on the loopback."""


def is_loopback(host: str) -> bool:
    """Say whether a host, by name or number, is this machine's loopback."""
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(event: str, facts: tuple[object, ...]) -> None:
    if event not in {"socket.connect", "socket.sendto"}:
        return
    address = facts[-1]
    if isinstance(address, tuple) and not is_loopback(str(address[0])):
        raise LeftTheMachine(f"{event} to {address!r}: tests stay on the loopback")


def pytest_configure() -> None:
    """Watch from now on; an audit hook cannot be taken away again."""
    sys.addaudithook(_guard)
