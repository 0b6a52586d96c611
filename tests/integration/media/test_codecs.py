"""Every codec in every container becomes a ladder that another decoder plays without a flaw."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import pytest

from rushes.media.fragment import parse_fragment
from rushes.media.layout import Layout, TrackLayout
from rushes.media.sound import tail_of
from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox
from tests.fixtures.media_files import SNIFFED, MediaFiles
from tests.support.screening import Screening, look_at_picture, look_at_sound, screen

HEALTHY = (
    *("h264.mp4", "h264.mov", "h264.mkv", "h264.avi", "h264.mxf", "h264.ts"),
    *("hevc.mp4", "hevc.mov", "hevc.mkv", "vp9.webm", "vp9.mp4", "vp9.mkv"),
    *("prores.mov", "prores.mkv", "prores.mxf"),
    *("mpeg4.mp4", "mpeg4.mov", "mpeg4.avi", "mpeg4.mkv"),
    *("portrait.mp4", "rotated.mp4", "odd.mp4", "anamorphic.mp4", "no_audio.mp4"),
    *("ntsc.mp4", "film.mkv", "fast.mp4", "interlaced.mkv", "one_frame.mp4", "long.mp4"),
    *("variable.mkv", "variable.mp4", "large.mp4", "late_sound.mkv", "hdr.mp4", "alpha.webm"),
    *("other.flv", "other.wmv", "other.mpg", "other.ogv", "other.m2ts", "other.3gp"),
)
SIZES = {
    "portrait.mp4": (180, 320),
    "rotated.mp4": (180, 320),
    "odd.mp4": (322, 180),
    "anamorphic.mp4": (426, 180),
}


async def screened(name: str, files: MediaFiles, toolbox: Toolbox, folder: Path) -> Screening:
    """Make everything of one file."""
    studio = Studio(toolbox, folder, niceness=0)
    return await screen(studio, files.get(name), SNIFFED[name.rpartition(".")[2]])


@pytest.mark.covers("M-PR-01", "M-PR-06", "M-PR-07", "C-PR-02", "CF-07")
@pytest.mark.parametrize("name", HEALTHY)
async def test_a_healthy_video_becomes_a_ladder_without_a_flaw(
    name: str, media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Playlists tile, durations sum to the source, key frames stand at the cuts."""
    screening = await screened(name, media_files, toolbox, tmp_path)

    assert all(outcome.damage is None for outcome in screening.outcomes)
    assert screening.facts.damage is None
    for layout in screening.layouts:
        check_tiles(screening, layout)
        check_picture(screening, layout, screening.file(layout))
        check_picture(screening, layout, screening.faststart(layout))
    check_picture(screening, screening.layouts[0], screening.playlist)
    assert SIZES.get(name, (0, 0)) in {(0, 0), shown_size(screening.layouts[-1])}
    if screening.facts.audio:
        check_sound(screening)


def shown_size(layout: Layout) -> tuple[int, int]:
    """Return the size of a rendition."""
    return layout.width, layout.height


def check_tiles(screening: Screening, layout: Layout) -> None:
    """No gap, no overlap, neither in time nor in bytes; each segment begins with a key frame."""
    grid = screening.grid
    content = screening.file(layout).read_bytes()
    assert grid is not None
    assert layout.video is not None
    assert grid.duration == layout.video.duration
    ends = 0
    for track in layout.tracks:
        fragments = [
            parse_fragment(content[piece.offset : piece.offset + piece.size_bytes])
            for piece in track.segments
        ]
        assert all(fragment.samples[0].is_sync for fragment in fragments)
        assert [] == [
            (earlier.sequence, later.sequence)
            for earlier, later in pairwise(fragments)
            if earlier.decode_time + earlier.ticks != later.decode_time
        ]
        assert fragments[0].decode_time == 0
        ends = max(ends, *(piece.offset + piece.size_bytes for piece in track.segments))
    assert list(grid.starts) == starts_of(layout.video)
    assert layout.size_bytes == len(content) == ends


def starts_of(track: TrackLayout) -> list[int]:
    """Return the ticks at which segments begin."""
    ticks = [piece.ticks for piece in track.segments]
    return [sum(ticks[:index]) for index in range(len(ticks))]


def check_picture(screening: Screening, layout: Layout, path: Path) -> None:
    """The decoder sees the first picture at 0, the last one a step before the end."""
    seen = look_at_picture(path)
    grid, video = screening.grid, screening.facts.video
    assert grid is not None
    assert video is not None
    step = 1 / (grid.rate or video.frame_rate)
    assert 0 == seen.times[0]
    assert abs(video.duration - grid.duration) <= step
    if grid.rate is not None:
        assert seen.steps <= {step}
        assert round(grid.duration * grid.rate) == len(seen.times)
    starts = [start / grid.timescale for start in grid.starts]
    assert starts == pytest.approx([float(seen.times[key]) for key in seen.keys], abs=1e-4)
    assert layout.video is not None
    assert ("High", int(layout.video.codec[-2:], 16)) == (seen.profile, seen.level)
    assert layout.video.codec.startswith("avc1.6400")


def check_sound(screening: Screening) -> None:
    """Both begin together, and the sound ends when the original's does, each to 40 ms."""
    lowest, grid = screening.layouts[0], screening.grid
    assert grid is not None
    end = lowest.duration + tail_of(screening.facts, screening.facts.audio[0], grid)
    for path in (screening.file(lowest), screening.faststart(lowest), screening.playlist):
        sound = look_at_sound(path)
        assert 0 == sound.times[0]
        assert abs(sound.end - end) < 0.04
        assert sound.profile == "LC"
    assert lowest.sound is not None
    assert "mp4a.40.2" == lowest.sound.codec


async def test_hdr_becomes_an_ordinary_picture(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Eight bits, BT.709, for any screen."""
    screening = await screened("hdr.mp4", media_files, toolbox, tmp_path)
    assert screening.facts.video is not None

    with av.open(str(screening.file(screening.layouts[0]))) as container:
        frame = next(container.decode(container.streams.video[0]))

    assert 16 == screening.facts.video.transfer
    assert ("yuv420p", 1, 1, 1) == (
        frame.format.name,
        int(frame.color_trc),
        int(frame.color_primaries),
        int(frame.colorspace),
    )


@pytest.mark.parametrize(
    "name",
    [
        *("audio_only.m4a", "audio_only.mp3", "other.wav", "other.flac"),
        *("other.ogg", "other.aiff", "other.aac"),
    ],
)
async def test_a_sound_alone_plays_as_a_file_and_as_a_list(
    name: str, media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """There is one rendition, without a picture."""
    screening = await screened(name, media_files, toolbox, tmp_path)

    (layout,) = screening.layouts
    assert layout.video is None
    assert "mp4a.40.2" == layout.codecs
    for path in (screening.file(layout), screening.faststart(layout), screening.playlist):
        assert abs(look_at_sound(path).end - screening.facts.duration) < 0.04
