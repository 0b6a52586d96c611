"""Damaged and hostile originals: a clear reason, playback where pictures exist, nothing foreign."""

from __future__ import annotations

import hashlib

import pytest

from rushes.errors import Kind, RushesError
from rushes.media.studio import Studio
from tests.fixtures.media_files import MediaFiles
from tests.support.screening import look_at_picture, screen


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


async def test_a_file_that_is_cut_short_says_so_at_once(
    media_files: MediaFiles, studio: Studio
) -> None:
    """Its index points beyond its end, so the probe knows."""
    facts = await studio.probe(media_files.get("cut.mp4"), "mov")

    assert facts.damage is not None
    assert facts.damage.startswith("It is cut short")
    assert facts.duration < 10
