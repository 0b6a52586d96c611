"""Editors find the best proxy of each asset in its project's folder, and keep their own work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from rushes.db.editing_tables import editing_trees
from rushes.db.tables import assets, projects
from rushes.events.event import EventType
from rushes.renditions.rendition import State as RenditionState
from rushes.tiers import editing_records
from rushes.tiers.editing_tree import MARKER
from rushes.tiers.locate import Locator
from tests.support.handing import Handing
from tests.support.mirrored import Mirrored

LOW, HIGH = b"low" * 1_000, b"high" * 500_000


@pytest.fixture
async def mirrored(handing: Handing, tmp_path: Path) -> Mirrored:
    """A tree that was made ours."""
    (tmp_path / "tree").mkdir()
    mirrored = Mirrored(handing, tmp_path / "tree")
    await mirrored.prepare()
    return mirrored


async def change_project(mirrored: Mirrored, project_id: str, **values: object) -> None:
    """Write columns of a project."""
    async with mirrored.handing.database.transaction() as connection:
        where = projects.c.id == project_id
        await connection.execute(update(projects).where(where).values(**values))


@pytest.mark.covers("T-TI-06", "M-ST-17")
async def test_the_best_proxy_lies_in_the_folder_of_its_project(mirrored: Mirrored) -> None:
    """Of two qualities the better one is written, under the name of the original."""
    filed = await mirrored.film("A001 Take?.mov")
    await mirrored.proxy(filed, "360p", LOW)
    rendition_id = await mirrored.proxy(filed, "720p", HIGH)

    latest = await mirrored.mirroring().round()

    assert {"Clients/Acme/Spring/A001 Take_.mp4": HIGH} == mirrored.seen()
    assert latest > 0
    told = await mirrored.told(EventType.PLACEMENT_PRESENT)
    assert ["Clients/Acme/Spring/A001 Take_.mp4"] == [each["key"] for each in told]
    async with mirrored.handing.database.reading() as connection:
        row = await editing_records.find_file(connection, filed.asset_id)
    assert row is not None
    assert rendition_id == row.rendition_id


async def test_a_better_proxy_takes_the_place_of_the_lesser(mirrored: Mirrored) -> None:
    """The name stays, so that what is cut with it stays whole."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    await mirrored.mirroring().round()
    assert {"Clients/Acme/Spring/clip.mp4": LOW} == mirrored.seen()

    await mirrored.proxy(filed, "1080p", HIGH)
    await mirrored.mirroring().round()

    assert {"Clients/Acme/Spring/clip.mp4": HIGH} == mirrored.seen()


async def test_a_proxy_waits_for_a_better_one_in_the_making(mirrored: Mirrored) -> None:
    """What would be replaced within seconds is not written."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    await mirrored.handing.files.rendition(filed, "720p", state=RenditionState.MAKING)

    await mirrored.mirroring().round()

    assert {} == mirrored.seen()


async def test_names_that_clash_get_numbers(mirrored: Mirrored) -> None:
    """Files whose names differ by case or extension alone are two files everywhere."""
    first = await mirrored.film("clip.mov")
    await mirrored.proxy(first, "360p", LOW)
    second = await mirrored.film("CLIP.mxf", project_id=first.project_id, original=b"second")
    await mirrored.proxy(second, "360p", HIGH)

    await mirrored.mirroring().round()

    here = "Clients/Acme/Spring"
    assert {f"{here}/clip.mp4": LOW, f"{here}/CLIP (2).mp4": HIGH} == mirrored.seen()


async def test_the_file_of_a_deleted_asset_goes_and_its_empty_folders_too(
    mirrored: Mirrored,
) -> None:
    """What nobody has any more is no use to editors."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    await mirrored.mirroring().round()

    async with mirrored.handing.database.transaction() as connection:
        where = assets.c.id == filed.asset_id
        await connection.execute(update(assets).where(where).values(state="deleting"))
    await mirrored.mirroring().round()

    assert {} == mirrored.seen()
    assert [MARKER] == sorted(path.name for path in mirrored.path.iterdir())
    async with mirrored.handing.database.reading() as connection:
        assert await editing_records.find_file(connection, filed.asset_id) is None


async def test_a_folder_follows_its_project_with_all_that_lies_in_it(mirrored: Mirrored) -> None:
    """A new name, the archives, and back: each is one rename, and takes foreign files along."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    await mirrored.mirroring().round()
    (mirrored.path / "Clients/Acme/Spring/cut.prproj").write_bytes(b"mine")

    steps = (
        ({"project_name": "Summer: Two"}, "Clients/Acme/Summer_ Two"),
        ({"finished_at": mirrored.handing.clock.now()}, "Archives/Acme/Summer_ Two"),
        ({"finished_at": None}, "Clients/Acme/Summer_ Two"),
    )
    for values, folder in steps:
        await change_project(mirrored, filed.project_id, **values)
        await mirrored.mirroring().round()
        assert {f"{folder}/clip.mp4": LOW, f"{folder}/cut.prproj": b"mine"} == mirrored.seen()
        tops = sorted(path.name for path in mirrored.path.iterdir() if path.is_dir())
        assert [folder.partition("/")[0]] == tops


async def test_a_move_that_was_cut_off_is_finished(mirrored: Mirrored) -> None:
    """The folder was renamed, and the process ended before it could say so."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    await mirrored.mirroring().round()
    await change_project(mirrored, filed.project_id, project_name="Summer")
    async with mirrored.handing.database.transaction() as connection:
        [folder] = await editing_records.list_folders(connection)
        moving = editing_records.FolderRow(
            folder.project_id, folder.client_slug, folder.path, "Clients/Acme/Summer"
        )
        await editing_records.record_folder(connection, moving)
    (mirrored.path / "Clients/Acme/Spring").rename(mirrored.path / "Clients/Acme/Summer")

    await mirrored.mirroring().round()

    assert {"Clients/Acme/Summer/clip.mp4": LOW} == mirrored.seen()
    async with mirrored.handing.database.reading() as connection:
        [folder] = await editing_records.list_folders(connection)
    assert ("Clients/Acme/Summer", None) == (folder.path, folder.moving_to)


async def test_a_folder_never_takes_the_place_of_a_foreign_one(mirrored: Mirrored) -> None:
    """Somebody made a folder of the new name: ours gets a number."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    await mirrored.mirroring().round()
    theirs = mirrored.path / "Clients/Acme/Summer"
    theirs.mkdir()
    (theirs / "notes.txt").write_bytes(b"theirs")

    await change_project(mirrored, filed.project_id, project_name="Summer")
    await mirrored.mirroring().round()

    expected = {"Clients/Acme/Summer (2)/clip.mp4": LOW, "Clients/Acme/Summer/notes.txt": b"theirs"}
    assert expected == mirrored.seen()
    await mirrored.mirroring().round()
    assert expected == mirrored.seen()


async def test_what_somebody_else_wrote_is_never_touched(mirrored: Mirrored) -> None:
    """A foreign file of the name, and one of ours that an editor changed, stay as they are."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    here = mirrored.path / "Clients/Acme/Spring"
    here.mkdir(parents=True)
    (here / "clip.mp4").write_bytes(b"theirs")

    await mirrored.mirroring().round()

    names = "Clients/Acme/Spring/clip.mp4", "Clients/Acme/Spring/clip (2).mp4"
    assert {names[0]: b"theirs", names[1]: LOW} == mirrored.seen()
    (here / "clip (2).mp4").write_bytes(b"changed by an editor")
    await mirrored.proxy(filed, "720p", HIGH)
    await mirrored.mirroring().round()
    kept = mirrored.seen()
    assert b"changed by an editor" == kept.pop(names[1])
    assert [b"theirs", HIGH] == sorted(kept.values(), key=len)


async def test_a_file_that_is_there_already_is_taken_as_it_is(mirrored: Mirrored) -> None:
    """It was renamed, and the process ended before it could say so: nothing is written twice."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    here = mirrored.path / "Clients/Acme/Spring"
    here.mkdir(parents=True)
    (here / "clip.mp4").write_bytes(LOW)
    before = (here / "clip.mp4").stat().st_ino

    await mirrored.mirroring().round()

    assert {"Clients/Acme/Spring/clip.mp4": LOW} == mirrored.seen()
    assert before == (here / "clip.mp4").stat().st_ino


async def test_leftovers_of_a_killed_writer_go(mirrored: Mirrored) -> None:
    """A part file that nobody writes any more is removed with the next try."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    here = mirrored.path / "Clients/Acme/Spring"
    here.mkdir(parents=True)
    (here / ".clip.mp4.7.rushes-part").write_bytes(b"half")

    await mirrored.mirroring().round()

    assert {"Clients/Acme/Spring/clip.mp4": LOW} == mirrored.seen()


async def test_one_process_writes_and_another_takes_over_when_it_is_silent(
    mirrored: Mirrored,
) -> None:
    """A living lease keeps others away; one that ran out does not."""
    filed = await mirrored.film("clip.mov")
    await mirrored.mirroring("one").round()
    await mirrored.proxy(filed, "360p", LOW)

    kept_away = await mirrored.mirroring("two").round()

    assert (-1, {}) == (kept_away, mirrored.seen())
    async with mirrored.handing.database.transaction() as connection:
        long_ago = mirrored.handing.clock.now() - timedelta(days=1)
        await connection.execute(update(editing_trees).values(lease_until=long_ago))
    await mirrored.mirroring("two").round()
    assert {"Clients/Acme/Spring/clip.mp4": LOW} == mirrored.seen()


async def test_the_trouble_of_one_file_stops_no_other(mirrored: Mirrored) -> None:
    """A proxy that no store has now waits, and tells why; the others are written."""
    first = await mirrored.film("lost.mov")
    await mirrored.handing.files.rendition(first, "360p", content=LOW, height=360)
    second = await mirrored.film("clip.mov", project_id=first.project_id, original=b"second")
    await mirrored.proxy(second, "360p", HIGH)

    assert await mirrored.mirroring().round() == -1

    assert {"Clients/Acme/Spring/clip.mp4": HIGH} == mirrored.seen()
    async with mirrored.handing.database.reading() as connection:
        row = await editing_records.find_file(connection, first.asset_id)
    assert row is not None
    assert (1, None) == (row.tries, row.digest)


async def test_nothing_is_looked_at_twice_where_nothing_happened(mirrored: Mirrored) -> None:
    """Without a new event the tree is left alone."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "360p", LOW)
    mirroring = mirrored.mirroring()
    await mirroring.round()
    seen = await mirroring.round()

    (mirrored.path / "Clients/Acme/Spring/clip.mp4").unlink()

    assert seen == await mirroring.round(seen)
    assert {} == mirrored.seen()


async def test_a_file_that_came_while_ours_was_copied_stays(
    mirrored: Mirrored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours waits for another try, and has another name then."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "720p", HIGH)
    theirs = mirrored.path / "Clients/Acme/Spring/clip.mp4"
    stream = Locator.stream

    async def stream_slowly(self: Locator, object_id: str, start: int = 0) -> AsyncIterator[bytes]:
        async for piece in stream(self, object_id, start):
            yield piece
        theirs.write_bytes(b"an export")

    monkeypatch.setattr(Locator, "stream", stream_slowly)
    await mirrored.mirroring().round()

    assert {"Clients/Acme/Spring/clip.mp4": b"an export"} == mirrored.seen()


async def test_a_link_at_a_name_stops_nobody(mirrored: Mirrored, tmp_path: Path) -> None:
    """It is somebody's, like any other file there; what it leads to is not touched."""
    filed = await mirrored.film("clip.mov")
    await mirrored.proxy(filed, "720p", HIGH)
    folder = mirrored.path / "Clients/Acme/Spring"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "clip.mp4").symlink_to(tmp_path / "secret")

    await mirrored.mirroring().round()

    assert HIGH == (folder / "clip (2).mp4").read_bytes()
    assert b"secret" == (tmp_path / "secret").read_bytes()
