"""Senders by IETF resumable uploads, one for each version of the draft."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx

from tests.support.receiving import Receiving

VERSIONS = (3, 4, 5, 6, 7, 8, None)
"""The interop versions, and the sender that names none."""


@dataclass(frozen=True, slots=True)
class Resumer:
    """Sends over real HTTP as one version of the draft wants it."""

    http: httpx.AsyncClient
    uploads: str
    version: int | None
    told: Mapping[str, str] = field(default_factory=dict)

    def complete(self, *, is_last: bool) -> dict[str, str]:
        """Return the header that says whether a body ends the file."""
        if self.version == 3:
            return {"Upload-Incomplete": "?0" if is_last else "?1"}
        return {"Upload-Complete": "?1" if is_last else "?0"}

    def is_complete(self, answer: httpx.Response) -> bool | None:
        """Return what an answer says of completeness; None if nothing."""
        name = "Upload-Incomplete" if self.version == 3 else "Upload-Complete"
        value = answer.headers.get(name)
        return None if value is None else (value == "?1") is not (self.version == 3)

    async def create(
        self,
        body: bytes | AsyncIterator[bytes] = b"",
        *,
        is_last: bool,
        size_bytes: int | None = None,
        **headers: str,
    ) -> httpx.Response:
        """POST a creation."""
        length = {} if size_bytes is None else {"Upload-Length": str(size_bytes)}
        told = {**self.told, **self.complete(is_last=is_last), **length, **titled(headers)}
        return await self.http.post(self.uploads, content=body, headers=told)

    async def begin(self, size_bytes: int | None = None, **headers: str) -> str:
        """Begin an upload the careful way; return its address."""
        answer = await self.create(b"", is_last=False, size_bytes=size_bytes, **headers)
        assert answer.status_code == 201, answer.text
        location: str = answer.headers["Location"]
        return location

    async def append(
        self,
        url: str,
        offset: int,
        body: bytes | AsyncIterator[bytes],
        *,
        is_last: bool,
        **headers: str,
    ) -> httpx.Response:
        """PATCH bytes at an offset."""
        told = {
            **self.told,
            **self.complete(is_last=is_last),
            "Content-Type": "application/partial-upload",
            "Upload-Offset": str(offset),
            **titled(headers),
        }
        return await self.http.patch(url, content=body, headers=told)

    async def head(self, url: str, **headers: str) -> httpx.Response:
        """HEAD an upload."""
        return await self.http.head(url, headers={**self.told, **titled(headers)})

    async def offset(self, url: str) -> int:
        """Return the offset that HEAD tells."""
        answer = await self.head(url)
        assert answer.status_code == 204, answer.status_code
        return int(answer.headers["Upload-Offset"])


def titled(headers: Mapping[str, str]) -> dict[str, str]:
    """Let headers be named as arguments: `content_digest`."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def digest_of(body: bytes, algorithm: str = "sha-256") -> str:
    """Return a digest field of a body (RFC 9530)."""
    digest = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(digest).decode()}:"


async def resumers(house: Receiving, **known: object) -> dict[int | None, Resumer]:
    """Return a sender for each version, all by one new link."""
    project = await house.people.project()
    token = await house.people.link(project, None, **known)
    return {version: _by_link(house, token, version) for version in VERSIONS}


def _by_link(house: Receiving, token: str, version: int | None) -> Resumer:
    told = {} if version is None else {"Upload-Draft-Interop-Version": str(version)}
    return Resumer(house.http, f"{house.address}/u/{token}/uploads/", version, told)


def id_of(answer: httpx.Response | str) -> str:
    """Return the upload that an answer's Location, or an address, names."""
    url = answer if isinstance(answer, str) else answer.headers["Location"]
    return url.rpartition("/")[2]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """Give a body whose length is not told."""
    for part in parts:
        yield part
