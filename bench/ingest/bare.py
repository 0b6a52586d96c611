"""The yardstick: one thread per connection, `recv_into` and `write`, and nothing else.

    python bench/ingest/bare.py FILE

prints its port, then takes every body that it is sent into FILE.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

BUFFER_BYTES = 2**20


def serve(peer: socket.socket, out: str) -> None:
    """Take requests of one connection, until it ends."""
    buffer = memoryview(bytearray(BUFFER_BYTES))
    with peer:
        while (head := read_head(peer)) is not None:
            text, _, rest = head.partition(b"\r\n\r\n")
            left = int(text.lower().split(b"content-length:")[1].split(b"\r\n")[0]) - len(rest)
            file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.write(file, rest)
            while left:
                count = peer.recv_into(buffer, min(left, BUFFER_BYTES))
                if not count:
                    return
                os.write(file, buffer[:count])
                left -= count
            os.close(file)
            peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def read_head(peer: socket.socket) -> bytes | None:
    """Return what came up to the end of a head, and what came with it; None: nothing came."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = peer.recv(65536)
        if not piece:
            return None
        head += piece
    return head


def main() -> None:
    """Listen on a free port of the loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=serve, args=(peer, sys.argv[1]), daemon=True).start()


if __name__ == "__main__":
    main()
