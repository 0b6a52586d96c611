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
    out = os.dup(sock.fileno())
    try:
        at, end = offset, offset + count
        while at < end:
            if is_gone():
                raise ReceiverGone
            sent = await _send_some(out, file, at, min(end - at, WINDOW_BYTES))
            if sent is None:
                await _await_room(out, stall_seconds)
            elif sent == 0:
                raise FileShrunk(errno.EIO, "The file became shorter while it was sent.")
            else:
                at += sent
    finally:
        os.close(out)


async def _send_some(out: int, file: int, at: int, count: int) -> int | None:
    """Send what fits; None: nothing did."""
    try:
        if _is_cached(file, at) and _is_cached(file, at + count - 1):
            return os.sendfile(out, file, at, count)
        return await asyncio.to_thread(os.sendfile, out, file, at, count)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno in GONE:
            raise ReceiverGone from error
        raise


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


async def _await_room(out: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    has_room = asyncio.Event()
    loop.add_writer(out, has_room.set)
    try:
        async with asyncio.timeout(seconds):
            await has_room.wait()
    except TimeoutError:
        raise ReceiverGone from None
    finally:
        loop.remove_writer(out)
