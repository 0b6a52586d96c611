"""What the server answers, as typed values; fields that it adds later are kept in `raw`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self


class Assets(Protocol):
    """Who can ask again for an asset: the SDK itself."""

    def asset(self, asset_id: str) -> Asset:
        """Return the asset as it is now."""

    def wait_until_playable(self, asset_id: str, *, timeout: float) -> Asset:
        """Return the asset once people can watch it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload; `offset` and `size_bytes` are bytes, `asset_id` is there once it is filed."""

    id: str
    state: str
    offset: int
    size_bytes: int | None
    file_name: str
    asset_id: str | None
    digest: str | None
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
            raw=answer,
        )


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset; sizes in bytes, `duration` in seconds."""

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
    _assets: Assets = field(repr=False, compare=False)

    @classmethod
    def parse(cls, answer: Mapping[str, Any], assets: Assets) -> Self:
        """Read one asset of an answer."""
        return cls(
            id=answer["id"],
            file_name=answer.get("file_name", ""),
            kind=answer.get("kind", "other"),
            state=answer.get("state", ""),
            size_bytes=answer.get("size_bytes", 0),
            digest=answer.get("digest"),
            client=answer.get("client"),
            project=answer.get("project"),
            duration=answer.get("duration"),
            width=answer.get("width"),
            height=answer.get("height"),
            raw=answer,
            _assets=assets,
        )

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
