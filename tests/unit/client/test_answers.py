"""Answers of the server as typed values."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from rushes.client.answers import Asset, AsyncAsset, Upload, read_facts

ANSWER: Mapping[str, Any] = {"id": "ast_1", "state": "filed", "width": 1920, "added_later": True}


class Waiting:
    """Who is asked again for an asset."""

    def asset(self, asset_id: str) -> Asset:
        """Return it as it is now."""
        return Asset(**read_facts({**ANSWER, "id": asset_id, "state": "ready"}), _assets=self)

    def wait_until_playable(self, asset_id: str, *, timeout: float) -> Asset:
        """Return it at once."""
        return self.asset(f"{asset_id} {timeout:g}")


class Awaiting:
    """The same, awaited."""

    async def asset(self, asset_id: str) -> AsyncAsset:
        """Return it as it is now."""
        facts = read_facts({**ANSWER, "id": asset_id, "state": "ready"})
        return AsyncAsset(**facts, _assets=self)

    async def wait_until_playable(
        self,
        asset_id: str,
        *,
        timeout: float,  # noqa: ASYNC109 - as the SDK names it
    ) -> AsyncAsset:
        """Return it at once."""
        return await self.asset(f"{asset_id} {timeout:g}")


def test_an_upload_keeps_what_the_server_adds_later() -> None:
    """What is not told is None."""
    answer = {"id": "upl_1", "state": "receiving", "offset": 3, "added_later": True}
    upload = Upload.parse(answer)

    assert ("upl_1", "receiving", 3, None, "", None, None, None) == (
        upload.id,
        upload.state,
        upload.offset,
        upload.size_bytes,
        upload.file_name,
        upload.asset_id,
        upload.digest,
        upload.root,
    )
    assert upload.raw["added_later"]


def test_an_asset_asks_again_for_itself() -> None:
    """Now, and once people can watch it."""
    asset = Asset(**read_facts(ANSWER), _assets=Waiting())

    assert ("ast_1", "filed", 1920, None, 0) == (
        asset.id,
        asset.state,
        asset.width,
        asset.height,
        asset.size_bytes,
    )
    assert "ready" == asset.reload().state
    assert "ast_1 5" == asset.wait_until_playable(5).id


def test_an_awaited_asset_does_the_same() -> None:
    """By other words."""
    asset = AsyncAsset(**read_facts(ANSWER), _assets=Awaiting())

    assert "ready" == asyncio.run(asset.reload()).state
    assert "ast_1 600" == asyncio.run(asset.wait_until_playable()).id
