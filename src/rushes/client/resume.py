"""Remembers unfinished uploads between runs of a program, so that they go on.

One small JSON file in the user's cache folder; whoever reads it could go on with the uploads, so
only its owner may. A file that has changed since is another file.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST: Final = 1_000
"""Uploads remembered; the oldest are forgotten first."""


def default_file() -> Path:
    """Return where uploads are remembered: `$RUSHES_STATE`, or the user's cache folder."""
    chosen = os.environ.get("RUSHES_STATE")
    if chosen:
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "rushes" / "uploads.json"


def fingerprint(path: Path, endpoint: str, project: str | None) -> str:
    """Return the name of this file, as it is now, on its way to that place."""
    state = path.stat()
    words = [str(path.resolve()), str(state.st_size), str(state.st_mtime_ns), endpoint, project]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Memory:
    """The remembered addresses of uploads, by fingerprint."""

    file: Path

    def find(self, name: str) -> str | None:
        """Return the address where the upload goes on, or None."""
        return self._read().get(name)

    def keep(self, name: str, address: str) -> None:
        """Remember where the upload goes on."""
        known = self._read()
        known.pop(name, None)
        known[name] = address
        self._write(dict(list(known.items())[-MOST:]))

    def forget(self, name: str) -> None:
        """Drop an upload that is complete or gone."""
        known = self._read()
        if known.pop(name, None) is not None:
            self._write(known)

    def _read(self) -> dict[str, str]:
        try:
            known = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _write(self, known: dict[str, str]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(known, out)
        part.replace(self.file)
