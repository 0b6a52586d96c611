"""Chunks side by side against a small server that misbehaves: each arrives once."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from rushes.client import (
    AsyncRushes,
    Cancelled,
    FileChanged,
    Refused,
    Stop,
    Unreachable,
    WrongDigest,
)
from rushes.client.files import FileState, find_root
from tests.support.faces import Leaps, MakeFace
from tests.support.small_server import LARGE, SmallServer


@pytest.fixture(autouse=True)
def chunky(server: SmallServer) -> None:
    """The server takes chunks."""
    server.takes_chunks = True


@pytest.mark.covers("X-UP-17", "S-UP-05")
def test_a_large_file_goes_in_chunks_side_by_side(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """Each chunk once; what the server reports of the whole is compared."""
    told: list[tuple[int, int]] = []
    server.root = find_root(FileState.read(large), {})
    server.company, server.has_gauge = 2, False  # a slow machine looks like a slow line
    face().send(large, project="acme/spring", on_progress=lambda *facts: told.append(facts))

    assert LARGE == server.joined
    assert (17, 1) == (server.count("PUT"), server.count("POST /api/v1/uploads/upl_1/complete"))
    assert {
        "file_name": "large.mov",
        "project": "acme/spring",
        "size_bytes": len(LARGE),
    }.items() <= (server.created.items())
    assert 1 < server.most_at_once <= 4
    assert (len(LARGE), len(LARGE)) == told[-1]


@pytest.mark.covers("X-UP-17")
def test_the_line_is_gauged_once_before_the_first_large_file(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """By random bytes that the server throws away; what it said goes with the creation."""
    sender = face()
    sender.send(large)
    first, told = list(server.gauged), server.created
    sender.send(large)

    assert 128 * 1024 == first[0]
    assert first in ([128 * 1024], [128 * 1024, 2**20])
    assert told["mbit"] > 0
    assert first == server.gauged


def test_a_server_without_chunks_gets_one_stream(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """By tus, as every server takes it."""
    server.takes_chunks = False
    face().send(large)

    assert LARGE == server.received


@pytest.mark.covers("S-UP-13")
@pytest.mark.parametrize("trouble", ["cut", 409, 429, 503])
def test_a_chunk_that_fails_is_sent_again(
    trouble: int | str, face: MakeFace, server: SmallServer, large: Path
) -> None:
    """And no other one."""
    server.troubles = [trouble, trouble]
    face().send(large)

    assert LARGE == server.joined
    assert 19 == server.count("PUT")


def test_a_chunk_that_is_there_all_the_same_is_not_sent_again(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """After a conflict the server is asked what it has."""
    server.troubles = ["deaf"]
    face().send(large)

    assert LARGE == server.joined
    assert 17 == server.count("PUT")


def test_bytes_that_changed_on_the_way_are_sent_again(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """The server's refusal of a digest is no end."""
    server.troubles, server.chunk_code = [422], "chunk.hash_mismatch"
    face().send(large)

    assert LARGE == server.joined


@pytest.mark.parametrize(("status", "code"), [(400, "chunk.wrong_length"), (413, "x"), (403, "y")])
def test_a_refused_chunk_ends_the_transfer(
    status: int, code: str, face: MakeFace, server: SmallServer, large: Path
) -> None:
    """It can be gone on with: what arrived stays."""
    server.troubles, server.chunk_code = [status] * 4, code
    rushes = face()
    with pytest.raises(Refused):
        rushes.send(large)

    assert 1 == len(rushes.unfinished())


def test_a_chunk_that_differs_cannot_be_mended(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """The server keeps what it acknowledged."""
    server.troubles, server.chunk_code = [409], "chunk.differs"
    with pytest.raises(WrongDigest, match="other bytes"):
        face().send(large)


def test_only_missing_chunks_are_sent_by_the_next_run(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """The server is asked what it has."""
    server.troubles = [503] * 9
    with pytest.raises(Refused):
        face().send(large)
    server.troubles = []
    server.chunks = {index: LARGE[index << 20 : (index + 1) << 20] for index in (0, 3, 4, 16)}
    server.asked.clear()

    face().send(large)

    assert LARGE == server.joined
    assert 13 == server.count("PUT")
    assert 0 == server.asked.count("POST /api/v1/uploads")


@pytest.mark.parametrize("state", ["accepted", "cancelled"])
def test_the_next_run_finds_what_became_of_the_upload(
    state: str, face: MakeFace, server: SmallServer, large: Path
) -> None:
    """Complete: nothing is sent again. Ended: it begins anew."""
    server.troubles = [403] * 4
    with pytest.raises(Refused):
        face(parallel=1).send(large)  # so that no other chunk is on its way then
    server.troubles, server.is_complete, server.state = [], True, state
    server.asked.clear()

    if state == "accepted":
        face().send(large)
        assert 0 == server.count("PUT")
    else:
        with pytest.raises(Refused):  # this small server knows one upload, and it was cancelled
            face().send(large)
        assert 1 == server.asked.count("POST /api/v1/uploads")


def test_chunks_that_the_server_misses_at_the_end_are_sent(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """Completion names them."""
    server.forgets = [2, 7]
    face().send(large)

    assert LARGE == server.joined
    assert (19, 2) == (server.count("PUT"), server.count("POST /api/v1/uploads/upl_1/complete"))


def test_everybody_waits_when_the_server_asks_for_it(
    face: MakeFace, server: SmallServer, large: Path, leaps: Leaps
) -> None:
    """Retry-After holds all chunks, not the refused one alone."""
    server.troubles, server.retry_after = [429], 50
    face().send(large)

    assert LARGE == server.joined
    assert any(pause > 40 for pause in leaps.pauses)


def test_a_file_that_is_written_to_meanwhile_is_no_whole(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """It is an error, and the server keeps nothing of it."""

    def write(done: int, _whole: int) -> None:
        if done > len(LARGE) / 2:
            large.write_bytes(LARGE[::-1])

    rushes = face()
    with pytest.raises(FileChanged, match=r"large\.mov (changed|became shorter)"):
        rushes.send(large, on_progress=write)

    assert 1 == server.count("DELETE /api/v1/uploads/upl_1")
    assert [] == rushes.unfinished()


@pytest.mark.covers("M-UX-08", "BG-49")
def test_a_stopped_transfer_ends_on_the_server_too(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """From another thread, at any moment; asked before, it ends at once."""
    stop = Stop()

    def tell(done: int, _whole: int) -> None:
        if done > len(LARGE) / 2:
            asking = threading.Thread(target=stop.ask)
            asking.start()
            asking.join()  # before the next byte goes

    rushes = face()
    with pytest.raises(Cancelled, match="stopped"):
        rushes.send(large, on_progress=tell, stop=stop)
    with pytest.raises(Cancelled):
        rushes.send(large, stop=stop)

    assert 1 == server.count("DELETE /api/v1/uploads/upl_1")
    assert not server.is_complete


def test_a_cancelled_upload_is_forgotten_here_too(
    face: MakeFace, server: SmallServer, large: Path
) -> None:
    """By its id."""
    server.troubles = [403] * 4
    rushes = face()
    with pytest.raises(Refused):
        rushes.send(large)

    rushes.cancel("upl_1")

    assert [] == rushes.unfinished()
    assert server.gone


def test_a_server_out_of_reach_is_waited_for_as_long_as_asked(
    face: MakeFace, server: SmallServer, large: Path, leaps: Leaps
) -> None:
    """Longer than three tries, and no longer."""
    server.troubles = ["cut"] * 400
    with pytest.raises(Unreachable):
        face(offline_seconds=100.0).send(large)

    assert 100 <= sum(leaps.pauses) < 400


async def test_an_awaited_transfer_can_be_cancelled_and_goes_on_later(
    server: SmallServer, large: Path, tmp_path: Path
) -> None:
    """Cancelling the task keeps what arrived; nothing is left running."""
    from_here = asyncio.Event()
    rushes = AsyncRushes(server.url, "rsh_pat_secret", state=tmp_path / "state")

    def tell(done: int, whole: int) -> None:
        if done * 2 > whole:
            from_here.set()

    task = asyncio.create_task(rushes.send(large, on_progress=tell))
    await from_here.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert {asyncio.current_task()} == asyncio.all_tasks()
    await rushes.send(large)
    await rushes.close()

    assert LARGE == server.joined
    assert 1 == server.asked.count("POST /api/v1/uploads")
