"""A disk that fails at the Nth call: the shim is told by a file what to do, while a server runs."""

from __future__ import annotations

import asyncio
import errno
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.faults.long.house import House

SHIM = Path(__file__).parents[1] / "disk" / "failing.c"
CALLS = ("fdatasync", "fsync", "pwrite")
ERRORS = (errno.EIO, errno.ENOSPC)
FIRE_SECONDS = 5.0


def build_shim(folder: Path) -> Path:
    """Compile the failing disk.

    Raises:
        FileNotFoundError: there is no C compiler (Debian package gcc).
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("cc (Debian package gcc)")
    library = folder / "failing.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SHIM), "-ldl"]
    subprocess.run(command, check=True)
    return library


@dataclass(frozen=True, slots=True)
class FailingDisk:
    """What the disk below a folder does, as a program that was started over it finds out."""

    shim: Path
    plan: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return what the program is started with."""
        return {"LD_PRELOAD": str(self.shim), "DISK_PLAN": str(self.plan)}

    @property
    def has_fired(self) -> bool:
        """Whether a call has failed since the plan was made."""
        return self._fired.exists()

    @property
    def _fired(self) -> Path:
        return self.plan.with_name(f"{self.plan.name}.fired")

    def fail(self, call: str, first: int, number: int, *, count: int = 1) -> None:
        """Let calls fail from the `first` one on, `count` of them (0: all), with an error."""
        self._write(f"{call} {first} {count} {self.folder} {number}")

    def mend(self) -> None:
        """Let no call fail."""
        self._write("")

    def _write(self, text: str) -> None:
        """Put another file in its place: another inode, by which the shim sees it."""
        self._fired.unlink(missing_ok=True)
        former = self.plan.with_name(f"{self.plan.name}.former")
        if self.plan.exists():
            self.plan.replace(former)  # its inode stays in use
        new = self.plan.with_name(f"{self.plan.name}.new")
        new.write_text(text)
        new.replace(self.plan)


@dataclass(frozen=True, slots=True)
class Spoil:
    """A fault somewhere below a house's folder, databases too: it fails, and then it is killed."""

    house: House
    disk: FailingDisk
    chance: random.Random

    async def __call__(self) -> None:
        """Fail one call or all that follow, see what is answered, kill, mend."""
        call, number = self.chance.choice(CALLS), self.chance.choice(ERRORS)
        first, count = self.chance.randrange(1, 40), self.chance.choice((0, 1, 3))
        self.disk.fail(call, first, number, count=count)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FIRE_SECONDS
        while not self.disk.has_fired and loop.time() < deadline:  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.02)
        await asyncio.sleep(self.chance.uniform(0, 1))
        await self.house.kill()
        self.disk.mend()
