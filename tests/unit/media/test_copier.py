"""What is planned ahead of the facts never stands in their way."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from pathlib import Path

import pytest

from rushes.media import mp4
from rushes.media.copier import Copier
from rushes.media.copying import NotCopied
from rushes.media.failures import SourceUnreadable
from tests.support.movies import moov, picture, table


async def test_pictures_that_take_no_time_have_no_rate(tmp_path: Path) -> None:
    """It is planned by the facts then, and refused with the reason."""
    frozen = picture(60, bent={"stts": table("stts", [(60, 0)])})
    original, copier = tmp_path / "frozen.mp4", Copier()
    original.write_bytes(moov(frozen) + mp4.make("mdat", bytes(2_000_000)))

    with copier.planning_ahead("one", original):
        await asyncio.sleep(0)
        with pytest.raises(NotCopied):
            await copier.plan("one", original, Fraction(30), -1)


async def test_an_original_that_is_away_leaves_no_trouble_behind(tmp_path: Path) -> None:
    """What was planned ahead for nobody ends without a word."""
    copier = Copier()
    with copier.planning_ahead("one", tmp_path / "away.mp4"), pytest.raises(SourceUnreadable):
        await copier.plan("one", tmp_path / "away.mp4", Fraction(30), -1)
