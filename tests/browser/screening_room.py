"""A house that shows films to browsers: in a thread with a loop of its own, beside Playwright's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import uvicorn

from rushes.clock import SYSTEM
from rushes.db.migrate import migrate
from rushes.settings import Settings
from rushes.web.pages import add_pages
from rushes.web.source import page_source
from tests.support.shared import Shared, open_shared

PASSWORD: Final = "open sesame"
PATIENCE_SECONDS: Final = 150


class ScreeningRoom:
    """A running house; `paths` are those of its shares, by name."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder = folder
        self._origin = origin
        self._is_open = threading.Event()
        self.paths: dict[str, str] = {}
        self._config = uvicorn.Config(
            "", host="127.0.0.1", port=0, log_level="critical", lifespan="off"
        )
        self._server = uvicorn.Server(self._config)
        self._socket = self._config.bind_socket()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @contextmanager
    def opened(self) -> Iterator[ScreeningRoom]:
        """Show films until the block ends."""
        thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        thread.start()
        try:
            assert self._is_open.wait(PATIENCE_SECONDS)
            yield self
        finally:
            self._server.should_exit = True
            thread.join(30)
            self._socket.close()

    async def _run(self) -> None:
        settings = Settings(data=self._folder)
        migrate(settings.rooms_url)
        async with open_shared(settings, SYSTEM) as shared:
            self.paths = await self._share(shared)
            add_pages(shared.app, page_source(shared.house))
            self._config.app = shared.app
            serving = asyncio.create_task(self._server.serve([self._socket]))
            self._is_open.set()
            await serving

    async def _share(self, shared: Shared) -> dict[str, str]:
        first, second = [
            await shared.film(name, name.encode())
            for name in ("interview.mov", "A001_C003_0412AB_a_long_name_of_a_camera_original.mov")
        ]
        words: dict[str, Any] = {"title": "First cut", "message": "Tell us by Friday."}
        made = {
            "many": await shared.share(first, second, download="all", **words),
            "one": await shared.share(first, download="360p", origins=[self._origin]),
            "locked": await shared.share(first, password=PASSWORD, **words),
        }
        return {name: f"/s/{share['token']}" for name, share in made.items()}
