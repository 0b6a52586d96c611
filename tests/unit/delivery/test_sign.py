"""A signed path says who may have what until when, and nobody can change it."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from rushes.delivery.sign import (
    SKEW,
    AddressExpired,
    Grant,
    Scope,
    SignatureRefused,
    Signer,
    until,
)
from tests.support.moments import NOON

SIGNER = Signer(b"k" * 32, "2")
GRANT = Grant("ast_1", Scope.PLAY, "720p", "acc_1", NOON + timedelta(hours=6))
SIGNED = SIGNER.sign(GRANT)


@pytest.mark.covers("T-SEC-02")
@pytest.mark.parametrize(
    "grant",
    [
        GRANT,
        replace(GRANT, scope=Scope.FILE, cap="original"),
        replace(GRANT, scope=Scope.STILL, cap=None, epoch=3),
        replace(GRANT, region="us"),
    ],
)
def test_what_was_signed_is_what_is_believed(grant: Grant) -> None:
    """Every field of it."""
    assert grant == SIGNER.verify(SIGNER.sign(grant), NOON)


def test_a_signed_path_is_one_segment_of_plain_characters() -> None:
    """It needs no escaping anywhere."""
    assert all(sign.isalnum() or sign in "-_." for sign in SIGNED)
    assert SIGNED.isascii()


@pytest.mark.covers("BG-72")
@pytest.mark.parametrize("place", range(len(SIGNED)))
def test_no_character_of_it_can_be_changed(place: int) -> None:
    """Neither of the grant nor of the signature."""
    other = "A" if SIGNED[place] != "A" else "B"

    with pytest.raises(SignatureRefused):
        SIGNER.verify(SIGNED[:place] + other + SIGNED[place + 1 :], NOON)


def encode(fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "signed",
    [
        "",
        ".",
        "x",
        "ü.ü",
        "\udc80",
        "a" * 10_000,
        SIGNED.partition(".")[0],
        SIGNED + "A",
        SIGNED[:-1],
        f"{encode([])}.x",
        f"{encode({})}.x",
        f"{encode('text')}.x",
        f"{encode([2, '2', 'ast_1', 'play', None, 0, 'acc_1', 1])}.x",
        f"{encode([1, '9', 'ast_1', 'play', None, 0, 'acc_1', 1])}.x",
        f"{encode([1, '2', 'ast_1', 'play', 7, 0, 'acc_1', 1])}.x",
        f"{base64.urlsafe_b64encode(b'[' * 5_000).decode().rstrip('=')}.x",
        "_w.x",
    ],
)
def test_what_was_never_signed_is_refused_and_breaks_nothing(signed: str) -> None:
    """Whatever it is."""
    with pytest.raises(SignatureRefused):
        SIGNER.verify(signed, NOON)


def test_another_key_signs_for_nobody_here() -> None:
    """Also under the same key id."""
    with pytest.raises(SignatureRefused):
        Signer(b"x" * 32, "2").verify(SIGNED, NOON)


def test_an_older_key_verifies_while_it_is_kept() -> None:
    """And signs nothing any more."""
    rotated = Signer(b"n" * 32, "3", {"2": b"k" * 32})

    assert GRANT == rotated.verify(SIGNED, NOON)
    with pytest.raises(SignatureRefused):
        Signer(b"k" * 32, "2").verify(rotated.sign(GRANT), NOON)


def test_an_address_ends_with_its_time_and_the_skew_of_clocks() -> None:
    """At the last moment it is good, one second later it is not."""
    last = GRANT.expires_at + SKEW

    assert GRANT == SIGNER.verify(SIGNED, last)
    with pytest.raises(AddressExpired):
        SIGNER.verify(SIGNED, last + timedelta(seconds=1))


@pytest.mark.covers("CF-19")
def test_the_end_of_a_still_is_rounded_up_so_that_it_is_cached() -> None:
    """Two asks in one hour give one address."""
    day, hour = timedelta(days=1), timedelta(hours=1)

    ends = {until(NOON + timedelta(minutes=m), day, step=hour) for m in (1, 30, 60)}

    assert {NOON + day + hour} == ends
    assert NOON + hour == until(NOON, hour)


def test_a_signer_does_not_print_its_keys() -> None:
    """Not even in a traceback."""
    assert "kkk" not in repr(SIGNER)
