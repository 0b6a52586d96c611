"""A real server that takes uploads, in this process or as one of its own that tests may kill.

    python -m tests.support.receiving DATABASE_URL FOLDER LINK_TOKEN

serves on a free port of the loopback, prints it, and ends its appends when it gets SIGTERM.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response

from rushes import ids
from rushes.access import account_records, records
from rushes.access.account import Account
from rushes.access.allowance import Allowance
from rushes.access.hashing import Hashing
from rushes.access.identify import Access
from rushes.access.keys import load_ring
from rushes.access.link import Link, Preview
from rushes.access.permit import ALL_SCOPES, Role, Scope
from rushes.access.places import Places
from rushes.access.project import Project
from rushes.access.rates import Rates
from rushes.access.token import Token, TokenKind, digest_of, make_token
from rushes.clock import SYSTEM, Clock
from rushes.db.engine import Database, open_database
from rushes.db.listen import listen
from rushes.http import chunks as chunks_http
from rushes.http import network
from rushes.http import resumable as resumable_http
from rushes.http import slots as slots_http
from rushes.http import tus as tus_http
from rushes.http import unfinished as unfinished_http
from rushes.http import uploads as uploads_http
from rushes.http.auth import Callers
from rushes.http.guard import protect
from rushes.http.paging import Pager
from rushes.http.senders import Senders
from rushes.http.wire import make_protocol
from rushes.ids import Prefix
from rushes.settings import Settings
from rushes.uploads import records as upload_records
from rushes.uploads.admission import Admission
from rushes.uploads.chunk_files import ChunkFiles
from rushes.uploads.commit import Committer
from rushes.uploads.ending import Ending
from rushes.uploads.finishing import Finisher
from rushes.uploads.grouping import Grouping
from rushes.uploads.hold import Holds
from rushes.uploads.join import Joining
from rushes.uploads.lease_records import WANTED
from rushes.uploads.leases import Leases
from rushes.uploads.processes import name_process
from rushes.uploads.quota import Quota
from rushes.uploads.receive import Receiver
from rushes.uploads.rereading import Rereading
from rushes.uploads.slots import Slots
from rushes.uploads.space import Space
from rushes.uploads.spool import Spool
from rushes.uploads.sweep import Sweep
from rushes.uploads.taking import Taker
from rushes.uploads.upload import Upload

HOUSE = Path(__file__).parents[2]
TUS = {"Tus-Resumable": "1.0.0"}
BODY = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True, slots=True)
class Parts:
    """The deeds behind a receiving server."""

    settings: Settings
    database: Database
    clock: Clock
    access: Access
    spool: Spool
    admission: Admission
    joining: Joining
    receiver: Receiver
    ending: Ending
    sweep: Sweep
    taker: Taker
    finisher: Finisher
    slots: Slots

    async def upload(self, upload_id: str) -> Upload:
        """Return an upload's row."""
        async with self.database.reading() as connection:
            return await upload_records.get_upload(connection, upload_id)

    async def content(self, upload_id: str) -> bytes:
        """Return an upload's committed bytes."""
        async with self.database.reading() as connection:
            upload = await upload_records.get_upload(connection, upload_id)
            extents = await upload_records.list_extents(connection, upload_id)
        return b"".join(self.spool.read(extents, 0, upload.offset))


def make_parts(
    url: str, folder: Path, clock: Clock = SYSTEM, base_url: str | None = None, **uploads: object
) -> Parts:
    """Build the deeds over a migrated database and an empty folder."""
    settings = Settings.model_validate({"data": folder, "base_url": base_url, "uploads": uploads})
    database = open_database(url)
    spool = Spool(settings.at("spool"))
    spool.folder.mkdir(parents=True, exist_ok=True)
    allowance = Allowance(
        settings.uploads.account_total_bytes, settings.uploads.account_uploads_per_day
    )
    quota = Quota(database, clock, allowance)
    leases = None
    if not database.is_sqlite:
        leases = Leases(database, name_process(clock), partial(listen, url, WANTED))
    ending, holds = Ending(database, clock, spool), Holds(leases)
    grouping = Grouping(database, spool)
    admission = Admission(database, clock, settings.uploads, spool, quota, grouping)
    joining = Joining(
        database=database,
        clock=clock,
        spool=spool,
        admission=admission,
        quota=quota,
        ending=ending,
        holds=holds,
    )
    files, rereading = ChunkFiles(database, spool), Rereading(database, spool)
    space = Space(spool, settings.uploads)
    signing = load_ring(settings.at("keys"), "signing", clock)
    rates, places = Rates(database, clock), Places(database, clock)
    return Parts(
        settings=settings,
        database=database,
        clock=clock,
        access=Access(database, clock, settings.access, signing, Hashing(), rates, places),
        spool=spool,
        admission=admission,
        joining=joining,
        receiver=Receiver(
            database=database,
            clock=clock,
            settings=settings.uploads,
            spool=spool,
            quota=quota,
            ending=ending,
            committer=Committer(database, clock),
            holds=holds,
            joining=joining,
            space=space,
        ),
        ending=ending,
        sweep=Sweep(database, clock, spool, ending, joining),
        taker=Taker(database, clock, settings.uploads, spool, ending, files, rereading, space),
        finisher=Finisher(database, clock, settings.uploads, spool, ending, files, rereading),
        slots=Slots(database, clock, settings.uploads, admission, quota),
    )


def make_app(parts: Parts) -> FastAPI:
    """Build the app: every guard of the product, and the routes of uploads."""
    callers = Callers(parts.access, parts.settings)
    senders, admission = Senders(callers, parts.admission), parts.admission
    tus = tus_http.Tus(senders, admission, parts.joining, parts.receiver, _say_which)
    resumable = resumable_http.Resumable(senders, admission, parts.receiver)
    chunks = chunks_http.Chunks(senders, admission, parts.taker, parts.finisher)
    pager = Pager(b"k" * 32)
    app = FastAPI()
    app.include_router(tus_http.routes(tus))
    app.include_router(resumable_http.routes(resumable))
    app.include_router(chunks_http.routes(chunks))
    app.include_router(slots_http.routes(slots_http.Slotting(senders, parts.slots)))
    app.include_router(network.routes(senders))
    app.include_router(unfinished_http.routes(senders, parts.database))
    app.include_router(
        uploads_http.routes(senders, parts.database, parts.receiver, parts.taker, pager)
    )
    protect(app, parts.settings, callers, _is_set_up)
    return app


async def _say_which(_request: Request, asset_id: str) -> Response:
    """Stand where the delivery of originals stands in the product."""
    return Response(f"the original of {asset_id}")


async def _is_set_up() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class People:
    """Who may send: a project, an account with a token, and links."""

    parts: Parts

    async def project(self, **known: object) -> Project:
        """Make a project of a client of its own."""
        now = self.parts.clock.now()
        client = f"client-{self.parts.clock.entropy(4).hex()}"
        made = Project(self._new(Prefix.PROJECT), client, "spring", client, "Spring", now)
        made = replace(made, **known)  # type: ignore[arg-type]
        async with self.parts.database.transaction() as connection:
            await records.record_project(connection, made)
        return made

    async def token(
        self,
        role: Role = Role.ADMIN,
        scopes: frozenset[Scope] = ALL_SCOPES,
        project: Project | None = None,
    ) -> str:
        """Make an account, a member of the project if one is given; return its API token."""
        now = self.parts.clock.now()
        account_id = self._new(Prefix.ACCOUNT)
        email = f"{account_id[-8:]}@example.org"
        account = Account(account_id, email, role, is_active=True, created_at=now,
                          password_changed_at=now)  # fmt: skip
        text = make_token(TokenKind.API, self.parts.clock.entropy(32))
        token = Token(
            id=self._new(Prefix.TOKEN),
            account_id=account_id,
            name="test",
            shown=text[:16],
            scopes=scopes,
            created_at=now,
            expires_at=now.replace(year=now.year + 1),
            last_used_at=now,
            revoked_at=None,
        )
        async with self.parts.database.transaction() as connection:
            await account_records.record_account(connection, account, "no hash")
            await account_records.record_token(connection, token, digest_of(text))
            if project is not None:
                await records.record_member(connection, project.id, account_id, role)
        return text

    async def link(self, project: Project, text: str | None = None, **known: object) -> str:
        """Make an upload link; return its token."""
        token = text or make_token(TokenKind.LINK, self.parts.clock.entropy(32))
        made = Link(
            id=self._new(Prefix.LINK),
            project_id=project.id,
            created_by="acc_test",
            token_sealed=b"",
            title="",
            message="",
            notes="",
            expires_at=None,
            is_active=True,
            password_hash=None,
            max_files=None,
            max_file_bytes=None,
            max_total_bytes=None,
            types=("any",),
            fields=(),
            client_email=None,
            notify=True,
            keep_parts_days=7,
            preview=Preview.OFF,
            color=None,
            logo_id=None,
            used_bytes=0,
            used_files=0,
            upload_count=0,
            last_used_at=None,
            created_at=self.parts.clock.now(),
            revision=1,
        )
        made = replace(made, **known)  # type: ignore[arg-type]
        async with self.parts.database.transaction() as connection:
            await records.record_link(connection, made, digest_of(token))
        return token

    def _new(self, prefix: Prefix) -> str:
        return ids.new(prefix, self.parts.clock.now(), self.parts.clock.entropy(16))


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends over real HTTP; `files` is the address where uploads begin."""

    http: httpx.AsyncClient
    files: str

    async def create(self, size_bytes: int | None = None, **headers: str) -> httpx.Response:
        """POST a creation."""
        told = {"Upload-Length": str(size_bytes)} if size_bytes is not None else {}
        return await self.http.post(self.files, headers={**TUS, **told, **_titled(headers)})

    async def begin(self, size_bytes: int) -> str:
        """Begin an upload; return its address."""
        answer = await self.create(size_bytes)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    async def append(
        self, url: str, offset: int, body: bytes | AsyncIterator[bytes], **headers: str
    ) -> httpx.Response:
        """PATCH bytes at an offset."""
        told = {**BODY, "Upload-Offset": str(offset), **_titled(headers)}
        return await self.http.patch(url, content=body, headers=told)

    async def head(self, url: str) -> httpx.Response:
        """HEAD an upload."""
        return await self.http.head(url, headers=TUS)

    async def offset(self, url: str) -> int:
        """Return the offset that HEAD tells."""
        answer = await self.head(url)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])


def _titled(headers: dict[str, str]) -> dict[str, str]:
    """Let headers be named as arguments: `upload_metadata`."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def metadata(**words: str) -> str:
    """Return an Upload-Metadata header."""
    pairs = (f"{key} {base64.b64encode(word.encode()).decode()}" for key, word in words.items())
    return ",".join(pair.strip() for pair in pairs)


def checksum(body: bytes, algorithm: str = "sha1") -> str:
    """Return an Upload-Checksum header of a body."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, body).digest()).decode()}"


@dataclass(frozen=True, slots=True)
class Receiving:
    """A running server."""

    parts: Parts
    people: People
    address: str
    http: httpx.AsyncClient
    opened: AsyncExitStack

    def by_link(self, token: str) -> Sender:
        """Return a sender with nothing but an upload link."""
        return Sender(self.http, f"{self.address}/u/{token}/files/")

    def by_token(self, token: str) -> Sender:
        """Return a sender with an account's API token."""
        http = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self.opened.push_async_callback(http.aclose)
        return Sender(http, f"{self.address}/files/")

    async def sender(self, **known: object) -> Sender:
        """Return a sender with a new link in a new project."""
        project = await self.people.project()
        return self.by_link(await self.people.link(project, None, **known))


@asynccontextmanager
async def receiving(
    url: str,
    folder: Path,
    clock: Clock = SYSTEM,
    base_url: str | None = None,
    *,
    is_wire: bool = True,
    **uploads: object,
) -> AsyncIterator[Receiving]:
    """Serve in this process, by our own protocol class or by that of uvicorn."""
    parts = make_parts(url, folder, clock, base_url, **uploads)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            make_app(parts),
            log_config=None,
            lifespan="off",
            http=make_protocol(parts.settings) if is_wire else "httptools",
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with httpx.AsyncClient(timeout=30) as http, AsyncExitStack() as opened:
                address = f"http://127.0.0.1:{port}"
                yield Receiving(parts, People(parts), address, http, opened)
        finally:
            await parts.receiver.drain(5)
            server.should_exit = True
            server.force_exit = True
            await serving
            await parts.database.close()
            parts.spool.threads.shutdown()


@dataclass(slots=True)
class Killable:
    """A server as a process of its own."""

    process: asyncio.subprocess.Process
    address: str

    async def kill(self) -> None:
        """End it as a power cut would end the process: at once, wherever it is."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


async def start(url: str, folder: Path, token: str, **environment: str) -> Killable:
    """Start a server as a process of its own, with a link of this token."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.receiving", url, str(folder), token),
        cwd=HOUSE,
        env={**os.environ, "PYTHONPATH": f"{HOUSE / 'src'}:{HOUSE}", **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(180):
        port = int(await process.stdout.readline())
    return Killable(process, f"http://127.0.0.1:{port}")


async def _main(url: str, folder: Path, token: str) -> None:
    parts = make_parts(url, folder)
    people = People(parts)
    async with parts.database.reading() as connection:
        known = await records.find_link_by_digest(connection, digest_of(token))
    if known is None:
        await people.link(await people.project(), token)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        make_app(parts),
        log_config=None,
        lifespan="off",
        http=make_protocol(parts.settings),
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, lambda: asyncio.ensure_future(_end(server, parts))
    )
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - how the starter learns the port
    await server._serve([listening])  # noqa: SLF001 - serve() would take the signals
    await parts.database.close()


async def _end(server: uvicorn.Server, parts: Parts) -> None:
    await parts.receiver.drain()
    server.should_exit = True


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
