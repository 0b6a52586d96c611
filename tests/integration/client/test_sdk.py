"""Both faces of the SDK against a small server that misbehaves: what is sent arrives once."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from rushes.client import AsyncRushes, ClientFailure, Refused, Rushes, Unreachable, WrongDigest
from rushes.client.resume import default_folder
from tests.support.faces import Leaps, MakeFace, finish
from tests.support.small_server import MEDIA, SmallServer


@pytest.mark.covers("X-UP-17")
def test_a_file_arrives_whole_in_appends_that_grow(
    face: MakeFace, server: SmallServer, film: Path
) -> None:
    """Its name, type and project are told; progress goes to the end."""
    told: list[tuple[int, int]] = []
    server.digest = f"sha-256:{hashlib.sha256(MEDIA).hexdigest()}"
    asset = face().upload(
        film, project="acme/spring", on_progress=lambda sent, whole: told.append((sent, whole))
    )

    assert "ast_1" == asset.id
    assert MEDIA == server.received
    assert ["Tâg 1.mov", "video/quicktime", "acme/spring"] == [
        server.told_of(name) for name in ("filename", "filetype", "project")
    ]
    assert 2 == server.count("PATCH")
    assert [(0, len(MEDIA)), (len(MEDIA), len(MEDIA))] == [told[0], told[-1]]
    assert sorted(told) == told


def test_no_byte_goes_with_a_creation(face: MakeFace, server: SmallServer, tmp_path: Path) -> None:
    """One whose answer is lost may be asked again: no file is there twice. Empty ones are files."""
    small, empty = tmp_path / "small.txt", tmp_path / "empty.txt"
    small.write_bytes(b"few")
    empty.touch()
    rushes = face()

    rushes.send(small)
    assert b"few" == server.received
    assert 1 == server.count("PATCH")
    rushes.send(empty)

    assert b"" == server.received
    assert 1 == server.count("PATCH")


def test_a_creation_whose_answer_is_lost_doubles_no_file(
    face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """What was begun first holds no byte, and ends by itself; the file is sent once."""
    small = tmp_path / "small.txt"
    small.write_bytes(b"few")
    server.lost_answers = 1

    face().send(small)

    assert b"few" == server.received
    assert [2, 1] == [server.count("POST"), server.count("PATCH")]


@pytest.mark.covers("S-UP-12")
@pytest.mark.parametrize("trouble", ["cut", 503, 409, 413, 423, 429])
def test_an_append_that_fails_goes_on_from_the_servers_offset(
    trouble: int | str, face: MakeFace, server: SmallServer, film: Path
) -> None:
    """Nothing is sent twice, and nothing is left out."""
    server.troubles = [trouble]
    face().send(film)

    assert MEDIA == server.received
    assert "HEAD /files/upl_1" in server.asked


def test_an_upload_goes_on_in_another_run_of_the_program(
    face: MakeFace, server: SmallServer, film: Path
) -> None:
    """The first run gave up in the middle; the second asks how far it is, and sends the rest."""
    server.troubles = ["cut", "cut", "cut", 403]
    rushes = face()
    with pytest.raises(Refused):
        rushes.send(film)
    before = len(server.received)

    assert [str(film.resolve())] == [record.path for record in rushes.unfinished()]
    face().send(film)

    assert 0 < before < len(MEDIA)
    assert MEDIA == server.received
    assert 1 == server.asked.count("POST /files/")
    assert [] == rushes.unfinished()


def test_an_upload_that_is_gone_begins_anew(
    face: MakeFace, server: SmallServer, film: Path
) -> None:
    """The server forgot it: another one is created."""
    server.troubles = [403]
    with pytest.raises(Refused):
        face().send(film)
    server.gone = True

    face().send(film)

    assert MEDIA == server.received
    assert 2 == server.asked.count("POST /files/")


def test_a_changed_file_is_another_file(face: MakeFace, server: SmallServer, film: Path) -> None:
    """What was begun with other bytes is not gone on with."""
    server.troubles = [403]
    with pytest.raises(Refused):
        face().send(film)
    film.write_bytes(MEDIA[:-1])

    face().send(film)

    assert MEDIA[:-1] == server.received


@pytest.mark.covers("S-UP-13")
def test_three_failures_without_a_byte_are_enough(
    face: MakeFace, server: SmallServer, film: Path, leaps: Leaps
) -> None:
    """The pauses before were one second and two, at most."""
    server.troubles = [503, 503, 503]
    with pytest.raises(Refused) as caught:
        face().send(film)

    assert (503, "small.no") == (caught.value.status, caught.value.code)
    assert [1.0, 2.0] == leaps.pauses


def test_the_time_that_the_server_names_is_kept(
    face: MakeFace, server: SmallServer, film: Path, leaps: Leaps
) -> None:
    """Retry-After counts where it is longer than our own pause."""
    server.troubles, server.retry_after = [429], 40
    face().send(film)

    assert [40.0] == leaps.pauses


def test_a_refusal_is_not_tried_again(face: MakeFace, server: SmallServer, film: Path) -> None:
    """No stays no."""
    server.troubles = [415]
    with pytest.raises(Refused, match="No"):
        face().send(film)

    assert 1 == server.asked.count("PATCH /files/upl_1")


@pytest.mark.parametrize("told", ["digest", "root"])
def test_other_bytes_on_the_server_are_found_out(
    told: str, face: MakeFace, server: SmallServer, film: Path
) -> None:
    """The digest that it reports, or the one over blocks, is compared with the file's."""
    setattr(server, told, "sha-256:" + "0" * 64)
    with pytest.raises(WrongDigest):
        face().send(film)


def test_a_file_that_was_set_aside_is_refused(
    face: MakeFace, server: SmallServer, film: Path
) -> None:
    """The reason is told."""
    server.state = "quarantined"
    with pytest.raises(Refused, match="it is no film"):
        face().send(film)


def test_a_link_sends_without_a_token_and_sees_no_assets(
    face: MakeFace, server: SmallServer, film: Path
) -> None:
    """What was sent is there all the same."""
    with pytest.raises(ClientFailure, match="sees no assets"):
        face(link=f"{server.url}/u/abc").upload(film)

    assert MEDIA == server.received
    assert "POST /u/abc/files/" in server.asked
    assert {None} == set(server.authorizations)


def test_pages_of_assets_are_followed(face: MakeFace) -> None:
    """To the last one."""
    assert ["ast_1", "ast_2"] == [asset.id for asset in face().assets("a", state="ready")]


def test_waiting_ends_when_the_asset_is_playable_or_failed(
    face: MakeFace, server: SmallServer
) -> None:
    """And after the time that was given."""
    rushes = face()
    server.state = "playable"
    asset = rushes.asset("ast_1")
    assert "playable" == finish(rushes, asset.wait_until_playable()).state
    assert asset == finish(rushes, asset.reload())
    server.state = "failed"
    with pytest.raises(ClientFailure, match="cannot be shown"):
        finish(rushes, asset.wait_until_playable())
    server.state = "filed"
    with pytest.raises(ClientFailure, match="not playable within"):
        finish(rushes, asset.wait_until_playable(timeout=5))


def test_a_link_is_made_and_uploads_are_listed(face: MakeFace, server: SmallServer) -> None:
    """The address of a link is for the people who send."""
    rushes = face()
    made = rushes.create_link("Acme", "Spring", title="Send here")

    assert ("lnk_1", f"{server.url}/u/abc") == (made.id, made.url)
    assert ["upl_1"] == [upload.id for upload in rushes.uploads("accepted")]
    assert rushes.playback("ast_1", quality="auto")["ready"]


@pytest.mark.parametrize("kind", [Rushes, AsyncRushes])
def test_a_face_needs_a_server(kind: type[Rushes | AsyncRushes]) -> None:
    """By its address, or by that of a link."""
    with pytest.raises(ValueError, match="which server"):
        kind()


def test_a_server_that_is_not_there_is_unreachable(face: MakeFace) -> None:
    """After three tries, with what to do."""
    rushes = face(link="http://127.0.0.1:9/u/abc")
    with pytest.raises(Unreachable, match="cannot be reached"):
        rushes.asset("ast_1")


def test_where_uploads_are_remembered_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a variable, else by the system's rules for caches."""
    monkeypatch.delenv("RUSHES_STATE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert Path("/cache/rushes/uploads") == default_folder()
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert Path.home() / ".cache/rushes/uploads" == default_folder()
    monkeypatch.setenv("RUSHES_STATE", "/state")
    assert Path("/state") == default_folder()


def test_what_is_remembered_belongs_to_its_owner(
    face: MakeFace, server: SmallServer, film: Path, tmp_path: Path
) -> None:
    """Nobody else on the machine may go on with it."""
    server.troubles = [403]
    with pytest.raises(Refused):
        face().send(film)

    (record,) = (tmp_path / "state").iterdir()
    assert 0o600 == record.stat().st_mode & 0o777


async def test_a_client_that_does_not_await_closes_where_a_loop_runs(tmp_path: Path) -> None:
    """As in a notebook, or in the demo: its loop is another one."""
    before = {thread.ident for thread in threading.enumerate()}
    client = Rushes("http://127.0.0.1:1", "rsh_pat_x", state=tmp_path / "uploads.json")

    client.close()

    assert {thread.ident for thread in threading.enumerate()} <= before
