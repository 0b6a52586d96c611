"""Real databases, one for each test: a SQLite file, or a PostgreSQL that the suite starts itself.

The schema is migrated once into a template; each test gets a copy and throws it away.
A test that takes `database_url` or `database` runs once on each of the two.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from rushes.db.engine import Database, open_database
from rushes.db.migrate import migrate

TEMPLATE = "rushes_template"
START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server that listens on a Unix socket in `folder` alone."""

    folder: Path
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str) -> str:
        """Return the address of one of its databases, as the settings take it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        """Run one statement of administration."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, *, template: str = "template0") -> Iterator[str]:
        """Make a database, give its address, and drop it whoever still uses it."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def serve_postgres() -> Iterator[PostgresServer]:
    """Run a throw-away server; it ends with this process, however that ends.

    Skips the test where PostgreSQL's programs are not installed.
    """
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL's programs are missing (Debian package postgresql)")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="rushes-pg-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        owner = _unprivileged(folder)
        rows = folder / "rows"
        initdb = [
            str(programs / "initdb"),
            "-D",
            str(rows),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
        ]
        with (folder / "log").open("wb") as log:
            subprocess.run(
                [*owner, *initdb, "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"],
                check=True,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
            server = subprocess.Popen(
                [*owner, str(programs / "postgres"), "-D", str(rows), *_server_options(folder)],
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        stack.callback(_stop, server)
        running = PostgresServer(folder)
        _await_answer(running, server)
        yield running


def find_postgres() -> Path | None:
    """Return the folder of the newest installed `postgres`, on PATH or where Debian keeps it."""
    on_path = shutil.which("postgres")
    if on_path is not None:
        return Path(on_path).parent
    versions = [*Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    return None if newest is None else newest.parent


def _unprivileged(folder: Path) -> list[str]:
    """Return how to start a program that refuses to be root, and that ends when we end."""
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig", "INT"]
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    ids = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}"]
    return ["setpriv", *ids, "--clear-groups", "--pdeathsig", "INT"]


def _server_options(folder: Path) -> list[str]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "64MB",
    }
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def _await_answer(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((server.folder / "log").read_text()) from error
            time.sleep(0.05)
        else:
            return


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL whose `rushes_template` holds the schema."""
    with serve_postgres() as server:
        server.run(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        migrate(server.url(TEMPLATE))
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database of its own, with the schema."""
    with postgres_server.database(template=TEMPLATE) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database of its own, with nothing in it."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds the schema."""
    template = tmp_path_factory.mktemp("template") / "rushes.db"
    migrate(f"sqlite:///{template}")
    return template


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite database of its own, with the schema."""
    copy = shutil.copyfile(sqlite_template, tmp_path / "rushes.db")
    return f"sqlite:///{copy}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of its own, with the schema, on each of the two kinds."""
    address: str = request.getfixturevalue(
        "sqlite_url" if request.param == "sqlite" else "postgres_url"
    )
    return address


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The opened database at `database_url`."""
    opened = open_database(database_url)
    try:
        yield opened
    finally:
        await opened.close()
