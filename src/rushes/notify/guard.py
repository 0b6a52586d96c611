"""The one way out to addresses that people chose: each new connection goes where it was judged to.

1. A name is resolved once for each connection; if any of its addresses is not public, nothing is
   connected to. The connection goes to the very address that was judged, so that a name that
   changes between the two (DNS rebinding) leads nowhere.
2. TLS is checked against the name. Redirects are never followed, proxies never asked.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import httpcore

from rushes.notify.address import UrlBlocked, find_ip, is_public

KEPT_CONNECTIONS: Final = 256
"""Idle ones. How many there are in all follows from the places that each receiver has."""

CONNECT_SECONDS: Final = 5.0
KEEP_SECONDS: Final = 5.0
"""An idle connection is kept for so long: bursts are cheap, and a moved name is seen soon."""

_NAMES: Final = ThreadPoolExecutor(max_workers=64, thread_name_prefix="names")
"""Asks for names: those that nobody answers for would hold the threads of all other work."""


@dataclass(frozen=True, slots=True)
class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to `allowed` ones (`host:port`) whatever they are."""

    allowed: Collection[str] = ()
    network: httpcore.AsyncNetworkBackend = field(default_factory=httpcore.AnyIOBackend)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the same
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to what a name stands for now.

        Raises:
            UrlBlocked: one of its addresses is not public.
            httpcore.ConnectError: there is no such name, or nobody answers.
        """
        lost: Exception = httpcore.ConnectError("the name has no address")
        for address in await resolve(host, port, is_free=f"{host}:{port}" in self.allowed):
            try:
                return await self.network.connect_tcp(
                    address, port, timeout or CONNECT_SECONDS, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                lost = error
        raise lost

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore does between its own tries."""
        await asyncio.sleep(seconds)


async def resolve(host: str, port: int, *, is_free: bool) -> list[str]:
    """Return the addresses to connect to, in turn; `is_free` leaves them unjudged.

    Raises:
        UrlBlocked: one of the name's addresses is not public.
        httpcore.ConnectError: there is no such name.
    """
    try:
        addresses = await look_up(host, port)
    except ConnectionError as error:
        raise httpcore.ConnectError(str(error)) from error
    require_public(addresses, is_free=is_free)
    return addresses


async def look_up(host: str, port: int) -> list[str]:
    """Return what the system says a name stands for, each address once.

    Raises:
        ConnectionError: there is no such name.
    """
    loop = asyncio.get_running_loop()
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await loop.run_in_executor(_NAMES, ask)
    except OSError as error:
        raise ConnectionError(f"the name is unknown: {error.strerror}") from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def require_public(addresses: Iterable[str], *, is_free: bool) -> None:
    """Return if nothing of what a name stands for lies inside; `is_free` leaves all unjudged.

    Raises:
        UrlBlocked: one of the addresses is not public.
    """
    for text in addresses:
        address = find_ip(text)
        if not is_free and (address is None or not is_public(address)):
            raise UrlBlocked("The name leads to an address that is not of the open internet.")


def open_way_out(allowed: Collection[str]) -> httpcore.AsyncConnectionPool:
    """Return the client; close it with `aclose`."""
    return httpcore.AsyncConnectionPool(
        max_connections=None,
        max_keepalive_connections=KEPT_CONNECTIONS,
        keepalive_expiry=KEEP_SECONDS,
        network_backend=GuardedNetwork(frozenset(allowed)),
    )
