"""Progress as lines and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rushes.cli.showing import Showing, format_seconds

FILM, NOTE = Path("/a/film.mov"), Path("/a/note.txt")


@pytest.mark.covers("M-UX-06")
@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "waiting"),
        (0.4, "0s left"),
        (40, "40s left"),
        (192, "3m 12s left"),
        (7500, "2h 5m left"),
    ],
)
def test_time_left_is_told_for_people(seconds: float | None, text: str) -> None:
    """And a line that stands still has none."""
    assert text == format_seconds(seconds)


def test_where_there_is_no_terminal_lines_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Seldom, on standard error, of the file and of all."""
    with Showing(as_json=False, sizes={FILM: 40_000_000, NOTE: 10_000_000}) as shown:
        shown.move(FILM, 20_000_000, 40_000_000)
        shown.move(FILM, 30_000_000, 40_000_000)
        shown.end(FILM)

    told = capsys.readouterr()
    assert "" == told.out
    assert [
        "film.mov: 20.0 of 40.0 MB, 0.0 MB/s, waiting",
        "all files: 20.0 of 50.0 MB, 0.0 MB/s, waiting",
    ] == told.err.splitlines()


def test_beside_json_progress_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line, on standard error."""
    with Showing(as_json=True) as shown:
        shown.move(FILM, 20, 40)

    told = json.loads(capsys.readouterr().err)
    assert ("progress", str(FILM), 20, 40) == (
        told["event"],
        told["path"],
        told["done_bytes"],
        told["size_bytes"],
    )
    assert {"done_bytes", "size_bytes", "bytes_per_second", "seconds_left"} == set(told["all"])


def test_on_a_terminal_there_are_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """One per file and one for all; one that ended leaves."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Showing(as_json=False, sizes={FILM: 40, NOTE: 10}) as shown:
        shown.move(FILM, 40, 40)
        assert shown.bars is not None
        assert [("All files", 40), ("film.mov", 39.6)] == [
            (task.description, task.completed) for task in shown.bars.tasks
        ]
        shown.end(FILM)
        shown.end(NOTE)
        assert ["All files"] == [task.description for task in shown.bars.tasks]
