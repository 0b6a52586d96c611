"""What the server answers, as typed values; fields that it adds later are kept in `raw`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self


class Assets(Protocol):
    """Who can ask again for an asset: the SDK itself."""

    def asset(self, asset_id: str) -> Asset:
        """Return the asset as it is now."""

    def wait_until_playable(self, asset_id: str, *, timeout: float) -> Asset:
        """Return the asset once people can watch it."""


class AsyncAssets(Protocol):
    """The same, for programs that await."""

    async def asset(self, asset_id: str) -> AsyncAsset:
        """Return the asset as it is now."""

    async def wait_until_playable(
        self,
        asset_id: str,
        *,
        timeout: float,  # noqa: ASYNC109 - seconds on the server's side, as with the other face
    ) -> AsyncAsset:
        """Return the asset once people can watch it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload; `offset` and `size_bytes` are bytes, `asset_id` is there once it is filed.

    `digest` is the SHA-256 of the whole, `root` that over the SHA-256 of each 16 MiB; either may
    be None while the server does not know it.
    """

    id: str
    state: str
    offset: int
    size_bytes: int | None
    file_name: str
    asset_id: str | None
    digest: str | None
    root: str | None = None
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer of `GET /uploads/{id}`."""
        return cls(
            id=answer["id"],
            state=answer["state"],
            offset=answer["offset"],
            size_bytes=answer.get("size_bytes"),
            file_name=answer.get("file_name", ""),
            asset_id=answer.get("asset_id"),
            digest=answer.get("digest"),
            root=answer.get("root"),
            raw=answer,
        )


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """What is told of an asset; sizes in bytes, `duration` in seconds."""

    id: str
    file_name: str
    kind: str
    state: str
    size_bytes: int
    digest: str | None
    client: str | None
    project: str | None
    duration: float | None
    width: int | None
    height: int | None
    raw: Mapping[str, Any] = field(repr=False)


def read_facts(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of one asset of an answer."""
    return {
        "id": answer["id"],
        "file_name": answer.get("file_name", ""),
        "kind": answer.get("kind", "other"),
        "state": answer.get("state", ""),
        "size_bytes": answer.get("size_bytes", 0),
        "raw": answer,
        **{name: answer.get(name) for name in _OPTIONAL},
    }


_OPTIONAL = ("digest", "client", "project", "duration", "width", "height")


@dataclass(frozen=True, slots=True)
class Asset(AssetFacts):
    """An asset, as `Rushes` gives it."""

    _assets: Assets = field(repr=False, compare=False)

    def reload(self) -> Asset:
        """Return the asset as it is now."""
        return self._assets.asset(self.id)

    def wait_until_playable(self, timeout: float = 600.0) -> Asset:
        """Return the asset once people can watch it; wait at most `timeout` seconds.

        Raises:
            ClientFailure: it failed, or it took longer.
        """
        return self._assets.wait_until_playable(self.id, timeout=timeout)


@dataclass(frozen=True, slots=True)
class AsyncAsset(AssetFacts):
    """An asset, as `AsyncRushes` gives it."""

    _assets: AsyncAssets = field(repr=False, compare=False)

    async def reload(self) -> AsyncAsset:
        """Return the asset as it is now."""
        return await self._assets.asset(self.id)

    async def wait_until_playable(self, timeout: float = 600.0) -> AsyncAsset:  # noqa: ASYNC109 - as the other face
        """Return the asset once people can watch it; wait at most `timeout` seconds.

        Raises:
            ClientFailure: it failed, or it took longer.
        """
        return await self._assets.wait_until_playable(self.id, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Download:
    """Where to get bytes, without a token, for a while."""

    url: str
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class CreatedLink:
    """A new upload link: `url` is for the people who send."""

    id: str
    url: str
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one file of many: an upload, or the failure that it ended with."""

    path: Path
    relative_path: str | None
    upload: Upload | None
    failure: Exception | None
