"""Sends one file by tus 1.0, in one stream of appends.

The server's offset is the only truth: after any trouble it is asked for, and sending goes on from
there. The size of an append follows the line: it grows while an append takes less than some
seconds. No byte goes with a creation: where its answer is lost it is asked again, and a file whose
bytes had come along would be there twice.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from rushes.client.failures import ClientFailure, Refused, Unreachable, Unsettled
from rushes.client.files import FileState, read_span
from rushes.client.parts import FIRST_APPEND, SMALLEST_APPEND, fit_append
from rushes.client.patience import Patience
from rushes.client.wire import Wire, find_place

VERSION: Final = {"Tus-Resumable": "1.0.0"}
BODY_TYPE: Final = "application/offset+octet-stream"
CONFLICT, TOO_LARGE = 409, 413
ANSWER: Final = "field."
"""What the keys of answers begin with, among what is told of a file."""

Told = Callable[[int, int], None]
"""Called with bytes that arrived, and bytes in all."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One file on its way; `blocks` are digests of its blocks that are known by now.

    `is_of_many`: what an earlier run of the same files has finished is not sent again.
    """

    file: FileState
    told: Told
    project: str | None = None
    relative_path: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    blocks: dict[int, bytes] = field(default_factory=dict)
    is_of_many: bool = False

    @property
    def labels(self) -> dict[str, str]:
        """Return what is told of it beside its name: where it lay, and what a link asks."""
        place = {} if self.relative_path is None else {"relativePath": self.relative_path}
        return place | {f"{ANSWER}{key}": answer for key, answer in self.answers.items()}

    @property
    def media_type(self) -> str:
        """Return what its name says that it is."""
        return mimetypes.guess_type(self.file.path.name)[0] or "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Appender:
    """Sends files to one tus endpoint."""

    wire: Wire
    endpoint: str

    async def create(self, sending: Sending) -> str:
        """Begin an upload; return its address.

        Raises:
            ClientFailure: the server refused it, or could not be reached.
        """
        headers = {
            **VERSION,
            "Upload-Length": str(sending.file.size),
            "Upload-Metadata": _format_metadata(sending),
        }
        response = await self.wire.patiently(
            lambda: self.wire.once("POST", self.endpoint, headers=headers)
        )
        return find_place(response, response.headers["location"])

    async def find_offset(self, address: str) -> int:
        """Return how many bytes the server has."""
        response = await self.wire.patiently(
            lambda: self.wire.once("HEAD", address, headers=VERSION)
        )
        return int(response.headers["upload-offset"])

    async def send(self, sending: Sending, address: str, offset: int) -> None:
        """Send what is missing from the offset on.

        Raises:
            ClientFailure: the server refused it, or three tries brought no byte.
            OSError: the file cannot be read.
        """
        moments, size = self.wire.moments, sending.file.size
        patience = Patience(self.wire.offline_seconds)
        length = FIRST_APPEND
        sending.told(offset, size)
        while offset < size:
            sending.file.require_same()
            begun = moments.now()
            try:
                arrived = await self._append(sending, address, offset, min(length, size - offset))
            except (Refused, Unreachable) as failure:
                pause = patience.find_pause(
                    _soften(failure, length), moments.now(), moments.spread()
                )
                length = max(SMALLEST_APPEND, length // 4)
                await moments.sleep(pause)
                arrived = await self.find_offset(address)
            else:
                length = fit_append(length, moments.now() - begun)
            if arrived > offset:
                patience.restore()
            offset = arrived
            sending.told(offset, size)
        sending.file.require_same()

    async def _append(self, sending: Sending, address: str, offset: int, length: int) -> int:
        headers = {
            **VERSION,
            "Content-Type": BODY_TYPE,
            "Upload-Offset": str(offset),
            "Content-Length": str(length),
        }
        out = offset

        def tell(size_bytes: int) -> None:
            nonlocal out
            out += size_bytes
            sending.told(out, sending.file.size)

        body = read_span(sending.file, offset, length, tell)
        response = await self.wire.once("PATCH", address, headers=headers, content=body)
        return int(response.headers["upload-offset"])


def _format_metadata(sending: Sending) -> str:
    told = {"filename": sending.file.path.name, "filetype": sending.media_type}
    told |= sending.labels
    if sending.project is not None:
        told["project"] = sending.project
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items()
    )


def _soften(failure: Refused | Unreachable, length: int) -> ClientFailure:
    """Return the failure, as one to try again where another offset or length may do."""
    if not isinstance(failure, Refused):
        return failure
    is_smaller_hope = failure.status == TOO_LARGE and length > SMALLEST_APPEND
    return Unsettled.of(failure) if is_smaller_hope or failure.status == CONFLICT else failure
