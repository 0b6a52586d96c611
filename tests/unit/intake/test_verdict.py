"""A verdict is read from a scanner's own words, and `clean` from no others."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rushes.intake.verdict import (
    CLEAN,
    FOUND_AT_MOST,
    OFF,
    PENDING,
    TOO_LARGE,
    UNABLE,
    UNAVAILABLE,
    WORD_AT_MOST,
    Scan,
    Verdict,
    Why,
    heed,
    lets_in,
    pauses,
    read_clamd,
    read_exit,
)

FOUND = Verdict(Scan.INFECTED, found=("Win.Test.EICAR_HDB-1",))

ANSWERS = {
    b"stream: OK\0": CLEAN,
    b"stream: Win.Test.EICAR_HDB-1 FOUND\0": FOUND,
    b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0": TOO_LARGE,
    b"INSTREAM size limit exceeded. ERROR\0": TOO_LARGE,
    b"stream:  FOUND\0": Verdict(Scan.INFECTED, found=("unnamed",)),
    b"stream: Can't allocate memory ERROR\0": None,
    b"stream: OK and more\0": None,
    b"OK\0": None,
    b"Win.Test FOUND\0": None,
    b"UNKNOWN COMMAND\0": None,
    b"\xff\xfe": None,
    b"": None,
}


@pytest.mark.covers("S-AV-01", "BG-28")
@pytest.mark.parametrize("answer", ANSWERS)
def test_what_clamd_says_is_read_word_for_word(answer: bytes) -> None:
    """Clean is one sentence; what is not known is no verdict."""
    expected = ANSWERS[answer]

    assert expected == read_clamd(answer)


EXITS = {
    (0, b"whatever"): CLEAN,
    (1, b"Win.Test.EICAR_HDB-1\n"): FOUND,
    (1, b""): Verdict(Scan.INFECTED, found=("unnamed",)),
    (2, b""): UNABLE,
    (3, b""): None,
    (-9, b""): None,
}


@pytest.mark.covers("S-AV-04")
@pytest.mark.parametrize("end", EXITS)
def test_the_exit_of_a_program_is_its_verdict(end: tuple[int, bytes]) -> None:
    """0 clean, 1 infected, 2 not scanned; all others failed."""
    expected = EXITS[end]

    assert expected == read_exit(*end)


def test_what_was_found_is_cut_and_printable() -> None:
    """A stranger may have chosen the words."""
    output = "\n".join(["a\x1b[2Jb", "c" * 999, *(["d"] * 99)]).encode()

    found = read_exit(1, output)

    assert found is not None
    assert FOUND_AT_MOST == len(found.found)
    assert ("a?[2Jb", "c" * WORD_AT_MOST) == found.found[:2]


LET_IN = {
    CLEAN: (True, True),
    FOUND: (False, False),
    TOO_LARGE: (True, False),
    OFF: (True, False),
    UNAVAILABLE: (True, False),
    PENDING: (False, False),
    Verdict(Scan.NOT_SCANNED, Why.RELEASED): (True, True),
}


@pytest.mark.covers("BG-27")
@pytest.mark.parametrize("verdict", LET_IN, ids=str)
def test_the_policy_decides_about_what_nobody_looked_through(verdict: Verdict) -> None:
    """What is infected never comes in, and what is required to be clean must be."""
    expected = LET_IN[verdict]

    assert expected == (
        lets_in(verdict, is_required=False),
        lets_in(verdict, is_required=True),
    )


def test_pauses_double_and_fill_the_patience() -> None:
    """Five of them in a quarter of an hour; none where none is wanted."""
    waits = list(pauses(5, 900))

    assert 900 == pytest.approx(sum(waits))
    assert [2.0] * 4 == [later / sooner for sooner, later in pairwise(waits)]
    assert [] == list(pauses(0, 900))


def test_what_was_infected_stays_so_until_a_scanner_says_clean() -> None:
    """One that is away, or passes the file over, takes nothing back."""
    names = ("Trial.Virus",)
    silent = [heed(verdict, names) for verdict in (UNAVAILABLE, TOO_LARGE, UNABLE, OFF)]

    assert [Verdict(Scan.INFECTED, found=names)] * 4 == silent
    assert CLEAN == heed(CLEAN, names)
    assert FOUND == heed(FOUND, names)
    assert [UNAVAILABLE, TOO_LARGE] == [heed(each, ()) for each in (UNAVAILABLE, TOO_LARGE)]
