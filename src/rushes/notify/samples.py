"""What an event looks like as it is posted, for those who set up what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

_PLACE: Final[Mapping[str, JsonValue]] = MappingProxyType({"client": "acme", "project": "spring"})
_ASSET: Final[Mapping[str, JsonValue]] = MappingProxyType(
    {**_PLACE, "asset_id": "ast_00d1zznskbwgg03rcjnwbzwx85rght8eszq7", "name": "interview.mov"}
)
_UPLOAD: Final[Mapping[str, JsonValue]] = MappingProxyType(
    {**_PLACE, "file_name": "interview.mov", "size_bytes": 41_875_931_136}
)

FAMILIES: Final[Mapping[str, tuple[str, dict[str, JsonValue]]]] = MappingProxyType(
    {
        "asset": ("ast_00d1zznskbwgg03rcjnwbzwx85rght8eszq7", {**_ASSET}),
        "upload": ("upl_00d1zznskbwgg03rcjnwbzwx85rght8eszq7", {**_UPLOAD}),
        "rendition": (
            "rnd_00d1zznskbwgg03rcjnwbzwx85rght8eszq7",
            {**_ASSET, "kind": "proxy", "quality": "1080p"},
        ),
        "placement": (
            "rnd_00d1zznskbwgg03rcjnwbzwx85rght8eszq7",
            {**_ASSET, "tier": "archive", "kind": "rendition"},
        ),
        "partner": (
            "pcp_00d1zznskbwgg03rcjnwbzwx85rght8eszq7",
            {**_ASSET, "partner": "mux"},
        ),
        "link": ("lnk_00d1zznskbwgg03rcjnwbzwx85rght8eszq7", {**_PLACE, "title": "Dailies"}),
        "share": ("shr_00d1zznskbwgg03rcjnwbzwx85rght8eszq7", {**_PLACE, "title": "First cut"}),
        "project": ("prj_00d1zznskbwgg03rcjnwbzwx85rght8eszq7", {**_PLACE}),
    }
)
"""What stands in the events of each family; others have nothing of their own."""


def make_sample(event_type: str) -> dict[str, JsonValue]:
    """Return an example of an event, in the shape of a real one."""
    subject, data = FAMILIES.get(event_type.partition(".")[0], ("system", {}))
    return {
        "id": "evt_00d1zznskbwgg03rcjnwbzwx85rght8eszq7",
        "type": event_type,
        "created_at": "2026-11-21T12:00:00+00:00",
        "data": {"subject": subject, "actor": "system", **data},
    }
