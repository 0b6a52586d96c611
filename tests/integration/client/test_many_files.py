"""Many files at once, and folders: each arrives, and one that fails does not keep the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rushes.client import Cancelled, ClientFailure, Refused, Sent, Stop, Unreachable
from tests.support.faces import MakeFace
from tests.support.small_server import MEDIA, SmallServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of small files, with what a file manager left."""
    top = tmp_path / "shoot"
    for name in ("b.txt", "a.txt", "day 1/c.txt", "day 1/.DS_Store", "Thumbs.db"):
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return top


def test_a_folder_goes_with_the_paths_in_it(
    face: MakeFace, server: SmallServer, folder: Path, film: Path
) -> None:
    """In order of their names; junk stays behind. Progress and results are told as they come."""
    ended: list[Sent] = []
    moved: set[Path] = set()
    found = face().send_all(
        [folder, film],
        project="acme/spring",
        on_progress=lambda path, _done, _whole: moved.add(path),
        on_sent=ended.append,
    )

    assert ["shoot/a.txt", "shoot/b.txt", "shoot/day 1/c.txt", None] == [
        sent.relative_path for sent in found
    ]
    assert [None] * 4 == [sent.failure for sent in found]
    assert {sent.path for sent in found} == {sent.path for sent in ended} == moved
    assert 4 == server.asked.count("POST /files/")
    assert server.told_of("project") == "acme/spring"


def test_a_file_that_fails_does_not_keep_the_others(
    face: MakeFace, server: SmallServer, folder: Path, film: Path
) -> None:
    """Its failure stands in its place; so does that of one that cannot be read."""
    server.refused = {film.name: 415}  # it alone: which append comes first is left to chance
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    found = face().send_all([film, folder])

    assert isinstance(found[0].failure, Refused)
    assert [True] * 3 == [sent.upload is not None for sent in found[1:]]


def test_a_verdict_that_is_no_is_a_failure_of_its_file(
    face: MakeFace, server: SmallServer, folder: Path
) -> None:
    """The file was set aside."""
    server.state = "quarantined"

    assert {Refused} == {type(sent.failure) for sent in face().send_all([folder])}


def test_a_server_out_of_reach_ends_them_all(face: MakeFace, folder: Path) -> None:
    """Nobody waits three tries for each of a thousand files."""
    found = face(link="http://127.0.0.1:9/u/abc").send_all([folder])

    assert {Unreachable} == {type(sent.failure) for sent in found}


def test_a_stop_ends_them_all(face: MakeFace, server: SmallServer, folder: Path) -> None:
    """Those that had not begun, too."""
    stop = Stop()
    stop.ask()
    found = face().send_all([folder], stop=stop)

    assert {Cancelled} == {type(sent.failure) for sent in found}
    assert 0 == server.count("POST")


def test_what_is_neither_file_nor_folder_is_named(face: MakeFace, tmp_path: Path) -> None:
    """Before anything is sent."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ClientFailure, match="neither a file nor a folder"):
        face().send_all([tmp_path / "pipe"])


def test_what_was_begun_goes_on_without_being_named(
    face: MakeFace, server: SmallServer, film: Path
) -> None:
    """With the project that it was begun with; a file that has changed since is left alone."""
    server.troubles = [403]
    rushes = face()
    with pytest.raises(Refused):
        rushes.send(film, project="acme/spring")

    (sent,) = rushes.resume_all()

    assert film.resolve() == sent.path
    assert MEDIA == server.received
    assert 1 == server.asked.count("POST /files/")
    assert [] == rushes.resume_all()


def test_the_same_files_again_after_one_failed_begin_no_upload_twice(
    face: MakeFace, server: SmallServer, folder: Path
) -> None:
    """What had arrived is asked for; once all have come to their end, all are sent anew."""
    server.troubles = [415]
    rushes = face()
    first = rushes.send_all([folder])
    begun = server.count("POST /files/")

    again = rushes.send_all([folder])
    rest = server.count("POST /files/") - begun
    anew = rushes.send_all([folder])

    assert (1, 3) == (sum(sent.failure is not None for sent in first), begun)
    assert [None] * 6 == [sent.failure for sent in (*again, *anew)]
    assert (0, 3) == (rest, server.count("POST /files/") - begun)


def test_what_is_gone_from_the_server_is_sent_again(
    face: MakeFace, server: SmallServer, folder: Path
) -> None:
    """It had arrived, and somebody removed it since."""
    server.troubles = [415]
    rushes = face()
    rushes.send_all([folder])
    begun = server.count("POST /files/")
    server.gone = True

    again = rushes.send_all([folder])

    assert [None] * 3 == [sent.failure for sent in again]
    assert begun < server.count("POST /files/")
