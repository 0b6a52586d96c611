"""Wire files: a range of an open file goes from the disk's cache to the socket by `sendfile`.

1. The bytes never enter Python. Our own descriptor of the socket is watched for room, beside the
   one of the transport, which writes nothing meanwhile.
2. A piece that is not in the cache is sent from a thread, so a slow disk holds up nobody else.
3. A receiver that takes nothing for a minute is cut off.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Final

WINDOW_BYTES: Final = 4 * 2**20
"""So much at most is looked for in the cache, and sent, at once."""

STALL_SECONDS: Final = 60.0
GONE: Final = frozenset(
    {errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.ESHUTDOWN, errno.ETIMEDOUT, errno.EBADF}
)
NO_LOOK: Final = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
"""What a file system says that cannot tell whether a byte is cached."""


class ReceiverGone(ConnectionError):
    """Whoever asked for the file takes no more of it."""


class FileShrunk(OSError):
    """The file became shorter while it was sent."""


async def send_range(
    sock: socket.SocketType,
    file: int,
    offset: int,
    count: int,
    *,
    is_gone: Callable[[], bool],
    stall_seconds: float = STALL_SECONDS,
) -> None:
    """Send `count` bytes of the descriptor `file` from `offset` on.

    Raises:
        ReceiverGone: the connection broke, or took nothing for `stall_seconds`.
        FileShrunk: the file ends too early.
    """
    sending = _Sending(sock, file, offset, offset + count, is_gone)
    try:
        while True:
            try:
                async with asyncio.timeout(stall_seconds):
                    if not await sending.find_cold():
                        return
            except TimeoutError:
                if not sending.has_moved():
                    raise ReceiverGone from None
            else:
                await sending.send_cold()
    finally:
        sending.close()


class _Sending:
    """A range on its way out: whenever the socket has room, more of it goes."""

    def __init__(
        self, sock: socket.SocketType, file: int, at: int, end: int, is_gone: Callable[[], bool]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._out = os.dup(sock.fileno())
        self._file = file
        self._at = at
        self._end = end
        self._is_gone = is_gone
        self._warm_to = at
        self._seen_at = at
        self._pause: asyncio.Future[bool] | None = None

    def has_moved(self) -> bool:
        """Say whether bytes went out since the last call."""
        before, self._seen_at = self._seen_at, self._at
        return self._at > before

    async def find_cold(self) -> bool:
        """Send from the cache; true: the next bytes are not in it; false: all are sent."""
        pause: asyncio.Future[bool] = self._loop.create_future()
        self._pause = pause
        self._loop.add_writer(self._out, self._send_on)
        try:
            return await pause
        finally:
            self._loop.remove_writer(self._out)

    async def send_cold(self) -> None:
        """Send one piece that has to be waited for."""
        sent = await asyncio.to_thread(self._send, self._window())
        self._at += sent
        self._warm_to = max(self._warm_to, self._at)

    def close(self) -> None:
        """Let go of the socket."""
        os.close(self._out)

    def _send_on(self) -> None:
        """The socket has room."""
        pause = self._pause
        if pause is None or pause.done():
            return
        try:
            if self._is_cold():
                pause.set_result(True)
                return
            self._at += self._send(min(self._warm_to, self._end) - self._at)
            if self._at == self._end:
                pause.set_result(False)
        except OSError as error:
            pause.set_exception(error)

    def _is_cold(self) -> bool:
        """Say whether the next window has to be waited for."""
        if self._at < self._warm_to:
            return False
        count = self._window()
        if not (_is_cached(self._file, self._at) and _is_cached(self._file, self._at + count - 1)):
            return True
        self._warm_to = self._at + count
        return False

    def _window(self) -> int:
        return min(self._end - self._at, WINDOW_BYTES)

    def _send(self, count: int) -> int:
        """Send what fits.

        Raises:
            ReceiverGone: the connection broke.
            FileShrunk: there is nothing to send any more.
        """
        if self._is_gone():
            raise ReceiverGone
        try:
            sent = os.sendfile(self._out, self._file, self._at, count)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno in GONE:
                raise ReceiverGone from error
            raise
        if sent == 0:
            raise FileShrunk(errno.EIO, "The file became shorter while it was sent.")
        return sent


def _is_cached(file: int, at: int) -> bool:
    """Say whether a byte can be had without waiting for a disk; unknown counts as yes."""
    try:
        os.preadv(file, [bytearray(1)], at, os.RWF_NOWAIT)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOOK:
            raise
    return True
