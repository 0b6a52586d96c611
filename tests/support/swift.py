"""OpenStack Swift with its S3 interface: four daemons in Python, and memcached for its log-ins.

Its folder must lie on a filesystem with extended attributes (ext4, xfs, newer tmpfs).
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.programs import await_true, find_ports, listens, require_programs, running

ACCESS_KEY, SECRET_KEY = "test:tester", "testing"
SERVERS = ("object", "container", "account")

SWIFT = """
[swift-hash]
swift_hash_path_suffix = aa
swift_hash_path_prefix = bb
[swift-constraints]
max_file_size = 5368709122
[storage-policy:0]
name = p0
default = yes
"""

SERVER = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
log_level = WARNING
recon_cache_path = {folder}/cache
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
[{name}-replicator]
[{name}-updater]
[{name}-auditor]
"""

PROXY = """
[DEFAULT]
swift_dir = {folder}
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
log_level = WARNING
[pipeline:main]
pipeline = catch_errors proxy-logging cache bulk s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
allow_open_expired = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin .reseller_admin
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
check_bucket_owner = false
force_swift_request_proxy_log = false
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memory}
[filter:slo]
use = egg:swift#slo
allow_async_delete = false
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:bulk]
use = egg:swift#bulk
[filter:copy]
use = egg:swift#copy
[filter:dlo]
use = egg:swift#dlo
[filter:proxy-logging]
use = egg:swift#proxy_logging
"""


@contextmanager
def serve_swift() -> Iterator[dict[str, str]]:
    """Run it, and give what `ObjectServer` is made of."""
    require_programs("swift-proxy", "swift-proxy-server", "swift-ring-builder")
    for name in SERVERS:
        require_programs(f"swift-{name}", f"swift-{name}-server")
    require_programs("memcached", "memcached")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="rushes-swift-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for name in ("devices/d1", "cache", "log"):
            (folder / name).mkdir(parents=True)
        env = {**os.environ, "SWIFT_CONF_DIR": str(folder)}
        port, memory, *back = find_ports(2 + len(SERVERS))
        user = getpass.getuser()
        facts = {"folder": folder, "user": user}

        def serve(*command: str) -> None:
            stack.enter_context(running([*command], folder / "log" / command[0], env))

        (folder / "swift.conf").write_text(SWIFT)
        serve("memcached", "-u", user, "-l", "127.0.0.1", "-p", str(memory), "-m", "16")
        for name, own in zip(SERVERS, back, strict=True):
            _build_ring(folder, name, own, env)
            conf = folder / f"{name}-server.conf"
            conf.write_text(SERVER.format(name=name, port=own, **facts))
            serve(f"swift-{name}-server", str(conf))
        conf = folder / "proxy-server.conf"
        conf.write_text(PROXY.format(port=port, memory=memory, **facts))
        serve("swift-proxy-server", str(conf))
        for each in (memory, *back, port):
            await_true(lambda each=each: listens(each), "swift")  # type: ignore[misc] # one by one
        yield {
            "provider": "swift",
            "endpoint": f"http://127.0.0.1:{port}",
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
        }


def _build_ring(folder: Path, name: str, port: int, env: dict[str, str]) -> None:
    builder = str(folder / f"{name}.builder")
    steps = (
        ("create", "6", "1", "1"),
        ("add", f"r1z1-127.0.0.1:{port}/d1", "1"),
        ("rebalance",),
    )
    for step in steps:
        done = subprocess.run(
            ["swift-ring-builder", builder, *step], env=env, capture_output=True, check=False
        )
        if done.returncode not in {0, 1}:  # 1 is a warning
            raise RuntimeError(f"swift's ring was not built: {done.stdout.decode()}")
