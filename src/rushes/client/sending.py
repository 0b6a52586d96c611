"""Sends one file by the way that fits, and goes on where an earlier run stopped.

A large file goes in chunks, side by side, where the server takes them; a small one, and any file
to a server that takes none, by tus.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Final, TypeVar

from rushes.client.appending import Appender, Sending
from rushes.client.chunking import Chunked, Chunker
from rushes.client.failures import ClientFailure, FileChanged, Refused
from rushes.client.gauging import gauge
from rushes.client.resume import Memory, Record, fingerprint
from rushes.client.wire import API, Wire

CHUNKS_FROM: Final = 16 * 2**20
"""A file of at most one usual chunk has nothing to send side by side."""

T = TypeVar("T")

TUS, CHUNKS = "tus", "chunks"
GONE: Final = frozenset({403, 404, 410})
RECEIVING: Final = "receiving"
COMPLETED, ACCEPTED = "completed", "accepted"
TAKEN: Final = frozenset({COMPLETED, ACCEPTED})
ARRIVED: Final = frozenset({"completed", "accepted", "quarantined"})
MEASURABLE_SECONDS: Final = 1.0


class Sender:
    """Sends files to one place: an account's, or an upload link's."""

    def __init__(
        self, wire: Wire, endpoint: str, memory: Memory, parallel: int, place: str | None = None
    ) -> None:
        """Send to `endpoint`; what is begun is remembered under `place`, by default the same."""
        self.wire = wire
        self.memory = memory
        begins = str(wire.http.base_url.join(endpoint))
        self.place = place or begins
        self._sees_assets = place is None  # an account's; who has only a link sees uploads alone
        self._appender = Appender(wire, begins)
        self._chunker = Chunker(wire, parallel)
        self._mbit: float | None = None
        self._is_gauged = False

    async def send(self, sending: Sending) -> str:
        """Send a file; return the id of its upload, all of whose bytes have arrived.

        Raises:
            ClientFailure: the server refused it, or could not be reached three times in a row.
            OSError: the file cannot be read.
        """
        name = self._name(sending)
        sent = await self._find_sent(name) if sending.is_of_many else None
        if sent is not None:
            sending.told(sending.file.size, sending.file.size)
            return sent.upload_id
        try:
            record = await self._go_on(sending, name) or await self._begin(sending, name)
        except FileChanged:
            await self.abort(sending)
            raise
        if sending.is_of_many:
            self.memory.finish(name)
        else:
            self.memory.forget(name)
        return record.upload_id

    def forget_sent(self, sent: Iterable[Sending]) -> None:
        """Remember a run of many files no more: all of it has come to its end."""
        self.memory.forget_sent(self._name(sending) for sending in sent)

    async def abort(self, sending: Sending) -> None:
        """End what was begun of a file, here and on the server; what is gone there is no matter."""
        name = self._name(sending)
        record = self.memory.find(name)
        if record is None:
            return
        self.memory.forget(name)
        try:
            await self.wire.json("DELETE", f"{API}/uploads/{record.upload_id}")
        except Refused as refused:
            if refused.status not in GONE:
                raise

    async def _find_sent(self, name: str) -> Record | None:
        """Return what an earlier run has finished, if it is on the server still."""
        record = self.memory.find_sent(name)
        if record is None:
            return None
        is_there = await self._is_there(record)
        if not is_there:
            self.memory.drop_sent(name)
        return record if is_there else None

    async def _is_there(self, record: Record) -> bool:
        try:
            upload = await _unless_gone(self.wire.json("GET", f"{API}/uploads/{record.upload_id}"))
            if upload["state"] == ACCEPTED and self._sees_assets:
                await _unless_gone(self.wire.json("GET", f"{API}/assets/{upload['asset_id']}"))
        except _Forgotten:
            return False
        return upload["state"] in TAKEN

    async def _go_on(self, sending: Sending, name: str) -> Record | None:
        record = self.memory.find(name)
        if record is None:
            return None
        try:
            return await self._send_rest(sending, record)
        except _Forgotten:
            self.memory.forget(name)
            return None

    async def _send_rest(self, sending: Sending, record: Record) -> Record:
        if record.protocol == TUS:
            offset = await _unless_gone(self._appender.find_offset(record.address))
            await self._appender.send(sending, record.address, offset)
            return record
        upload = await _unless_gone(self._chunker.look(record.address))
        if upload.state == RECEIVING:
            await self._send_chunks(sending, upload)
        elif upload.state not in ARRIVED:
            raise _Forgotten(record.address)
        return record

    async def _begin(self, sending: Sending, name: str) -> Record:
        if sending.file.size > CHUNKS_FROM:
            await self._gauge()
            upload = await self._chunker.create(sending, self._mbit)
            if upload is not None:
                record = self._record(sending, CHUNKS, upload.address, upload.part_bytes)
                self.memory.keep(name, record)
                await self._send_chunks(sending, upload)
                return record
        address = await self._appender.create(sending)
        record = self._record(sending, TUS, address)
        if sending.file.size > 0:
            self.memory.keep(name, record)
        await self._appender.send(sending, address, 0)
        return record

    async def _send_chunks(self, sending: Sending, upload: Chunked) -> None:
        now = self.wire.moments.now
        begun = now()
        await self._chunker.send(sending, upload, self._mbit)
        seconds = now() - begun
        if seconds > MEASURABLE_SECONDS and not upload.received:
            self._mbit = sending.file.size * 8 / 1e6 / seconds

    async def _gauge(self) -> None:
        """Find out once what the line bears; files that were sent tell it better."""
        if not self._is_gauged and self._mbit is None:
            self._mbit = await gauge(self.wire)
        self._is_gauged = True

    def _name(self, sending: Sending) -> str:
        return fingerprint(sending.file, self.place, sending.project, sending.relative_path)

    def _record(self, sending: Sending, protocol: str, address: str, part_bytes: int = 0) -> Record:
        file = sending.file
        return Record(
            path=str(file.path),
            size=file.size,
            mtime_ns=file.mtime_ns,
            inode=file.inode,
            place=self.place,
            project=sending.project,
            relative_path=sending.relative_path,
            protocol=protocol,
            address=address,
            part_bytes=part_bytes,
        )


class _Forgotten(ClientFailure):
    """The server does not know an upload any more."""


async def _unless_gone(look: Awaitable[T]) -> T:
    try:
        return await look
    except Refused as refused:
        if refused.status in GONE:
            raise _Forgotten(refused.detail) from refused
        raise
