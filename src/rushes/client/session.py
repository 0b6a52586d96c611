"""One server and one identity, and what a program does with them: the shared half of both faces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypedDict, TypeVar, Unpack
from urllib.parse import urlsplit

import httpx

from rushes.client.answers import AssetFacts, CreatedLink, Download, Upload
from rushes.client.appending import Sending, Told
from rushes.client.failures import Cancelled, ClientFailure, Refused, WrongDigest
from rushes.client.fetching import Fetcher
from rushes.client.files import FileState, digest_of, find_root
from rushes.client.lock import Lock
from rushes.client.pace import MOST
from rushes.client.resume import Memory, Record, default_folder
from rushes.client.sending import Sender
from rushes.client.stop import Stop
from rushes.client.wire import API, Moments, Wire

A = TypeVar("A", bound=AssetFacts)

FIRST_LOOK, LONGEST_LOOK = 0.1, 2.0
"""Seconds between two looks at something that takes its time."""

ACCEPT_SECONDS: Final = 3_600.0
PLAYABLE: Final = frozenset({"playable", "ready"})
ORIGINAL: Final = "original"


class Options(TypedDict, total=False):
    """What `Rushes` and `AsyncRushes` may be told besides the server and the token."""

    link: str | None
    """The address of an upload link, `https://host/u/...`; with it one can only send."""
    password: str | None
    """What opens the upload link, where it has a password."""
    answers: Mapping[str, str]
    """What the upload link asks, answered by the keys of its questions."""
    timeout: float
    """Seconds without any progress on the line before a request is given up; 60."""
    state: Path | None
    """The folder where unfinished uploads are remembered between runs."""
    parallel: int
    """The most parts of one file on their way at once; 6."""
    offline_seconds: float
    """For how long a server out of reach is waited for while files go; 0: three tries."""
    moments: Moments
    """Where time and chance come from; for tests."""


class Wishes(TypedDict, total=False):
    """How a file is sent, and who is told."""

    project: str | None
    """`client/project`; by default the account's inbox. A link has its own."""
    relative_path: str | None
    """Its place in the folder that it comes from, with slashes."""
    on_progress: Told | None
    """Called with bytes that arrived and bytes in all."""
    stop: Stop | None
    """Ends the transfer when asked to, here and on the server."""


@dataclass(frozen=True, slots=True)
class Page(Generic[A]):
    """Some assets, and where the next ones begin."""

    items: list[A]
    next_cursor: str | None


class Session(Generic[A]):
    """A server, spoken to with an API token, or with an upload link alone.

    `read_asset` makes of an answer what this face calls an asset.
    """

    def __init__(
        self,
        url: str | None,
        token: str | None,
        options: Options,
        read_asset: Callable[[Mapping[str, Any]], A],
    ) -> None:
        link, timeout = options.get("link"), options.get("timeout", 60.0)
        address = url or _server_of(link)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        endpoint, place, password = "/files/", None, options.get("password")
        if link is not None:
            place = f"{link.rstrip('/')}/files/"
            # Behind a password the right changes with each opening, so it is in a header alone.
            endpoint = place if password is None else endpoint
            headers["Rushes-Link"] = urlsplit(link).path.rstrip("/").rpartition("/")[2]
        moments, offline = options.get("moments", Moments()), options.get("offline_seconds", 0.0)
        parallel = options.get("parallel", MOST)
        http = httpx.AsyncClient(base_url=address, headers=headers, timeout=timeout)
        bare = httpx.AsyncClient(base_url=address, timeout=timeout)  # never sees the token
        self._wire = Wire(http, moments, offline)
        self._fetcher = Fetcher(Wire(bare, moments, offline), parallel)
        self._memory = Memory(options.get("state") or default_folder())
        self._sender = Sender(self._wire, endpoint, self._memory, parallel, place)
        self._is_link = link is not None
        self._lock = None if link is None or password is None else Lock(self._wire, link, password)
        self.answers = options.get("answers", {})
        self._read_asset = read_asset

    async def close(self) -> None:
        """Close its connections."""
        await self._wire.http.aclose()
        await self._fetcher.wire.http.aclose()

    async def send(self, /, path: str | Path, **wishes: Unpack[Wishes]) -> Upload:
        """Send a file, or go on where an earlier run stopped; return once it was checked.

        Raises:
            Refused: the server did not take it.
            FileChanged: the file was written to meanwhile.
            WrongDigest: the server holds other bytes.
            Unreachable: the server did not answer.
            Cancelled: it was stopped.
        """
        file = await asyncio.to_thread(FileState.read, Path(path))
        sending = Sending(
            file,
            wishes.get("on_progress") or _tell_nobody,
            wishes.get("project"),
            wishes.get("relative_path"),
            self.answers,
        )
        return await self.check(sending, await self.pass_on(sending, wishes.get("stop")))

    async def upload(self, /, path: str | Path, **wishes: Unpack[Wishes]) -> A:
        """Send a file as `send` does; return the asset that it became.

        Raises:
            ClientFailure: as `send`; or an upload link was used, which sees no assets.
        """
        sent = await self.send(path, **wishes)
        if self._is_link or sent.asset_id is None:
            raise ClientFailure("An upload link sees no assets: use send() with it.")
        return await self._asset_once_filed(sent.asset_id)

    async def cancel(self, upload_id: str) -> None:
        """End an upload on the server, and forget it here.

        Raises:
            Refused: there is none of this id, or it is another's.
        """
        await self._wire.json("DELETE", f"{API}/uploads/{upload_id}")
        self._memory.forget_upload(upload_id)

    async def uploads(self, state: str | None = None, *, limit: int = 100) -> list[Upload]:
        """Return my uploads, newest first: `receiving`, `completed`, `accepted` and so on."""
        query: dict[str, str | int] = {"limit": min(limit, 500)}
        if state is not None:
            query["state"] = state
        found: list[Upload] = []
        while True:
            page = await self._wire.json("GET", f"{API}/uploads", query=query)
            found.extend(Upload.parse(answer) for answer in page["items"])
            if page["next_cursor"] is None or len(found) >= limit:
                return found[:limit]
            query["cursor"] = page["next_cursor"]

    async def unfinished(self) -> list[Record]:
        """Return what earlier runs began and did not finish, oldest first, of unchanged files."""
        known = await asyncio.to_thread(list, self._memory.list_records(self._sender.place))
        return [record for record in known if record.is_of_file]

    async def asset(self, asset_id: str) -> A:
        """Return an asset.

        Raises:
            Refused: there is none of this id, or it may not be seen.
        """
        return self._read_asset(await self._wire.json("GET", f"{API}/assets/{asset_id}"))

    async def page(self, query: Mapping[str, str | int]) -> Page[A]:
        """Return one page of assets, newest first; filters as in `GET /assets`."""
        told = await self._wire.json("GET", f"{API}/assets", query=query)
        return Page([self._read_asset(answer) for answer in told["items"]], told["next_cursor"])

    async def wait_until_playable(self, asset_id: str, *, timeout: float = 600.0) -> A:  # noqa: ASYNC109 - told
        """Return an asset once people can watch it.

        Raises:
            ClientFailure: it failed, or it took longer than `timeout` seconds.
        """
        async for _ in self._looks(timeout):
            asset = await self.asset(asset_id)
            if asset.state in PLAYABLE:
                return asset
            if asset.state == "failed":
                raise ClientFailure(f"{asset.file_name} cannot be shown. Its original is kept.")
        raise ClientFailure(f"The asset was not playable within {timeout:g} s. Ask again later.")

    async def playback(self, /, asset_id: str, **wishes: Any) -> dict[str, Any]:
        """Return how to play an asset: addresses and qualities, as in `POST .../playback`."""
        path = f"{API}/assets/{asset_id}/playback"
        answer: dict[str, Any] = await self._wire.json("POST", path, body=wishes)
        return answer

    async def find_download(self, asset_id: str, quality: str = ORIGINAL) -> Download:
        """Return where to get an original, or one of its qualities."""
        path = f"{API}/assets/{asset_id}/download"
        answer = await self._wire.json("GET", path, query={"quality": quality})
        if "url" not in answer:
            raise ClientFailure("This quality is not ready yet. Ask again in some seconds.")
        return Download(answer["url"], answer.get("expires_at"))

    async def download(
        self,
        asset_id: str,
        to: str | Path = ".",
        *,
        quality: str = ORIGINAL,
        on_progress: Told | None = None,
    ) -> Path:
        """Fetch an original, or one of its qualities, into a folder or to a file.

        A download that broke off goes on where it stopped; the file appears when it is whole. The
        digest of an original is compared with the server's.

        Raises:
            ClientFailure: it cannot be had, or what came is not what the server holds.
            OSError: the file cannot be written.
        """
        asset = await self.asset(asset_id)
        target = await asyncio.to_thread(_find_target, Path(to), asset, quality)
        part = target.with_name(f"{target.name}.{asset_id}.{quality}.part")

        async def find_url() -> str:
            return (await self.find_download(asset_id, quality)).url

        digest = asset.digest if quality == ORIGINAL else None
        told = on_progress or _tell_nobody
        await self._fetcher.fetch(find_url, target, part, digest=digest, told=told)
        return target

    async def create_link(self, /, client: str, project: str, **options: Any) -> CreatedLink:
        """Make an upload link; options as in `POST /links` (title, expires_at, max_files ...)."""
        body = {"client": client, "project": project, **options}
        answer = await self._wire.json("POST", f"{API}/links", body=body)
        return CreatedLink(answer["id"], answer["url"], answer)

    async def keep_logo(self, picture: Path) -> str:
        """Keep a picture (PNG, JPEG or WebP, 256 KiB) for pages; return its id, for `logo_id`."""
        content = await asyncio.to_thread(picture.read_bytes)
        answer = await self._wire.once("POST", f"{API}/logos", content=content)
        return str(answer.json()["id"])

    async def pass_on(self, sending: Sending, stop: Stop | None = None) -> str:
        """Send all bytes of a file; return the id of its upload, which was not checked yet.

        Raises:
            ClientFailure: as `send`.
        """
        if self._lock is not None:
            await self._lock.open()
        if stop is None:
            return await self._sender.send(sending)
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(self._sender.send(sending))
        try:
            with stop.watched(lambda: loop.call_soon_threadsafe(task.cancel)):
                return await task
        except asyncio.CancelledError:
            if not stop.is_asked:
                raise
            await self._sender.abort(sending)
            raise Cancelled(
                f"{sending.file.path.name} was stopped. Nothing of it was kept."
            ) from None

    def forget_sent(self, sent: Iterable[Sending]) -> None:
        """Remember a run of many files no more: all of it has come to its end."""
        self._sender.forget_sent(sent)

    async def check(self, sending: Sending, upload_id: str) -> Upload:
        """Return the upload once the server took the file in, and holds the same bytes.

        Raises:
            Refused: it was set aside.
            WrongDigest: the server holds other bytes.
        """
        upload = await self._wait_until_accepted(upload_id)
        if upload.root is not None:
            told, ours = (
                upload.root,
                await asyncio.to_thread(find_root, sending.file, sending.blocks),
            )
        elif upload.digest is not None:
            told, ours = upload.digest, await asyncio.to_thread(digest_of, sending.file.path)
        else:
            return upload
        if told != ours:
            sending.file.require_same()
            name = sending.file.path.name
            raise WrongDigest(f"The server holds other bytes than {name}. Send it again.")
        return upload

    async def _wait_until_accepted(self, upload_id: str) -> Upload:
        async for _ in self._looks(ACCEPT_SECONDS):
            answer = await self._wire.json("GET", f"{API}/uploads/{upload_id}")
            upload = Upload.parse(answer)
            if upload.state in {"quarantined", "cancelled"}:
                reason = answer.get("reason") or "it did not pass the checks"
                raise Refused(422, f"upload.{upload.state}", f"The file was set aside: {reason}")
            if upload.state == "accepted":
                return upload
        raise ClientFailure("The server has all bytes, and did not check them yet. Ask later.")

    async def _asset_once_filed(self, asset_id: str) -> A:
        """Return the asset: it is filed a moment after its upload was accepted."""
        async for _ in self._looks(ACCEPT_SECONDS):
            try:
                return await self.asset(asset_id)
            except Refused as refused:
                if refused.status != httpx.codes.NOT_FOUND:
                    raise
        raise ClientFailure("The file was accepted, and not filed yet. Ask for the asset later.")

    async def _looks(self, seconds: float) -> AsyncIterator[None]:
        """Give turns to look at something, ever more seldom, for so many seconds."""
        moments, pause = self._wire.moments, FIRST_LOOK
        deadline = moments.now() + seconds
        while moments.now() < deadline:
            yield
            await moments.sleep(pause)
            pause = min(LONGEST_LOOK, pause * 1.5)


def _server_of(link: str | None) -> str:
    if link is None:
        raise ValueError("Say which server: url=..., or link=...")
    return "{0.scheme}://{0.netloc}".format(urlsplit(link))


def _tell_nobody(_done: int, _whole: int) -> None:
    """Take progress in, for nobody."""


def _find_target(to: Path, asset: AssetFacts, quality: str) -> Path:
    """Return the file to write: in a folder it has the name that it was sent with."""
    if not to.is_dir():
        return to
    name = Path(asset.file_name).name or asset.id
    return to / (name if quality == ORIGINAL else f"{Path(name).stem}_{quality}.mp4")
