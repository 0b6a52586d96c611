"""Keys that this installation made for itself: `{data}/keys/{name}.key`, one key a line.

Rules of this file:
1. A line is the time of making and 32 random bytes in base64; the newest stands last. New things
   are signed or sealed with the newest; older ones still open what they closed.
2. A file appears whole, readable by its owner alone, and is on stable storage before it is used.
3. A key's id is made of its bytes, so a wrong file cannot pass for the right one.
4. A file that is changed is written aside and put in its place, while nobody else changes one. It
   stays its owner's: who runs the command as root locks no server out.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from rushes.clock import Clock
from rushes.errors import Kind, RushesError

SECRET: Final = "secret"  # noqa: S105 - the name of a file
"""Seals what is kept and must be read again."""

SIGNING: Final = "signing"
"""Signs what is given out: addresses, cursors, grants."""

KEY_BYTES: Final = 32
ID_CHARACTERS: Final = 8


class KeyUnreadable(RushesError):
    """A key file is damaged, or lacks the key that is asked for."""

    code = "key.unreadable"
    kind = Kind.UNAVAILABLE


class KeysHeld(RushesError):
    """Somebody else is changing the keys."""

    code = "key.held"
    kind = Kind.LOCKED


@dataclass(frozen=True, slots=True)
class Key:
    """One key; `id` names it in what it closed."""

    id: str
    made_at: datetime
    secret: bytes = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, which say nothing of those for another."""
        return hmac.digest(self.secret, b"rushes:" + purpose.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of one file, oldest first."""

    name: str
    keys: tuple[Key, ...]

    @property
    def newest(self) -> Key:
        """The key that closes new things."""
        return self.keys[-1]

    def find(self, key_id: str) -> Key | None:
        """Return a key by its id."""
        return next((key for key in self.keys if key.id == key_id), None)

    def get(self, key_id: str) -> Key:
        """Return a key by its id.

        Raises:
            KeyUnreadable: the ring has none of this id.
        """
        key = self.find(key_id)
        if key is None:
            raise KeyUnreadable(f"keys/{self.name}.key lacks the key {key_id}. Bring it back.")
        return key


class LiveRing:
    """The keys of a file that may be rotated meanwhile: it is read again when it is another one."""

    def __init__(self, folder: Path, ring: Ring) -> None:
        self._path = folder / f"{ring.name}.key"
        self._ring = ring
        self._seen: tuple[int, int, int] | None = None  # it may have changed since it was read

    @property
    def name(self) -> str:
        """What the file is called."""
        return self._ring.name

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys, oldest first."""
        return self._read().keys

    @property
    def newest(self) -> Key:
        """The key that closes new things."""
        return self._read().newest

    def get(self, key_id: str) -> Key:
        """Return a key by its id.

        Raises:
            KeyUnreadable: the file has none of this id.
        """
        return self._read().get(key_id)

    def _read(self) -> Ring:
        mark = _mark(self._path)
        if mark != self._seen:
            with contextlib.suppress(OSError, KeyUnreadable):  # what is known stays good
                self._ring = _read_ring(self._path)
                self._seen = mark
        return self._ring


def load_ring(folder: Path, name: str, clock: Clock) -> Ring:
    """Return the keys of `{folder}/{name}.key`; the file is made where there is none.

    Raises:
        KeyUnreadable: the file is damaged.
    """
    path = folder / f"{name}.key"
    if not path.exists():
        _create(path, clock)
    return _read_ring(path)


@contextlib.contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Keep everybody else from changing keys.

    Raises:
        KeysHeld: somebody does just now.
    """
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeysHeld("Somebody else rotates keys just now. Wait until it is done.") from None
        for left in folder.glob(".*.key.*"):  # by a crash; it holds keys that were to go
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(opened)


def add_key(folder: Path, name: str, clock: Clock) -> Ring:
    """Add a new key behind the others of a file, inside of `holding`; return all of them."""
    path = folder / f"{name}.key"
    text = path.read_text("ascii").rstrip("\n")
    _write(path, f"{text}\n{_make_line(clock)}", clock, os.replace)
    return _read_ring(path)


def drop_keys(folder: Path, name: str, ids: Collection[str], clock: Clock) -> Ring:
    """Take keys out of a file, inside of `holding`; the newest one always stays."""
    path = folder / f"{name}.key"
    lines = [line for line in path.read_text("ascii").split("\n") if line.strip()]
    kept = [line for line in lines[:-1] if _parse(line, path).id not in ids]
    _write(path, "\n".join([*kept, lines[-1], ""]), clock, os.replace)
    return _read_ring(path)


def _read_ring(path: Path) -> Ring:
    lines = path.read_text("ascii", errors="replace").split("\n")
    keys = tuple(_parse(line, path) for line in lines if line.strip())
    if not keys:
        raise KeyUnreadable(f"keys/{path.name} is empty. Bring the file back from a backup.")
    return Ring(path.name.removesuffix(".key"), keys)


def _mark(path: Path) -> tuple[int, int, int] | None:
    """Return what is another one when a file was replaced."""
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_ino, known.st_mtime_ns, known.st_size


def _parse(line: str, path: Path) -> Key:
    made_at, _, encoded = line.strip().partition(" ")
    try:
        secret = base64.b64decode(encoded, validate=True)
        moment = datetime.fromisoformat(made_at)
    except (binascii.Error, ValueError):
        secret, moment = b"", datetime.min  # noqa: DTZ901 - never used
    if len(secret) != KEY_BYTES or moment.tzinfo is None:
        raise KeyUnreadable(f"keys/{path.name} is damaged. Bring it back from a backup.")
    return Key(hashlib.sha256(secret).hexdigest()[:ID_CHARACTERS], moment, secret)


def _create(path: Path, clock: Clock) -> None:
    """Write a file with one new key; if another process was faster, its file stands."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        _write(path, _make_line(clock), clock, os.link)


def _make_line(clock: Clock) -> str:
    secret = base64.b64encode(clock.entropy(KEY_BYTES)).decode()
    return f"{clock.now().isoformat()} {secret}\n"


def _write(path: Path, text: str, clock: Clock, put: Callable[[Path, Path], None]) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.{clock.entropy(4).hex()}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            if path.exists() and os.geteuid() == 0:
                known = path.stat()
                os.fchown(file.fileno(), known.st_uid, known.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        put(aside, path)
        _sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
