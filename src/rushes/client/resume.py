"""Remembers unfinished uploads between runs of a program, so that they go on.

One small JSON file per upload in a folder of the user's cache, so that programs that run at the
same time never write over each other's. Whoever reads them could go on with the uploads, so only
their owner may. A file that has changed since is another file.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rushes.client.files import FileState

MOST: Final = 1_000
"""Uploads remembered; the oldest are forgotten first."""

SENT: Final = "sent"
"""The folder of what a run of many files has finished, while the run goes on."""

SENT_SECONDS: Final = 24 * 3_600
"""For so long a run that broke off goes on behind what it had finished."""


def default_folder() -> Path:
    """Return where uploads are remembered: `$RUSHES_STATE`, or the user's cache folder."""
    chosen = os.environ.get("RUSHES_STATE")
    if chosen:
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "rushes" / "uploads"


@dataclass(frozen=True, slots=True)
class Record:
    """An upload that has begun: of which file, on its way to which place, by which protocol.

    `address` is that of the upload; `part_bytes` the length of its chunks, 0 with tus.
    """

    path: str
    size: int
    mtime_ns: int
    inode: int
    place: str
    project: str | None
    relative_path: str | None
    protocol: str
    address: str
    part_bytes: int = 0

    @property
    def upload_id(self) -> str:
        """Return the upload's id: the last part of its address."""
        return self.address.rstrip("/").rpartition("/")[2]

    @property
    def is_of_file(self) -> bool:
        """Whether the file is still the one that was begun."""
        try:
            now = FileState.read(Path(self.path))
        except OSError:
            return False
        return (now.size, now.mtime_ns, now.inode) == (self.size, self.mtime_ns, self.inode)


def fingerprint(file: FileState, place: str, project: str | None, relative: str | None) -> str:
    """Return the name of this file, as it is now, on its way to that place."""
    words = [str(file.path), file.size, file.mtime_ns, file.inode, place, project, relative]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Memory:
    """The records of unfinished uploads, by fingerprint."""

    folder: Path

    def find(self, name: str) -> Record | None:
        """Return how the upload goes on, or None."""
        return _read(self._path(name))

    def list_records(self, place: str) -> Iterator[Record]:
        """Give what is unfinished on its way to a place, oldest first."""
        for path in self._paths():
            record = _read(path)
            if record is not None and record.place == place:
                yield record

    def keep(self, name: str, record: Record) -> None:
        """Remember how the upload goes on; it is on the disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._path(f"{name}.{os.getpid()}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(asdict(record), out)
            out.flush()
            os.fsync(descriptor)
        part.replace(self._path(name))
        for old in self._paths()[:-MOST]:
            old.unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Drop an upload that is complete or gone."""
        self._path(name).unlink(missing_ok=True)

    def finish(self, name: str) -> None:
        """Remember that a file of many has arrived."""
        (self.folder / SENT).mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):  # an empty file is never remembered
            os.utime(self._path(name))  # its day begins where it ends, however long it took
            self._path(name).replace(self._sent_path(name))

    def find_sent(self, name: str) -> Record | None:
        """Return what was finished by a run that did not come to its end; None: nothing lately."""
        path = self._sent_path(name)
        return _read(path) if _is_fresh(path) else None

    def drop_sent(self, name: str) -> None:
        """Drop a file of many that had arrived."""
        self._sent_path(name).unlink(missing_ok=True)

    def forget_sent(self, names: Iterable[str]) -> None:
        """Drop what was finished, and all that is too old: once, at the end of a run."""
        for name in names:
            self.drop_sent(name)
        for path in (self.folder / SENT).glob("*.json"):
            if not _is_fresh(path):
                path.unlink(missing_ok=True)

    def forget_upload(self, upload_id: str) -> None:
        """Drop what is remembered of an upload, by its id."""
        for path in self._paths():
            record = _read(path)
            if record is not None and record.upload_id == upload_id:
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _sent_path(self, name: str) -> Path:
        return self.folder / SENT / f"{name}.json"

    def _paths(self) -> list[Path]:
        found = [path for path in self.folder.glob("*.json") if ".part" not in path.name]
        return sorted(found, key=_age)


def _age(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name


def _is_fresh(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < SENT_SECONDS
    except OSError:
        return False


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
