"""The server under test: `rushes serve` over a folder or a bucket, on each database.

It is started as people start it, killed with its worker, and started again on the same port.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.aftermath import kill, kill_house, list_processes
from tests.support.databases import serve_postgres
from tests.support.object_stores import ObjectServer
from tests.support.radosgw import serve_radosgw
from tests.support.served import Client, Served

CROWD = {
    "RUSHES_HTTP_CONNECTIONS_PER_ADDRESS": "0",
    "RUSHES_HTTP_UPLOADS_PER_ADDRESS": "0",
    "RUSHES_HTTP_UPLOADS_PER_LINK": "0",
    "RUSHES_UPLOADS_CHUNK_MIN_BYTES": str(256 * 1024),
}
"""All senders come from one address; chunks are small, so that there are many."""

END_SECONDS = 120.0


@dataclass(slots=True)
class House:
    """The server, and how long it took to come back."""

    served: Served
    has_worker_of_its_own: bool
    returns: list[float] = field(default_factory=list)
    """Seconds from each start to the first answer."""

    _worker: ExitStack = field(default_factory=ExitStack)

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.served.data

    async def start(self) -> None:
        """Start it; return when it answers."""
        begun = time.monotonic()
        await asyncio.to_thread(self.served.start)
        self.returns.append(time.monotonic() - begun)
        if self.has_worker_of_its_own:
            self._worker.enter_context(self.served.worker())

    async def kill(self) -> None:
        """End everything of it at once; none of its processes is left."""
        kill_house(self.served)
        for pid in list_processes(self.data):
            kill(pid)
        await asyncio.to_thread(self._worker.close)

    async def stop(self) -> None:
        """Ask it to end."""
        await asyncio.to_thread(self._worker.close)
        if self.served.is_running():
            await asyncio.to_thread(self.served.stop, END_SECONDS)

    def make_senders(self) -> tuple[str, str]:
        """Return an API token and the token of an upload link."""
        token = self.served.make_token()
        with httpx.Client(
            base_url=self.served.url, headers={"Authorization": f"Bearer {token}"}, timeout=30
        ) as http:
            link = Client(http).make_link(types=["any"])
        return token, str(link["url"]).rpartition("/u/")[2].strip("/")


@contextmanager
def find_house(folder: Path, database: str, store: str, **settings: str) -> Iterator[House]:
    """Make a house that does not run yet; what it stands on ends with the block."""
    with ExitStack() as stack:
        told = CROWD | settings
        if database == "postgres":
            rows = stack.enter_context(serve_postgres())
            url = stack.enter_context(rows.database())
            told["RUSHES_DATABASE_URL"] = url
        if store == "s3":
            told |= _archive(stack.enter_context(_bucket()))
        served = Served(folder / "data", told)
        served.data.mkdir(exist_ok=True)
        if database == "postgres":
            served.run("migrate").check_returncode()
        house = House(served, database == "postgres")
        try:
            yield house
        finally:
            if served.is_running():
                kill_house(served)


@contextmanager
def _bucket() -> Iterator[ObjectServer]:
    with serve_radosgw() as running:
        yield ObjectServer(**running, bucket="")


def _archive(server: ObjectServer) -> dict[str, str]:
    return {
        "RUSHES_TIERS_ARCHIVE_STORE": "vault",
        "RUSHES_STORES_VAULT_PROVIDER": server.provider,
        "RUSHES_STORES_VAULT_ENDPOINT": server.endpoint,
        "RUSHES_STORES_VAULT_BUCKET": server.make_bucket(),
        "RUSHES_STORES_VAULT_ACCESS_KEY": server.access_key,
        "RUSHES_STORES_VAULT_SECRET_KEY": server.secret_key,
    }
