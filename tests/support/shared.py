"""A whole house with something to share: films with qualities, their editor, and strangers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from rushes.access.permit import Role, Scope
from rushes.access.tokens import TokenWish
from rushes.clock import Clock
from rushes.compose import House, open_house
from rushes.http.app import build_app
from rushes.library.asset import State
from rushes.renditions.rendition import Kind
from rushes.settings import Settings
from rushes.tiers.copy import Keeper
from rushes.tiers.edge import Edge
from tests.support.entrance import ADMIN, HOST, PASSWORD
from tests.support.filed import Filed, Files
from tests.support.handing import layout_of

SHARES = "/api/v1/shares"
CLIP = bytes(range(256)) * 10
ORIGINAL = b"the original, as it was sent"


@dataclass(slots=True)
class Shared:
    """The house; `editor` calls the API as somebody who may share."""

    house: House
    app: FastAPI
    stack: AsyncExitStack
    folder: Path
    project_id: str = ""
    editor: httpx.AsyncClient = field(init=False)

    async def visitor(self, address: str = "192.0.2.7") -> httpx.AsyncClient:
        """Return a stranger's client; each address has its own count of guesses."""
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        return await self.stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url=HOST)
        )

    async def film(self, name: str = "interview.mov", content: bytes = ORIGINAL) -> Filed:
        """File a video with a poster and two finished qualities, all of it in the archive."""
        files = Files(self.house.database, self.house.clock)
        filed = await files.asset(
            content, project_id=self.project_id, file_name=name, state=State.READY
        )
        for quality in ("360p", "720p"):
            body = CLIP + quality.encode() + content
            layout = layout_of(quality, body, height=int(quality[:-1]))
            made = await files.rendition(filed, quality, content=body, layout=layout, width=640)
            await self._keep(made, body)
        still = await files.rendition(
            filed,
            "poster",
            content=b"picture" + content,
            kind=Kind.STILL,
            file_name="poster.webp",
            media_type="image/webp",
            width=1280,
        )
        await self._keep(still, b"picture" + content)
        return filed

    async def share(self, *films: Filed, **wish: object) -> dict[str, Any]:
        """Make a share of films, or of the whole project; return the answer."""
        what: dict[str, object] = {"project": self.project_id}
        if films:
            what = {"asset_ids": [film.asset_id for film in films]}
        answer = await self.editor.post(SHARES, json=what | wish)
        assert 201 == answer.status_code, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def visit(self, share: dict[str, Any], **asked: str) -> tuple[httpx.AsyncClient, str]:
        """Begin a visit; return the visitor and the path that their pass opens."""
        visitor = await self.visitor()
        answer = await visitor.post(f"/s/{share['token']}/visit", json=asked)
        assert 200 == answer.status_code, answer.text
        return visitor, f"/s/{answer.json()['token']}"

    async def _keep(self, rendition_id: str, content: bytes) -> None:
        path = self.folder / rendition_id
        path.write_bytes(content)
        house = self.house
        keeper = Keeper(
            house.database, house.clock, house.archive, Edge(house.edge, None), house.intake.path
        )
        await keeper.keep_rendition(rendition_id, path)


@asynccontextmanager
async def open_shared(settings: Settings, clock: Clock) -> AsyncIterator[Shared]:
    """Open a house on a database that holds the schema, with one editor's token."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings, clock))
        await house.accounts.create_at_console(ADMIN, PASSWORD, Role.ADMIN)
        wish = TokenWish("desk", frozenset({Scope.READ, Scope.WRITE, Scope.LINKS}))
        _, token = await house.tokens.create_at_console(ADMIN, wish)
        app = build_app(house, trouble=lambda: None)
        shared = Shared(house, app, stack, settings.data)
        shared.project_id = await Files(house.database, clock).project()
        shared.editor = await shared.visitor("127.0.0.1")
        shared.editor.headers["Authorization"] = f"Bearer {token}"
        yield shared
