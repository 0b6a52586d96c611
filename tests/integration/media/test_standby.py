"""A probe that waits for work: it says the same as one that is begun for it, and leaves nobody."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from rushes.media import standby as standby_module
from rushes.media.failures import ToolMissing, TruncatedMedia
from rushes.media.standby import Standby
from rushes.media.studio import Studio
from rushes.media.tool import Begun, dismiss
from rushes.media.toolbox import Toolbox
from tests.fixtures.media_files import MediaFiles
from tests.support.moments import until


@pytest.fixture
async def standby(toolbox: Toolbox) -> AsyncIterator[Standby]:
    """Keep a probe waiting."""
    made = Standby(toolbox)
    keeping = asyncio.create_task(made.run())
    yield made
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def take(standby: Standby) -> Begun:
    """Return the probe that waits, as soon as one does."""
    found: list[Begun] = []

    def is_taken() -> bool:
        found.extend(filter(None, [standby.take()]))
        return bool(found)

    await until(is_taken, seconds=120, what="a probe that waits")
    return found[0]


async def test_a_probe_that_waited_says_the_same(
    toolbox: Toolbox, standby: Standby, media_files: MediaFiles, tmp_path: Path
) -> None:
    """Of a film, and of one that is cut short; each that was taken is followed by another."""
    film, rest = media_files.get("mpeg4.mp4"), tmp_path / "cut.mp4"
    rest.write_bytes(film.read_bytes()[:600])
    cold = Studio(toolbox, tmp_path)
    expected = await cold.probe(film, "mov")

    first, second = await take(standby), await take(standby)

    assert expected == await Studio(toolbox, tmp_path, standby=Holding(first)).probe(film, "mov")
    with pytest.raises(TruncatedMedia) as refused:
        await Studio(toolbox, tmp_path, standby=Holding(second)).probe(rest, "mov")
    assert toolbox.level.value == refused.value.facts["box"]
    assert [0, 70] == [each.process.returncode for each in (first, second)]


async def test_a_probe_that_is_gone_is_followed_by_another(standby: Standby) -> None:
    """It is not taken: the next file has one of its own."""
    await until(lambda: standby.begun is not None, seconds=120, what="a probe that waits")
    begun = standby.begun
    assert begun is not None
    os.killpg(begun.process.pid, signal.SIGKILL)
    await begun.process.wait()

    assert standby.take() is None
    another = await take(standby)
    assert begun is not another
    await dismiss(another)


async def test_a_stop_is_one_though_a_probe_cannot_be_begun(
    toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for what failed while it was stopped."""
    is_beginning = asyncio.Event()

    async def fail(_job: object) -> Begun:
        is_beginning.set()
        await asyncio.sleep(0.05)
        raise ToolMissing("There is none.")

    monkeypatch.setattr(standby_module, "begin", fail)
    keeping = asyncio.create_task(Standby(toolbox).run())
    await is_beginning.wait()
    keeping.cancel()

    async with asyncio.timeout(5):
        await asyncio.wait([keeping])
    assert keeping.cancelled()


class Holding(Standby):
    """Has one probe, which was taken before."""

    def __init__(self, begun: Begun) -> None:
        self._held = [begun]

    def take(self) -> Begun | None:
        """Return it, once."""
        return self._held.pop() if self._held else None
