"""One sound of several that cannot be made keeps no other from being made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import pytest

from rushes.media.failures import ToolCrashed
from rushes.media.grid import plan_constant
from rushes.media.path import Path
from rushes.media.sound import plan_sound
from rushes.renditions.make import Making
from rushes.renditions.outcome import Outcomes
from rushes.renditions.records import Rendition
from rushes.renditions.rendition import Kind, State
from rushes.renditions.segments import Segments
from rushes.renditions.stream import Sound, Stream
from rushes.renditions.subject import Subject
from tests.support.moments import NOON

if TYPE_CHECKING:
    from rushes.media.studio import Outcome

NAMES = ("sound", "sound-2", "sound-3")
CUTS = plan_sound(plan_constant(Fraction(30), Fraction(10)))
SOUNDS = tuple(Sound(CUTS, 2, is_copied=False, name=name) for name in NAMES)
STREAM = Stream(Path.JIT, "", None, (), SOUNDS)


class Crashing(Segments):
    """Makes nothing; the program crashes at some."""

    def __init__(self, broken: Sequence[str]) -> None:
        object.__setattr__(self, "made", [])
        object.__setattr__(self, "broken", broken)

    async def list_missing(self, _subject: Subject, _name: str) -> list[int]:
        """Return the first."""
        return [0]

    async def make_some(
        self, subject: Subject, names: Sequence[str], *_rest: Any, **_named: Any
    ) -> Outcome:
        """Note what is asked for."""
        del subject
        told = cast("Any", self)
        told.made.extend(names)
        if set(names).intersection(told.broken):
            raise ToolCrashed("It was ended by SIGSEGV.")
        return cast("Outcome", None)


class Noting(Outcomes):
    """Takes note of what failed."""

    def __init__(self) -> None:
        object.__setattr__(self, "failed", [])

    async def fail_some(self, renditions: Sequence[Rendition], code: str, _detail: str) -> None:
        """Note it."""
        cast("Any", self).failed.extend((row.id, code) for row in renditions)


class Begun(Making):
    """Everything is begun."""

    async def _begun(self, _content_id: str, _chosen: Sequence[str]) -> Subject:
        first, *further = [row(name) for name in NAMES]
        rows = (replace(first, name="360p", kind=Kind.PROXY), *further)
        return Subject(cast("Any", None), cast("Any", None), STREAM, (), rows)


def row(name: str) -> Rendition:
    """Return the row of a sound that is being made."""
    values: dict[str, Any] = dict.fromkeys(Rendition.__slots__)
    values |= {"id": f"rnd_{name}", "name": name, "kind": Kind.TRACK, "state": State.MAKING}
    return Rendition(**values | {"created_at": NOON, "updated_at": NOON})


async def test_a_further_sound_fails_alone() -> None:
    """It is tried twice; those after it are made."""
    segments, outcomes = Crashing(["sound-2"]), Noting()
    making = Begun(cast("Any", None), segments, outcomes, 10)

    assert ["rnd_sound-2"] == await making.encode_sound("cnt_1", [])
    assert ["sound", "sound-2", "sound-2", "sound-3"] == cast("Any", segments).made
    assert [("rnd_sound-2", "tool.crashed")] == cast("Any", outcomes).failed


async def test_the_sound_of_the_film_fails_it() -> None:
    """Every quality holds it."""
    making = Begun(cast("Any", None), Crashing(["sound"]), Noting(), 10)

    with pytest.raises(ToolCrashed):
        await making.encode_sound("cnt_1", [])
