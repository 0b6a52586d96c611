"""What Mux Video is told and tells, by https://www.mux.com/docs/api-reference/video.

1. A direct upload is a place (`/video/v1/uploads`) that becomes an asset when it has every byte.
2. Its address is a resumable upload of Google Cloud Storage: pieces of 256 KiB times any number,
   and `308` with `Range: bytes=0-N` while there is more to come.
   https://cloud.google.com/storage/docs/performing-resumable-uploads
3. What a `signed` film shows needs a token for each audience: `v` the video, `t` thumbnails, `s`
   the storyboard. https://www.mux.com/docs/guides/secure-video-playback
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rushes.partners.copy import PartnerFailed, PartnerGone, PartnerUnexpected
from rushes.partners.host import Parcel, Seen

UNIT_BYTES: Final = 256 * 2**10
PIECE_BYTES: Final = 32 * UNIT_BYTES
PLACE_SECONDS: Final = 604_800
"""Life of an upload's address: the longest that Mux gives."""

INCOMPLETE: Final = 308
DONE: Final = frozenset({200, 201})
MAX_MARK: Final = 255
"""Characters of `passthrough`."""

WATCH: Final = "https://stream.mux.com"
LOOK_AT: Final = "https://image.mux.com"

LOST: Final = frozenset({"cancelled", "timed_out"})
_RANGE: Final = re.compile(r"bytes=0-(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """An address at Mux; where the film is signed it needs a token for this audience."""

    name: str
    url: str
    audience: str


def upload_of(parcel: Parcel, *, policy: str, quality: str, is_test: bool) -> dict[str, object]:
    """Return the body that asks for a direct upload."""
    return {
        "timeout": PLACE_SECONDS,
        "test": is_test,
        "new_asset_settings": {
            "playback_policies": [policy],
            "video_quality": quality,
            "passthrough": parcel.mark[:MAX_MARK],
            "meta": {"title": parcel.title[:512], "external_id": parcel.mark[:128]},
        },
    }


def read_upload(told: Mapping[str, Any]) -> tuple[str, str]:
    """Return id and address of a direct upload.

    Raises:
        PartnerUnexpected: there is none.
    """
    match told:
        case {"id": str(upload_id), "url": str(url)}:
            return upload_id, url
    raise PartnerUnexpected("Mux answered with no upload.")


def read_offset(told_range: str | None) -> int:
    """Return how many bytes a place has, by the `Range` of its answer; none has none."""
    form = _RANGE.fullmatch(told_range or "")
    return 0 if form is None else int(form[1]) + 1


def range_of(start: int, length: int, total: int) -> str:
    """Return `Content-Range` of a piece; of no length, the question how far it is."""
    if not length:
        return f"bytes */{total}"
    return f"bytes {start}-{start + length - 1}/{total}"


def read_asset_id(upload: Mapping[str, Any]) -> str | None:
    """Return the asset that a direct upload became; None while it did not.

    Raises:
        PartnerFailed: it never will, as Mux could not read it.
        PartnerGone: it never will, as its time is over.
    """
    match upload:
        case {"status": "errored"}:
            error = upload.get("error") or {}
            raise PartnerFailed(f"Mux could not take the file: {_words(error.get('message'))}")
        case {"status": str(status)} if status in LOST:
            raise PartnerGone("The upload at Mux is over. Hand the asset over again.")
        case {"asset_id": str(asset_id)}:
            return asset_id
    return None


def read_asset(asset: Mapping[str, Any]) -> Seen:
    """Return what an asset of Mux is.

    Raises:
        PartnerFailed: Mux could make nothing of it.
        PartnerUnexpected: it is in no state that Mux documents.
    """
    remote_id, status = asset.get("id"), asset.get("status")
    if not isinstance(remote_id, str) or status not in {"preparing", "ready", "errored"}:
        raise PartnerUnexpected("Mux answered with an asset in no known state.")
    if status == "errored":
        errors = asset.get("errors") or {}
        raise PartnerFailed(f"Mux could make nothing of it: {_words(errors.get('messages'))}")
    facts: dict[str, object] = {}
    for each in asset.get("playback_ids") or ():
        match each:
            case {"id": str(playback_id), "policy": str(policy)}:
                facts |= {"playback_id": playback_id, "policy": policy}
    for name in ("duration", "resolution_tier", "aspect_ratio"):
        if isinstance(asset.get(name), str | float | int):
            facts[name] = asset[name]
    is_ready = status == "ready" and "playback_id" in facts
    return Seen(is_ready, remote_id, facts)


def links_of(facts: Mapping[str, object]) -> tuple[Link, ...]:
    """Return where a film is watched and looked at."""
    playback_id = facts.get("playback_id")
    if not isinstance(playback_id, str):
        return ()
    return (
        Link("hls", f"{WATCH}/{playback_id}.m3u8", "v"),
        Link("thumbnail", f"{LOOK_AT}/{playback_id}/thumbnail.jpg", "t"),
        Link("storyboard", f"{LOOK_AT}/{playback_id}/storyboard.vtt", "s"),
    )


def subject_of(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a webhook speaks of, by the ids that we may know it by: asset, upload, mark."""
    data = told.get("data")
    found: list[object] = []
    if isinstance(data, Mapping):
        found = [data.get(name) for name in ("id", "upload_id", "asset_id", "passthrough")]
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str)))


def _words(told: object) -> str:
    if isinstance(told, list):
        told = " ".join(each for each in told if isinstance(each, str))
    return told[:300] if isinstance(told, str) and told else "it does not say why."
