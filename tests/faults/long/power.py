"""Power cuts: a file system of its own on an image, shut down with everything unsynced lost.

`FS_IOC_SHUTDOWN` (`_IOR('X', 125, __u32)`, the same number on ext4 and xfs) with the flag 2,
"no log flush", leaves on the disk what was synced, and little else: what lies in the page cache
is gone at the next mount, and every sync after it fails. Sources: fs/ext4/ext4.h
(`EXT4_IOC_SHUTDOWN`, `EXT4_GOING_FLAGS_NOLOGFLUSH`), fs/xfs/libxfs/xfs_fs.h (`XFS_IOC_GOINGDOWN`,
`XFS_FSOP_GOING_FLAGS_NOLOGFLUSH`).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.long.house import House

SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
KINDS = ("ext4", "xfs")
SYNCED, UNSYNCED = "witness-synced", "witness-unsynced"
UNMOUNT_TRIES = 100


@dataclass(slots=True)
class Disk:
    """A file system that can lose its power."""

    kind: str
    image: Path
    place: Path
    cuts: int = 0

    def mount(self) -> None:
        """Mount it; the journal is replayed."""
        subprocess.run(["mount", "-o", "loop", self.image, self.place], check=True)

    def unmount(self) -> None:
        """Unmount it, once nobody uses it any more."""
        for _ in range(UNMOUNT_TRIES):
            done = subprocess.run(["umount", self.place], check=False, capture_output=True)
            if done.returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.place} stays in use.")

    def cut(self) -> None:
        """Cut the power; two witnesses are written just before it, and one of them is synced."""
        self.cuts += 1
        content = str(self.cuts).encode() * 1000
        synced, unsynced = self.place / SYNCED, self.place / UNSYNCED
        with synced.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(self.place, os.O_RDONLY)
        try:
            os.fsync(folder)
            unsynced.write_bytes(content)
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(folder)

    def come_back(self) -> None:
        """Mount it again, and see by the witnesses that it was a power cut.

        Raises:
            RuntimeError: what was not synced is there, or what was synced is not.
        """
        self.unmount()
        self.mount()
        content = str(self.cuts).encode() * 1000
        synced, unsynced = self.place / SYNCED, self.place / UNSYNCED
        if synced.read_bytes() != content:
            raise RuntimeError(f"{self.kind} lost what was synced: this disk proves nothing.")
        if unsynced.exists() and unsynced.read_bytes() == content:
            raise RuntimeError(f"{self.kind} kept what was never synced: that was no power cut.")


@dataclass(frozen=True, slots=True)
class Cut:
    """A power cut under a house: the disk is gone first, and the processes only a moment later."""

    house: House
    disk: Disk
    chance: random.Random

    async def __call__(self) -> None:
        """Cut, kill, and mount again. What is answered in between counts, too."""
        await asyncio.to_thread(self.disk.cut)
        await asyncio.sleep(self.chance.uniform(0, 0.3))
        await self.house.kill()
        await asyncio.to_thread(self.disk.come_back)


@contextmanager
def make_disk(folder: Path, kind: str, size_bytes: int) -> Iterator[Disk]:
    """Make a file system of a kind on an image in `folder`, mounted at `folder/data`."""
    image, place = folder / f"{kind}.img", folder / "data"
    with image.open("wb") as file:
        file.truncate(size_bytes)
    subprocess.run([f"mkfs.{kind}", "-q", image], check=True)
    place.mkdir()
    disk = Disk(kind, image, place)
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()
        image.unlink()


def find_hindrance() -> str | None:
    """Say why no power can be cut on this machine; None where it can. Nothing is mounted for it."""
    if os.geteuid() != 0:
        return "it needs root"
    missing = [kind for kind in KINDS if shutil.which(f"mkfs.{kind}") is None]
    if missing:
        return f"mkfs.{missing[0]} is missing (Debian packages e2fsprogs, xfsprogs)"
    known = Path("/proc/filesystems").read_text(encoding="ascii").split()
    unknown = [kind for kind in KINDS if kind not in known]
    if unknown:
        return f"this kernel has no {unknown[0]} (modprobe {unknown[0]})"
    try:
        os.close(os.open("/dev/loop-control", os.O_RDWR))
    except OSError as error:
        return f"no loop device can be made: {error}"
    return None
