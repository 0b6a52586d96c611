"""Where webhooks may go: public addresses only, spelt the one usual way.

Rules of this file:
1. `parse_target` judges the text of an address, `is_public` what its name was resolved to; both
   are asked, and the second on every new connection.
2. What Python 3.11 calls global and is not reached through the open internet, or leads back
   inside (NAT64, 6to4, IPv4 in IPv6), stands in `_LED_ASTRAY`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, TypeAlias

from rushes.errors import Kind, RushesError

HTTPS: Final = "https"
PORTS: Final = frozenset({443, 8443})
MAX_URL: Final = 2_000
MAX_HOST: Final = 253
"""RFC 1035, section 2.3.4, without the root's dot."""

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LED_ASTRAY: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # local NAT64, RFC 8215
        "2002::/16",  # 6to4, RFC 3056
        "2001::/32",  # Teredo, RFC 4380
        "::/96",  # IPv4-compatible, RFC 4291 section 2.5.5.1
        "fec0::/10",  # site-local, RFC 3879
        "ff00::/8",
        "224.0.0.0/4",
    )
)
_FORM: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<host>[^/?#@:%\\\[\]]+))"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:/[^?#\\]*)?(?:\?[^#\\]*)?)",
    re.ASCII | re.IGNORECASE,
)
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.ASCII)


class UrlBlocked(RushesError):
    """The address leads where webhooks may not go."""

    code = "webhook.url_blocked"
    kind = Kind.UNUSABLE


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was judged: ASCII host, a port, and whether it was allowed by hand."""

    url: str
    host: str
    port: int
    is_allowed_private: bool = False


def parse_target(url: str, allowed: Collection[str] = (), *, longest: int = MAX_URL) -> Target:
    """Return an address as it is called.

    Args:
        url: `https://host/path`, on port 443 or 8443.
        allowed: `host:port` of the operator's own network; these may be plain http as well.
        longest: characters that it may have.

    Raises:
        UrlBlocked: it is spelt in an unusual way, or leads elsewhere than to the open internet.
    """
    scheme, told, named_port, rest = _read(url, longest)
    host = _judge_host(told)
    port = named_port or (443 if scheme == HTTPS else 80)
    is_private = f"{host}:{port}" in allowed
    if not is_private:
        if scheme != HTTPS or port not in PORTS:
            raise UrlBlocked("A webhook's address begins with https:// and has port 443 or 8443.")
        found = find_ip(host)
        if found is not None and not is_public(found):
            raise UrlBlocked("That address is not one of the open internet. Use a public one.")
    shown = f"[{host}]" if ":" in host else host
    usual = "" if port == (443 if scheme == HTTPS else 80) else f":{port}"
    path = rest if rest.startswith("/") else f"/{rest}"
    return Target(f"{scheme}://{shown}{usual}{path}", host, port, is_private)


def is_public(address: IPAddress) -> bool:
    """Say whether an address is reached through the open internet and nothing else."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(mapped)
    if any(address in network for network in _LED_ASTRAY if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def find_ip(host: str) -> IPAddress | None:
    """Return the address that a host is, if it is no name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _read(url: str, longest: int) -> tuple[str, str, int | None, str]:
    """Return scheme, host, port and the rest of an address.

    Raises:
        UrlBlocked: it has another form.
    """
    if len(url) > longest or any(not char.isprintable() or char.isspace() for char in url):
        raise UrlBlocked(f"A webhook's address has at most {longest} visible characters.")
    if unicodedata.normalize("NFKC", url) != url:  # fullwidth digits and dots are no letters
        raise UrlBlocked("Spell the address in plain letters.")
    form = _FORM.fullmatch(url)
    if form is None:
        raise UrlBlocked(
            "A webhook's address is https://host/path, without user name, backslash or #fragment."
        )
    port = None if form["port"] is None else int(form["port"])
    return form["scheme"].lower(), form["ipv6"] or form["host"], port, form["rest"]


def _judge_host(text: str) -> str:
    """Return a host as it is asked for: small ASCII letters, or an IP address in its usual form."""
    if ":" in text:
        found = find_ip(text)
        if found is None:
            raise UrlBlocked("The host is no IPv6 address. Copy the address again.")
        return str(found)
    try:
        host = text.lower().rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        raise UrlBlocked("The host cannot be read. Copy the address again.") from None
    labels = host.split(".")
    if len(host) > MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlBlocked("The host has no usual form. Copy the address again.")
    if _NUMBER.fullmatch(labels[-1]) and find_ip(host) is None:  # 2130706433, 0x7f.1, 127.1
        raise UrlBlocked("Write an IPv4 address as four plain numbers.")
    return host
