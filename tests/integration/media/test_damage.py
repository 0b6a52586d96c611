"""Damaged and hostile originals: a clear reason, playback where pictures exist, nothing foreign."""

from __future__ import annotations

import hashlib

import pytest

from rushes.errors import Kind, RushesError
from rushes.media.facts import MediaKind
from rushes.media.studio import Studio
from tests.fixtures.media_files import MediaFiles
from tests.support.screening import look_at_picture, look_at_sound, screen


@pytest.mark.covers("X-PR-03", "S-PR-01")
@pytest.mark.parametrize(
    ("name", "sniffed", "code"),
    [
        ("no_index.mp4", "mov", "media.truncated"),
        ("playlist.mp4", "mov", "media.truncated"),
        ("playlist.mp4", "hls", "media.format_not_allowed"),
        ("playlist.mp4", "concat", "media.format_not_allowed"),
        ("h264.mp4", "matroska", "media.invalid"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_its_reason(
    name: str, sniffed: str, code: str, media_files: MediaFiles, studio: Studio
) -> None:
    """The verdict is final, says what happened, and shows no path of ours."""
    original = media_files.get(name)

    with pytest.raises(RushesError) as caught:
        await studio.probe(original, sniffed)

    assert (code, Kind.UNUSABLE) == (caught.value.code, caught.value.kind)
    assert str(original.parent) not in f"{caught.value.message} {caught.value.facts}"


@pytest.mark.covers("X-PR-03")
@pytest.mark.parametrize(("name", "shortest"), [("cut.mp4", 7.0), ("rotten.mp4", 14.0)])
async def test_a_damaged_video_plays_as_far_as_it_goes(
    name: str, shortest: float, media_files: MediaFiles, studio: Studio
) -> None:
    """It says that it is damaged, in the tool's own words; the original stays as it was."""
    original = media_files.get(name)
    digest = hashlib.sha256(original.read_bytes()).hexdigest()

    screening = await screen(studio, original, "mov")

    assert screening.outcomes[0].damage
    assert str(original.parent) not in screening.outcomes[0].damage
    (layout,) = screening.layouts
    seen = look_at_picture(screening.file(layout))
    assert shortest <= seen.end + seen.times[1]
    assert digest == hashlib.sha256(original.read_bytes()).hexdigest()


async def test_a_lost_sound_does_not_cost_the_picture(
    media_files: MediaFiles, studio: Studio
) -> None:
    """Silence stands in for it, and the outcome says so."""
    screening = await screen(studio, media_files.get("lost_sound.mp4"), "mov")

    picture, sound = screening.outcomes
    assert picture.damage is None
    assert sound.damage is not None
    assert abs(look_at_sound(screening.file(screening.layouts[0])).end - 2) < 0.04


async def test_a_lost_picture_does_not_cost_the_sound(
    media_files: MediaFiles, studio: Studio
) -> None:
    """It is a sound then, with a warning."""
    screening = await screen(studio, media_files.get("lost_picture.mp4"), "mov")

    assert MediaKind.AUDIO is screening.facts.kind
    assert screening.facts.warnings[0].startswith("Only its sound is of use.")
    assert screening.layouts[0].video is None


async def test_a_file_that_is_cut_short_says_so_at_once(
    media_files: MediaFiles, studio: Studio
) -> None:
    """Its index points beyond its end, so the probe knows."""
    facts = await studio.probe(media_files.get("cut.mp4"), "mov")

    assert facts.damage is not None
    assert facts.damage.startswith("It is cut short")
    assert facts.duration < 10
