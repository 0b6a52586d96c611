"""How much the wire costs: bodies in, ranges out, and memory, as ratios within one run.

    python bench/ingest/wire.py FOLDER [--mib 1024] [--rounds 3] [--only receive,send,memory]

FOLDER should be a tmpfs, so that the disk is not what is measured; it needs 3 x MIB and 600 MiB.
Each server is a child on the loopback; its CPU time is that of the kernel's clock of it. A round
measures every server once, and the best of the rounds is told, because other work on the machine
can only add to it. Ranges need nginx, the durable line needs openssl. Linux only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
HOUSE = HERE.parent.parent
sys.path[:0] = [str(HOUSE), str(HOUSE / "src")]
os.environ["PYTHONPATH"] = str(HOUSE / "src")

from tests.support.served import Served  # noqa: E402

BLOCK = 256 * 2**20
GIB = 2**30
ROOMY = {
    "RUSHES_HTTP_CONNECTIONS_PER_ADDRESS": "0",
    "RUSHES_HTTP_UPLOADS_PER_ADDRESS": "0",
    "RUSHES_HTTP_UPLOADS_PER_LINK": "0",
    "RUSHES_UPLOADS_KEEP_FREE_BYTES": "0",
}
BARE_COST = {"RUSHES_UPLOADS_DURABILITY": "process", "RUSHES_UPLOADS_DIGEST": "intake"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one transfer took, in seconds per GiB."""

    cpu: float
    wall: float


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, to the nanosecond (clock_getcpuclockid(3) on Linux)."""
    return time.clock_gettime((~pid << 3) | 2)


def memory_mib(pid: int, name: str) -> float:
    """Return `VmRSS` or `VmHWM` of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def timed(pid: int, size: int, work: Callable[[], None]) -> Cost:
    """Run a transfer; say what it took the process."""
    cpu, wall = cpu_seconds(pid), time.perf_counter()
    work()
    gib = size / GIB
    return Cost((cpu_seconds(pid) - cpu) / gib, (time.perf_counter() - wall) / gib)


def put(port: int, head: str, source: int, size: int) -> None:
    """Send one body; its bytes come from the cache by sendfile."""
    with socket.create_connection(("127.0.0.1", port)) as peer:
        told = f"{head}\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
        peer.sendall(told.encode())
        sent = 0
        while sent < size:
            at = sent % BLOCK
            sent += os.sendfile(peer.fileno(), source, at, min(BLOCK - at, size - sent))
        answer = peer.recv(65536)
    if b" 204 " not in answer.split(b"\r\n")[0]:
        raise SystemExit(answer.decode(errors="replace"))


def get(port: int, path: str, size: int) -> None:
    """Ask for ranges of 256 MiB over one connection until so many bytes came."""
    buffer = bytearray(2**20)
    with socket.create_connection(("127.0.0.1", port)) as peer:
        for _ in range(size // BLOCK):
            told = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-{BLOCK - 1}\r\n\r\n"
            peer.sendall(told.encode())
            head = b""
            while b"\r\n\r\n" not in head:
                head += peer.recv(4096)
            if b" 206 " not in head.split(b"\r\n")[0]:
                raise SystemExit(head.decode(errors="replace"))
            left = BLOCK - len(head.partition(b"\r\n\r\n")[2])
            while left:
                count = peer.recv_into(buffer, min(left, len(buffer)))
                if not count:
                    raise SystemExit("The server closed early.")
                left -= count


@contextmanager
def child(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program, and end it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def rushes(folder: Path, name: str, **settings: str) -> Iterator[tuple[Served, str]]:
    """Run `rushes serve` with a data folder of its own; give an upload link's place too."""
    home = folder / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    served = Served(home / "data", ROOMY | settings)
    served.data.mkdir()
    served.start()
    try:
        with served.client() as client:
            link = client.make_link(types=["any"])
        yield served, f"/u/{link['url'].partition('/u/')[2].rstrip('/')}/files/"
    finally:
        served.stop()
        shutil.rmtree(home, ignore_errors=True)


def begin(port: int, place: str, length: int) -> str:
    """Begin an upload; return its path."""
    with socket.create_connection(("127.0.0.1", port)) as peer:
        name = "filename Y2xpcC5iaW4="
        peer.sendall(
            f"POST {place} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n"
            f"Upload-Length: {length}\r\nUpload-Metadata: {name}\r\n"
            "Content-Length: 0\r\n\r\n".encode()
        )
        answer = peer.recv(65536).decode()
    if " 201 " not in answer.split("\r\n")[0]:
        raise SystemExit(answer)
    location = next(
        line.partition(": ")[2]
        for line in answer.split("\r\n")
        if line.lower().startswith("location")
    )
    return "/" + location.split("/", 3)[3]


def receive_once(served: Served, place: str, source: int, size: int) -> Cost:
    """Send all of an upload but its last byte, so that intake stays out of it; let it go."""
    path = begin(served.port, place, size + 1)
    head = (
        f"PATCH {path} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        "Content-Type: application/offset+octet-stream"
    )
    cost = timed(served.pid, size, lambda: put(served.port, head, source, size))
    with socket.create_connection(("127.0.0.1", served.port)) as peer:
        told = f"DELETE {path} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n\r\n"
        peer.sendall(told.encode())
        peer.recv(65536)
    return cost


def openssl_once(source: Path, size: int) -> Cost:
    """Digest as many bytes as were received."""
    begun = time.perf_counter()
    for _ in range(size // BLOCK):
        subprocess.run(["openssl", "dgst", "-sha256", source], check=True, capture_output=True)
    wall = (time.perf_counter() - begun) / (size / GIB)
    return Cost(wall, wall)


def measure(runs: dict[str, Callable[[int], Cost]], size: int, rounds: int) -> dict[str, Cost]:
    """Run each once to warm up, then all of them in each round; return the best of each."""
    costs: dict[str, list[Cost]] = {}
    for run in runs.values():
        run(BLOCK)
    for _ in range(rounds):
        for name, run in runs.items():
            costs.setdefault(name, []).append(run(size))
    return {name: best(found) for name, found in costs.items()}


def best(costs: list[Cost]) -> Cost:
    """Return the least of each figure."""
    return Cost(min(cost.cpu for cost in costs), min(cost.wall for cost in costs))


def tell(name: str, cost: Cost, remark: str = "") -> None:
    """Print one line of the table."""
    print(f"{name:34} {cost.cpu:6.2f} CPU s/GiB  {1 / cost.wall:6.2f} GiB/s  {remark}", flush=True)


def bench_receive(folder: Path, source: Path, size: int, rounds: int) -> None:
    """Compare what a body costs with the bare loop."""
    out, handle = str(folder / "out"), os.open(source, os.O_RDONLY)
    with (
        child(sys.executable, str(HERE / "bare.py"), out) as bare,
        rushes(folder, "plain", **BARE_COST) as plain,
        rushes(folder, "default") as default,
        rushes(folder, "fallback", **BARE_COST, RUSHES_HTTP_PROTOCOL="plain") as fallback,
    ):
        assert bare.stdout is not None
        port = int(bare.stdout.readline())
        runs: dict[str, Callable[[int], Cost]] = {
            "bare": lambda n: timed(bare.pid, n, lambda: put(port, "PUT /x HTTP/1.1", handle, n)),
            "plain": lambda n: receive_once(*plain, handle, n),
            "default": lambda n: receive_once(*default, handle, n),
            "fallback": lambda n: receive_once(*fallback, handle, n),
            "openssl": lambda n: openssl_once(source, n),
        }
        costs = measure(runs, size, rounds)
    Path(out).unlink()
    os.close(handle)
    tell_received(costs)


def tell_received(found: dict[str, Cost]) -> None:
    """Print the table of bodies."""
    bare, plain, default = found["bare"], found["plain"], found["default"]
    slower = max(bare.wall, found["openssl"].wall)
    tell("bare recv+write loop", bare)
    tell("openssl dgst -sha256", found["openssl"])
    tell("rushes, no sync, no hash", plain, f"{plain.cpu / bare.cpu:.2f} x bare CPU (budget 1.15)")
    tell("rushes, durable and hashed", default,
         f"{slower / default.wall:.2f} x the slower of both (budget 0.8)")  # fmt: skip
    tell("rushes, uvicorn's own protocol", found["fallback"],
         f"{found['fallback'].cpu / bare.cpu:.2f} x bare CPU")  # fmt: skip


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; }} }}
}}
"""


@contextmanager
def nginx(folder: Path) -> Iterator[tuple[int, int]]:
    """Run nginx with one worker; give the worker's process and the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = folder / "nginx.conf"
    settings.write_text("user root;" + NGINX.format(folder=folder, port=port))
    with child("nginx", "-c", str(settings)) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not children.read_text():
            time.sleep(0.05)
        yield int(children.read_text().split()[0]), port


def bench_send(folder: Path, source: Path, size: int, rounds: int) -> None:
    """Compare what ranges of a file cost with nginx."""
    if shutil.which("nginx") is None:
        print("Ranges are compared with nginx: install it (Debian: nginx-light).")
        return
    with (
        nginx(folder) as (pid, port),
        rushes(folder, "wire") as (wire, wire_place),
        rushes(folder, "fallback", RUSHES_HTTP_PROTOCOL="plain") as (plain, plain_place),
    ):
        wire_path = lay_down(wire, wire_place, source)
        plain_path = lay_down(plain, plain_place, source)
        runs: dict[str, Callable[[int], Cost]] = {
            "nginx": lambda n: timed(pid, n, lambda: get(port, f"/{source.name}", n)),
            "wire": lambda n: timed(wire.pid, n, lambda: get(wire.port, wire_path, n)),
            "plain": lambda n: timed(plain.pid, n, lambda: get(plain.port, plain_path, n)),
        }
        costs = measure(runs, size, rounds)
    ours = costs["wire"].cpu / costs["nginx"].cpu
    tell("nginx, sendfile", costs["nginx"])
    tell("rushes, ranges out", costs["wire"], f"{ours:.2f} x nginx CPU (budget 1.1)")
    tell("rushes, uvicorn's own protocol", costs["plain"],
         f"{costs['plain'].cpu / costs['nginx'].cpu:.2f} x nginx CPU")  # fmt: skip


def lay_down(served: Served, place: str, source: Path) -> str:
    """Upload a file; return the path of its download address once it is accepted."""
    path = begin(served.port, place, BLOCK)
    head = (
        f"PATCH {path} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        "Content-Type: application/offset+octet-stream"
    )
    file = os.open(source, os.O_RDONLY)
    put(served.port, head, file, BLOCK)
    os.close(file)
    with served.client() as client:
        asset = client.settled("clip.bin")
        found = client.http.get(f"/api/v1/assets/{asset['id']}/original", follow_redirects=False)
        address: str = found.headers["location"]
    return urlsplit(address).path


def bench_memory(folder: Path, source: Path) -> None:
    """Tell what streams take over idle: one body of 4 GiB, then four at once."""
    file = os.open(source, os.O_RDONLY)
    with rushes(folder, "memory") as (served, place):
        receive_once(served, place, file, BLOCK)
        idle = memory_mib(served.pid, "VmRSS")
        for count, size in ((1, 4 * GIB), (4, GIB)):
            Path(f"/proc/{served.pid}/clear_refs").write_text("5")  # forget the peak
            senders = [
                threading.Thread(target=receive_once, args=(served, place, file, size))
                for _ in range(count)
            ]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
            over = (memory_mib(served.pid, "VmHWM") - idle) / count
            print(
                f"{count} x {size // GIB} GiB: {over:.1f} MiB per stream over {idle:.0f} idle "
                "(budget 16)",
                flush=True,
            )
    os.close(file)


def main() -> None:
    """Measure what is asked for."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("folder", type=Path)
    options.add_argument("--mib", type=int, default=1024)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default="receive,send,memory")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    source = given.folder / "source"
    with source.open("wb") as file:
        noise = os.urandom(2**20)
        for _ in range(BLOCK // 2**20):
            file.write(noise)
    try:
        if "receive" in given.only:
            bench_receive(given.folder, source, given.mib * 2**20, given.rounds)
        if "send" in given.only:
            bench_send(given.folder, source, given.mib * 2**20, given.rounds)
        if "memory" in given.only:
            bench_memory(given.folder, source)
    finally:
        source.unlink()


if __name__ == "__main__":
    main()
