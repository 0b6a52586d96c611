"""The table `[scan]` of the settings: whether files are looked through for viruses, and by whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from rushes.sections import MIB, Section


class ScanSettings(Section):
    """Virus scan of what comes in. A file is never called clean unless a scanner said so."""

    scanner: Literal["off", "clamd", "command"] = "off"
    """`clamd`: the daemon of ClamAV, at `address`. `command`: a program of yours, `command`."""
    address: str = "127.0.0.1:3310"
    """Where clamd listens: `host:port`, or the path of its socket, `/run/clamav/clamd.ctl`."""
    command: tuple[str, ...] = ()
    """A program and its arguments; the file's path is added behind them. Exit 0 means clean, 1
    infected (what it found stands in its output, one a line), 2 not scanned, others failed."""
    max_bytes: int = Field(default=2000 * MIB, gt=0)
    """Largest file that is handed over; larger ones are `not_scanned`. Not above the
    `StreamMaxLength` of clamd, whose own ceiling is 2 GiB."""
    gate: Literal["links", "all"] = "links"
    """Whose files wait outside for the verdict. `links`: those of upload links; those of accounts
    are filed at once as `pending`, and their originals wait. `all`: every file waits outside."""
    required: bool = False
    """Every file waits outside, and what nothing could look through stays there (`not_scanned`,
    `failed`) until an admin lets it in. By default it comes in under that name."""
    keep_infected_days: int = Field(default=0, ge=0, le=3650)
    """How long the bytes of an infected file are kept, locked up, for those who want to look at
    them; 0 deletes them at once. The row, the digest and the audit stay."""
    timeout: timedelta = Field(default=timedelta(seconds=660), gt=timedelta())
    """How long one look may take; longer than the `MaxScanTime` of clamd."""
    retries: int = Field(default=5, ge=0, le=20)
    """How often a scanner that is away or breaks is asked again before a file is `failed`."""
    patience: timedelta = Field(default=timedelta(minutes=15), ge=timedelta())
    """Within which time that is; each pause is twice as long as the one before."""
    at_once: int = Field(default=2, ge=1, le=64)
    """How many files a worker has looked through at once."""

    @field_validator("command", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        """Take program and arguments from the environment, parted by spaces."""
        return tuple(given.split()) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _require_its_fields(self) -> Self:
        if self.scanner == "command" and not self.command:
            raise ValueError("scan.scanner is command, but scan.command names none")
        if self.scanner == "off" and self.required:
            raise ValueError("scan.required lets nothing in while scan.scanner is off")
        return self
