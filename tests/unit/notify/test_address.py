"""Where webhooks may go: one spelling, public addresses only."""

from __future__ import annotations

import ipaddress

import pytest

from rushes.notify.address import MAX_URL, Target, UrlBlocked, is_public, parse_target

BLOCKED = (
    "http://example.com/",  # not https
    "https://example.com:22/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fc00::1]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[12345]/",
    "https://[1:2]/",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com/#top",
    "https://exam%70le.com/",
    "https://exam ple.com/",
    "https://example.com/\n",
    "https://-example.com/",
    "https://example..com/",
    "https:///path",
    "https://",
    "ftp://example.com/",
    "file:///etc/passwd",
    "//example.com/",
    "example.com",
    "",
    f"https://{'a' * 64}.com/",
    f"https://{'a.' * 127}com/",
    f"https://{'ä' * 63}.com/",
    f"https://example.com/{'a' * MAX_URL}",
    "https://example.com:99999/",
)

TAKEN = {
    "https://example.com": ("https://example.com/", "example.com", 443),
    "https://Example.COM./hook": ("https://example.com/hook", "example.com", 443),
    "HTTPS://example.com:443/a?b=c": ("https://example.com/a?b=c", "example.com", 443),
    "https://example.com:8443?x": ("https://example.com:8443/?x", "example.com", 8443),
    "https://bücher.example/a": ("https://xn--bcher-kva.example/a", "xn--bcher-kva.example", 443),
    "https://9.9.9.9/": ("https://9.9.9.9/", "9.9.9.9", 443),
    "https://[2620:fe::fe]/": ("https://[2620:fe::fe]/", "2620:fe::fe", 443),
}


@pytest.mark.covers("BG-75")
@pytest.mark.parametrize("url", BLOCKED)
def test_an_address_that_leads_inside_or_is_spelt_strangely_is_refused(url: str) -> None:
    """Each spelling that some library reads as an address of the own network."""
    with pytest.raises(UrlBlocked):
        parse_target(url)


@pytest.mark.parametrize("url", TAKEN)
def test_a_public_address_is_written_the_usual_way(url: str) -> None:
    """Small letters, no root dot, no usual port."""
    assert Target(*TAKEN[url]) == parse_target(url)


def test_the_operator_may_allow_a_receiver_of_the_own_network() -> None:
    """By host and port, plain http too; its neighbours stay refused."""
    allowed = {"10.0.5.7:8080", "hooks.internal:80"}

    assert Target("http://10.0.5.7:8080/x", "10.0.5.7", 8080, is_allowed_private=True) == (
        parse_target("http://10.0.5.7:8080/x", allowed)
    )
    assert parse_target("http://hooks.internal/", allowed).is_allowed_private
    with pytest.raises(UrlBlocked):
        parse_target("http://10.0.5.7:8081/x", allowed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9.9.9.9", True),
        ("2620:fe::fe", True),
        ("::ffff:9.9.9.9", True),
        ("::ffff:10.0.0.1", False),
        ("239.1.1.1", False),
        ("2002:909:909::", False),
        ("198.18.0.1", False),
    ],
)
def test_an_address_is_public_or_not(text: str, expected: bool) -> None:  # noqa: FBT001 - a column
    """What names are resolved to is judged by the same rule."""
    assert expected is is_public(ipaddress.ip_address(text))


def test_who_trusts_the_sender_may_take_longer_addresses() -> None:
    """Those that a store signed are long; at the limit one is taken, beyond it none."""
    url = "https://example.com/" + "x" * 80

    assert url == parse_target(url, longest=100).url
    with pytest.raises(UrlBlocked):
        parse_target(url, longest=99)
