"""Facts of a sequence come from a process that has read hostile bytes: each is checked."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rushes.media.reading import Reader
from rushes.media.sequence import NAMES_AT_MOST, SequenceFacts, parse_seconds, parse_sequence

WHOLE: dict[str, object] = {
    "format": "fseq",
    "version": "2.0",
    "channels": 300,
    "frames": 200,
    "step_ms": 25,
    "compression": "zstd",
    "blocks": 4,
    "ranges": [[0, 100], [5_000, 200]],
    "media_file": "song.mp3",
    "producer": "xLights",
}


def test_facts_are_read() -> None:
    """What the child says stands in the facts."""
    facts = parse_sequence(Reader(WHOLE))

    assert ("fseq", 300, 200, 25, ((0, 100), (5_000, 200))) == (
        facts.format,
        facts.channels,
        facts.frames,
        facts.step_ms,
        facts.ranges,
    )


def test_facts_of_xml_are_read() -> None:
    """Names are kept within their bound, counts as they are."""
    facts = parse_sequence(
        Reader({"format": "xsq", "models": ["m"] * 900, "model_count": 900, "effects": 7})
    )

    assert (NAMES_AT_MOST, 900, 7) == (len(facts.models), facts.model_count, facts.effects)


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "mp3"},
        {"channels": -1},
        {"channels": "many"},
        {"step_ms": 256},
        {"ranges": [[0]]},
        {"ranges": [[0, -1]]},
        {"ranges": [["0", 1]]},
        {"ranges": "all"},
        {"models": {}},
    ],
)
def test_odd_facts_are_refused(wrong: dict[str, object]) -> None:
    """Nothing is believed unchecked."""
    with pytest.raises((ValueError, TypeError)):
        parse_sequence(Reader(WHOLE | wrong))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"frames": 0}, False),
        ({"channels": None}, False),
        ({"channels": 2**24 + 1}, False),
        ({"compression": "unknown (9)"}, False),
    ],
)
def test_a_show_has_lights_that_can_be_drawn(changed: dict[str, object], *, expected: bool) -> None:
    """Without frames, without channels, or packed in an unknown way there is no picture."""
    assert expected == parse_sequence(Reader(WHOLE | changed)).is_show


@pytest.mark.parametrize(
    ("step", "expected"), [(25, Fraction(40)), (50, Fraction(20)), (0, None), (None, None)]
)
def test_the_rate_is_that_of_the_step(step: int | None, expected: Fraction | None) -> None:
    """25 ms are 40 frames a second; no duration is no rate."""
    assert expected == SequenceFacts("fseq", step_ms=step).frame_rate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("183.250", Fraction(733, 4)),
        (None, Fraction(0)),
        ("", Fraction(0)),
        ("long", Fraction(0)),
        ("1/0", Fraction(0)),
        ("-5", Fraction(0)),
        ("1e12", Fraction(0)),
    ],
)
def test_seconds_of_xlights_are_rational(text: str | None, expected: Fraction) -> None:
    """What is no duration is none."""
    assert expected == parse_seconds(text)
