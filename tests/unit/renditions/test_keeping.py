"""Which folders of segments go when all of them take too much."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from rushes.renditions.keeping import Folder, choose, list_folders
from tests.support.moments import NOON

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def folder(name: str, age: timedelta, size_bytes: int = 10) -> Folder:
    return Folder(name, (NOON - age).timestamp(), size_bytes)


@pytest.mark.parametrize(
    ("folders", "known", "making", "keep_bytes", "gone"),
    [
        ([folder("a", HOUR), folder("b", 2 * HOUR)], "ab", "", 20, ""),
        ([folder("a", HOUR), folder("b", 2 * HOUR)], "ab", "", 19, "b"),
        ([folder("a", HOUR), folder("b", 2 * HOUR)], "ab", "", 0, "ab"),
        ([folder("a", MINUTE, 100), folder("b", HOUR)], "ab", "", 50, "b"),
        ([folder("a", HOUR), folder("b", 2 * HOUR)], "ab", "b", 10, "a"),
        ([folder("a", HOUR), folder("b", 30 * HOUR)], "ab", "b", 10, "b"),
        ([folder("a", HOUR), folder("work", 2 * HOUR)], "a", "", 10, "a"),
        ([], "", "", 0, ""),
    ],
    ids=[
        "all fit",
        "the one that was used longest ago goes",
        "all go where nothing may stay",
        "one in use counts, and stays",
        "one that is being made stays",
        "one whose making stands still for a day does not",
        "work in progress counts, and stays",
        "nothing is there",
    ],
)
def test_what_was_used_longest_ago_goes_first(
    folders: list[Folder], known: str, making: str, keep_bytes: int, gone: str
) -> None:
    """Until the others fit; nothing that is made or watched just now."""
    assert set(gone) == choose(folders, set(known), set(making), keep_bytes, NOON)


def test_a_folder_is_measured_with_all_in_it(tmp_path: Path) -> None:
    """Its age is that of the last thing made or watched in it."""
    shelf = tmp_path / "cnt_1" / "360p.r1.abc"
    shelf.mkdir(parents=True)
    (shelf / "0.m4s").write_bytes(bytes(1_000))
    (shelf.parent / "360p.mp4").write_bytes(bytes(234))
    (tmp_path / ".here").write_bytes(b"no folder")
    for path, age in ((shelf, MINUTE), (shelf.parent, HOUR)):
        at = (NOON - age).timestamp()
        os.utime(path, (at, at))

    assert [folder("cnt_1", MINUTE, 1_234)] == list_folders(tmp_path)
    assert [] == list_folders(tmp_path / "missing")
