"""From where the deed comes that runs now: told once by the edge, written beside each event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

WORD_AT_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as the line tells: address, program, and the id of the request."""

    address: str
    agent: str
    request_id: str


_CALLER: Final[ContextVar[Caller | None]] = ContextVar("caller", default=None)


@contextmanager
def called_by(caller: Caller) -> Iterator[None]:
    """Write this caller beside each event that is recorded in the block."""
    token = _CALLER.set(caller)
    try:
        yield
    finally:
        _CALLER.reset(token)


def find_caller() -> Caller | None:
    """Return who calls; None where nobody does: the program acts by itself."""
    return _CALLER.get()


def trim(address: str, agent: str, request_id: str) -> Caller:
    """Return a caller whose words are of a length that is kept."""
    return Caller(address[:WORD_AT_MOST], agent[:WORD_AT_MOST], request_id[:WORD_AT_MOST])
