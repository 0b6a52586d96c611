"""The courier: posts to addresses that people chose, on connections that the guard has judged.

1. A connection goes to the very address that was judged; it is kept for a moment, for a burst.
2. TLS is checked against the name. Redirects are never followed, proxies never asked.
3. It speaks HTTP/1.1 by itself, one request and its answer at a time: a general client took ten
   times as long for each event.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self, TypeAlias

import httpcore
import httptools

from rushes.notify.address import HTTPS, Target
from rushes.notify.guard import CONNECT_SECONDS, KEEP_SECONDS, look_up, require_public

MAX_ANSWER_BYTES: Final = 64 * 1024
"""More is not read: the connection is closed."""

FINAL: Final = 200
"""Answers below it say that another one comes."""

Place: TypeAlias = tuple[str, str, int]
"""Scheme, host and port."""

LookUp: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses that a name stands for just now."""


class Unheard(ConnectionError):
    """A connection that was kept had ended: nothing of the request was heard."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said: its status, and how the body begins."""

    status: int
    body: bytes


@dataclass(slots=True)
class Line:
    """A connection that is kept; `until` by the clock of the loop."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    until: float = 0.0
    is_used: bool = False

    def close(self) -> None:
        """Let go of it at once."""
        self.writer.transport.abort()


class Courier:
    """Posts to public addresses, and to `allowed` ones (`host:port`) whatever they are."""

    def __init__(
        self,
        allowed: Collection[str] = (),
        look_up: LookUp = look_up,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Open nothing yet; the system's resolver and authorities are asked by default."""
        self._allowed = frozenset(allowed)
        self._look_up = look_up
        self._kept: dict[Place, list[Line]] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._tls = tls or httpcore.default_ssl_context()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for line in [line for lines in self._kept.values() for line in lines]:
            line.close()
        self._kept.clear()

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a body, and return what is answered.

        Raises:
            UrlBlocked: the name leads to an address that is not public.
            OSError: nobody answers, or not in HTTP.
        """
        scheme, _, rest = target.url.partition("://")
        place = scheme, target.host, target.port
        authority, _, path = rest.partition("/")
        lines = [f"POST /{path} HTTP/1.1", f"host: {authority}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        with contextlib.suppress(Unheard):
            if (kept := self._take(place)) is not None:
                return await self._exchange(place, kept, request)
        return await self._exchange(place, await self._open(place), request)

    def _take(self, place: Place) -> Line | None:
        """Return a kept connection that seems to live, if there is one."""
        now, lines = asyncio.get_running_loop().time(), self._kept.get(place, [])
        while lines:
            line = lines.pop()
            if now < line.until and not line.reader.at_eof():
                return line
            line.close()
        self._kept.pop(place, None)
        return None

    async def _open(self, place: Place) -> Line:
        scheme, host, port = place
        lost: OSError = ConnectionError("the name has no address")
        tls = self._tls if scheme == HTTPS else None
        addresses = await self._look_up(host, port)
        require_public(addresses, is_free=f"{host}:{port}" in self._allowed)
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return Line(
                        *await asyncio.open_connection(
                            address, port, ssl=tls, server_hostname=host if tls else None
                        )
                    )
            except TimeoutError:
                lost = ConnectionError(f"nobody answers within {CONNECT_SECONDS:.0f} s")
            except OSError as error:
                lost = error
        raise lost

    async def _exchange(self, place: Place, line: Line, request: bytes) -> Answer:
        hearing = _Hearing()
        is_done = False
        try:
            line.writer.write(request)
            while not is_done:
                is_done = hearing.hear(await line.reader.read(MAX_ANSWER_BYTES))
        except ConnectionError as lost:
            if line.is_used and not hearing.has_heard:
                raise Unheard(str(lost)) from lost
            raise
        finally:
            if is_done and hearing.may_go_on:
                self._keep(place, line)
            else:
                line.close()
        return Answer(hearing.status, bytes(hearing.body))

    def _keep(self, place: Place, line: Line) -> None:
        loop = asyncio.get_running_loop()
        line.until = loop.time() + KEEP_SECONDS
        line.is_used = True
        self._kept.setdefault(place, []).append(line)
        if self._sweeping is None:
            self._sweeping = loop.call_later(KEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Let go of what nobody used again in its time."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for place, lines in list(self._kept.items()):
            for line in lines:
                if line.until <= now:
                    line.close()
            self._kept[place] = [line for line in lines if line.until > now]
            if not self._kept[place]:
                del self._kept[place]
        self._sweeping = loop.call_later(KEEP_SECONDS, self._sweep) if self._kept else None


@dataclass(slots=True)
class _Hearing:
    """An answer while it comes; the parser calls it."""

    status: int = 0
    body: bytearray = field(default_factory=bytearray)
    may_go_on: bool = False
    _is_whole: bool = False
    _heard: int = 0
    _parser: httptools.HttpResponseParser | None = None

    @property
    def has_heard(self) -> bool:
        """Whether anything came."""
        return self._heard > 0

    def hear(self, data: bytes) -> bool:
        """Say whether the answer is there, or as much of it as is read.

        Raises:
            ConnectionError: it ended too soon, or is none in HTTP.
        """
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)
        self._heard += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise ConnectionError(f"the answer is not HTTP: {error}") from error
        if self._is_whole:
            return True
        if data and self._heard <= MAX_ANSWER_BYTES:
            return False
        if not self.status:
            raise ConnectionError("the connection ended before an answer")
        self.may_go_on = False  # the rest is left, or ends with the connection
        return True

    def on_headers_complete(self) -> None:
        """Note the status, unless another follows."""
        if self._parser is not None and self._parser.get_status_code() >= FINAL:
            self.status = self._parser.get_status_code()
            self.may_go_on = self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        """Keep how it begins."""
        self.body += body[: MAX_ANSWER_BYTES - len(self.body)]

    def on_message_complete(self) -> None:
        """The answer is whole, unless another follows."""
        self._is_whole = self.status >= FINAL
