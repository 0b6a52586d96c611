"""Openings: films that have just come; what nobody waits for gives way until they can be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Openings:
    """Counts those of this process; `changed` is called when the first begins and the last ends."""

    changed: list[Callable[[], None]] = field(default_factory=list)
    _count: int = 0

    @property
    def is_any(self) -> bool:
        """Say whether a film is being opened now."""
        return self._count > 0

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Count one for as long as this lasts."""
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def _add(self, number: int) -> None:
        was_any = self.is_any
        self._count += number
        if self.is_any is not was_any:
            for tell in self.changed:
                tell()
