"""Each movement between tiers has its line in the log, whatever came of it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from rushes.stores.store import Full
from rushes.tiers.noting import noting
from rushes.tiers.placement import Tier


def tell(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """Return what the one line says."""
    (record,) = caplog.records
    return {"level": record.levelname, "message": record.getMessage(), **vars(record)}


@pytest.mark.covers("T-OB-01", "M-OB-04")
def test_what_went_its_way_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """With where, how large, how long, and which try it was."""
    with caplog.at_level(logging.INFO), noting("written", Tier.EDGE, "a/b.mp4", 7, attempt=2):
        pass

    line = tell(caplog)
    expected: dict[str, object] = {
        "level": "INFO",
        "deed": "written",
        "tier": "edge",
        "key": "a/b.mp4",
    }
    expected |= {"size_bytes": 7, "attempt": 2}
    assert expected == {name: line[name] for name in expected}
    assert line["seconds"] >= 0


@pytest.mark.parametrize(
    ("error", "level", "name", "words"),
    [
        (Full("There is no room."), "WARNING", "code", Full.code),
        (OSError(5, "Input/output error"), "WARNING", "error", "[Errno 5] Input/output error"),
        (asyncio.CancelledError(), "INFO", "code", "interrupted"),
    ],
    ids=["ours", "system", "interrupted"],
)
def test_what_stayed_is_told_with_its_reason(
    caplog: pytest.LogCaptureFixture, error: BaseException, level: str, name: str, words: str
) -> None:
    """And the error goes on to whoever asked."""
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(type(error)),
        noting("deleted", Tier.ARCHIVE, "a/b.mov"),
    ):
        raise error

    line = tell(caplog)
    assert (level, "deleted", words) == (line["level"], line["deed"], line[name])
    assert "size_bytes" not in line
