"""Which sounds a film offers, and what they are called."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from rushes.media.facts import AudioFacts
from rushes.media.tracks import (
    LABEL_AT_MOST,
    SOUNDS_AT_MOST,
    SoundTrack,
    is_sound,
    is_surround,
    plan_tracks,
)

PLAIN = AudioFacts(0, "aac", 2, "stereo", 48_000, Fraction(0), Fraction(10), None, None)


def track(
    number: int = 0,
    layout: str | None = "stereo",
    language: str | None = None,
    title: str | None = None,
) -> AudioFacts:
    """Return a track with as many channels as its layout usually has."""
    channels = {"5.1": 6, "5.1(side)": 6, "7.1": 8, "6 channels": 6, "mono": 1}
    count = channels.get(layout or "", 2)
    return replace(
        PLAIN, track=number, channels=count, layout=layout, language=language, title=title
    )


@pytest.mark.covers("M-PR-07")
def test_surround_is_a_track_beside_its_stereo() -> None:
    """Stereo of the first track is the default; a second one comes after both."""
    assert (
        SoundTrack("sound", 0, 2, "English", "en"),
        SoundTrack("sound-surround", 0, 6, "English 5.1", "en"),
        SoundTrack("sound-2", 2, 2, "German", "de"),
        SoundTrack("sound-2-surround", 2, 6, "German 5.1", "de"),
    ) == plan_tracks([track(0, "5.1", "eng"), track(2, "7.1", "ger")])


def test_a_film_without_sound_offers_none() -> None:
    """Nor a film with more of them than people choose from more than there is room for."""
    assert () == plan_tracks([])
    assert SOUNDS_AT_MOST == len(plan_tracks([track(number) for number in range(20)]))


@pytest.mark.parametrize(
    ("layout", "channels", "expected"),
    [
        ("5.1", 6, True),
        ("5.1(side)", 6, True),
        ("5.0", 5, True),
        ("7.1", 8, True),
        ("6.1", 7, True),
        ("stereo", 2, False),
        ("6 channels", 6, False),
        (None, 6, False),
        ("quad", 4, False),
        ("5.1", 2, False),
    ],
)
def test_only_loudspeakers_that_are_placed_are_surround(
    layout: str | None, channels: int, *, expected: bool
) -> None:
    """Six channels of which nobody says where they are heard are six microphones."""
    assert expected is is_surround(replace(PLAIN, layout=layout, channels=channels))


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        ([track()], ["Sound"]),
        ([track(), track()], ["Sound", "Sound 2"]),
        ([track(language="eng"), track(language="eng")], ["English", "English 2"]),
        ([track(title="Commentary", language="ger")], ["Commentary (German)"]),
        ([track(title="german, for children", language="ger")], ["german, for children"]),
        ([track(title='a "b"\n c ')], ["a b c"]),
        ([track(title="x" * 99)], ["x" * LABEL_AT_MOST]),
        ([track(title="A 3"), track(title="A"), track(title="A")], ["A 3", "A", "A 3 3"]),
        ([track(layout="5.1"), track(title="Sound 5.1")], ["Sound", "Sound 5.1", "Sound 5.1 2"]),
        ([track(language="gsw"), track(title=" ")], ["Sound", "Sound 2"]),
    ],
)
def test_each_has_a_label_of_its_own(facts: list[AudioFacts], labels: list[str]) -> None:
    """Its title and language, else a number; nothing in it breaks out of a playlist."""
    assert labels == [each.label for each in plan_tracks(facts)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sound", True),
        ("sound-2", True),
        ("sound-64", True),
        ("sound-surround", True),
        ("sound-3-surround", True),
        ("sound-1", False),
        ("sound-02", False),
        ("sounds", False),
        ("sound-2/", False),
        ("720p", False),
    ],
)
def test_a_sound_is_known_by_its_name(name: str, *, expected: bool) -> None:
    """And no quality of a picture has such a name."""
    assert expected is is_sound(name)
