"""Install the programs that the tests start, where this process may; else say which are missing.

    python tools/system_parts.py

A missing part never stops the run: its tests are skipped by name (and in CI a skip fails).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """A program of the system: the Debian package, and one of the paths that prove it is there."""

    package: str
    proofs: tuple[str, ...]
    purpose: str

    def is_there(self) -> bool:
        """Say whether one of its proofs is on PATH or in the file system."""
        return any(shutil.which(proof) or any(Path("/").glob(proof)) for proof in self.proofs)


PARTS: Final = (
    Part("bubblewrap", ("bwrap",), "the box around media tools"),
    Part("chromium", ("chromium", "chromium-browser", "google-chrome"), "tests in a browser"),
    Part("clamav-daemon", ("clamd",), "a real virus scanner"),
    Part("curl", ("curl",), "tests that send by hand"),
    Part("fonts-dejavu-core", ("usr/share/fonts/truetype/dejavu/*.ttf",), "text in screenshots"),
    Part("postgresql", ("postgres", "usr/lib/postgresql/*/bin/postgres"), "the second database"),
    Part("radosgw", ("radosgw",), "a real S3 server"),
    Part("ceph-mon", ("ceph-mon",), "the S3 server's map"),
    Part("ceph-osd", ("ceph-osd",), "the S3 server's disk"),
    Part("swift-proxy", ("swift-proxy-server",), "a second S3 server"),
    Part("swift-account", ("swift-account-server",), "the second S3 server's accounts"),
    Part("swift-container", ("swift-container-server",), "the second S3 server's buckets"),
    Part("swift-object", ("swift-object-server",), "the second S3 server's disk"),
    Part("memcached", ("memcached",), "the second S3 server's log-ins"),
    Part("util-linux", ("setpriv",), "to start PostgreSQL as an unprivileged account"),
    Part("e2fsprogs", ("mkfs.ext4",), "a disk whose power is cut"),
    Part("xfsprogs", ("mkfs.xfs",), "another disk whose power is cut"),
)


def main() -> None:
    """Install what is missing, or say how."""
    missing = [part for part in PARTS if not part.is_there()]
    if not missing:
        return
    packages = [part.package for part in missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install(packages)
        missing = [part for part in missing if not part.is_there()]
    for part in missing:
        print(f"Not installed: {part.package} ({part.purpose}); its tests are skipped.")
    if missing:
        wanted = " ".join(part.package for part in missing)
        print(f"To install: apt-get install --no-install-recommends {wanted}", file=sys.stderr)


def install(packages: list[str]) -> None:
    """Run apt-get without questions; its list of packages may be old or empty, so update first."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {' '.join(packages)} ...", flush=True)
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends"]):
        command = ["apt-get", *words, *(packages if words[0] == "install" else [])]
        subprocess.run(
            command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
        )


if __name__ == "__main__":
    main()
