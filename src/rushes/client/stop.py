"""Stops a transfer from anywhere: another thread, a signal, a button."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stop:
    """Asked once, it ends what was begun with it, here and on the server."""

    __slots__ = ("_wake", "is_asked")

    def __init__(self) -> None:
        self.is_asked = False
        self._wake: list[Callable[[], object]] = []

    def ask(self) -> None:
        """End what goes on with it, and what will be begun with it."""
        self.is_asked = True
        for wake in tuple(self._wake):
            wake()

    @contextmanager
    def watched(self, wake: Callable[[], object]) -> Iterator[None]:
        """Call `wake` if it is asked meanwhile, or was before."""
        self._wake.append(wake)
        try:
            if self.is_asked:
                wake()
            yield
        finally:
            self._wake.remove(wake)
