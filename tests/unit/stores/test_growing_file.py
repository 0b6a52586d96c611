"""A file that grows is never closed under a write that a cancelled task left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rushes.stores.growing_file import GrowingFile
from rushes.stores.store import Broken


def test_a_file_is_closed_only_when_nobody_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its number might be another file's by the time the rest is written."""
    folder = os.open(tmp_path, os.O_RDONLY)
    grown, write, used = GrowingFile(folder, "one", 4), os.pwrite, list[int]()

    def write_little(file: int, view: memoryview, at: int) -> int:
        grown.close()
        used.append(file)
        return write(file, view[:1], at)

    monkeypatch.setattr(os, "pwrite", write_little)
    grown.write(b"full", 0)

    assert b"full" == (tmp_path / "one").read_bytes()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(used[0])
    with pytest.raises(Broken):
        grown.write(b"late", 0)
    os.close(folder)
