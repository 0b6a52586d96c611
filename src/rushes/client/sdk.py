"""`Rushes`: one server and one identity, and what a program does with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from rushes.client.answers import Asset, CreatedLink, Download, Upload
from rushes.client.failures import ClientFailure, Refused, Unreachable, WrongDigest, refusal
from rushes.client.resume import Memory, default_file
from rushes.client.sending import Sender, Told, digest_of
from rushes.client.wire import Wire

API: Final = "/api/v1"
LOOK_SECONDS: Final = 0.5
ACCEPT_SECONDS: Final = 3_600.0
PLAYABLE: Final = frozenset({"playable", "ready"})
PIECE: Final = 2**20


class Rushes:
    """A server, spoken to with an API token, or with an upload link alone.

    Args:
        url: the address of the server; with `link` it may be left out.
        token: an API token, `rsh_pat_...`.
        link: the address of an upload link, `https://host/u/...`; it can only send.
        timeout: seconds without any progress on the line before a request is given up.
        state: where unfinished uploads are remembered between runs.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        link: str | None = None,
        timeout: float = 60.0,
        state: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        address = url or (
            None if link is None else "{0.scheme}://{0.netloc}".format(urlsplit(link))
        )
        if address is None:
            raise ValueError("Say which server: url=..., or link=...")
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        endpoint = "/files/"
        if link is not None:
            endpoint = f"{link.rstrip('/')}/files/"
            headers["Rushes-Link"] = urlsplit(link).path.rstrip("/").rpartition("/")[2]
        http = httpx.Client(base_url=address, headers=headers, timeout=timeout)
        self._signed = httpx.Client(base_url=address, timeout=timeout)  # never sees the token
        self._wire = Wire(http, sleep)
        self._sender = Sender(self._wire, endpoint, Memory(state or default_file()))
        self._is_link = link is not None

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
        self._wire.http.close()
        self._signed.close()

    def send(
        self, path: str | Path, *, project: str | None = None, on_progress: Told | None = None
    ) -> Upload:
        """Send a file, or go on where an earlier run stopped; return once it was checked.

        Args:
            path: the file.
            project: `client/project`; by default the account's inbox. A link has its own.
            on_progress: called with bytes that arrived and bytes in all.

        Raises:
            Refused: the server did not take it.
            WrongDigest: the server holds other bytes.
            Unreachable: the server did not answer.
        """
        file = Path(path)
        address = self._sender.send(file, project=project, told=on_progress)
        upload = self._wait_until_accepted(address.rstrip("/").rpartition("/")[2])
        if upload.digest is not None and upload.digest != digest_of(file):
            raise WrongDigest(f"The server holds other bytes than {file.name}. Send it again.")
        return upload

    def upload(
        self, path: str | Path, *, project: str | None = None, on_progress: Told | None = None
    ) -> Asset:
        """Send a file as `send` does; return the asset that it became.

        Raises:
            ClientFailure: as `send`; or an upload link was used, which sees no assets.
        """
        upload = self.send(path, project=project, on_progress=on_progress)
        if self._is_link or upload.asset_id is None:
            raise ClientFailure("An upload link sees no assets: use send() with it.")
        return self._asset_once_filed(upload.asset_id)

    def asset(self, asset_id: str) -> Asset:
        """Return an asset.

        Raises:
            Refused: there is none of this id, or it may not be seen.
        """
        return Asset.parse(self._wire.json("GET", f"{API}/assets/{asset_id}"), self)

    def assets(self, search: str | None = None, **filters: str | int) -> Iterator[Asset]:
        """Give all assets that fit, newest first; filters as in `GET /assets`."""
        query: dict[str, str | int] = {"limit": 100, **filters}
        if search:
            query["q"] = search
        while True:
            page = self._wire.json("GET", f"{API}/assets", query=query)
            for answer in page["items"]:
                yield Asset.parse(answer, self)
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def wait_until_playable(self, asset_id: str, *, timeout: float = 600.0) -> Asset:
        """Return an asset once people can watch it.

        Raises:
            ClientFailure: it failed, or it took longer than `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            asset = self.asset(asset_id)
            if asset.state in PLAYABLE:
                return asset
            if asset.state == "failed":
                raise ClientFailure(f"{asset.file_name} cannot be shown. Its original is kept.")
            self._wire.sleep(LOOK_SECONDS)
        raise ClientFailure(f"The asset was not playable within {timeout:g} s. Ask again later.")

    def playback(self, asset_id: str, **wishes: Any) -> dict[str, Any]:
        """Return how to play an asset: addresses and qualities, as in `POST .../playback`."""
        answer = self._wire.json("POST", f"{API}/assets/{asset_id}/playback", body=wishes)
        return dict(answer)

    def find_download(self, asset_id: str, quality: str = "original") -> Download:
        """Return a signed address of the original, or of a quality such as `720p`."""
        answer = self._wire.json(
            "GET", f"{API}/assets/{asset_id}/download", query={"quality": quality}
        )
        return Download(answer["url"], answer.get("expires_at"))

    def download(
        self,
        asset_id: str,
        to: str | Path,
        *,
        quality: str = "original",
        on_progress: Told | None = None,
    ) -> Path:
        """Write the bytes into a file, or under its name into a folder; return the file.

        A download that broke off goes on where it stopped; the file appears when it is whole.
        """
        target = Path(to)
        if target.is_dir():
            asset = self.asset(asset_id)
            name = Path(asset.file_name).name or asset.id
            target /= name if quality == "original" else f"{Path(name).stem}_{quality}.mp4"
        part = target.with_name(f"{target.name}.{asset_id}.{quality}.part")
        self._wire.patiently(lambda: self._fetch(asset_id, quality, part, on_progress))
        part.replace(target)
        return target

    def create_link(self, client: str, project: str, **options: Any) -> CreatedLink:
        """Make an upload link; options as in `POST /links` (title, expires_at, max_files ...)."""
        body = {"client": client, "project": project, **options}
        answer = self._wire.json("POST", f"{API}/links", body=body)
        return CreatedLink(answer["id"], answer["url"], answer)

    def _fetch(self, asset_id: str, quality: str, part: Path, told: Told | None) -> None:
        """Add what is missing to the part; a second request asks for the rest alone."""
        have = part.stat().st_size if part.exists() else 0
        url = self.find_download(asset_id, quality).url
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            with self._signed.stream("GET", url, headers=headers) as response:
                if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return  # every byte is here
                if not response.is_success:
                    response.read()
                    raise refusal(response)
                have = have if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
                whole = have + int(response.headers.get("content-length", 0))
                with part.open("ab" if have else "wb") as out:
                    for piece in response.iter_raw(PIECE):
                        have += out.write(piece)
                        if told is not None:
                            told(have, whole)
        except httpx.TransportError as error:
            raise Unreachable("The line broke during the download. It can go on.") from error

    def _wait_until_accepted(self, upload_id: str) -> Upload:
        deadline = time.monotonic() + ACCEPT_SECONDS
        while time.monotonic() < deadline:
            upload = Upload.parse(self._wire.json("GET", f"{API}/uploads/{upload_id}"))
            if upload.state == "quarantined":
                reason = upload.raw.get("reason") or "it did not pass the checks"
                raise Refused(422, "upload.quarantined", f"The file was set aside: {reason}")
            if upload.state == "accepted":
                return upload
            self._wire.sleep(LOOK_SECONDS)
        raise ClientFailure("The server has all bytes, and did not check them yet. Ask later.")

    def _asset_once_filed(self, asset_id: str) -> Asset:
        """Return the asset: it is filed a moment after its upload was accepted."""
        deadline = time.monotonic() + ACCEPT_SECONDS
        while True:
            try:
                return self.asset(asset_id)
            except Refused as refused:
                if refused.status != httpx.codes.NOT_FOUND or time.monotonic() > deadline:
                    raise
            self._wire.sleep(LOOK_SECONDS)
