"""The virus scanner that the settings name."""

from __future__ import annotations

from rushes.intake.clamd import Clamd
from rushes.intake.program import Program
from rushes.scan_section import ScanSettings


def open_scanner(wanted: ScanSettings) -> Clamd | Program | None:
    """Return it; None where nothing is scanned."""
    if wanted.scanner == "clamd":
        return Clamd(wanted.address, wanted.timeout, wanted.max_bytes)
    if wanted.scanner == "command":
        return Program(wanted.command, wanted.timeout, wanted.max_bytes)
    return None
