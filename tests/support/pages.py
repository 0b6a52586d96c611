"""A web server of somebody else: it gives out the files of a page, and keeps nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
}


@dataclass(frozen=True, slots=True)
class Site:
    """Where it listens, on the loopback."""

    port: int

    @property
    def origin(self) -> str:
        """The origin of its pages."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def site(files: Mapping[str, Path | str]) -> Iterator[Site]:
    """Give out files by their names; a text is the file itself."""

    class Giving(BaseHTTPRequestHandler):
        """Answers GET."""

        def do_GET(self) -> None:
            name = self.path.partition("?")[0].removeprefix("/")
            file = files.get(name)
            body = file.encode() if isinstance(file, str) else file and file.read_bytes()
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", KINDS.get(Path(name).suffix, "text/plain"))
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Giving) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Site(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
