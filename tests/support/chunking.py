"""Somebody who sends files in chunks over real HTTP."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.receiving import Receiving

KIB = 2**10


@dataclass(frozen=True, slots=True)
class Chunker:
    """Sends chunks; `uploads` is the address where uploads begin."""

    http: httpx.AsyncClient
    uploads: str
    proof: dict[str, str]

    async def ask(self, method: str, path: str = "", **known: Any) -> httpx.Response:
        """Send a request below the address of uploads."""
        headers = {**self.proof, **known.pop("headers", {})}
        return await self.http.request(method, f"{self.uploads}{path}", headers=headers, **known)

    async def create(self, size_bytes: int, **wishes: Any) -> httpx.Response:
        """Ask for an upload."""
        wishes = {"file_name": "a.mov", "size_bytes": size_bytes, **wishes}
        return await self.ask("POST", json=wishes)

    async def begin(self, size_bytes: int, **wishes: Any) -> dict[str, Any]:
        """Begin an upload; return what is said of it."""
        answer = await self.create(size_bytes, **wishes)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def put(self, upload_id: str, index: object, body: Any, **headers: str) -> httpx.Response:
        """Send a chunk."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("PUT", f"/{upload_id}/chunks/{index}", content=body, headers=told)

    async def get(self, upload_id: str) -> dict[str, Any]:
        """Read an upload."""
        answer = await self.ask("GET", f"/{upload_id}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def complete(self, upload_id: str, **known: Any) -> httpx.Response:
        """Say that all was sent."""
        return await self.ask("POST", f"/{upload_id}/complete", **known)

    async def send(self, body: bytes, **wishes: Any) -> dict[str, Any]:
        """Send a whole file, chunk by chunk; return the answer to its completion."""
        told = await self.begin(len(body), **wishes)
        for index, piece in enumerate(cut(body, told["chunk_size"])):
            answer = await self.put(told["id"], index, piece)
            assert answer.status_code == 200, answer.text
        answer = await self.complete(told["id"])
        assert answer.status_code == 202, answer.text
        completed: dict[str, Any] = answer.json()
        return completed


def cut(body: bytes, chunk_bytes: int) -> list[bytes]:
    """Return the chunks of a file."""
    return [body[start : start + chunk_bytes] for start in range(0, len(body), chunk_bytes)]


def sha256(body: bytes) -> str:
    """Return `sha-256:hex`."""
    return f"sha-256:{hashlib.sha256(body).hexdigest()}"


async def chunker(house: Receiving) -> Chunker:
    """Return somebody who may send: by a link over SQLite, with a token over PostgreSQL."""
    uploads = f"{house.address}/api/v1/uploads"
    if house.parts.database.is_sqlite:
        link = await house.people.link(await house.people.project())
        return Chunker(house.http, uploads, {"Rushes-Link": link})
    token = await house.people.token()
    return Chunker(house.http, uploads, {"Authorization": f"Bearer {token}"})
