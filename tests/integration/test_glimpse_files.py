"""A stretch of a film in a store is in the local file before a tool opens it, and little else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import pytest

from rushes.intake import glimpse
from rushes.intake.glimpse import Glimpses, find_shift
from rushes.media.copier import Copier
from rushes.media.failures import InvalidMedia
from rushes.media.samples import Edit, SampleTable, parse_tracks
from rushes.stores.filesystem import FolderStore, open_folder
from rushes.stores.scratch import Scratch
from rushes.stores.store import Unreachable
from rushes.uploads.direct import Direct, StoreChanged
from tests.fixtures.media_files import MediaFiles

KEY = "originals/acme/spring/ast_1/film.mp4"
DIRECT = Direct("upl_1", "vault", KEY, None, None, None)
GRAIN = 4_096


@dataclass(slots=True)
class Counted:
    """A folder store that counts what is read of it."""

    folder: FolderStore
    is_away: bool = False
    spans: list[tuple[int, int]] = field(default_factory=list)

    async def get(
        self, key: str, start: int = 0, end: int | None = None, if_version: str | None = None
    ) -> AsyncIterator[bytes]:
        """Give a range, as the folder does."""
        if self.is_away:
            raise Unreachable("The store is away.")
        self.spans.append((start, end or 0))
        async for piece in self.folder.get(key, start, end, if_version):
            yield piece


@pytest.fixture
async def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counted]:
    """A store, and grains so small that a short film has many."""
    monkeypatch.setattr(glimpse, "GRAIN", GRAIN)
    monkeypatch.setattr(glimpse, "FIRST_BYTES", GRAIN)
    monkeypatch.setattr(glimpse, "MARGIN", Fraction(1, 2))
    (tmp_path / "scratch").mkdir()
    async with await open_folder(tmp_path / "vault") as folder:
        yield Counted(folder)


def lay(tmp_path: Path, content: bytes) -> None:
    """Put an object into the store."""
    path = tmp_path / "vault" / KEY
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def open_glimpses(vault: Counted, tmp_path: Path) -> Glimpses:
    """Return what glimpses into the store."""
    return Glimpses(vault, "vault", Scratch(tmp_path / "scratch", 2**30))


@pytest.mark.covers("M-UP-01")
async def test_each_segment_is_that_of_the_whole_film(
    vault: Counted, tmp_path: Path, media_files: MediaFiles
) -> None:
    """Pictures and sound, the last one first; what nobody watched was not fetched."""
    original = media_files.get("long.mp4")
    content = original.read_bytes()
    lay(tmp_path, content)
    glimpses = open_glimpses(vault, tmp_path)

    begun = await glimpses.begin(DIRECT, len(content))
    whole = await Copier().plan("whole", original, Fraction(30), 0)
    copier = Copier()
    glimpsed = await copier.plan("glimpsed", begun, Fraction(30), 0)
    before = sum(end - start for start, end in vault.spans)
    grid = whole.picture.grid
    starts = [sum((grid.seconds_of(n) for n in range(at)), Fraction(0)) for at in range(grid.count)]

    assert whole.picture.bounds == glimpsed.picture.bounds
    assert before < len(content) / 2
    for index in reversed(range(grid.count)):
        end = starts[index] + grid.seconds_of(index)
        path = await glimpses.stretch(DIRECT, len(content), starts[index], end)
        assert begun == path
        assert await copier.picture(original, whole.picture, index) == await copier.picture(
            path, glimpsed.picture, index
        )
        assert whole.sound is not None
        assert glimpsed.sound is not None
        assert await copier.sound(original, whole.sound, index) == await copier.sound(
            path, glimpsed.sound, index
        )
    count = len(vault.spans)
    await glimpses.stretch(DIRECT, len(content), starts[0], starts[1])
    assert count == len(vault.spans)


async def test_a_file_that_was_swept_is_made_again(
    vault: Counted, tmp_path: Path, media_files: MediaFiles
) -> None:
    """And a store that was away is asked again; nothing of the first try counts as there."""
    content = media_files.get("h264.mp4").read_bytes()
    lay(tmp_path, content)
    glimpses = open_glimpses(vault, tmp_path)
    vault.is_away = True
    with pytest.raises(Unreachable):
        await glimpses.begin(DIRECT, len(content))
    vault.is_away = False

    begun = await glimpses.begin(DIRECT, len(content))
    await asyncio.to_thread(begun.unlink)
    again = await glimpses.stretch(DIRECT, len(content), Fraction(0), Fraction(9))

    read = await asyncio.to_thread(again.read_bytes)
    (picture, *_) = parse_tracks(_moov(content))
    at, size = picture.offsets[0], picture.sizes[0]
    assert (len(content), content[at : at + size]) == (len(read), read[at : at + size])


async def test_only_the_newest_films_keep_a_file(
    vault: Counted, tmp_path: Path, media_files: MediaFiles
) -> None:
    """And a store that is the archive no more is not asked."""
    content = media_files.get("h264.mp4").read_bytes()
    lay(tmp_path, content)
    glimpses = open_glimpses(vault, tmp_path)

    for number in range(glimpse.KEPT + 1):
        await glimpses.begin(replace(DIRECT, upload_id=f"upl_{number}"), len(content))

    left = sorted(path.name.split(".")[0] for path in (tmp_path / "scratch").glob("*.peek.part"))
    assert [f"upl_{number}" for number in range(1, glimpse.KEPT + 1)] == left
    with pytest.raises(StoreChanged):
        await glimpses.begin(replace(DIRECT, store="another"), len(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\0\x10free12345678",
        b"\0\0\0\x08moov",
        b"\xff\xff\xff\xffmoov12345678",
    ],
)
async def test_what_has_no_tables_waits(vault: Counted, tmp_path: Path, content: bytes) -> None:
    """It is looked at when it was read."""
    lay(tmp_path, content)

    with pytest.raises(InvalidMedia):
        await open_glimpses(vault, tmp_path).begin(DIRECT, len(content))


@pytest.mark.parametrize(
    ("edits", "shift"),
    [
        ((), Fraction(0)),
        ((Edit(Fraction(9), 50, is_plain=True),), Fraction(1, 2)),
        ((Edit(Fraction(1), None, is_plain=True), Edit(Fraction(9), 0, is_plain=True)), -1),
    ],
)
def test_edits_that_begin_a_track_shift_it(
    edits: tuple[Edit, ...], shift: Fraction, media_files: MediaFiles
) -> None:
    """By what they cut, and by how late it is."""
    assert shift == find_shift(_edited(media_files, edits))


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(Fraction(3), None, is_plain=True),),
        (Edit(Fraction(1), 5, is_plain=True), Edit(Fraction(1), 90, is_plain=True)),
        (Edit(Fraction(1), 5, is_plain=False),),
        (Edit(Fraction(1), 5, is_plain=True), Edit(Fraction(1), None, is_plain=True)),
    ],
)
def test_other_edits_are_not_glimpsed(edits: tuple[Edit, ...], media_files: MediaFiles) -> None:
    """Where a stretch lies they do not tell plainly."""
    with pytest.raises(InvalidMedia):
        find_shift(_edited(media_files, edits))


def _edited(media_files: MediaFiles, edits: tuple[Edit, ...]) -> SampleTable:
    (picture, *_) = parse_tracks(_moov(media_files.get("h264.mp4").read_bytes()))
    return replace(picture, edits=edits, timescale=100)


def _moov(content: bytes) -> bytes:
    at = content.index(b"moov") - 4
    return content[at : at + int.from_bytes(content[at : at + 4], "big")]
