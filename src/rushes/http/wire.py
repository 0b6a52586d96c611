"""The wire: the web server's protocol class, made for long bodies and for hostile senders.

    head -> parser -> exchange -> application        body -> buffers of the inflow, past the parser

1. A body of told length goes from the kernel into the buffers that are written (`wire_body`); a
   range of a file goes from the disk's cache into the socket (`wire_file`).
2. A head has to come within `header_seconds` and to fit into `max_header_bytes`; an idle connection
   is closed after `keep_alive_seconds`.
3. An address, and all of them together, may have so many connections open; one more hears why.
4. It stands on one version of uvicorn, which is pinned: it replaces a few of its methods.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import httptools
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from rushes.access.rates import subject_of
from rushes.errors import Kind, RushesError
from rushes.http import problem
from rushes.http.crowd import Crowd
from rushes.http.proxies import Proxies
from rushes.http.trailers import EXTENSION as TRAILERS
from rushes.http.trailers import Fields
from rushes.http.wire_body import LINGER_BYTES, LINGER_SECONDS, Linger
from rushes.http.wire_exchange import CLOSE, Exchange
from rushes.sections import HttpSettings
from rushes.settings import Settings
from rushes.uploads.pace import Pace

SHARE_OF_FILES: Final = 0.8
"""The share of the process's open files that connections may take."""

REFUSED_SECONDS: Final = 1.0
REFUSED_BYTES: Final = 64 * 2**10
"""For how long, and how much of it, a connection is heard that is one too many."""

ALL: Final = "all"
GRACE_SECONDS: Final = 5.0
"""A body is cut off so much later than whoever reads it could have ended it."""


class TooManyConnections(RushesError):
    """An address has as many connections open as it may."""

    code = "request.too_many_connections"
    kind = Kind.LIMITED


class ServerCrowded(RushesError):
    """The server has as many connections open as it may."""

    code = "request.server_crowded"
    kind = Kind.UNAVAILABLE


class _HeadRefused(Exception):
    """Ends the parser's work."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What all connections of a server share."""

    http: HttpSettings
    stall_seconds: float
    least_rate: float
    proxies: Proxies
    addresses: Crowd
    everybody: Crowd


def make_protocol(settings: Settings) -> type[asyncio.Protocol]:
    """Return what uvicorn takes as its `http`: our protocol class on the terms of the settings.

    Raises:
        BadProxy: a trusted proxy is no address.
    """
    http = settings.http
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    terms = Terms(
        http=http,
        stall_seconds=settings.uploads.stall_seconds,
        least_rate=settings.uploads.least_rate,
        proxies=Proxies(http.trusted_proxies),
        addresses=Crowd(http.connections_per_address),
        everybody=Crowd(http.max_connections or max(0, int(SHARE_OF_FILES * soft))),
    )
    return cast("type[asyncio.Protocol]", partial(Wire, terms=terms))  # uvicorn only calls it


class Wire(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        terms: Terms,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._terms = terms
        self._entered: list[tuple[Crowd, str]] = []
        self._exchange: Exchange | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._is_in_head = False
        self._head_bytes = self._raw_bytes = 0
        self._is_too_large = False
        self._is_over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, or say why not."""
        super().connection_made(transport)
        self._await_head()
        error = self._enter()
        if error is not None:
            refusal = problem.answer_error(error, problem.new_request_id())
            self._refuse(refusal, REFUSED_SECONDS, REFUSED_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of what it held."""
        self._cancel_head_timer()
        self._unset_keepalive_if_required()
        for crowd, subject in self._entered:
            crowd.leave(subject)
        self._entered.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse it; a head that is not yet whole must not grow for ever."""
        if not self._is_busy:
            self._await_head()
        if self._is_in_head:  # a header of which no end came is not told to us yet
            self._raw_bytes += len(data)
            self._is_too_large |= self._raw_bytes > self._terms.http.max_header_bytes
        if self._is_too_large:
            self.send_400_response("")
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._unset_keepalive_if_required()
        self._is_in_head = True
        self._head_bytes = self._raw_bytes = 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        """Count it."""
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count it."""
        self._count_head(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head is whole; what comes after the body is none of it."""
        self._is_in_head = False
        self._cancel_head_timer()
        names = {name for name, _ in self.headers}
        if self.parser.should_upgrade() and names & {b"content-length", b"transfer-encoding"}:
            raise _HeadRefused  # the parser would take the body for the next request
        super().on_headers_complete()
        trailing: Fields = []
        self.headers = trailing
        extensions = cast("dict[str, Any]", self.scope.setdefault("extensions", {}))
        extensions[TRAILERS] = lambda: trailing

    def on_message_complete(self) -> None:
        """A body is whole; after an early answer the connection is idle now."""
        super().on_message_complete()
        if self.cycle.response_complete and not self._is_busy:
            self._cancel_head_timer()
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        """Go on with the next request, or throw away what still comes, and close."""
        exchange = self._exchange
        is_over = self._is_over and not self.pipeline
        if exchange is None or not (exchange.is_lingering or is_over):
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        exchange.stop_body()
        if not self.transport.is_closing():
            Linger(self)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says more
        """Refuse what cannot be read, but never in the middle of another answer."""
        cycle = self.cycle
        if not self._is_busy:
            self._refuse_by_status(431 if self._is_too_large else 400)
        elif not cycle.more_body:
            self._end_after_answers()
        elif cycle.response_started:
            self.transport.abort()
        else:
            self._refuse_by_status(400)

    def pause_reading(self) -> None:
        """Let the sender wait."""
        self.flow.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self.flow.resume_reading()

    def begin_head(self) -> None:
        """Parse again, with a new parser, because the old one waits for the body."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.transport.set_protocol(self)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        terms = self._terms
        self._exchange = exchange = Exchange(
            self,
            cycle,
            length=_find_length(cycle.scope["headers"]),
            pace=Pace(self.loop.time(), terms.stall_seconds + GRACE_SECONDS, terms.least_rate),
            reader_seconds=terms.http.reader_seconds,
        )
        super()._start_asgi_task(cycle, partial(_run, exchange, app))

    @property
    def _is_busy(self) -> bool:
        """Whether a request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first head
        return cycle is not None and not cycle.response_complete

    def _enter(self) -> RushesError | None:
        """Take a place among the connections, or say why there is none."""
        if not self._take_place(self._terms.everybody, ALL):
            return ServerCrowded(
                "The server has as many connections as it can hold. Try again in a moment.",
                retry_after=5,
            )
        address = self.client[0] if self.client else ""
        if not address or address in self._terms.proxies:
            return None
        if not self._take_place(self._terms.addresses, subject_of(address)):
            return TooManyConnections(
                "As many connections as may be at once are open from this address. Close some.",
                retry_after=5,
            )
        return None

    def _take_place(self, crowd: Crowd, subject: str) -> bool:
        if not crowd.enter(subject):
            return False
        self._entered.append((crowd, subject))
        return True

    def _await_head(self) -> None:
        """Have the next head come in time; one that is awaited already gets no more of it."""
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self._terms.http.header_seconds, self._give_up)

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        """A head did not come in time."""
        self._head_timer = None
        if self.transport.is_closing():
            return
        if self._is_busy:
            self._end_after_answers()
        elif self._is_in_head:
            self._refuse_by_status(408)
        else:
            self.transport.close()

    def _end_after_answers(self) -> None:
        """Read no more; what was asked for before is answered."""
        self._is_over = True
        self.flow.pause_reading()

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > self._terms.http.max_header_bytes:
            self._is_too_large = True
            raise _HeadRefused

    def _refuse_by_status(self, status: int) -> None:
        code, sentence = problem.SENTENCES[status]
        self._refuse(problem.answer(status, code, sentence, problem.new_request_id()))

    def _refuse(
        self, answer: Response, seconds: float = LINGER_SECONDS, most: int = LINGER_BYTES
    ) -> None:
        """Answer without the application, and close."""
        self._cancel_head_timer()
        if self.transport.is_closing():
            return
        headers = [*self.server_state.default_headers, *answer.raw_headers, CLOSE]
        lines = [STATUS_LINE[answer.status_code].rstrip()]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        Linger(self, seconds=seconds, most=most)


async def _run(exchange: Exchange, app: ASGIApp, scope: Scope, _: Receive, __: Send) -> None:
    exchange.extend(scope)
    await app(scope, exchange.receive, exchange.send)


def _find_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Return the length of a body that is told once and in digits; else None."""
    told = [value for name, value in headers if name == b"content-length"]
    is_chunked = any(name == b"transfer-encoding" for name, _ in headers)
    return int(told[0]) if len(told) == 1 and told[0].isdigit() and not is_chunked else None
