"""Peers: the servers that stand beside ours, set up in a cache folder outside of the tree.

tusd is built with Go at the versions of `tusd/go.sum`, `@tus/server` comes by npm at those of
`node/package-lock.json`; nginx is the machine's. What is not there is told, and its figures are
left out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ingest.machine import child, read_port
from tests.support.served import Served

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rushes-bench"
SET_UP_SECONDS = 900
ROOMY = {
    "RUSHES_HTTP_CONNECTIONS_PER_ADDRESS": "0",
    "RUSHES_HTTP_UPLOADS_PER_ADDRESS": "0",
    "RUSHES_HTTP_UPLOADS_PER_LINK": "0",
    "RUSHES_UPLOADS_KEEP_FREE_BYTES": "0",
}
"""Settings of every server of ours: all requests come from one address, and it may send them."""

NGINX = """
{user}daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; }} }}
}}
"""


class PeerMissing(Exception):
    """A peer cannot be set up here; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A running server; `place` is where uploads begin."""

    pid: int
    port: int
    place: str = "/files/"


@contextmanager
def bare(out: Path) -> Iterator[Peer]:
    """Run the yardstick, which writes every body into one file."""
    with child(sys.executable, HERE / "bare.py", out) as process:
        yield Peer(process.pid, read_port(process), "")
    out.unlink(missing_ok=True)


@contextmanager
def tusd(folder: Path) -> Iterator[Peer]:
    """Run tusd's handler and file store.

    Raises:
        PeerMissing: there is no Go, or the build failed.
    """
    program = build_tusd()
    with _emptied(folder), child(program, folder) as process:
        yield Peer(process.pid, read_port(process))


@contextmanager
def node(folder: Path) -> Iterator[Peer]:
    """Run @tus/server over @tus/file-store.

    Raises:
        PeerMissing: there is no Node.js, or the installation failed.
    """
    place = install_node()
    with _emptied(folder), child("node", place / "serve.js", folder) as process:
        yield Peer(process.pid, read_port(process), "/files")


@contextmanager
def nginx(folder: Path) -> Iterator[Peer]:
    """Run nginx over a folder, with one worker.

    Raises:
        PeerMissing: it is not installed.
    """
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        raise PeerMissing("no nginx here (Debian: nginx-light)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = folder / "nginx.conf"
    user = "user root; " if os.geteuid() == 0 else ""
    settings.write_text(NGINX.format(user=user, folder=folder, port=port))
    with child(program, "-c", settings) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not children.read_text() and process.poll() is None:
            time.sleep(0.05)
        yield Peer(process.pid, port)


@contextmanager
def rushes(folder: Path, name: str, **settings: str) -> Iterator[Served]:
    """Run `rushes serve` with a data folder of its own."""
    home = folder / name
    with _emptied(home):
        served = Served(home / "data", ROOMY | settings)
        served.data.mkdir()
        served.start()
        try:
            yield served
        finally:
            served.stop()


def build_tusd() -> Path:
    """Return the program, built once for each version.

    Raises:
        PeerMissing: it cannot be built here.
    """
    program = _cached("tusd", HERE / "tusd") / "tusd"
    if not program.exists():
        if shutil.which("go") is None:
            raise PeerMissing("no Go here")
        _run("tusd", HERE / "tusd", "go", "build", "-o", str(program), ".")
    return program


def install_node() -> Path:
    """Return the folder of the server, installed once for each lock file.

    Raises:
        PeerMissing: it cannot be installed here.
    """
    place = _cached("node", HERE / "node")
    if not (place / "node_modules").exists():
        if shutil.which("node") is None or shutil.which("npm") is None:
            raise PeerMissing("no Node.js with npm here")
        shutil.copytree(HERE / "node", place, dirs_exist_ok=True)
        _run("@tus/server", place, "npm", "ci", "--ignore-scripts", "--omit=optional")
    return place


def _cached(name: str, sources: Path) -> Path:
    """Return a folder for what is made of these sources."""
    told = hashlib.sha256()
    for path in sorted(path for path in sources.iterdir() if path.is_file()):
        told.update(path.name.encode() + b"\0" + path.read_bytes())
    place = CACHE / f"{name}-{told.hexdigest()[:16]}"
    place.mkdir(parents=True, exist_ok=True)
    return place


def _run(name: str, folder: Path, *command: str) -> None:
    print(f"Setting up {name} ...", file=sys.stderr, flush=True)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SET_UP_SECONDS, check=False
    )
    if done.returncode != 0:
        print(done.stdout + done.stderr, file=sys.stderr)
        raise PeerMissing(f"{name} could not be set up")


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Have a new folder; leave nothing of it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
