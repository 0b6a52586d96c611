"""`Rushes` and `AsyncRushes`: one session with two faces, for programs that wait and that await."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from rushes.client.answers import Asset, AsyncAsset, read_facts
from rushes.client.batch import resume_all, send_all
from rushes.client.bridge import Bridge
from rushes.client.session import Options, Session

P = ParamSpec("P")
T = TypeVar("T")

PAGE = 100


class AsyncRushes(Session[AsyncAsset]):
    """A server, for programs that await.

    Args:
        url: the address of the server; with `link` it may be left out.
        token: an API token, `rsh_pat_...`.
        options: see `Options`.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, **options: Unpack[Options]
    ) -> None:
        super().__init__(url, token, options, self._read)

    async def __aenter__(self) -> Self:
        """Return itself; leaving closes its connections."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    send_all = send_all
    resume_all = resume_all

    async def assets(
        self, search: str | None = None, **filters: str | int
    ) -> AsyncIterator[AsyncAsset]:
        """Give all assets that fit, newest first; filters as in `GET /assets`."""
        query: dict[str, str | int] | None = _query(search, filters)
        while query is not None:
            page = await self.page(query)
            for asset in page.items:
                yield asset
            query = _after(query, page.next_cursor)

    def _read(self, answer: Mapping[str, Any]) -> AsyncAsset:
        return AsyncAsset(**read_facts(answer), _assets=self)


def _blocking(
    deed: Callable[Concatenate[Session[Asset], P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Rushes, P], T]:
    """Return a method that waits for what the session does."""

    @wraps(deed)
    def wait_for(self: Rushes, /, *words: P.args, **named: P.kwargs) -> T:
        return self._bridge.run(deed(self._session, *words, **named))

    return wait_for


class Rushes:
    """A server, for programs that wait; progress is told from a thread of its own.

    Args:
        url: the address of the server; with `link` it may be left out.
        token: an API token, `rsh_pat_...`.
        options: see `Options`.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, **options: Unpack[Options]
    ) -> None:
        self._session = Session[Asset](url, token, options, self._read)
        self._bridge = Bridge()

    def __enter__(self) -> Self:
        """Return itself; leaving closes its connections."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._bridge.run(self._session.close())
        self._bridge.close()

    send = _blocking(Session[Asset].send)
    send_all = _blocking(send_all)
    resume_all = _blocking(resume_all)
    upload = _blocking(Session[Asset].upload)
    cancel = _blocking(Session[Asset].cancel)
    uploads = _blocking(Session[Asset].uploads)
    unfinished = _blocking(Session[Asset].unfinished)
    asset = _blocking(Session[Asset].asset)
    page = _blocking(Session[Asset].page)
    wait_until_playable = _blocking(Session[Asset].wait_until_playable)
    playback = _blocking(Session[Asset].playback)
    find_download = _blocking(Session[Asset].find_download)
    download = _blocking(Session[Asset].download)
    create_link = _blocking(Session[Asset].create_link)
    keep_logo = _blocking(Session[Asset].keep_logo)

    def assets(self, search: str | None = None, **filters: str | int) -> Iterator[Asset]:
        """Give all assets that fit, newest first; filters as in `GET /assets`."""
        query: dict[str, str | int] | None = _query(search, filters)
        while query is not None:
            page = self.page(query)
            yield from page.items
            query = _after(query, page.next_cursor)

    def _read(self, answer: Mapping[str, Any]) -> Asset:
        return Asset(**read_facts(answer), _assets=self)


def _query(search: str | None, filters: Mapping[str, str | int]) -> dict[str, str | int]:
    wanted = {"q": search} if search else {}
    return {"limit": PAGE, **filters, **wanted}


def _after(query: Mapping[str, str | int], cursor: str | None) -> dict[str, str | int] | None:
    """Return the query of the next page, None after the last."""
    return None if cursor is None else {**query, "cursor": cursor}
