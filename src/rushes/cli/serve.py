"""`rushes serve`: the API and the pages, and on SQLite the one worker beside them.

    serve ── socketpair ── work --embedded      down: wake-ups; its end ends the worker

The worker is started anew when it ends: after 1 s, doubling to 30 s. When it ended three times in a
minute, /readyz says so, and the API stays. On TERM nothing new is accepted, what arrives is written
down, and both are gone within 10 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Final, Literal

import typer
import uvicorn

from rushes import compose
from rushes.cli import logs
from rushes.cli.places import DataOption, load_settings
from rushes.cli.starting import prepare
from rushes.cli.voice import AsJson, answer
from rushes.compose import House
from rushes.errors import Kind, RushesError
from rushes.http.app import build_app
from rushes.http.wire import make_protocol
from rushes.settings import Settings
from rushes.web.pages import add_pages
from rushes.web.source import page_source

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
CRASHES: Final = 3
CRASH_WINDOW: Final = 60.0
DRAIN_SECONDS: Final = 4
"""How long uploads may take to write down what they have after TERM, and then requests to end."""

WORKER_END_SECONDS: Final = 7.0
INTERRUPTED: Final = 130
OPEN_FILES: Final = 65_536
YOUNG_OBJECTS: Final = 10_000
"""How many more objects there are before the collector looks; some 2 MB of them."""
WORK: Final = (sys.executable, "-m", "rushes", "work", "--embedded")

log = logging.getLogger(__name__)


class AddressTaken(RushesError):
    """The address to listen on cannot be had."""

    code = "serve.address_taken"
    kind = Kind.CONFLICT


@dataclass(slots=True)
class Child:
    """The worker beside the API: started, kept alive, woken, ended."""

    command: tuple[str, ...]
    first_pause: float = FIRST_PAUSE
    end_seconds: float = WORKER_END_SECONDS
    _process: asyncio.subprocess.Process | None = None
    _line: socket.socket | None = None
    _crashes: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES))
    _is_ending: bool = False
    is_working: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self) -> None:
        """Run it, and run it again when it ends, until `end` or cancelled."""
        loop = asyncio.get_running_loop()
        pause = self.first_pause
        while True:
            begun = loop.time()
            code = await self._run_once()
            if self._is_ending:
                return
            self._crashes.append(loop.time())
            if loop.time() - begun > CRASH_WINDOW:
                pause = self.first_pause
            log.error("The worker ended", extra={"exit_code": code, "again_in_seconds": pause})
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    async def end(self) -> None:
        """Ask it to end, and make it end where it does not."""
        self._is_ending = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(self.end_seconds):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def wake(self) -> None:
        """Let its relay look at once; it looks every second anyway."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.send(b"w", socket.MSG_DONTWAIT)

    def trouble(self) -> str | None:
        """Say what is wrong with it, or None."""
        recent = len(self._crashes) == CRASHES
        now = asyncio.get_running_loop().time()
        if recent and now - self._crashes[0] < CRASH_WINDOW:
            return f"The worker ended {CRASHES} times within a minute. See its log."
        return None

    async def _run_once(self) -> int:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            number = theirs.fileno()
            self._process = process = await asyncio.create_subprocess_exec(
                *self.command, str(number), pass_fds=(number,), start_new_session=True
            )
            theirs.close()
            self._line = ours
            listening = asyncio.create_task(self._hear(ours))
            try:
                return await process.wait()
            finally:
                self._line = None
                self.is_working.clear()
                listening.cancel()

    async def _hear(self, line: socket.socket) -> None:
        line.setblocking(False)  # noqa: FBT003 - it takes no name
        while await asyncio.get_running_loop().sock_recv(line, 64):
            self.is_working.set()


class HouseServer(uvicorn.Server):
    """A server that tells when it answers, and takes the worker with it when it ends."""

    def __init__(
        self,
        config: uvicorn.Config,
        child: Child | None,
        begun: Callable[[], Awaitable[None]],
        drain: Callable[[], Awaitable[object]],
    ) -> None:
        super().__init__(config)
        self.child = child
        self.begun = begun
        self.drain = drain
        self.is_interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            await self.begun()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let uploads write down what they have, then end requests; the worker beside them."""
        ending = asyncio.create_task(self.child.end()) if self.child is not None else None
        await self.drain()
        await super().shutdown(sockets)
        if ending is not None:
            await ending

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on TERM and INT, and let the rest of this program clean up after that."""
        loop = asyncio.get_running_loop()

        def end(number: int) -> None:
            self.is_interrupted = number == signal.SIGINT
            self.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end, number)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def add_commands(app: typer.Typer) -> None:
    """Tell the command of this module."""
    app.command("serve")(serve)


def serve(
    *,
    data: DataOption = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run the server; it prints one line when it is ready."""
    settings = load_settings(data, host=host, port=port)
    logs.set_up(settings.log_level)

    async def say(address: str, house: House) -> None:
        token = await house.setup.begin()
        facts = {"ready": True, "url": address, "setup_token": token}
        text = f"Rushes is ready at {address}"
        if token is not None:
            text = f"Rushes is ready. Make the first account at {address}/setup#{token}"
        answer(facts, text, as_json=as_json)

    if asyncio.run(run_server(settings, say)):
        raise typer.Exit(INTERRUPTED)


async def run_server(settings: Settings, begun: Callable[[str, House], Awaitable[None]]) -> bool:
    """Serve until TERM or INT; say whether it was the user who interrupted.

    `begun` is called with the address and the house once requests are answered.

    Raises:
        AddressTaken: the address cannot be listened on.
        SchemaTooOld: the PostgreSQL database waits for `rushes migrate`.
    """
    with _listen(settings) as listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        await asyncio.to_thread(prepare, settings)
        async with compose.open_house(settings) as house:
            await _take_admin(house)
            child = Child(WORK) if settings.is_embedded else None
            if child is not None:
                house.database.told = partial(_wake, child, house)
            app = build_app(house, trouble=child.trouble if child is not None else _no_trouble)
            add_pages(app, page_source(house))
            server = HouseServer(
                uvicorn.Config(
                    app,
                    http=_protocol(settings),
                    timeout_keep_alive=settings.http.keep_alive_seconds,
                    log_config=None,
                    access_log=False,
                    proxy_headers=False,
                    server_header=False,
                    timeout_graceful_shutdown=DRAIN_SECONDS,
                ),
                child,
                lambda: begun(_address(settings), house),
                lambda: house.drain(DRAIN_SECONDS),
            )
            keeping = asyncio.create_task(child.keep()) if child is not None else None
            _spare_collecting()
            try:
                async with house.vaults.reads.counting():
                    await server.serve(sockets=[listener])
            finally:
                if child is not None and keeping is not None:
                    await child.end()
                    keeping.cancel()
            return server.is_interrupted


def _wake(child: Child, house: House) -> None:
    """Let the worker look at what was committed, and whoever listens hear of it."""
    child.wake()
    house.outlets.live.wake()


def _spare_collecting() -> None:
    """Look for garbage less often, and never in what was made to last: a tenth of each request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def _protocol(settings: Settings) -> type[asyncio.Protocol] | Literal["httptools"]:
    """Return what speaks HTTP; it may open more files than the 1,024 that are usual."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return make_protocol(settings) if settings.http.protocol == "wire" else "httptools"


def _listen(settings: Settings) -> socket.socket:
    """Return the listening socket; bound first, so that the port is known."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise AddressTaken(
            f"Rushes cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            "Choose another with --port, or 0 for a free one."
        ) from error
    return listener


async def _take_admin(house: House) -> None:
    """Make the first admin that the environment names."""
    secret = house.settings.admin_password
    password = None if secret is None else secret.get_secret_value()
    await house.setup.take_from_environment(house.settings.admin_email, password)


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.base_url or f"http://{host}:{settings.port}"


def _no_trouble() -> str | None:
    return None
