"""Mux Video as its API reference describes it: direct uploads, assets, calls.

https://www.mux.com/docs/api-reference/video and, for where the bytes go,
https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.partners.serving import Asked, Served, Told, serving

TOKEN = ("token-id", "token-secret")
UNIT = 256 * 2**10
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)", re.ASCII)


@dataclass(slots=True)
class Upload:
    """A direct upload, and what it has."""

    id: str
    asked: dict[str, Any]
    received: bytearray = field(default_factory=bytearray)
    status: str = "waiting"
    asset_id: str | None = None
    error: dict[str, Any] | None = None


@dataclass(slots=True)
class SmallMux:
    """What it holds; `makes` says what becomes of an asset: `preparing`, `ready`, `errored`."""

    served: Served = field(default_factory=Served)
    uploads: dict[str, Upload] = field(default_factory=dict)
    assets: dict[str, dict[str, Any]] = field(default_factory=dict)
    makes: str = "ready"
    forgets: int = 0
    """How many bytes a place loses after its next piece: it may (308 says how many it has)."""

    def answer(self, asked: Asked) -> Told:
        """Answer a request."""
        if asked.path.startswith("/gcs/"):
            return self._take(asked)
        pair = base64.b64encode(":".join(TOKEN).encode()).decode()
        if asked.headers.get("authorization") != f"Basic {pair}":
            error = {"type": "unauthorized", "messages": ["Unauthorized request"]}
            return Told(401, {"error": error})
        place = asked.path.removeprefix("/video/v1/").split("/")
        if asked.method == "POST" and place == ["uploads"]:
            return self._make(asked)
        if place[0] == "uploads" and place[1] in self.uploads:
            return self._tell_upload(asked, self.uploads[place[1]])
        if place[0] == "assets" and place[1] in self.assets:
            return self._tell_asset(asked, place[1])
        error = {"type": "not_found", "messages": ["The requested resource either doesn't exist"]}
        return Told(404, {"error": error})

    def _make(self, asked: Asked) -> Told:
        wish = asked.json()
        settings = wish["new_asset_settings"]
        known = {"timeout", "cors_origin", "new_asset_settings", "test"}
        if set(wish) - known or not set(settings["playback_policies"]) <= {"public", "signed"}:
            error = {"type": "invalid_parameters", "messages": ["unknown parameter"]}
            return Told(400, {"error": error})
        upload = Upload(f"up{len(self.uploads) + 1}", wish)
        self.uploads[upload.id] = upload
        return Told(201, {"data": self._describe(upload)})

    def _describe(self, upload: Upload) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": upload.id,
            "status": upload.status,
            "timeout": upload.asked["timeout"],
            "new_asset_settings": upload.asked["new_asset_settings"],
            "test": upload.asked.get("test", False),
        }
        if upload.status == "waiting":
            told["url"] = f"{self.served.url}/gcs/{upload.id}?signature=s3cret"
        if upload.asset_id is not None:
            told["asset_id"] = upload.asset_id
        if upload.error is not None:
            told["error"] = upload.error
        return told

    def _tell_upload(self, asked: Asked, upload: Upload) -> Told:
        if asked.path.endswith("/cancel"):
            if upload.status != "waiting":
                return Told(403, {"error": {"type": "invalid_state", "messages": ["no"]}})
            upload.status = "cancelled"
        return Told(200, {"data": self._describe(upload)})

    def _tell_asset(self, asked: Asked, asset_id: str) -> Told:
        if asked.method == "DELETE":
            del self.assets[asset_id]
            return Told(204)
        told = self.assets[asset_id] | {"status": self.makes}
        if self.makes == "errored":
            told["errors"] = {"type": "invalid_input", "messages": ["The file is not a video."]}
        return Told(200, {"data": told})

    def _take(self, asked: Asked) -> Told:
        upload = self.uploads.get(asked.path.removeprefix("/gcs/").partition("?")[0])
        form = _RANGE.fullmatch(asked.headers.get("content-range", ""))
        if upload is None or upload.status in {"cancelled", "timed_out"}:
            return Told(404)
        if form is None or "authorization" in asked.headers:
            return Told(400)
        total = int(form[3])
        if form[1] is not None:
            first, last = int(form[1]), int(form[2])
            is_end = last + 1 == total
            if first != len(upload.received) or len(asked.body) != last - first + 1:
                return Told(400)
            if len(asked.body) % UNIT and not is_end:
                return Told(400)
            upload.received += asked.body
            if self.forgets:
                del upload.received[-self.forgets :]
                self.forgets = 0
        if len(upload.received) == total:
            self._finish(upload)
            return Told(200)
        held = len(upload.received)
        return Told(308, headers={"range": f"bytes=0-{held - 1}"} if held else {})

    def _finish(self, upload: Upload) -> None:
        if upload.asset_id is not None:
            return
        upload.status, upload.asset_id = "asset_created", f"as{len(self.assets) + 1}"
        settings = upload.asked["new_asset_settings"]
        self.assets[upload.asset_id] = {
            "id": upload.asset_id,
            "upload_id": upload.id,
            "created_at": "1783423452",
            "passthrough": settings["passthrough"],
            "meta": settings["meta"],
            "playback_ids": [{"id": "play1", "policy": settings["playback_policies"][0]}],
            "duration": 2.0,
            "aspect_ratio": "16:9",
            "resolution_tier": "720p",
            "video_quality": settings["video_quality"],
            "ingest_type": "on_demand_direct_upload",
        }


def sign_call(secret: str, body: bytes, seconds: int) -> dict[str, str]:
    """Return the header of a call, as Mux signs it."""
    signed = f"{seconds}.".encode() + body
    mac = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"mux-signature": f"t={seconds},v1={mac}"}


def make_call(asset: dict[str, Any], what: str = "video.asset.ready", number: str = "1") -> bytes:
    """Return the body of a call about an asset."""
    told: dict[str, Any] = {
        "type": what,
        "id": number,
        "created_at": "2026-07-07T11:04:12.000000Z",
        "object": {"type": "asset", "id": asset["id"]},
        "environment": {"name": "Production", "id": "env1"},
        "data": asset,
        "attempts": [],
        "request_id": None,
        "accessor": None,
    }
    return json.dumps(told).encode()


@asynccontextmanager
async def small_mux() -> AsyncIterator[SmallMux]:
    """Be Mux meanwhile."""
    mux = SmallMux()
    async with serving(mux.served, mux.answer):
        yield mux
