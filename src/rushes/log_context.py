"""What a line of the log is about: the request or the job in which it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_FACTS: Final[ContextVar[Mapping[str, str]]] = ContextVar("log_context", default=_NOTHING)


@contextmanager
def telling(**facts: str) -> Iterator[None]:
    """Say these facts in every line that is logged in the block, and in what is started there."""
    token = _FACTS.set({**_FACTS.get(), **facts})
    try:
        yield
    finally:
        _FACTS.reset(token)


def list_facts() -> Mapping[str, str]:
    """Return what lines are about just now."""
    return _FACTS.get()
