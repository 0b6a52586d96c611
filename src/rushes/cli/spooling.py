"""The spool as `rushes doctor` sees it: can bytes be kept there, and how fast are they safe.

An acknowledged byte is one that `fdatasync` has pushed out, so its time is what senders wait for.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from rushes.cli.finding import Finding
from rushes.sections import MIB
from rushes.settings import Settings

SYNCED_BYTES: Final = 8 * MIB
"""As many as are written between two syncs while a file comes in."""

TIMES: Final = 5

DOUBTFUL_SECONDS: Final = 0.000_05
"""No disk keeps 8 MiB in less: this one is memory, or it only says so."""

SLOW_SECONDS: Final = 0.5


def examine_spool(settings: Settings) -> Finding:
    """Say whether the spool takes bytes, and how long `fdatasync` needs for 8 MiB."""
    folder = settings.at("spool")
    if not folder.exists():
        advice = "It is made when `rushes serve` starts."
        return Finding("spool", is_well=True, found=f"not made yet, at {folder}", advice=advice)
    try:
        seconds = measure_sync(folder)
    except OSError as error:
        found = f"{folder} takes no bytes: {_explain(error)}"
        advice = "Uploads are refused until it does. Look at its rights, its room and its disk."
        return Finding("spool", is_well=False, found=found, advice=advice)
    try:
        beside = _beside(settings)
    except OSError as error:
        found = f"the archive's folder cannot be read: {error.filename}: {_explain(error)}"
        advice = "No original is filed until it can. Look at its rights and its disk."
        return Finding("spool", is_well=False, found=found, advice=advice)
    found = f"fdatasync of 8 MiB takes {seconds * 1000:.1f} ms at {folder}; {beside}"
    return Finding("spool", is_well=True, found=found, advice=_advise(settings, seconds))


def measure_sync(folder: Path) -> float:
    """Return the median of the seconds that 8 MiB take from memory to the disk.

    The file has no name, so that nothing stays of it whatever happens.

    Raises:
        OSError: the folder takes no file, or the disk is full or broken.
    """
    block, took = os.urandom(SYNCED_BYTES), []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(TIMES):
            written = 0
            while written < len(block):
                written += file.write(block[written:]) or 0
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - begun)
    return statistics.median(took)


def _beside(settings: Settings) -> str:
    """Say what filing an original costs, where the archive is a folder.

    Raises:
        OSError: the archive's folder cannot be read.
    """
    name = settings.tiers.archive.store
    store = None if name is None else settings.stores[name]
    if store is not None and store.kind == "s3":
        return "the archive is a bucket"
    folder = settings.at("archive") if store is None or store.path is None else store.path
    is_same = _find_disk(folder) == settings.at("spool").stat().st_dev
    return (
        "originals are filed by a link"
        if is_same
        else "the archive is another disk: originals are copied there"
    )


def _find_disk(folder: Path) -> int:
    """Return the disk of a folder; of one that is not made yet, that of what it will stand in."""
    try:
        return folder.stat().st_dev
    except (FileNotFoundError, NotADirectoryError):
        if folder == folder.parent:
            raise
        return _find_disk(folder.parent)


def _explain(error: OSError) -> str:
    return os.strerror(error.errno or 0)


def _advise(settings: Settings, seconds: float) -> str | None:
    if settings.uploads.durability != "power":
        return "uploads.durability is process: a power cut may lose what was acknowledged."
    if seconds < DOUBTFUL_SECONDS:
        return "No disk is that fast: if this is memory, a power cut loses what was acknowledged."
    if seconds > SLOW_SECONDS:
        return "Senders wait for this. Put the data folder on a faster disk."
    return None
