"""Steps between states: one table for each noun, and a refusal of every step it does not have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from rushes.errors import RushesError

State = TypeVar("State", bound=StrEnum)
Step = TypeVar("Step", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class After(Generic[State, Step]):
    """Says in which state a noun is after a step; `noun` begins the sentence of a refusal."""

    noun: str
    table: Mapping[tuple[State, Step], State]
    refusal: type[RushesError]

    def __call__(self, state: State, step: Step) -> State:
        """Return the state after a step.

        Raises:
            RushesError: the table has no such step from here; it is of the class `refusal`.
        """
        try:
            return self.table[state, step]
        except KeyError:
            raise self.refusal(
                f"{self.noun} that is {state} cannot {step}. Read it again and decide anew."
            ) from None
