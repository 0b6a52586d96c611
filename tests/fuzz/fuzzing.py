"""Runs a target many times and tells the first input that it does not bear."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tests.fuzz.mutators import mutate

SECONDS_AT_MOST: Final = 1.0
"""Of the processor, for one input."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser of ours: good input, what its format is made of, and the errors that it declares.

    `run` raises AssertionError where what came out breaks a promise.
    """

    name: str
    run: Callable[[bytes], object]
    seeds: Sequence[bytes]
    declared: tuple[type[Exception], ...] = ()
    words: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An input that a target does not bear; `number` is that of the run, from 0."""

    target: str
    seed: int
    number: int
    data: bytes
    words: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What many runs came to: how many were read, and how many refused as declared."""

    runs: int
    refused: int
    seconds: float
    found: Found | None = None


def fuzz(target: Target, runs: int, seed: int) -> Tally:
    """Run a target on mutated input; the same seed makes the same inputs."""
    refused, begun = 0, time.monotonic()
    for number, data in enumerate(islice(make_inputs(target, seed), runs)):
        at = time.thread_time()
        try:
            target.run(data)
        except target.declared:
            refused += 1
        except Exception:  # noqa: BLE001 - whatever comes out is what is looked for
            found = Found(target.name, seed, number, data, traceback.format_exc())
            return Tally(number + 1, refused, time.monotonic() - begun, found)
        if time.thread_time() - at > SECONDS_AT_MOST:
            found = Found(target.name, seed, number, data, "It took too long.")
            return Tally(number + 1, refused, time.monotonic() - begun, found)
    return Tally(runs, refused, time.monotonic() - begun)


def make_inputs(target: Target, seed: int) -> Iterator[bytes]:
    """Yield input without end, which depends on nothing but target and seed."""
    chance = random.Random(f"{target.name}/{seed}")  # noqa: S311 - no secret is made
    while True:
        yield mutate(chance, target.seeds, target.words)
