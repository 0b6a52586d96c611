"""Ceph's radosgw over one monitor and one disk of a file: a real S3 server in about 15 seconds.

It needs no account of its own, no systemd and no manager daemon. Deletes are lazy, and a full disk
makes it hang rather than fail, so the file is large and sparse.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.programs import (
    await_true,
    find_ports,
    listens,
    require_programs,
    running,
)

DISK_BYTES = 16 * 2**30  # sparse
ACCESS_KEY, SECRET_KEY = "testkey", "testsecret123"

CONF = """
[global]
fsid = {fsid}
mon_host = v2:127.0.0.1:{monitor}
mon initial members = a
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
auth allow insecure global id reclaim = false
keyring = {folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
osd objectstore = bluestore
bluestore block size = {disk}
bluestore block wal size = 0
bluestore block db size = 0
osd memory target = 939524096
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
run dir = {folder}
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
log file = {folder}/log/$name.log
mon data = {folder}/mon
osd data = {folder}/osd
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
ms bind ipv6 = false
[client.rgw]
keyring = {folder}/keyring
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
rgw enable usage log = false
rgw gc obj min wait = 60
"""


@contextmanager
def serve_radosgw() -> Iterator[dict[str, str]]:
    """Run it, and give what `ObjectServer` is made of."""
    require_programs("radosgw", "radosgw", "radosgw-admin")
    require_programs("ceph-mon", "ceph-mon")
    require_programs("ceph-osd", "ceph-osd")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="rushes-rgw-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        monitor, port = find_ports(2)
        _write_conf(folder, monitor, port)
        env = {**os.environ, "CEPH_CONF": str(folder / "ceph.conf")}

        def run(*command: str) -> bool:
            done = subprocess.run(command, env=env, capture_output=True, timeout=60, check=False)
            return done.returncode == 0

        def serve(*command: str) -> None:
            log = folder / "log" / f"{command[0]}.out"
            stack.enter_context(running([*command, "-f"], log, env))

        _make_monitor(folder, monitor, run)
        serve("ceph-mon", "-i", "a")
        await_true(lambda: run("ceph", "--connect-timeout", "5", "osd", "create"), "ceph-mon")
        with (folder / "osd" / "block").open("wb") as disk:
            disk.truncate(DISK_BYTES)
        _require(run("ceph-osd", "-i", "0", "--mkfs"), "the disk was made")
        serve("ceph-osd", "-i", "0")
        serve("radosgw", "-n", "client.rgw")
        await_true(lambda: listens(port), "radosgw")
        user = ["--uid=test", "--display-name=test"]
        keys = [f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}"]
        _require(run("radosgw-admin", "user", "create", *user, *keys), "the account was made")
        yield {
            "provider": "ceph",
            "endpoint": f"http://127.0.0.1:{port}",
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
        }


def _write_conf(folder: Path, monitor: int, port: int) -> None:
    for name in ("mon", "osd", "rgw", "log"):
        (folder / name).mkdir()
    (folder / "fsid").write_text(str(uuid.uuid4()))
    (folder / "ceph.conf").write_text(
        CONF.format(
            folder=folder,
            fsid=(folder / "fsid").read_text(),
            monitor=monitor,
            port=port,
            disk=DISK_BYTES,
        )
    )


def _make_monitor(folder: Path, monitor: int, run: Callable[..., bool]) -> None:
    ring, chart = str(folder / "keyring"), str(folder / "monmap")
    allow = ["--cap", "mon", "allow *"]
    _require(
        run("ceph-authtool", "--create-keyring", ring, "--gen-key", "-n", "mon.", *allow),
        "the keys were made",
    )
    everything = [*allow, "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
    for name in ("client.admin", "client.rgw", "osd.0"):
        _require(
            run("ceph-authtool", ring, "--gen-key", "-n", name, *everything),
            "the keys were made",
        )
    address = f"[v2:127.0.0.1:{monitor}]"
    fsid = (folder / "fsid").read_text()
    _require(
        run("monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, chart),
        "the map was made",
    )
    _require(
        run("ceph-mon", "--mkfs", "-i", "a", "--monmap", chart, "--keyring", ring),
        "the monitor was made",
    )


def _require(is_so: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not is_so:
        raise RuntimeError(f"radosgw did not start: not so that {what}")
