"""An upload moves only as its table says, and an append is judged before its first byte."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from rushes.access.limits import TypeRefused
from rushes.errors import RushesError
from rushes.uploads.checksum import Algorithm, Checksum
from rushes.uploads.upload import (
    FORGOTTEN,
    STEPS,
    TYPE_REFUSED,
    Append,
    FinalUpload,
    IllegalStep,
    LengthChanged,
    NotAppendable,
    OffsetMismatch,
    Protocol,
    Room,
    State,
    Step,
    UploadGone,
    UploadTooLarge,
    plan_append,
)
from tests.support.an_upload import upload

MOST = 1_000


@pytest.mark.covers("BG-14", "CF-08", "S-UP-04")
@pytest.mark.parametrize(("state", "step"), sorted(set(product(State, Step)) - set(STEPS)))
def test_an_illegal_step_raises_and_changes_nothing(state: State, step: Step) -> None:
    """Every pair outside the table is refused."""
    before = upload(state)

    with pytest.raises(IllegalStep, match=f"{state} cannot {step}"):
        before.after(step)

    assert upload(state) == before


@pytest.mark.parametrize(("pair", "state"), STEPS.items())
def test_a_legal_step_leads_where_the_table_says(pair: tuple[State, Step], state: State) -> None:
    """The table is the truth."""
    before, step = pair

    assert state is upload(before).after(step).state


def test_only_some_addresses_answer() -> None:
    """Cancelled, expired and forgotten uploads are gone; all others answer."""
    gone = [
        upload(State.CANCELLED),
        upload(State.EXPIRED, reason="expired"),
        upload(State.ACCEPTED, reason=FORGOTTEN),
    ]
    there = [upload(), upload(State.COMPLETED), upload(State.ACCEPTED), upload(State.QUARANTINED)]

    for one in gone:
        with pytest.raises(UploadGone):
            one.answering()
    assert there == [one.answering() for one in there]


def test_a_file_that_its_bytes_ended_says_so() -> None:
    """Whoever sends it hears that its type is not taken, not just that it is gone."""
    with pytest.raises(TypeRefused, match="type that is not taken"):
        upload(State.CANCELLED, reason=TYPE_REFUSED).answering()


def test_what_can_be_read_off() -> None:
    """Open, whole, and how long it rests after a byte."""
    assert (True, False) == (upload().is_open, upload(State.COMPLETED).is_open)
    assert (False, True) == (upload().is_whole, upload(offset=100).is_whole)
    assert timedelta(days=7) == upload().rests_for


ROOMS = {
    "the rest": (upload(), Append(40), Room(100, 60, is_late=False)),
    "told": (upload(), Append(40, length=60), Room(100, 60, is_late=False)),
    "told again": (upload(), Append(40, size_bytes=100), Room(100, 60, is_late=False)),
    "told late": (upload(size_bytes=None), Append(40, size_bytes=50), Room(50, 10, is_late=True)),
    "told at its end": (
        upload(size_bytes=None),
        Append(40, size_bytes=40),
        Room(40, 0, is_late=True),
    ),
    "never told": (upload(size_bytes=None), Append(40), Room(None, 960, is_late=False)),
    "told at the limit": (
        upload(size_bytes=None),
        Append(40, size_bytes=MOST),
        Room(MOST, 960, is_late=True),
    ),
    "empty at the end": (
        upload(State.COMPLETED, offset=100),
        Append(100, length=0),
        Room(100, 0, is_late=False),
    ),
}


@pytest.mark.parametrize("name", ROOMS)
def test_an_append_has_so_much_room(name: str) -> None:
    """What is known, less what is here."""
    before, append, expected = ROOMS[name]

    assert expected == plan_append(before, append, max_file_bytes=MOST)


REFUSALS = {
    "behind": (upload(), Append(39), OffsetMismatch),
    "ahead": (upload(), Append(41), OffsetMismatch),
    "one byte too many": (upload(), Append(40, length=61), UploadTooLarge),
    "after the end": (upload(State.COMPLETED, offset=100), Append(100, length=1), UploadTooLarge),
    "another length": (upload(), Append(40, size_bytes=101), LengthChanged),
    "a length below": (upload(size_bytes=None), Append(40, size_bytes=39), LengthChanged),
    "a length above": (upload(size_bytes=None), Append(40, size_bytes=MOST + 1), UploadTooLarge),
    "endless": (upload(size_bytes=None), Append(40, length=961), UploadTooLarge),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_an_append_that_breaks_a_rule_is_refused(name: str) -> None:
    """Each by its own error."""
    before, append, error = REFUSALS[name]

    with pytest.raises(error):
        plan_append(before, append, max_file_bytes=MOST)


def test_one_body_may_have_a_limit_of_its_own() -> None:
    """For proxies that limit bodies."""
    limited = plan_append(upload(), Append(40), max_file_bytes=MOST, max_append_bytes=10)

    assert 10 == limited.most
    with pytest.raises(RushesError, match="11 bytes where 10 are allowed"):
        plan_append(upload(), Append(40, length=11), max_file_bytes=MOST, max_append_bytes=10)


@pytest.mark.parametrize(
    "known",
    [{"protocol": Protocol.CHUNKED}, {"protocol": Protocol.DIRECT}, {"is_slot": True}],
)
def test_what_comes_in_pieces_or_is_no_file_yet_takes_no_appends(known: dict[str, object]) -> None:
    """An append would cut what lies behind the offset."""
    with pytest.raises(NotAppendable):
        plan_append(upload(**known), Append(40), max_file_bytes=100)  # type: ignore[arg-type]


def test_a_slot_is_no_file_yet() -> None:
    """It counts as one once it is bound."""
    assert (1, 0) == (upload().file_count, upload(is_slot=True).file_count)


def test_a_final_upload_takes_no_bytes() -> None:
    """They come from its partials, which take them as any upload does."""
    with pytest.raises(FinalUpload):
        plan_append(upload(concat="final;/files/x"), Append(40), max_file_bytes=MOST)

    assert 60 == plan_append(upload(concat="partial"), Append(40), max_file_bytes=MOST).most


def test_a_piece_of_a_file_counts_as_none() -> None:
    """Only what people will see as a file is one."""
    kinds = [upload(), upload(concat="final;x"), upload(concat="partial")]

    assert [1, 1, 0] == [one.file_count for one in kinds]
    assert [False, False, True] == [one.is_partial for one in kinds]
    assert [False, True, False] == [one.is_final for one in kinds]


def test_a_checksum_before_or_after_makes_a_body_count_whole() -> None:
    """Neither: what came counts."""
    told = Checksum(Algorithm.CRC32, bytes(4))

    assert Append(0, checksum=told).is_checked
    assert Append(0, find_checksum=lambda: told).is_checked
    assert not Append(0).is_checked
