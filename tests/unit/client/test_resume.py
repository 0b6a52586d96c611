"""What a run of many files remembers of those that have arrived."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from rushes.client.resume import SENT, SENT_SECONDS, Memory, Record


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """Two uploads of large files that began two days ago."""
    made = Memory(tmp_path)
    for name in ("one", "two"):
        made.keep(name, Record(name, 1, 1, 1, "place", None, None, "tus", f"/files/{name}"))
        age(tmp_path / f"{name}.json")
    return made


def age(path: Path) -> None:
    long_ago = time.time() - 2 * SENT_SECONDS
    os.utime(path, (long_ago, long_ago))


def test_a_file_that_took_two_days_is_remembered_from_its_end(memory: Memory) -> None:
    """Or the next run would send it again at once."""
    memory.finish("one")

    found = memory.find_sent("one")

    assert found is not None
    assert "one" == found.upload_id
    assert memory.find("one") is None


def test_an_empty_file_is_finished_without_a_record(memory: Memory) -> None:
    """It was never remembered."""
    memory.finish("empty")

    assert memory.find_sent("empty") is None


def test_one_is_dropped_without_a_look_at_the_others(memory: Memory) -> None:
    """What is too old goes at the end of a run, not for each of its files."""
    for name in ("one", "two"):
        memory.finish(name)
    age(memory.folder / SENT / "two.json")

    memory.drop_sent("one")
    left = [path.name for path in (memory.folder / SENT).iterdir()]
    memory.forget_sent([])

    assert ["two.json"] == left
    assert [] == list((memory.folder / SENT).iterdir())
