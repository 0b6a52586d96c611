"""Frame.io V4 as its API reference describes it: tokens of Adobe, folders, files, parts, shares.

https://developer.frame.io/platform/v4/ and the types of the official package `frameio` 4.0.0.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.support.partners.serving import Asked, Served, Told, serving

ACCOUNT = "b2702c44-c6da-4bb6-8bbd-be6e547ccf1b"
ROOT = "2e426fe0-f965-4594-8b2b-b4dff1dc00ec"
CLIENT = ("client-id", "client-secret")
PART = 200_000


@dataclass(slots=True)
class File:
    """A file, and its parts by number."""

    id: str
    name: str
    size_bytes: int
    folder_id: str
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """Its bytes as far as they are there."""
        return b"".join(self.parts[number] for number in sorted(self.parts))


@dataclass(slots=True)
class SmallFrameio:
    """What it holds; `makes` is the status of a file that is whole."""

    served: Served = field(default_factory=Served)
    tokens: list[str] = field(default_factory=list)
    folders: dict[str, str] = field(default_factory=dict)
    """Names by id."""
    files: dict[str, File] = field(default_factory=dict)
    shares: list[dict[str, Any]] = field(default_factory=list)
    makes: str = "transcoded"

    def answer(self, asked: Asked) -> Told:
        """Answer a request."""
        if asked.path == "/ims/token/v3":
            return self._log_in(asked)
        if asked.path.startswith("/s3/"):
            return self._take(asked)
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens[-1:]:
            return _refuse(401, "You must be authenticated to perform this action")
        return self._answer_known(asked)

    def _answer_known(self, asked: Asked) -> Told:
        path, _, query = asked.path.removeprefix(f"/v4/accounts/{ACCOUNT}/").partition("?")
        match [asked.method, *path.split("/")]:
            case ["GET", "folders", str(folder), "folders"] if folder == ROOT:
                told = self._list_folders(query)
            case ["POST", "folders", str(folder), "folders"] if folder == ROOT:
                told = self._make_folder(asked)
            case ["POST", "folders", str(folder), "files", "local_upload"] if (
                folder in self.folders
            ):
                told = self._make_file(asked, folder)
            case [_, "files", str(file_id)] if file_id in self.files:
                told = self._tell_file(asked, self.files[file_id])
            case ["POST", "projects", "project1", "shares"]:
                told = self._share(asked)
            case _:
                told = _refuse(404, "Not Found")
        return told

    def _log_in(self, asked: Asked) -> Told:
        form = {name: value[0] for name, value in parse_qs(asked.body.decode()).items()}
        pair = (form.get("client_id"), form.get("client_secret"))
        if pair != CLIENT or form.get("scope") != "openid AdobeID frame.s2s.all":
            return Told(401, {"error": "invalid_client"})
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        told = {"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": 86_399}
        return Told(200, told)

    def _list_folders(self, query: str) -> Told:
        """Answer with one folder a page, so that pages are turned."""
        known = list(self.folders.items())
        at = int(query.removeprefix("after=") or 0)
        some = [{"id": key, "name": name, "type": "folder"} for key, name in known[at : at + 1]]
        path = f"/v4/accounts/{ACCOUNT}/folders/{ROOT}/folders?after={at + 1}"
        links = {"next": path if at + 1 < len(known) else None}
        return Told(200, {"data": some, "links": links})

    def _make_folder(self, asked: Asked) -> Told:
        folder_id = f"folder{len(self.folders) + 1}"
        self.folders[folder_id] = asked.json()["data"]["name"]
        return Told(201, {"data": {"id": folder_id, "name": self.folders[folder_id]}})

    def _make_file(self, asked: Asked, folder_id: str) -> Told:
        wish = asked.json()["data"]
        if set(wish) != {"name", "file_size"}:
            return _refuse(422, "unexpected field")
        file = File(f"file{len(self.files) + 1}", wish["name"], wish["file_size"], folder_id)
        self.files[file.id] = file
        sizes = [min(PART, file.size_bytes - begin) for begin in range(0, file.size_bytes, PART)]
        urls = [
            {"size": size, "url": f"{self.served.url}/s3/{file.id}/{number}?X-Amz-Signature=s3cret"}
            for number, size in enumerate(sizes)
        ]
        return Told(201, {"data": self.describe(file) | {"upload_urls": urls}})

    def _take(self, asked: Asked) -> Told:
        file_id, number = asked.path.removeprefix("/s3/").partition("?")[0].split("/")
        headers = asked.headers
        if (
            headers.get("x-amz-acl") != "private"
            or headers.get("content-type") != "video/quicktime"
        ):
            return Told(403, headers={"content-type": "application/xml"})
        if file_id not in self.files or "authorization" in headers:
            return Told(404)
        self.files[file_id].parts[int(number)] = asked.body
        return Told(200, headers={"ETag": '"1"'})

    def _tell_file(self, asked: Asked, file: File) -> Told:
        if asked.method == "DELETE":
            del self.files[file.id]
            return Told(204)
        return Told(200, {"data": self.describe(file)})

    def describe(self, file: File) -> dict[str, Any]:
        """Return a file as the API tells it."""
        is_whole = len(file.content) == file.size_bytes
        status = self.makes if is_whole else "created"
        told: dict[str, Any] = {
            "id": file.id,
            "name": file.name,
            "type": "file",
            "status": status,
            "file_size": file.size_bytes,
            "media_type": "video/quicktime",
            "parent_id": file.folder_id,
            "project_id": "project1",
            "view_url": f"https://next.frame.io/project/project1/view/{file.id}",
            "created_at": "2026-06-26T20:14:33.159489Z",
            "updated_at": "2026-06-26T20:14:33.796116Z",
        }
        if status == "transcoded":
            link = {"download_url": "https://assets.frame.io/x?signature=s3cret"}
            told["media_links"] = {"high_quality": link, "efficient": link, "original": None}
        return told

    def _share(self, asked: Asked) -> Told:
        wish = asked.json()["data"]
        if wish["type"] != "asset" or wish["access"] not in {"public", "secure"}:
            return _refuse(422, "unexpected value")
        self.shares.append(wish)
        told = {"id": f"share{len(self.shares)}", "short_url": f"https://f.io/{len(self.shares)}"}
        return Told(201, {"data": wish | told})


def _refuse(status: int, detail: str) -> Told:
    return Told(status, {"errors": [{"title": "No", "detail": detail}]})


def sign_call(secret: str, body: bytes, seconds: int) -> dict[str, str]:
    """Return the headers of a call, as Frame.io signs it."""
    signed = f"v0:{seconds}:".encode() + body
    mac = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"x-frameio-request-timestamp": str(seconds), "x-frameio-signature": f"v0={mac}"}


def make_call(file_id: str, what: str = "file.ready") -> bytes:
    """Return the body of a call about a file."""
    told = {
        "account": {"id": ACCOUNT},
        "project": {"id": "project1"},
        "resource": {"id": file_id, "type": "file"},
        "type": what,
        "user": {"id": "56556a3f-859f-4b38-b6c6-e8625b5da8a5"},
        "workspace": {"id": "378fcbf7-6f88-4224-8139-6a743ed940b2"},
    }
    return json.dumps(told).encode()


@asynccontextmanager
async def small_frameio() -> AsyncIterator[SmallFrameio]:
    """Be Frame.io and Adobe meanwhile."""
    frameio = SmallFrameio()
    async with serving(frameio.served, frameio.answer):
        yield frameio
