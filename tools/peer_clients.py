"""Install the upload clients of others that the tests run, as tests/clients/package-lock.json says.

python tools/peer_clients.py
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from typing import Final

import build_web

CLIENTS: Final = build_web.HOUSE / "tests" / "clients"
INSTALLED: Final = CLIENTS / "node_modules" / ".installed-from"


def main() -> None:
    """Install where these very packages are not there yet; no package script runs."""
    lock = CLIENTS / "package-lock.json"
    with lock.open("rb") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = hashlib.sha256(turn.read()).hexdigest()
        if INSTALLED.is_file() and INSTALLED.read_text().strip() == wanted:
            return
        node = build_web.find_node()
        if node is None:
            sys.exit(build_web.ADVICE)
        install(node)
        INSTALLED.write_text(f"{wanted}\n")


def install(node: build_web.Node) -> None:
    """Run `npm ci` there; npm's own npm finds its node by PATH."""
    path = os.pathsep.join([str(node.node.parent), os.environ.get("PATH", "")])
    words = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    subprocess.run(
        [node.node, node.npm, *words], cwd=CLIENTS, env={**os.environ, "PATH": path}, check=True
    )


if __name__ == "__main__":
    main()
