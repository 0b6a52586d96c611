"""What Cloudflare Stream is told and tells, by https://developers.cloudflare.com/stream/.

1. Every film goes by tus, small ones as well: what was sent before a restart is not sent again.
   Pieces are of 256 KiB times any number, and of 5 MiB at least but for the last one.
   https://developers.cloudflare.com/stream/uploading-videos/resumable-uploads/
2. The place is asked for with the account's token (`direct_user=true`); what goes there needs none.
3. A film that asks for signed addresses is watched under a token in the place of its id.
   https://developers.cloudflare.com/stream/viewing-videos/securing-your-stream/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from rushes.partners.copy import PartnerFailed, PartnerUnexpected
from rushes.partners.host import Parcel, Seen

UNIT_BYTES: Final = 256 * 2**10
PIECE_BYTES: Final = 40 * UNIT_BYTES
TUS: Final = "1.0.0"
MEDIA_ID: Final = "stream-media-id"
MAX_CREATOR: Final = 64

STATES: Final = frozenset(
    {"pendingupload", "downloading", "queued", "inprogress", "ready", "error"}
)
LINKS: Final = ("hls", "dash", "thumbnail", "preview")


def metadata_of(parcel: Parcel, *, is_signed: bool, max_seconds: int) -> str:
    """Return `Upload-Metadata` of a film: words in base64, parted by commas."""
    words = [
        f"name {_encode(parcel.title[:200])}",
        f"maxDurationSeconds {_encode(str(max_seconds))}",
    ]
    return ",".join([*words, "requiresignedurls"] if is_signed else words)


def headers_of(parcel: Parcel, *, is_signed: bool, max_seconds: int) -> dict[str, str]:
    """Return the headers that ask for a place."""
    return {
        "tus-resumable": TUS,
        "upload-length": str(parcel.size_bytes),
        "upload-creator": parcel.mark[:MAX_CREATOR],
        "upload-metadata": metadata_of(parcel, is_signed=is_signed, max_seconds=max_seconds),
    }


def read_place(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return address and id of a film that may be sent.

    Raises:
        PartnerUnexpected: one of them is missing.
    """
    place, media_id = headers.get("location"), headers.get(MEDIA_ID)
    if not place or not media_id:
        raise PartnerUnexpected("Cloudflare Stream answered with no place to send to.")
    return place, media_id


def read_offset(headers: Mapping[str, str]) -> int:
    """Return how many bytes a place has.

    Raises:
        PartnerUnexpected: it does not say.
    """
    told = headers.get("upload-offset", "")
    if not told.isascii() or not told.isdecimal():
        raise PartnerUnexpected("Cloudflare Stream does not say how much it has.")
    return int(told)


def read_video(video: Mapping[str, Any]) -> Seen:
    """Return what a film of Stream is.

    Raises:
        PartnerFailed: Stream could make nothing of it.
        PartnerUnexpected: it is in no state that Cloudflare documents.
    """
    uid, status = video.get("uid"), video.get("status")
    state = status.get("state") if isinstance(status, Mapping) else None
    if not isinstance(uid, str) or state not in STATES:
        raise PartnerUnexpected("Cloudflare Stream answered with a film in no known state.")
    if state == "error":
        why = status.get("errorReasonText") if isinstance(status, Mapping) else None
        words = why[:300] if isinstance(why, str) and why else "it does not say why."
        raise PartnerFailed(f"Cloudflare Stream could make nothing of it: {words}")
    playback = video.get("playback")
    told = {**(playback if isinstance(playback, Mapping) else {}), **video}
    facts: dict[str, object] = {
        name: told[name] for name in LINKS if isinstance(told.get(name), str)
    }
    if isinstance(video.get("duration"), float | int) and video["duration"] >= 0:
        facts["duration"] = video["duration"]
    facts["is_signed"] = video.get("requireSignedURLs") is True
    return Seen(state == "ready", uid, facts)


def sign_link(url: str, uid: str, token: str) -> str:
    """Return an address with a token in the place of the film's id."""
    return url.replace(f"/{uid}/", f"/{token}/", 1)


def subject_of(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a call speaks of."""
    uid = told.get("uid")
    return (uid,) if isinstance(uid, str) else ()


def _encode(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode()
