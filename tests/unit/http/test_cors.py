"""Origins, as browsers write them."""

from __future__ import annotations

import pytest

from rushes.http.cors import origin_of


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://rushes.example.org/portal?a=b#c", "https://rushes.example.org"),
        ("HTTPS://Rushes.Example.ORG", "https://rushes.example.org"),
        ("https://rushes.example.org:443/", "https://rushes.example.org"),
        ("http://rushes.example.org:80", "http://rushes.example.org"),
        ("http://rushes.example.org:443", "http://rushes.example.org:443"),
        ("https://rushes.example.org:8443", "https://rushes.example.org:8443"),
        ("https://B\u00dcCHER.example", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://192.0.2.1:8080", "http://192.0.2.1:8080"),
        ("https://[2001:DB8:0:0::1]:443", "https://[2001:db8::1]"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://user:word@rushes.example.org", "https://rushes.example.org"),
        ("http://:::8080", "http://:::8080"),
    ],
)
def test_an_origin_is_what_a_browser_sends(address: str, origin: str) -> None:
    """Else the answer names another page than the one that asks."""
    assert origin == origin_of(address)
