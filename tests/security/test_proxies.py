"""Who calls through a proxy is known, and nobody can make up an address."""

from __future__ import annotations

import pytest
from starlette.types import Receive, Scope, Send

from rushes.http.proxies import BadProxy, Forwarded

TRUSTED = ("127.0.0.1", "10.0.0.0/8", "::1")


async def seen(
    trusted: tuple[str, ...], client: str | None, headers: list[tuple[str, str]]
) -> tuple[str | None, str]:
    """Return the caller's address and scheme, as the app sees them."""
    known: dict[str, Scope] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        known["scope"] = scope

    async def receive() -> dict[str, object]:
        return {}

    async def send(message: object) -> None:
        del message

    scope: Scope = {
        "type": "http",
        "scheme": "http",
        "client": None if client is None else (client, 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    await Forwarded(app, trusted)(scope, receive, send)
    found = known["scope"]
    return found["client"] and found["client"][0], found["scheme"]


@pytest.mark.covers("BG-19")
@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["6.6.6.6, 192.0.2.7, 10.1.2.3"], "192.0.2.7"),
        ("127.0.0.1", ["6.6.6.6", "192.0.2.7"], "192.0.2.7"),
        ("::ffff:10.9.9.9", ["2001:db8::1"], "2001:db8::1"),
        ("127.0.0.1", ["10.0.0.4, 10.0.0.5"], "10.0.0.4"),
        ("127.0.0.1", ["192.0.2.7, nonsense"], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("192.0.2.9", ["127.0.0.1"], "192.0.2.9"),
        (None, ["127.0.0.1"], None),
    ],
)
async def test_the_caller_is_the_first_from_the_right_that_is_no_proxy(
    client: str | None, forwarded: list[str], address: str | None
) -> None:
    """What stands further left may be made up; a stranger's header is not read at all."""
    headers = [("x-forwarded-for", value) for value in forwarded]

    assert address == (await seen(TRUSTED, client, headers))[0]


@pytest.mark.parametrize(
    ("trusted", "told", "scheme"),
    [(TRUSTED, "HTTPS", "https"), (TRUSTED, "gopher", "http"), ((), "https", "http")],
)
async def test_the_scheme_is_believed_of_a_trusted_proxy(
    trusted: tuple[str, ...], told: str, scheme: str
) -> None:
    """And only where it is one."""
    assert scheme == (await seen(trusted, "127.0.0.1", [("x-forwarded-proto", told)]))[1]


def test_a_proxy_that_is_no_address_is_refused_at_start() -> None:
    """The sentence names the setting."""
    with pytest.raises(BadProxy, match="RUSHES_HTTP_TRUSTED_PROXIES"):
        Forwarded(lambda *_: None, ["everybody"])  # type: ignore[arg-type]
