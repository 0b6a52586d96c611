"""Sending and fetching through the real house: kills, restarts, bad lines, folders."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from rushes.client import Asset, AsyncRushes, Rushes
from rushes.client.batch import AT_ONCE
from rushes.client.wire import Moments
from tests.support.aftermath import kill_house
from tests.support.bad_line import BadLine, bad_line
from tests.support.served import Served, serving
from tests.support.vaulted import wait_until

MIB = 2**20
SIZE = 24 * MIB
QUICK = Moments(spread=lambda: 0.05)
"""Pauses are short, but real."""

AT_REST_SECONDS = 2
"""An upload that got nothing for so long gets nothing from a sender that is gone."""

END_SECONDS = 60
"""For how long a program that was ended may go on; alone it takes two."""

HANGING = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from rushes.cli.main import main
ThreadPoolExecutor().submit(threading.Event().wait)
sys.argv = ["rushes", *sys.argv[1:]]
main()
"""
"""`rushes` with a read that never ends, as on a disk that is away."""

LONG = [pytest.mark.long, pytest.mark.timeout(1_200)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A house whose chunks are 1 MiB, for all of these tests."""
    folder = tmp_path_factory.mktemp("sending")
    with serving(folder, RUSHES_UPLOADS_CHUNK_MAX_BYTES=str(MIB)) as house:
        yield house


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    """A token of the admin."""
    return served.make_token()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of 24 chunks that nobody sent before."""
    path = tmp_path / "large.bin"
    path.write_bytes(random.Random(str(tmp_path)).randbytes(SIZE))  # noqa: S311
    return path


@pytest.fixture
def line(served: Served) -> Iterator[BadLine]:
    """A line to the house."""
    with bad_line(served.port) as passing:
        yield passing


def digest_of(path: Path) -> str:
    """Return what the server says of the same bytes."""
    return f"sha-256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def list_spring(rushes: Rushes) -> Iterator[Asset]:
    """Give the assets of the link's project; the digest of each comes after it was accepted."""
    return rushes.assets(client="acme-corp", project="spring")


def make_shoot(top: Path, count: int) -> Path:
    """Write a folder of small files that nobody sent before, and what a file manager left."""
    folder = top / "shoot"
    for number in range(count):
        path = folder / f"day {number % 3}" / f"{number:04}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"note {number} of {top}")
    (folder / ".DS_Store").touch()
    return folder


@dataclass(frozen=True, slots=True)
class Place:
    """A house, and somebody who may send there from one folder."""

    served: Served
    token: str
    folder: Path

    def start(
        self, url: str, *words: str, program: Sequence[str] = ("-m", "rushes")
    ) -> subprocess.Popen[str]:
        """Start `rushes` with words, over a line."""
        told = {"RUSHES_URL": url, "RUSHES_TOKEN": self.token}
        return subprocess.Popen(
            [sys.executable, *program, *words],
            env=self.served.environment() | told | {"RUSHES_STATE": str(self.folder / "state")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def open(self, url: str) -> Rushes:
        """Return the SDK, over a line."""
        state = self.folder / "state"
        return Rushes(url, self.token, state=state, moments=QUICK, offline_seconds=60)

    def count_received(self) -> int:
        """Return how many chunks of the newest upload are there, once it grows no more.

        A chunk that had come in whole when its sender died is still written and counted.
        """
        with self.served.client(self.token) as client:
            newest = client.get("/uploads", state="receiving")["items"][0]
            counted, since = -1, time.monotonic()
            while time.monotonic() - since < AT_REST_SECONDS:
                ranges = client.get(f"/uploads/{newest['id']}")["received_chunks"]
                received = sum(last - first + 1 for first, last in ranges)
                if received != counted:
                    counted, since = received, time.monotonic()
                time.sleep(0.1)
        return counted


@pytest.fixture
def at(served: Served, token: str, tmp_path: Path) -> Place:
    """The house, for one test."""
    return Place(served, token, tmp_path)


@pytest.mark.covers("BG-52")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_an_upload_that_was_ended_half_way_sends_only_what_is_missing(
    ending: signal.Signals, at: Place, large: Path, line: BadLine
) -> None:
    """By kill -9 or Ctrl-C; the next run goes on, and the bytes are counted at the line."""
    line.hold_at = SIZE // 2
    with at.start(line.url, "upload", str(large)) as first:
        line.wait_until_held()
        first.send_signal(ending)
        _, said = first.communicate(timeout=END_SECONDS)
    received = at.count_received()
    line.let_go()

    again = at.start(line.url, "upload", "--resume", "--json")
    answer, trouble = again.communicate(timeout=120)

    assert 0 == again.returncode, trouble
    sent = json.loads(answer)
    assert (SIZE, "accepted") == (sent["size_bytes"], sent["state"])
    assert 0 < received < 24
    missing = (24 - received) * MIB
    assert missing <= line.bytes_up < missing + 64 * 1024
    if ending is signal.SIGINT:
        assert (130, True) == (first.returncode, "goes on where it stopped" in said)


def test_ctrl_c_ends_a_program_in_which_a_read_hangs(
    at: Place, tmp_path: Path, line: BadLine
) -> None:
    """Nothing that it reads is waited for: what arrived is on the server, the rest goes later."""
    small = tmp_path / "small.bin"
    small.write_bytes(bytes(MIB))
    line.hold_at = MIB // 2
    with at.start(line.url, "upload", str(small), program=("-c", HANGING)) as sending:
        line.wait_until_held()
        sending.send_signal(signal.SIGINT)
        _, said = sending.communicate(timeout=END_SECONDS)

    assert (130, True) == (sending.returncode, "goes on where it stopped" in said)


@pytest.mark.covers("X-UP-17")
def test_a_line_that_is_cut_twenty_times_brings_every_byte(
    at: Place, large: Path, tmp_path: Path, line: BadLine
) -> None:
    """At random places; nothing is lost or mixed up, there and back."""
    line.cuts = 20
    with at.open(line.url) as rushes:
        upload = rushes.send(large)
        uncut = line.cuts
        copy = rushes.download(str(upload.asset_id), tmp_path / "copy.bin")

    assert uncut <= 0
    assert digest_of(large) == digest_of(copy)


@pytest.mark.timeout(180)
def test_a_server_that_restarts_in_the_middle_gets_the_rest(tmp_path: Path, large: Path) -> None:
    """It is killed at 40 %, and comes back on the same port."""
    with (
        serving(tmp_path, RUSHES_UPLOADS_CHUNK_MAX_BYTES=str(MIB)) as served,
        bad_line(served.port, hold_at=int(SIZE * 0.4)) as line,
        ThreadPoolExecutor(1) as pool,
        Place(served, served.make_token(), tmp_path).open(line.url) as rushes,
    ):
        sending = pool.submit(rushes.send, large)
        line.wait_until_held()
        kill_house(served)
        line.let_go()
        served.start()
        upload = sending.result(timeout=50)
        copy = rushes.download(str(upload.asset_id), tmp_path / "copy.bin")

    assert digest_of(large) == digest_of(copy)


async def test_programs_that_await_send_and_fetch_the_same(
    at: Place, large: Path, tmp_path: Path
) -> None:
    """Several files at once, in one loop."""
    small = tmp_path / "small.txt"
    small.write_text("few words")
    async with AsyncRushes(at.served.url, at.token, state=tmp_path / "state") as rushes:
        uploads = await asyncio.gather(rushes.send(large), rushes.send(small))
        copy = await rushes.download(str(uploads[0].asset_id), tmp_path / "copy.bin")
        found = [asset.id async for asset in rushes.assets()]

    assert digest_of(large) == digest_of(copy)
    assert {upload.asset_id for upload in uploads} <= set(found)


@pytest.mark.parametrize("count", [20, pytest.param(1_000, marks=LONG)])
def test_a_folder_goes_through_a_link_with_its_paths(count: int, at: Place, tmp_path: Path) -> None:
    """Without an account; every file once."""
    folder = make_shoot(tmp_path, count)
    with at.served.client(at.token) as client:
        link = client.make_link()["url"]

    sent = at.start("", "upload", str(folder), "--link", link, "--json")
    answers, trouble = sent.communicate(timeout=50 if count < 100 else 1_000)

    assert 0 == sent.returncode, trouble
    told = [json.loads(answer) for answer in answers.splitlines()]
    expected = sorted(f"shoot/day {number % 3}/{number:04}.txt" for number in range(count))
    assert expected == sorted(one["relative_path"] for one in told)
    assert {"accepted"} == {one["state"] for one in told}


@pytest.mark.covers("BG-52")
@pytest.mark.parametrize("count", [pytest.param(20, marks=LONG), pytest.param(1_000, marks=LONG)])
def test_many_files_go_on_after_their_sender_was_killed(
    count: int, at: Place, tmp_path: Path
) -> None:
    """The same command again: each file is there with its bytes, and few of them went twice."""
    folder = make_shoot(tmp_path, count)
    with at.served.client(at.token) as client:
        client.make_link()  # the project is there by it
    with at.open(at.served.url) as rushes:
        before = len(rushes.uploads(limit=5_000))
    words = ("upload", str(folder), "--project", "acme-corp/spring", "--json")
    with at.start(at.served.url, *words) as first:
        for _ in range(count // 3):
            assert first.stdout is not None
            assert first.stdout.readline()
        first.kill()
        first.communicate(timeout=90)

    again = at.start(at.served.url, *words)
    answers, trouble = again.communicate(timeout=1_000)

    assert 0 == again.returncode, trouble
    told = [json.loads(answer) for answer in answers.splitlines()]
    assert (count, {"accepted"}) == (len(told), {one["state"] for one in told})
    with at.open(at.served.url) as rushes:
        begun = len(rushes.uploads(limit=5_000)) - before
        wanted = {digest_of(path) for path in folder.glob("*/*.txt")}
        wait_until(lambda: wanted <= {asset.digest for asset in list_spring(rushes)}, 600)
    assert count <= begun <= count + AT_ONCE


def test_a_link_with_a_password_is_opened_first(at: Place, tmp_path: Path) -> None:
    """Without it, or with another, nothing is sent; with it all files go, small and in chunks."""
    secret = "open sesame, please"
    (tmp_path / "note.txt").write_text("a note behind a password")
    (tmp_path / "large.bin").write_bytes(os.urandom(17 * 2**20))
    with at.served.client(at.token) as client:
        link = client.make_link(password=secret, types=["any"])["url"]

    def send(*more: str) -> tuple[int, list[str]]:
        words = ("upload", str(tmp_path / "note.txt"), str(tmp_path / "large.bin"))
        sent = at.start("", *words, "--link", link, "--json", *more)
        answers, _ = sent.communicate(timeout=110)
        return sent.returncode, [json.loads(answer)["state"] for answer in answers.splitlines()]

    assert (0, ["accepted", "accepted"]) == send("--password", secret)
    for more in ((), ("--password", "open barley")):
        code, states = send(*more)
        assert code != 0
        assert [] == states


def test_what_was_begun_is_listed_and_taken_away(at: Place, large: Path, line: BadLine) -> None:
    """`rushes uploads ls` and `rm`."""
    line.hold_at = SIZE // 4
    with at.start(line.url, "upload", str(large)) as first:
        line.wait_until_held()
        first.kill()
        first.communicate()
    told = {"RUSHES_URL": at.served.url, "RUSHES_TOKEN": at.token}
    listed = at.served.run("uploads", "ls", "--state", "receiving", "--json", **told)
    begun = json.loads(listed.stdout)[0]["id"]

    removed = at.served.run("uploads", "rm", begun, **told)

    assert 0 == removed.returncode, removed.stderr
    after = at.served.run("uploads", "ls", "--state", "receiving", **told)
    assert begun not in after.stdout
