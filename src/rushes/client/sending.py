"""Sends one file by tus 1.0, and goes on where an earlier attempt stopped.

The server's offset is the only truth: after any trouble it is asked for, and sending goes on from
there. Tries count anew whenever bytes have arrived. The size of an append follows the line: it
grows while an append takes less than some seconds.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from rushes.client.failures import ClientFailure, Refused, Unreachable
from rushes.client.resume import Memory, fingerprint
from rushes.client.wire import Wire, named_pause, pauses

VERSION: Final = {"Tus-Resumable": "1.0.0"}
PIECE: Final = 2**20
FIRST_APPEND: Final = 8 * 2**20
LARGEST_APPEND: Final = 512 * 2**20
SMALLEST_APPEND: Final = 256 * 2**10
AIM_SECONDS: Final = 8.0
"""An append should take about this long: short enough to lose little, long enough to be rare."""

Told = Callable[[int, int], None]
"""Called with bytes that arrived, and bytes in all."""

TOO_LARGE: Final = 413
GONE: Final = frozenset({403, 404, 410})


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends files to one tus endpoint."""

    wire: Wire
    endpoint: str
    memory: Memory

    def send(self, path: Path, *, project: str | None = None, told: Told | None = None) -> str:
        """Send a file; return the address of its upload, all of whose bytes have arrived.

        Raises:
            ClientFailure: the server refused it, or could not be reached three times in a row.
            OSError: the file cannot be read.
        """
        name = fingerprint(path, self.endpoint, project)
        size = path.stat().st_size
        with path.open("rb") as source:
            address, offset = self._go_on(name) or (self._create(path, size, project, name), 0)
            self._append_all(source, address, offset, size, told or (lambda _sent, _all: None))
        self.memory.forget(name)
        return address

    def _go_on(self, name: str) -> tuple[str, int] | None:
        address = self.memory.find(name)
        if address is None:
            return None
        try:
            return address, self.wire.patiently(lambda: self._offset(address))
        except Refused as refusal:
            if refusal.status not in GONE:
                raise
            self.memory.forget(name)
            return None

    def _create(self, path: Path, size: int, project: str | None, name: str) -> str:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        metadata = {"filename": path.name, "filetype": kind}
        if project is not None:
            metadata["project"] = project
        headers = {
            **VERSION,
            "Upload-Length": str(size),
            "Upload-Metadata": ",".join(
                f"{key} {base64.b64encode(value.encode()).decode()}"
                for key, value in metadata.items()
            ),
        }
        response = self.wire.patiently(
            lambda: self.wire.once("POST", self.endpoint, headers=headers)
        )
        address = str(response.url.join(response.headers["location"]))
        self.memory.keep(name, address)
        return address

    def _offset(self, address: str) -> int:
        response = self.wire.once("HEAD", address, headers=VERSION)
        return int(response.headers["upload-offset"])

    def _append_all(
        self, source: BinaryIO, address: str, offset: int, size: int, told: Told
    ) -> None:
        length, waits = FIRST_APPEND, pauses()
        told(offset, size)
        while offset < size:
            begun = time.monotonic()
            try:
                arrived = self._append(source, address, offset, min(length, size - offset))
            except (Refused, Unreachable) as failure:
                length = _smaller(length, failure)
                wait = next(waits, None)
                if wait is None:
                    raise
                self.wire.sleep(named_pause(failure) or wait)
                arrived = self.wire.patiently(lambda: self._offset(address))
            else:
                length = _fitting(length, time.monotonic() - begun)
            if arrived > offset:
                waits = pauses()
            offset = arrived
            told(offset, size)

    def _append(self, source: BinaryIO, address: str, offset: int, length: int) -> int:
        headers = {
            **VERSION,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Content-Length": str(length),
        }
        response = self.wire.once(
            "PATCH", address, headers=headers, content=_pieces(source, offset, length)
        )
        return int(response.headers["upload-offset"])


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, as the server writes it."""
    with path.open("rb") as source:
        return f"sha-256:{hashlib.file_digest(source, 'sha256').hexdigest()}"


def _pieces(source: BinaryIO, offset: int, length: int) -> Iterator[bytes]:
    source.seek(offset)
    while length:
        piece = source.read(min(PIECE, length))
        if not piece:
            raise ClientFailure("The file became shorter while it was sent. Send it again.")
        length -= len(piece)
        yield piece


def _fitting(length: int, seconds: float) -> int:
    """Return the length of the next append after one of this length took so long."""
    if seconds < AIM_SECONDS / 2:
        return min(LARGEST_APPEND, length * 2)
    return max(SMALLEST_APPEND, length // 2) if seconds > AIM_SECONDS * 2 else length


def _smaller(length: int, failure: Exception) -> int:
    """Return the length to go on with; give up where a smaller one changes nothing."""
    if isinstance(failure, Refused) and not failure.is_worth_retrying:
        is_hope = failure.status == TOO_LARGE and length > SMALLEST_APPEND
        if not is_hope and failure.status != 409:  # noqa: PLR2004 - another offset: ask for it
            raise failure
    return max(SMALLEST_APPEND, length // 4)
