"""What gives way when colours are chosen anew, and what hostile or hurried people cannot do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.media.copier import KEYS_AT_MOST, Copier
from rushes.media.copying import NotCopied
from rushes.renditions import records
from rushes.renditions.lut_records import SentLut
from rushes.renditions.luts import LutNameTaken, Luts
from rushes.renditions.rendition import State
from tests.support.filed import Files
from tests.support.movies import moov, picture

NEGATIVE = b"LUT_1D_SIZE 2\n1 1 1\n0 0 0\n"
WARM = b"LUT_1D_SIZE 2\n0 0 0\n1 0.9 0.8\n"
SAMPLES_END = 4_000_000


async def test_what_is_in_the_making_with_other_colours_gives_way(
    database: Database, clock: Clock
) -> None:
    """What is ready stays to be played until the new is there; the new is wanted once."""
    files = Files(database, clock)
    filed = await files.asset(b"film")
    played = await files.rendition(filed, "360p")
    await files.rendition(filed, "720p", state=State.MAKING)
    async with database.reading() as connection:
        rows = await records.list_of_content(connection, filed.content_id)
    wanted = [replace(row, id=f"{row.id}x", recipe="r1-hlg", state=State.WANTED) for row in rows]

    for _ in range(2):
        async with database.transaction() as connection:
            await records.record_anew(connection, filed.content_id, wanted, clock.now())

    async with database.reading() as connection:
        left = await records.list_of_content(connection, filed.content_id)
    assert {played, *(row.id for row in wanted)} == {row.id for row in left}


async def test_of_two_tables_of_one_name_one_is_kept(database: Database, clock: Clock) -> None:
    """Who comes second, at the same moment, is told so; the same table twice is no trouble."""
    luts = Luts(database, clock)

    sent = await asyncio.gather(
        *(luts.put("acc_1", "mine", table) for table in (NEGATIVE, WARM, NEGATIVE, WARM)),
        return_exceptions=True,
    )

    kept = [each for each in sent if isinstance(each, SentLut)]
    assert [2, 2] == [len(kept), sum(isinstance(each, LutNameTaken) for each in sent)]
    assert [kept[0].version] == [each.version for each in await luts.list_all()]


async def test_a_file_with_key_frames_by_the_thousand_is_not_looked_through(
    tmp_path: Path,
) -> None:
    """None of them is a picture that a viewer can begin with: it is encoded."""
    film = tmp_path / "hostile.mp4"
    film.write_bytes(moov(picture(frames=KEYS_AT_MOST + 1, key_every=1)))
    with film.open("r+b") as file:
        file.truncate(SAMPLES_END)

    with pytest.raises(NotCopied, match="groups of pictures are open"):
        await Copier().plan("cnt_1", film, Fraction(30), -1)


async def test_a_file_that_is_cut_short_is_not_looked_through(tmp_path: Path) -> None:
    """It is said before anything of its pictures is read."""
    film = tmp_path / "short.mp4"
    film.write_bytes(moov(picture()))

    with pytest.raises(NotCopied, match="cut short"):
        await Copier().plan("cnt_1", film, Fraction(30), -1)
