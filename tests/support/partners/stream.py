"""Cloudflare Stream as its API reference describes it: tus, films, calls.

https://developers.cloudflare.com/api/resources/stream/ and
https://developers.cloudflare.com/stream/uploading-videos/resumable-uploads/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.partners.serving import Asked, Served, Told, serving

ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
TOKEN = "cloudflare-token"
UNIT = 256 * 2**10


@dataclass(slots=True)
class Film:
    """A film, and what there is of it."""

    uid: str
    size_bytes: int
    creator: str
    words: dict[str, str]
    received: bytearray = field(default_factory=bytearray)

    @property
    def is_whole(self) -> bool:
        """Whether every byte is there."""
        return len(self.received) == self.size_bytes


@dataclass(slots=True)
class SmallStream:
    """What it holds; `makes` is the state of a film that is whole."""

    served: Served = field(default_factory=Served)
    films: dict[str, Film] = field(default_factory=dict)
    makes: str = "ready"

    def answer(self, asked: Asked) -> Told:
        """Answer a request."""
        if asked.path.startswith("/tus/"):
            return self._take(asked)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refuse(403, 10_000, "Authentication error")
        place = asked.path.removeprefix(f"/accounts/{ACCOUNT}/stream")
        if asked.method == "POST" and place == "?direct_user=true":
            return self._make(asked)
        film = self.films.get(place.removeprefix("/"))
        if film is None:
            return _refuse(404, 10_003, "Not Found")
        if asked.method == "DELETE":
            del self.films[film.uid]
            return Told(200)
        return Told(200, {"result": self.describe(film), "success": True, "errors": []})

    def _make(self, asked: Asked) -> Told:
        words = {}
        for word in asked.headers["upload-metadata"].split(","):
            name, _, value = word.partition(" ")
            words[name] = base64.b64decode(value).decode()
        if asked.headers.get("tus-resumable") != "1.0.0" or "maxDurationSeconds" not in words:
            return _refuse(400, 10_005, "Bad Request")
        film = Film(
            f"{len(self.films) + 1:032x}",
            int(asked.headers["upload-length"]),
            asked.headers["upload-creator"],
            words,
        )
        self.films[film.uid] = film
        place = f"{self.served.url}/tus/{film.uid}?tusv2=true"
        return Told(201, headers={"Location": place, "stream-media-id": film.uid})

    def _take(self, asked: Asked) -> Told:
        film = self.films.get(asked.path.removeprefix("/tus/").partition("?")[0])
        if film is None or "authorization" in asked.headers:
            return Told(404)
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(film.size_bytes)}
        if asked.method == "HEAD":
            return Told(200, headers=headers | {"Upload-Offset": str(len(film.received))})
        offset = int(asked.headers["upload-offset"])
        if offset != len(film.received):
            return Told(409, headers=headers)
        is_last = offset + len(asked.body) == film.size_bytes
        if len(asked.body) % UNIT and not is_last:
            return Told(400, headers=headers)
        film.received += asked.body
        return Told(204, headers=headers | {"Upload-Offset": str(len(film.received))})

    def describe(self, film: Film) -> dict[str, Any]:
        """Return a film as the API tells it."""
        state = self.makes if film.is_whole else "pendingupload"
        base = f"https://customer-x.cloudflarestream.com/{film.uid}"
        status = {"state": state, "errorReasonCode": "", "errorReasonText": ""}
        if state == "error":
            text = "The file was not recognized as a valid video file."
            status |= {"errorReasonCode": "ERR_NON_VIDEO", "errorReasonText": text}
        return {
            "uid": film.uid,
            "creator": film.creator,
            "thumbnail": f"{base}/thumbnails/thumbnail.jpg",
            "readyToStream": state == "ready",
            "status": status,
            "meta": {"name": film.words.get("name")},
            "requireSignedURLs": "requiresignedurls" in film.words,
            "preview": f"{base}/watch",
            "duration": 2.5 if state == "ready" else -1,
            "input": {"width": 1280, "height": 720},
            "playback": {
                "hls": f"{base}/manifest/video.m3u8",
                "dash": f"{base}/manifest/video.mpd",
            },
        }


def _refuse(status: int, code: int, words: str) -> Told:
    told = {"success": False, "errors": [{"code": code, "message": words}], "result": None}
    return Told(status, told)


def sign_call(secret: str, body: bytes, seconds: int) -> dict[str, str]:
    """Return the header of a call, as Stream signs it."""
    mac = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {"webhook-signature": f"time={seconds},sig1={mac}"}


def make_call(film: dict[str, Any]) -> bytes:
    """Return the body of a call: the film itself."""
    return json.dumps(film).encode()


@asynccontextmanager
async def small_stream() -> AsyncIterator[SmallStream]:
    """Be Cloudflare Stream meanwhile."""
    stream = SmallStream()
    async with serving(stream.served, stream.answer):
        yield stream
