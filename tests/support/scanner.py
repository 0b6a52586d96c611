"""A real clamd with one signature of our own, so that it starts in a second and needs no download.

The test file is that of EICAR (eicar.org), put together here so that no scanner takes this source
for it.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.programs import await_true, find_ports, listens, require_programs, running

EICAR: Final = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTI" + "VIRUS-TEST-FILE!$H+H*"
NAME: Final = "Rushes.Test.Eicar"
STREAM_BYTES: Final = 4 * 2**20
SCAN_BYTES: Final = 2 * 2**20

CONFIG: Final = """
Foreground yes
LocalSocket {folder}/clamd.sock
TCPSocket {port}
TCPAddr 127.0.0.1
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
PidFile {folder}/clamd.pid
MaxThreads 4
AlertExceedsMax yes
StreamMaxLength {stream}
MaxFileSize {scan}
MaxScanSize {scan}
"""


@dataclass(frozen=True, slots=True)
class ClamdServer:
    """A running daemon."""

    folder: Path
    port: int

    @property
    def socket(self) -> str:
        """Where its socket is."""
        return str(self.folder / "clamd.sock")

    @property
    def address(self) -> str:
        """Where it listens on loopback."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def serve_clamd() -> Iterator[ClamdServer]:
    """Run one until the end of the block; it takes streams of 4 MiB, and looks through 2 MiB."""
    require_programs("clamav-daemon", "clamd")
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        folder, (port,) = Path(name), find_ports(1)
        (folder / "signatures").mkdir()
        (folder / "signatures/own.ndb").write_text(f"{NAME}:0:*:{EICAR.encode().hex()}\n")
        config = CONFIG.format(folder=folder, port=port, stream=STREAM_BYTES, scan=SCAN_BYTES)
        (folder / "clamd.conf").write_text(config)
        folder.chmod(0o700)
        with running(["clamd", "--config-file", str(folder / "clamd.conf")], folder / "log"):
            await_true(lambda: listens(port), "clamd")
            yield ClamdServer(folder, port)


def zip_of(content: bytes, name: str = "notes.txt") -> bytes:
    """Return an archive that holds this, packed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()
