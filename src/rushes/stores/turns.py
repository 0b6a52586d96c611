"""Turns: of several tries at the same bytes only the newest one hands any on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

from rushes.stores.store import Broken

Put: TypeAlias = Callable[[bytes | memoryview, int], None]
"""Takes bytes and their place. Blocks."""


class Turns:
    """Stands before what takes the bytes; may be called from any thread."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._lock = threading.Lock()
        self._turn = 0

    def begin(self) -> Put:
        """Return what takes the bytes of a new try; waits until an older one hands on nothing."""
        with self._lock:
            self._turn += 1
            mine = self._turn

        def put(piece: bytes | memoryview, at: int) -> None:
            with self._lock:
                if mine != self._turn:
                    raise Broken("A later try reads these bytes.")
                self._put(piece, at)

        return put
