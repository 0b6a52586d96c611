"""The timecode of an original goes with its renditions, as programs for editing read it."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from rushes.media.studio import Studio
from rushes.media.toolbox import Toolbox
from tests.fixtures.media_files import SNIFFED, MediaFiles
from tests.support.screening import look_at_picture, screen


def read_timecodes(path: Path) -> set[str]:
    """Return what ffmpeg says of a file's timecode, in whatever place."""
    with av.open(str(path)) as container:
        told = [container.metadata, *(stream.metadata for stream in container.streams)]
        return {tags["timecode"] for tags in told if "timecode" in tags}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("drop.mov", "00:00:59;20"), ("timecode.mxf", "10:00:00:00"), ("h264.mov", None)],
)
async def test_renditions_have_the_timecode_of_their_original(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path, name: str, expected: str | None
) -> None:
    """Drop-frame and not, as a file that streams and as one for editing; all else is as it was."""
    original = media_files.get(name)
    screening = await screen(Studio(toolbox, tmp_path), original, SNIFFED[name.rpartition(".")[2]])
    (layout,) = screening.layouts

    assert expected == screening.facts.timecode
    for path in (screening.file(layout), screening.faststart(layout)):
        assert ({expected} if expected else set()) == read_timecodes(path)
        assert len(look_at_picture(path).times) == len(look_at_picture(original).times)
