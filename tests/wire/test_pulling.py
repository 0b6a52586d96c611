"""Pulling: a thread reads a socket into a file, and digests what reached it."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads.blocks import Hashing, find_root
from rushes.uploads.checksum import Algorithm, start
from rushes.uploads.pulling import Loan, pull
from rushes.uploads.spool import SpoolFile

MIB = 2**20
PATIENCE_SECONDS = 120


@contextmanager
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give both ends of a connection; ours does not block."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0)
        yield ours, theirs


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """The threads of a spool."""
    with ThreadPoolExecutor(2) as running:
        yield running


def lend(ours: socket.socket, most: int, size: int = MIB) -> Loan:
    return Loan(os.dup(ours.fileno()), most, (bytearray(size), bytearray(size)))


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def send(theirs: socket.socket, content: bytes, times: int = 1) -> threading.Thread:
    def run() -> None:
        with suppress(OSError):  # nobody reads any more
            for _ in range(times):
                theirs.sendall(content)

    sending = threading.Thread(target=run)
    sending.start()
    return sending


def pull_all(ours: socket.socket, file: SpoolFile, length: int, threads: Executor) -> None:
    while file.at < length:
        pull(lend(ours, length - file.at), file, threads)


def test_what_comes_is_written_and_digested_in_order(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    """Two blocks and a half, in as many steps as it takes."""
    content = os.urandom(BLOCK_BYTES * 2 + BLOCK_BYTES // 2)
    hashing, summing = Hashing(), start(Algorithm.SHA256)
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    file = SpoolFile(fd, 0, hashing, summing)

    with line() as (ours, theirs):
        sending = send(theirs, content)
        pull_all(ours, file, len(content), threads)
        sending.join()
    os.close(fd)

    last = hashing.find_last()
    blocks = [*(block.digest for block in hashing.take_full()), *([last.digest] if last else [])]
    told = [
        hashlib.sha256(content[at : at + BLOCK_BYTES]).digest()
        for at in range(0, len(content), BLOCK_BYTES)
    ]
    assert content == (tmp_path / "file").read_bytes()
    assert hashlib.sha256(content).digest() == summing.digest()
    assert find_root(told) == find_root(blocks)


def test_a_step_ends_where_nothing_is_left_to_read(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    """What is there is taken; that nothing more is there is told, also of a sender who is gone."""
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    file = SpoolFile(fd, 0)

    with line() as (ours, theirs):
        theirs.sendall(b"ten bytes.")
        first, second, third = lend(ours, MIB), lend(ours, MIB), lend(ours, MIB)
        pull(first, file, threads)
        pull(second, file, threads)
        theirs.close()
        pull(third, file, threads)
    os.close(fd)

    assert [(10, True), (0, True), (0, True)] == [
        (loan.taken, loan.is_dry) for loan in (first, second, third)
    ]
    assert not any(is_open(loan.descriptor) for loan in (first, second, third))
    assert b"ten bytes." == (tmp_path / "file").read_bytes()


def test_no_byte_of_the_next_request_is_read(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    """A body ends in the middle of what came."""
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    file = SpoolFile(fd, 0)

    with line() as (ours, theirs):
        theirs.sendall(b"the bodyHEAD / HTTP/1.1")
        loan = lend(ours, len(b"the body"), size=3)
        while not loan.taken:
            pull(loan, file, threads)
        rest = ours.recv(100)
    os.close(fd)

    assert (8, False) == (loan.taken, loan.is_dry)
    assert b"the body" == (tmp_path / "file").read_bytes()
    assert b"HEAD / HTTP/1.1" == rest


def test_a_sender_without_end_is_left_after_a_step(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    """However much comes, what stops an upload is soon looked at."""
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    file = SpoolFile(fd, 0)

    with line() as (ours, theirs):
        sending = send(theirs, bytes(MIB), 2**20)
        loan = lend(ours, 2**40)
        pull(loan, file, threads)
        ours.close()
        sending.join()
    os.close(fd)

    assert loan.taken == file.at == (tmp_path / "file").stat().st_size


def test_what_a_full_disk_did_not_take_is_not_digested(threads: ThreadPoolExecutor) -> None:
    """A file that cannot grow takes the first part of a piece; the digest is that of the part."""
    content = os.urandom(MIB)
    room = MIB // 2 + 4096
    fd = os.memfd_create("sealed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, room)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
    summing = start(Algorithm.SHA256)
    file = SpoolFile(fd, 0, None, summing)

    with line() as (ours, theirs):
        sending = send(theirs, content)
        with pytest.raises(PermissionError) as trouble:  # what a seal says
            pull_all(ours, file, len(content), threads)
        theirs.shutdown(socket.SHUT_RDWR)
        sending.join()
    kept = os.pread(fd, MIB, 0)[: file.at]
    os.close(fd)

    assert errno.EPERM == trouble.value.errno
    assert room == file.at
    assert content[:room] == kept
    assert hashlib.sha256(content[:room]).digest() == summing.digest()


def test_digests_wait_for_no_thread(tmp_path: Path) -> None:
    """Where every thread is busy, who reads takes the digests too."""
    content = os.urandom(5 * MIB)
    summing, busy = start(Algorithm.SHA256), threading.Event()
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    file = SpoolFile(fd, 0, None, summing)

    with ThreadPoolExecutor(1) as threads, line() as (ours, theirs):
        threads.submit(busy.wait, PATIENCE_SECONDS)
        sending = send(theirs, content)
        pull_all(ours, file, len(content), threads)
        is_right = hashlib.sha256(content).digest() == summing.digest()
        busy.set()
        sending.join()
    os.close(fd)

    assert is_right
