"""Sends many files: some at once, and each checked while the next ones are on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from rushes.client.answers import AssetFacts, Sent
from rushes.client.appending import Sending
from rushes.client.failures import Cancelled, ClientFailure, Unreachable
from rushes.client.files import FileState, Found, find_files
from rushes.client.sending import CHUNKS_FROM
from rushes.client.session import Session
from rushes.client.stop import Stop

A = TypeVar("A", bound=AssetFacts)

AT_ONCE: Final = 3
"""Files; of those that go in chunks one at a time, for it fills the line by itself."""

CHECKS: Final = 100
"""Files that are sent and wait for their verdict; then sending waits too."""

Moved = Callable[[Path, int, int], None]
"""Called with a file, its bytes that arrived, and its bytes in all."""

Ended = Callable[[Sent], None]
"""Called with what became of a file."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told of many files, and who may stop them."""

    on_progress: Moved | None = None
    on_sent: Ended | None = None
    stop: Stop | None = None


async def send_all(
    session: Session[A],
    paths: Iterable[str | Path],
    *,
    project: str | None = None,
    on_progress: Moved | None = None,
    on_sent: Ended | None = None,
    stop: Stop | None = None,
) -> list[Sent]:
    """Send files, and folders with all that is in them; return what became of each, in order.

    A file that fails does not keep the others; a server that cannot be reached does. The same
    call, within a day of one that was killed or left files behind, does not send again what had
    arrived and is still there.

    Files of a folder keep their place in it: `relativePath` of their upload begins with the
    folder's name.

    Args:
        paths: files and folders.
        project: `client/project`; by default the account's inbox. A link has its own.
        on_progress: called with a file, its bytes that arrived, and its bytes in all.
        on_sent: called with what became of a file.
        stop: ends the transfers when asked to, here and on the server.

    Raises:
        ClientFailure: a path is neither a file nor a folder.
    """
    found = await asyncio.to_thread(list, find_files(map(Path, paths), project))
    return await _Batch(session, found, Ears(on_progress, on_sent, stop)).run()


async def resume_all(
    session: Session[A],
    *,
    on_progress: Moved | None = None,
    on_sent: Ended | None = None,
    stop: Stop | None = None,
) -> list[Sent]:
    """Go on with all that earlier runs began and did not finish; see `send_all`."""
    found = [
        Found(Path(record.path), record.relative_path, record.project)
        for record in await session.unfinished()
    ]
    return await _Batch(session, found, Ears(on_progress, on_sent, stop)).run()


class _Batch:
    """Files on their way, and those whose verdict is awaited."""

    def __init__(self, session: Session[A], found: list[Found], ears: Ears) -> None:
        self._session = session
        self._found = found
        self._ears = ears
        self._sent: dict[int, Sent] = {}
        self._checks: set[asyncio.Task[None]] = set()
        self._unchecked = asyncio.Semaphore(CHECKS)
        self._large = asyncio.Lock()
        self._lost: ClientFailure | None = None
        self._passed: list[Sending] = []

    async def run(self) -> list[Sent]:
        """Send them all; return what became of each."""
        turns = iter(enumerate(self._found))
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._send_some(turns, group))
        if all(sent.failure is None for sent in self._sent.values()):
            self._session.forget_sent(self._passed)
        return [self._sent[number] for number in sorted(self._sent)]

    async def _send_some(
        self, turns: Iterator[tuple[int, Found]], group: asyncio.TaskGroup
    ) -> None:
        for number, found in turns:
            await self._unchecked.acquire()
            try:
                sending, upload_id = await self._send(found)
            except (ClientFailure, OSError) as failure:
                self._end(number, Sent(found.path, found.relative_path, None, failure))
            else:
                group.create_task(self._check(number, found, sending, upload_id))

    async def _send(self, found: Found) -> tuple[Sending, str]:
        if self._lost is not None:
            raise self._lost
        file = await asyncio.to_thread(FileState.read, found.path)

        def tell(done: int, whole: int) -> None:
            if self._ears.on_progress is not None:
                self._ears.on_progress(found.path, done, whole)

        answers = self._session.answers
        sending = Sending(file, tell, found.project, found.relative_path, answers, is_of_many=True)
        self._passed.append(sending)
        try:
            if file.size <= CHUNKS_FROM:
                return sending, await self._session.pass_on(sending, self._ears.stop)
            async with self._large:
                return sending, await self._session.pass_on(sending, self._ears.stop)
        except (Unreachable, Cancelled) as failure:
            self._lost = failure
            raise

    async def _check(self, number: int, found: Found, sending: Sending, upload_id: str) -> None:
        try:
            upload = await self._session.check(sending, upload_id)
        except (ClientFailure, OSError) as failure:
            self._end(number, Sent(found.path, found.relative_path, None, failure))
        else:
            self._end(number, Sent(found.path, found.relative_path, upload, None))

    def _end(self, number: int, sent: Sent) -> None:
        self._unchecked.release()
        self._sent[number] = sent
        if self._ears.on_sent is not None:
            self._ears.on_sent(sent)
