"""Servers that lie: nothing wrong becomes visible, nothing is lost, and the error says which."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rushes.errors import RushesError
from rushes.stores.blocks import BLOCK_BYTES
from rushes.stores.patience import Patience
from rushes.stores.s3 import S3Store, open_s3
from rushes.stores.store import (
    Broken,
    Busy,
    Changed,
    Full,
    NotFound,
    Refused,
    Unreachable,
    Unsupported,
)
from tests.support.lying_proxy import (
    Answer,
    Lie,
    LyingProxy,
    Request,
    change_body,
    error,
    flip,
)
from tests.support.object_stores import ObjectServer
from tests.support.stored import CLIP, FOUND, KEY, blocks_of, known_of, pieces, read

SHORT = Patience(
    metadata=2, part=2, whole=3, idle=1.5, connect=1, first_wait=0.01, longest_wait=0.05, down=0.2
)
FILM = bytes(range(251)) * (BLOCK_BYTES // 251 + 4_000)  # two parts


@pytest.fixture
async def proxy(radosgw: ObjectServer) -> AsyncIterator[LyingProxy]:
    """A proxy before radosgw that tells the truth until it is given lies."""
    async with LyingProxy(radosgw.endpoint).serve() as serving:
        yield serving


@pytest.fixture
async def store(radosgw: ObjectServer, proxy: LyingProxy) -> AsyncIterator[S3Store]:
    """A store behind the proxy, with little patience."""
    settings = radosgw.settings(endpoint=proxy.endpoint)
    async with await open_s3("main", settings, FOUND["ceph"], SHORT) as opened:
        yield opened


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of two parts."""
    path = tmp_path / "film"
    path.write_bytes(FILM)
    return path


def is_complete(request: Request) -> bool:
    return request.method == "POST" and "uploadId=" in request.target


def is_part(request: Request) -> bool:
    return request.method == "PUT" and "partNumber=" in request.target


def is_get(request: Request) -> bool:
    return request.method == "GET" and KEY in request.target and "uploadId" not in request.target


def is_head(request: Request) -> bool:
    return request.method == "HEAD"


def with_header(name: str, value: str) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, headers={**answer.headers, name: value})


COMPLETE_LIES = {
    "error in 200": Lie(is_complete, instead=replace(error(200, "InternalError"), status=200)),
    "empty 200": Lie(is_complete, instead=Answer(200)),
    "busy": Lie(is_complete, instead=error(503, "SlowDown")),
    "answer lost": Lie(is_complete, after=lambda _: None),
    "done, and says NoSuchUpload": Lie(is_complete, after=lambda _: error(404, "NoSuchUpload")),
    "done, and says InternalError": Lie(is_complete, after=lambda _: error(500, "InternalError")),
    "done, and hangs": Lie(is_complete),
}


@pytest.mark.covers("X-ST-03")
@pytest.mark.parametrize("name", COMPLETE_LIES)
async def test_what_complete_says_once_is_never_the_truth(
    name: str, store: S3Store, proxy: LyingProxy, film: Path
) -> None:
    """The object is looked at, and the upload completed again where it is not there."""
    proxy.lies = [replace(COMPLETE_LIES[name], times=1)]

    await store.adopt(KEY, film, blocks_of(FILM))

    proxy.lies = []
    assert FILM == await read(store, KEY)


@pytest.mark.parametrize("name", ["error in 200", "empty 200"])
async def test_an_upload_that_is_never_completed_is_no_object(
    name: str, store: S3Store, proxy: LyingProxy, film: Path
) -> None:
    """Whatever the server says: nothing is there, and no part is left behind.

    A server that is slow to begin an upload may have begun a second one, which holds nothing.
    """
    proxy.lies = [COMPLETE_LIES[name]]

    with pytest.raises((Broken, Busy)):
        await store.adopt(KEY, film, blocks_of(FILM))

    begun = await store.list_multiparts()
    left = [await store.parts(each.key, each.store_upload_id) for each in begun]
    assert ([], []) == (await store.list_keys(), [parts for parts in left if parts])


async def test_bytes_changed_on_their_way_in_are_sent_again(
    store: S3Store, proxy: LyingProxy, film: Path
) -> None:
    """The server sees it by the digest in the request's signature."""
    proxy.lies = [Lie(is_part, 1, before=lambda asked: replace(asked, body=flip(asked.body)))]

    await store.adopt(KEY, film, blocks_of(FILM))

    assert FILM == await read(store, KEY)


async def test_bytes_always_changed_on_their_way_in_are_no_object(
    store: S3Store, proxy: LyingProxy, film: Path
) -> None:
    """A line that damages everything leaves nothing behind."""
    proxy.lies = [Lie(is_part, before=lambda asked: replace(asked, body=flip(asked.body)))]

    with pytest.raises(Broken, match="changed on their way"):
        await store.adopt(KEY, film, blocks_of(FILM))

    proxy.lies = []
    assert ([], []) == (await store.list_keys(), await store.list_multiparts())


async def test_a_wrong_etag_of_a_part_makes_no_wrong_object(
    store: S3Store, proxy: LyingProxy, film: Path
) -> None:
    """The server finds no such part then."""
    proxy.lies = [Lie(is_part, after=with_header("etag", '"0123456789abcdef0123456789abcdef"'))]

    with pytest.raises(Broken):
        await store.adopt(KEY, film, blocks_of(FILM))

    assert ([], []) == (await store.list_keys(), await store.list_multiparts())


async def test_a_wrong_etag_of_a_small_object_is_not_believed(
    store: S3Store, proxy: LyingProxy
) -> None:
    """Its version is what the store says when it is looked at."""
    wrong = '"0123456789abcdef0123456789abcdef"'
    proxy.lies = [Lie(lambda asked: asked.method == "PUT", after=with_header("etag", wrong))]

    put = await store.put(KEY, pieces(CLIP), known_of(CLIP))

    assert (put, CLIP) == (await store.head(KEY), await read(store, KEY))
    assert wrong != put.version


async def test_an_object_that_reads_back_wrong_is_deleted(
    store: S3Store, proxy: LyingProxy, film: Path
) -> None:
    """It may be the line or the server: nobody is told that it is there."""
    proxy.lies = [Lie(is_get, after=change_body)]

    with pytest.raises(Broken, match="deleted"):
        await store.adopt(KEY, film, blocks_of(FILM))

    assert [] == await store.list_keys()


async def test_a_block_that_reads_back_wrong_once_is_read_again(
    store: S3Store, proxy: LyingProxy, film: Path
) -> None:
    """One damaged answer costs one more."""
    proxy.lies = [Lie(is_get, 1, after=change_body)]

    await store.adopt(KEY, film, blocks_of(FILM))

    assert [KEY] == await store.list_keys()


RANGE_LIES = {
    "200 and all": lambda answer: Answer(200, answer.headers, CLIP),
    "wrong Content-Range": with_header("content-range", f"bytes 1-11/{len(CLIP)}"),
    "no Content-Range": lambda answer: Answer(206, {}, answer.body),
    "shorter": lambda answer: replace(answer, body=answer.body[:-1]),
}


@pytest.mark.parametrize("name", RANGE_LIES)
async def test_a_range_is_exact_or_broken(name: str, store: S3Store, proxy: LyingProxy) -> None:
    """No other bytes are taken for those that were asked for."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    proxy.lies = [Lie(is_get, after=RANGE_LIES[name])]

    with pytest.raises(Broken):
        await read(store, KEY, 0, 11)


async def test_a_server_that_ignores_if_match_is_found_out(
    store: S3Store, proxy: LyingProxy
) -> None:
    """The version of what it gives is compared."""
    put = await store.put(KEY, pieces(CLIP), known_of(CLIP))
    proxy.lies = [Lie(is_get, after=with_header("etag", '"of-another"'))]

    with pytest.raises(Changed):
        [piece async for piece in store.get(KEY, if_version=put.version)]


async def test_a_body_that_breaks_off_once_goes_on_where_it_was(
    store: S3Store, proxy: LyingProxy
) -> None:
    """The rest of the same version is asked for."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    proxy.lies = [Lie(is_get, 1, after=lambda answer: replace(answer, cut=1_000))]

    assert CLIP == await read(store, KEY)


async def test_a_body_that_always_breaks_off_is_broken(store: S3Store, proxy: LyingProxy) -> None:
    """Fewer bytes are never the end."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    proxy.lies = [Lie(is_get, after=lambda answer: replace(answer, cut=1))]

    with pytest.raises((Broken, Unreachable)):
        await read(store, KEY, 0, 11)


async def test_a_server_that_hangs_is_left_and_the_next_call_is_served(
    store: S3Store, proxy: LyingProxy
) -> None:
    """At our own deadline, and over new threads and connections."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    proxy.lies = [Lie(is_head)]

    with pytest.raises(Unreachable):
        await store.head(KEY)

    proxy.lies = []
    assert len(CLIP) == (await store.head(KEY)).size_bytes


async def test_a_store_that_stays_silent_is_down_and_comes_back(
    store: S3Store, proxy: LyingProxy
) -> None:
    """It is asked once in a while, not by everybody."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    proxy.lies = [Lie(lambda _: True, after=lambda _: None)]
    for _ in range(3):
        with pytest.raises(Unreachable):
            await store.head(KEY)
    assert store.is_down
    asked = len(proxy.seen)
    with pytest.raises(Unreachable, match="silent"):
        await store.head(KEY)
    assert asked == len(proxy.seen)

    proxy.lies = []
    for _ in range(100):
        try:
            await store.head(KEY)
            break
        except Unreachable:
            await asyncio.sleep(0.02)

    assert not store.is_down


async def test_a_busy_store_is_asked_again_when_it_says(store: S3Store, proxy: LyingProxy) -> None:
    """And who asks in vain is told how long to wait."""
    await store.put(KEY, pieces(CLIP), known_of(CLIP))
    slow = error(503, "SlowDown", **{"retry-after": "0"})
    proxy.lies = [Lie(is_get, 2, instead=slow)]
    assert CLIP == await read(store, KEY)

    proxy.lies = [Lie(is_get, instead=slow)]
    with pytest.raises(Busy) as caught:
        await read(store, KEY)

    assert 0 == caught.value.retry_after


TROUBLES: list[tuple[Answer, type[RushesError], str]] = [
    (error(404, "NoSuchKey"), NotFound, "no such object"),
    (error(412, "PreconditionFailed"), Changed, "not the one it was"),
    (error(503, "SlowDown"), Busy, "patience"),
    (error(507, "InsufficientStorage"), Full, "full"),
    (error(403, "QuotaExceeded"), Full, "quota"),
    (error(403, "AccessDenied"), Refused, "rights"),
    (error(403, "RequestTimeTooSkewed"), Refused, "clock"),
    (error(301, "PermanentRedirect"), Refused, "region"),
    (error(400, "BadDigest"), Broken, "changed on their way"),
    (error(501, "NotImplemented"), Unsupported, "lacks"),
]
PATHS: dict[str, Callable[[S3Store], object]] = {
    "get": lambda store: read(store, KEY),
    "put": lambda store: store.put(KEY, pieces(CLIP), known_of(CLIP)),
    "list": lambda store: store.list_keys(),
    "parts": lambda store: store.parts(KEY, "an-upload"),
}


@pytest.mark.covers("X-ST-03")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one[2])
async def test_every_trouble_is_named_on_every_path(
    trouble: tuple[Answer, type[RushesError], str], path: str, store: S3Store, proxy: LyingProxy
) -> None:
    """No outage becomes an empty answer or a success."""
    answer, kind, word = trouble
    proxy.lies = [Lie(lambda asked: asked.method != "HEAD", instead=answer)]

    with pytest.raises(RushesError, match=word) as caught:
        await PATHS[path](store)  # type: ignore[misc] # each is awaitable

    assert isinstance(caught.value, kind)
