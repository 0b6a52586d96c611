"""The live stream over HTTP: what happens while it happens, as server-sent events.

The form is that of the HTML standard, section 9.2: https://html.spec.whatwg.org/multipage/server-sent-events.html
A frame with an `id` and no `data` is no message; it moves the number that a browser returns with.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from rushes.access.identify import Unauthenticated
from rushes.access.permit import Actor, Verb, permit
from rushes.db.trouble import DatabaseAway
from rushes.http.auth import Callers
from rushes.notify.audience import GAP, SHAKING, may_hear, wants
from rushes.notify.live import Live, News, Seat

LIFE_SECONDS: Final = 900.0
"""A stream ends after this time: who comes back is asked anew who it is."""

BEAT_SECONDS: Final = 15.0
SPREAD_SECONDS: Final = 1.0
"""Within this time listeners ask anew what they may hear, so that not all ask at once."""

RETRY_MS: Final = 2_000
MEDIA_TYPE: Final = "text/event-stream"
MISSED: Final = b'data: {"type":"%b","data":{}}\n\n' % GAP.encode()

EXAMPLE: Final = (
    'id: 812\ndata: {"id":"evt_0198","type":"asset.ready","created_at":"2026-03-01T10:00:00+00:00",'
    '"data":{"asset_id":"ast_0198","client":"acme","project":"spring"}}\n\n'
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody listens for; `number` is that of the last event of an earlier stream."""

    families: Collection[str]
    asset_id: str | None
    number: int | None
    seconds: float


class Stream(Response):
    """A stream of news, until its listener goes, its time is over or the server ends."""

    media_type = MEDIA_TYPE

    def __init__(
        self, live: Live, actor: Actor, ask_again: Callable[[], Awaitable[Actor]], wanted: Wanted
    ) -> None:
        """Tell `actor`; `ask_again` says what that one may hear by now."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._live, self._actor, self._ask_again = live, actor, ask_again
        self._wanted = wanted

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        async with self._live.listening(self._actor) as seat:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            gone = asyncio.ensure_future(_await_end(receive))
            try:
                await self._tell(seat, gone, send)
            finally:
                gone.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def _tell(self, seat: Seat, gone: asyncio.Future[None], send: Send) -> None:
        loop, live = asyncio.get_running_loop(), self._live
        end, frames = loop.time() + self._wanted.seconds, self._begin()
        while True:
            await send({"type": "http.response.body", "body": frames, "more_body": True})
            left = end - loop.time()
            if gone.done() or not live.is_reading or left <= 0:
                return
            await live.wait(seat, gone, min(left, BEAT_SECONDS))
            news, floor = live.take(seat), live.floor  # before a pause, in which more may come
            if news is None or not await self._look_who(news, gone):
                return
            frames = self._choose(news) or b"id: %d\n\n" % floor

    def _begin(self) -> bytes:
        """Return the first frames: how to come back, and what was missed."""
        number, live = self._wanted.number, self._live
        missed = [] if number is None else live.list_missed(number)
        begin = b"retry: %d\n\n" % RETRY_MS
        if missed is None:
            return begin + MISSED + b"id: %d\n\n" % live.floor
        return begin + self._choose(missed) + b"id: %d\n\n" % live.floor

    def _choose(self, news: list[News]) -> bytes:
        wanted = self._wanted
        return b"".join(
            each.frame
            for each in news
            if wants(wanted.families, each.what)
            and (wanted.asset_id is None or wanted.asset_id == each.asset_id)
            and may_hear(self._actor, each.what, each.project_id)
        )

    async def _look_who(self, news: list[News], gone: asyncio.Future[None]) -> bool:
        """Ask anew what the listener may hear, where that may have changed; False: nothing."""
        if any(each.what in SHAKING for each in news):
            pause = self._live.clock.entropy(1)[0] / 256 * SPREAD_SECONDS
            await asyncio.wait({gone}, timeout=pause)
            if gone.done():
                return False
            try:
                self._actor = await self._ask_again()
            except (Unauthenticated, DatabaseAway):  # who may listen comes back, and is asked anew
                return False
        return True


def routes(live: Live, callers: Callers) -> APIRouter:
    """Return the route of the live stream."""
    router = APIRouter(prefix="/api/v1", tags=["live"])

    @router.get(
        "/live",
        response_class=Response,
        responses={
            200: {
                "description": "Server-sent events",
                "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}},
            }
        },
    )
    async def listen(
        request: Request,
        *,
        event: Annotated[
            list[Annotated[str, Query(max_length=100)]] | None,
            Query(max_length=100, description="Only these types, or families like `asset.*`"),
        ] = None,
        asset: Annotated[
            str | None, Query(max_length=100, description="Only what is about this asset")
        ] = None,
        for_seconds: Annotated[
            float, Query(ge=0, le=LIFE_SECONDS, description="End the stream after this time")
        ] = LIFE_SECONDS,
        last_event_id: Annotated[
            str, Header(max_length=18, description="Number of the last event that was heard")
        ] = "",
    ) -> Response:
        """Tell what happens, as server-sent events, of what the caller may see.

        Beside all events there are `job.changed` and `upload.progressed`, which have no number. A
        stream ends after 15 minutes; with `Last-Event-ID` the next one begins where it ended.
        `live.gap` means that more was missed than is kept: read again what you show.
        """
        actor = await callers.identify(request)
        permit(actor, Verb.SEE_ASSET)
        number = int(last_event_id) if re.fullmatch("[0-9]+", last_event_id) else None
        wanted = Wanted(frozenset(event or ()), asset, number, for_seconds)
        return Stream(live, actor, lambda: callers.ask_again(request), wanted)

    return router


async def _await_end(receive: Receive) -> None:
    """Return when the listener is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
