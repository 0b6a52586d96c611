"""A verdict: what a virus scan said of a file, or why nothing was said.

    pending ──> clean        a scanner looked through all of it and found nothing
            ──> infected     it found something; the file stays out, and goes
            ──> not_scanned  nobody looked: no scanner, or more bytes than it takes
            ──> failed       it should have, and could not, however often it was asked

1. `clean` is said by a scanner's own words alone; whatever else it says is something else.
2. What a scanner finds is data of a stranger: it is cut to length and printed, never run.
3. What was infected stays so until a scanner says `clean`: one that is away, or passes it over,
   takes nothing back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LIMITS: Final = "Heuristics.Limits.Exceeded"
"""How clamd names what it did not look through (with `AlertExceedsMax yes`)."""

FOUND_AT_MOST: Final = 10
WORD_AT_MOST: Final = 200

EXIT_CLEAN: Final = 0
EXIT_INFECTED: Final = 1
EXIT_NOT_SCANNED: Final = 2


class Scan(StrEnum):
    """What the virus scan said."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"
    FAILED = "failed"


class Why(StrEnum):
    """Why a file was not looked through."""

    OFF = "off"
    TOO_LARGE = "too_large"
    UNABLE = "unable"
    UNAVAILABLE = "unavailable"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said; `found` are the names that the scanner gave to what it found."""

    scan: Scan
    why: Why | None = None
    found: tuple[str, ...] = ()


CLEAN: Final = Verdict(Scan.CLEAN)
PENDING: Final = Verdict(Scan.PENDING)
TOO_LARGE: Final = Verdict(Scan.NOT_SCANNED, Why.TOO_LARGE)
UNABLE: Final = Verdict(Scan.NOT_SCANNED, Why.UNABLE)
OFF: Final = Verdict(Scan.NOT_SCANNED, Why.OFF)
UNAVAILABLE: Final = Verdict(Scan.FAILED, Why.UNAVAILABLE)

JUDGED: Final = frozenset({Scan.CLEAN, Scan.NOT_SCANNED})
"""With these an original may be had."""


def read_clamd(answer: bytes) -> Verdict | None:
    """Return what clamd's answer to INSTREAM means (clamd(8)); None where it failed.

    `stream: OK`, `stream: NAME FOUND`, `INSTREAM size limit exceeded. ERROR`, other words.
    """
    words = answer.split(b"\0", 1)[0].decode(errors="replace").strip()
    if words == "stream: OK":
        return CLEAN
    if words.startswith("INSTREAM size limit exceeded"):
        return TOO_LARGE
    said = words.removeprefix("stream: ")
    if said == words or not said.endswith(" FOUND"):
        return None
    name = said.removesuffix(" FOUND")
    return TOO_LARGE if name.startswith(LIMITS) else Verdict(Scan.INFECTED, found=_names(name))


def read_exit(code: int, output: bytes) -> Verdict | None:
    """Return what the end of a scanner of one's own means; None where it failed."""
    if code == EXIT_CLEAN:
        return CLEAN
    if code == EXIT_INFECTED:
        return Verdict(Scan.INFECTED, found=_names(output.decode(errors="replace")))
    return UNABLE if code == EXIT_NOT_SCANNED else None


def lets_in(verdict: Verdict, *, is_required: bool) -> bool:
    """Say whether a file with this verdict may come in."""
    if verdict.scan is Scan.CLEAN or verdict.why is Why.RELEASED:
        return True
    return verdict.scan in {Scan.NOT_SCANNED, Scan.FAILED} and not is_required


def heed(verdict: Verdict, found: tuple[str, ...]) -> Verdict:
    """Return what to make of a new verdict on a file in which something was `found` before."""
    is_silent = verdict.scan in {Scan.NOT_SCANNED, Scan.FAILED}
    return Verdict(Scan.INFECTED, found=found) if found and is_silent else verdict


def pauses(retries: int, patience_seconds: float) -> Iterator[float]:
    """Yield the seconds to wait before each next try: doubling, and so long in all."""
    unit = patience_seconds / max(1, 2**retries - 1)
    return (unit * 2**count for count in range(retries))


def _names(output: str) -> tuple[str, ...]:
    lines = (line.strip() for line in output.splitlines())
    shown = ("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
    return tuple(line[:WORD_AT_MOST] for line in shown if line)[:FOUND_AT_MOST] or ("unnamed",)
