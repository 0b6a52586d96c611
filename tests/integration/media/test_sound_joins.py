"""Sound that is made in stretches sounds like sound that is made at once."""

from __future__ import annotations

import io
import math
from array import array
from pathlib import Path

import av
import pytest

from rushes.media.shelf import shelf_of
from rushes.media.sound import SoundGrid, plan_sound
from rushes.media.studio import SoundRun, Studio
from rushes.media.toolbox import Toolbox
from rushes.media.tracks import SOUND
from tests.fixtures.media_files import MediaFiles
from tests.support.screening import ignore, plan_run


def decode(content: bytes) -> array[float]:
    """Return the samples of the first channel, as they are heard."""
    heard = array("f")
    with av.open(io.BytesIO(content), "r") as container:
        for frame in container.decode(container.streams.audio[0]):
            heard.frombytes(bytes(frame.planes[0])[: 4 * frame.samples])
    return heard


@pytest.mark.timeout(300)
async def test_stretches_join_without_a_click(
    media_files: MediaFiles, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Made one by one and backwards, a tone stays a tone: nothing missing, nothing doubled."""
    original = media_files.get("long.mp4")
    heard, joins = [], list[int]()
    for name, pieces in (("whole", 1), ("pieces", 0)):
        studio = Studio(toolbox, tmp_path / name, niceness=0)
        facts = await studio.probe(original, "mov")
        grid = plan_run(facts).grid
        cuts, shelf = plan_sound(grid), shelf_of(studio.folder, SOUND, grid.name)
        for first in reversed(range(0, cuts.count, cuts.count if pieces else 1)):
            count = cuts.count if pieces else 1
            await studio.encode_sound(original, facts, SoundRun(cuts, shelf, first, count), ignore)
        content = b"".join(shelf.get_segment(index) for index in range(cuts.count))
        heard.append(decode(shelf.get_init() + content))
        joins = _joins(cuts)
    whole, pieces_heard = heard

    assert len(whole) == len(pieces_heard)
    loudest = max(map(abs, whole))
    errors = [abs(one - other) / loudest for one, other in zip(whole, pieces_heard, strict=True)]
    assert max(errors) < 0.1
    assert all(max(errors[at - 2_048 : at + 2_048]) < 0.1 for at in joins)
    assert not math.isclose(loudest, 0)


def _joins(cuts: SoundGrid) -> list[int]:
    """Return the samples at which segments meet."""
    return [cuts.begin_of(index) * 1_024 - cuts.lead for index in range(1, cuts.count)]
