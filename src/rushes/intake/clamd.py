"""clamd: the daemon of ClamAV, asked over TCP or its socket to look through a file.

The protocol is that of clamd(8): `zINSTREAM`, then the file in pieces, each behind its length in 4
bytes (big-endian), then a length of 0. The answer ends with a NUL. A daemon whose limit is passed
answers before the end and closes, so what it said is read also when no more can be sent.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final

from rushes.errors import Kind, RushesError
from rushes.intake.verdict import CLEAN, TOO_LARGE, Verdict, read_clamd

PIECE_BYTES: Final = 2**20
ANSWER_BYTES: Final = 4096
CONNECT_SECONDS: Final = 10.0
USUAL_PORT: Final = 3310


class ScannerAway(RushesError):
    """The virus scanner does not answer, or says nothing that can be used."""

    code = "scan.scanner_away"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Clamd:
    """A daemon at an address: `host:port`, or the path of a socket."""

    address: str
    timeout: timedelta
    max_bytes: int
    name: str = "clamd"

    async def look(self, path: Path, size_bytes: int) -> Verdict:
        """Return what it says of a file.

        Raises:
            ScannerAway: it cannot be reached, is silent for too long, or failed.
            OSError: the file cannot be read.
        """
        if size_bytes > self.max_bytes:
            return TOO_LARGE
        answer, sent_bytes = await asyncio.to_thread(self._ask, path)
        verdict = read_clamd(answer)
        if verdict == CLEAN and sent_bytes < size_bytes:
            raise ScannerAway(
                f"clamd was given {sent_bytes} of {size_bytes} bytes of a file; it is asked again."
            )
        if verdict is None:
            said = answer[:100].decode(errors="replace").strip("\0 \n") or "nothing"
            raise ScannerAway(f"clamd could not look through a file; it says: {said}.")
        return verdict

    async def require(self) -> str:
        """Return the version of a daemon that answers.

        Raises:
            ScannerAway: it does not.
        """
        return await asyncio.to_thread(self._version)

    def _ask(self, path: Path) -> tuple[bytes, int]:
        """Return the answer, and how many bytes of the file were sent for it."""
        with path.open("rb") as file, self._connect() as line:
            line.settimeout(self.timeout.total_seconds())
            try:
                sent_bytes = _send(line, file)
                return _read_answer(line), sent_bytes
            except TimeoutError:
                raise ScannerAway(
                    "clamd took or said nothing in time (scan.timeout); it is asked again."
                ) from None

    def _version(self) -> str:
        answer = ""
        with suppress(OSError), self._connect() as line:
            line.sendall(b"zVERSION\0")
            answer = _read_answer(line).strip(b"\0").decode(errors="replace")
        if not answer:
            raise ScannerAway(f"What listens at {self.address} is no clamd. Check scan.address.")
        return answer

    def _connect(self) -> socket.socket:
        try:
            if self.address.startswith("/"):
                line = socket.socket(socket.AF_UNIX)
                line.settimeout(CONNECT_SECONDS)
                line.connect(self.address)
                return line
            host, _, port = self.address.rpartition(":")
            place = (host.strip("[]"), int(port)) if host else (self.address, USUAL_PORT)
            return socket.create_connection(place, CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise ScannerAway(
                f"clamd cannot be reached at {self.address}: {error}. Start it, or set scan.address"
                " to what LocalSocket or TCPSocket in its clamd.conf say."
            ) from error


def _send(line: socket.socket, file: BinaryIO) -> int:
    sent_bytes = 0
    with suppress(ConnectionError):  # it has said enough: that is read next
        line.sendall(b"zINSTREAM\0")
        while piece := file.read(PIECE_BYTES):
            line.sendall(len(piece).to_bytes(4, "big"))
            line.sendall(piece)
            sent_bytes += len(piece)
        line.sendall(bytes(4))
    return sent_bytes


def _read_answer(line: socket.socket) -> bytes:
    answer = b""
    with suppress(ConnectionError):  # what it said before is all there is
        while b"\0" not in answer and len(answer) < ANSWER_BYTES:
            piece = line.recv(ANSWER_BYTES)
            if not piece:
                break
            answer += piece
    return answer
