"""Who calls through a proxy: `X-Forwarded-For` and `-Proto`, believed of trusted proxies alone.

Every proxy adds the address it saw at the right end of `X-Forwarded-For`, so the first address from
the right that is no trusted proxy is the caller; all before it may be made up.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final, TypeAlias

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from rushes.errors import Kind, RushesError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

SCHEMES: Final = frozenset({"http", "https"})


class BadProxy(RushesError):
    """A trusted proxy is neither an address nor a network."""

    code = "settings.bad_proxy"
    kind = Kind.INVALID


class Proxies:
    """The addresses of trusted proxies."""

    def __init__(self, trusted: Iterable[str]) -> None:
        """Read addresses and networks.

        Raises:
            BadProxy: one is neither.
        """
        self._networks = [_parse_network(text) for text in trusted]

    def __contains__(self, host: str) -> bool:
        """Say whether a host's address is one of them."""
        if not self._networks or not _is_address(host):
            return False
        address = ipaddress.ip_address(host)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


class Forwarded:
    """Puts the caller's own address and scheme in the place of the proxy's."""

    def __init__(self, app: ASGIApp, trusted: Iterable[str]) -> None:
        self._app = app
        self._proxies = Proxies(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its caller."""
        if scope["type"] in {"http", "websocket"} and _host_of(scope) in self._proxies:
            headers = Headers(scope=scope)
            scope = dict(scope)
            caller = self._find_caller(headers.getlist("x-forwarded-for"))
            if caller is not None:
                scope["client"] = (caller, 0)
            scheme = headers.get("x-forwarded-proto", "").strip().lower()
            if scheme in SCHEMES:
                scope["scheme"] = scheme
        await self._app(scope, receive, send)

    def _find_caller(self, values: list[str]) -> str | None:
        """Return the first address from the right that is no proxy of ours; None: there is none."""
        hops = [hop.strip() for value in values for hop in value.split(",")]
        for hop in reversed(hops):
            if hop not in self._proxies:
                return hop if _is_address(hop) else None
        return hops[0] if hops else None


def _host_of(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _parse_network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadProxy(
            f"RUSHES_HTTP_TRUSTED_PROXIES: {text!r} is no address or network like 10.0.0.0/8."
        ) from None
