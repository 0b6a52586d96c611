"""A chain joins events, and whatever does not fit is named."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rushes.events.chain import (
    START,
    Head,
    Link,
    Origin,
    Row,
    canonical,
    find_fault,
    format_moment,
    join,
)
from rushes.events.event import Event, EventType

EVENT = Event(
    id="evt_1",
    type=EventType.ASSET_UPDATED,
    created_at=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
    actor="acc_1",
    subject="ast_1",
    data={"b": "ü", "a": [1, None]},
)
ORIGIN = Origin("192.0.2.7", "curl/8", "req_1", b"salt")


def test_an_event_has_one_form() -> None:
    """Keys in order, no spaces, times to the microsecond, letters as they are."""
    told = canonical(EVENT, b"\1")

    expected = {
        "actor": "acc_1",
        "asset_id": None,
        "created_at": "2026-11-22T01:02:03.000000+00:00",
        "data": {"a": [1, None], "b": "ü"},
        "id": "evt_1",
        "origin": "01",
        "project_id": None,
        "subject": "ast_1",
        "type": "asset.updated",
    }
    assert json.dumps(expected, ensure_ascii=False, separators=(",", ":")).encode() == told
    assert expected["created_at"] == format_moment(EVENT.created_at)


def test_half_of_a_surrogate_pair_is_chained() -> None:
    """SQLite keeps one in JSON; the relay goes on, and what was changed is seen."""
    halves = [replace(EVENT, data={"name": half}) for half in ("\ud800", "\udfff")]

    hashes = {join(Head(), each, None).hash for each in halves}

    assert 2 == len(hashes)


def test_a_link_holds_the_hash_of_all_before_it() -> None:
    """The first stands on 32 zero bytes."""
    first = join(Head(), EVENT, None)
    second = join(Head(1, first.hash), EVENT, ORIGIN.digest())

    assert hashlib.sha256(START + canonical(EVENT, None)).digest() == first.hash
    assert (1, 2) == (first.number, second.number)
    assert first.hash != second.hash


def test_the_salt_hides_an_address() -> None:
    """Two of the same address have digests that differ."""
    assert ORIGIN.digest() != replace(ORIGIN, salt=b"other").digest()


LINK = join(Head(), EVENT, ORIGIN.digest())
FAULTS: dict[str, tuple[Row, str | None]] = {
    "nothing": (Row(LINK, EVENT, ORIGIN), None),
    "an origin that was forgotten": (Row(LINK, EVENT, None), None),
    "a gap": (Row(replace(LINK, number=3), EVENT, None), "The links 1 to 2 are missing."),
    "no event": (Row(LINK, None, None), "The event evt_1 of link 1 is missing."),
    "another event": (Row(LINK, replace(EVENT, actor="acc_2"), None), "Link 1 does not fit"),
    "another hash": (Row(replace(LINK, hash=START), EVENT, None), "Link 1 does not fit"),
    "another origin": (
        Row(LINK, EVENT, replace(ORIGIN, address="192.0.2.8")),
        "From where event evt_1",
    ),
}


@pytest.mark.covers("S-RT-02")
@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_fit_is_named(name: str) -> None:
    """One sentence, or nothing."""
    row, expected = FAULTS[name]

    said = find_fault(Head(), row)

    assert said is None if expected is None else (said or "").startswith(expected)


def test_a_link_is_a_plain_value() -> None:
    """Two of the same parts are the same."""
    assert LINK == Link(1, "evt_1", ORIGIN.digest(), LINK.hash)
