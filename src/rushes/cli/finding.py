"""What `rushes doctor` says of one thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; `advice` is there where something should be done."""

    name: str
    is_well: bool
    found: str
    advice: str | None = None
