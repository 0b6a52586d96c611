"""The mount of the editors' tree goes away: nothing is written below it, and work waits."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rushes.events.event import EventType
from rushes.tiers import editing_records
from rushes.tiers.locate import Locator
from rushes.tiers.overview import Overview
from tests.support.handing import Handing
from tests.support.mirrored import Mirrored

FIRST, SECOND = b"first" * 1_000, b"second" * 500_000


def mount(place: Path, image: Path) -> None:
    """Mount a folder of its own below the place."""
    command = ["mount", "-o", "loop", str(image), str(place)]
    subprocess.run(command, check=True, capture_output=True)


def unmount(place: Path) -> None:
    """Take the mount away, also while something is open there."""
    subprocess.run(["umount", "-l", str(place)], check=True)


def make_image(path: Path) -> None:
    """Make a small filesystem in a file."""
    with path.open("wb") as file:
        file.truncate(24 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", str(path)], check=True, capture_output=True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A mount point with a mounted filesystem, that outlives its mount."""
    if os.geteuid():
        pytest.skip("mounting needs root")
    place, image = tmp_path / "mount", tmp_path / "tree.img"
    place.mkdir()
    make_image(image)
    try:
        mount(place, image)
    except subprocess.CalledProcessError:
        pytest.skip("mounting is not allowed here")
    (place / "Rushes").mkdir()
    yield place
    while os.path.ismount(place):
        unmount(place)


@pytest.fixture
async def mirrored(handing: Handing, place: Path) -> Mirrored:
    """A tree on that mount, with the first file in it."""
    mirrored = Mirrored(handing, place / "Rushes")
    await mirrored.prepare()
    filed = await mirrored.film("first.mov")
    await mirrored.proxy(filed, "360p", FIRST)
    await mirrored.mirroring().round()
    assert {"Clients/Acme/Spring/first.mp4": FIRST} == mirrored.seen()
    second = await mirrored.film("second.mov", project_id=filed.project_id, original=b"2")
    await mirrored.proxy(second, "360p", SECOND)
    return mirrored


def look_below(place: Path) -> list[str]:
    """Return what lies on the local disk at the mount point."""
    return sorted(path.as_posix() for path in place.rglob("*"))


@pytest.mark.covers("M-ST-21")
@pytest.mark.parametrize("leftover", ["nothing", "the folder", "the folder and its marker"])
async def test_a_mount_that_is_away_parks_the_work(
    mirrored: Mirrored, place: Path, tmp_path: Path, leftover: str
) -> None:
    """No byte reaches the local disk, whatever stands there; back, the work is done."""
    marker = (mirrored.path / ".rushes-editing").read_bytes()
    unmount(place)
    if leftover != "nothing":
        mirrored.path.mkdir()
    if leftover == "the folder and its marker":
        (mirrored.path / ".rushes-editing").write_bytes(marker)
    below = look_below(place)

    assert await mirrored.mirroring().round() == -1
    assert await mirrored.mirroring().round() == -1

    assert below == look_below(place)
    handing = mirrored.handing
    overview = Overview(handing.database, handing.clock, {}, str(mirrored.path))
    [use], _ = await overview.list_tiers()
    assert (1, 1) == (use.present[0], use.moving[0])
    assert "not there" in (use.trouble or "")
    assert 1 == len(await mirrored.told(EventType.TIER_MOUNT_LOST))
    mount(place, tmp_path / "tree.img")
    await mirrored.mirroring().round()
    expected = {"Clients/Acme/Spring/first.mp4": FIRST, "Clients/Acme/Spring/second.mp4": SECOND}
    assert expected == mirrored.seen()
    [use], _ = await overview.list_tiers()
    assert (2, 0, None) == (use.present[0], use.moving[0], use.trouble)
    assert 1 == len(await mirrored.told(EventType.TIER_MOUNT_BACK))


async def test_a_mount_that_goes_in_the_middle_of_a_file_leaves_nothing_below(
    mirrored: Mirrored, place: Path, tmp_path: Path
) -> None:
    """The bytes on their way go nowhere; nothing says that the file is there; later it is."""

    class Cut(Locator):
        """Gives bytes, and takes the mount away behind the first of them."""

        async def stream(self, object_id: str, start: int = 0) -> AsyncGenerator[bytes, None]:
            async for piece in Locator.stream(self, object_id, start):
                yield piece
                if await asyncio.to_thread(place.is_mount):
                    await asyncio.to_thread(unmount, place)

    whole = mirrored.handing.locator
    cut = Cut(*(getattr(whole, name) for name in Locator.__slots__))
    assert await replace(mirrored.mirroring(), locator=cut).round() == -1

    assert [] == look_below(place)
    async with mirrored.handing.database.reading() as connection:
        assert (1, len(FIRST)) == await editing_records.sum_files(connection)
    mount(place, tmp_path / "tree.img")
    await mirrored.mirroring().round()
    names = {"Clients/Acme/Spring/first.mp4", "Clients/Acme/Spring/second.mp4"}
    assert names == set(mirrored.seen())
