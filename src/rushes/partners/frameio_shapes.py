"""What Frame.io V4 is told and tells, by https://developer.frame.io/platform/v4/.

1. A file is made first, and answers with addresses, one for each part of so many bytes
   (`files/local_upload`); each of them takes one PUT, with the file's media type and
   `x-amz-acl: private`. Nobody can ask which parts are there: we remember it.
2. `status` goes from `created` over `uploaded` to `transcoded`.
3. Addresses of proxies (`media_links`) live for a short while only; pages (`view_url`) stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rushes.partners.copy import PartnerUnexpected
from rushes.partners.host import Parcel, Seen

SCOPES: Final = "openid AdobeID frame.s2s.all"
"""What server-to-server credentials are for: the default of the official SDK."""

STATES: Final = frozenset({"created", "uploaded", "transcoded"})
PROXIES: Final = ("efficient", "high_quality", "video_h264_180")
INCLUDED: Final = ",".join(f"media_links.{name}" for name in PROXIES)
MAX_NAME: Final = 255
PLAIN: Final = "application/octet-stream"


def file_of(parcel: Parcel) -> dict[str, object]:
    """Return the body that makes a file."""
    return {"data": {"name": parcel.file_name[:MAX_NAME], "file_size": parcel.size_bytes}}


def read_file(told: Mapping[str, Any], size_bytes: int) -> dict[str, Any]:
    """Return what a new file is sent by: `id`, `media_type`, and its `parts` with size and address.

    Raises:
        PartnerUnexpected: the parts are not as long as the file.
    """
    file_id, media_type = told.get("id"), told.get("media_type")
    parts: list[dict[str, Any]] = []
    for each in told.get("upload_urls") or ():
        match each:
            case {"size": int(size), "url": str(url)} if size > 0:
                parts.append({"size": size, "url": url})
    if not isinstance(file_id, str) or sum(part["size"] for part in parts) != size_bytes:
        raise PartnerUnexpected("Frame.io answered with no parts that fit the file.")
    return {"id": file_id, "media_type": media_type or PLAIN, "parts": parts}


def part_at(sizes: list[int], sent_bytes: int) -> tuple[int, int]:
    """Return the first part that is not whole yet, and where it begins."""
    begin = 0
    for number, size in enumerate(sizes):
        if begin + size > sent_bytes:
            return number, begin
        begin += size
    return len(sizes), begin


def seen_of(file: Mapping[str, Any]) -> Seen:
    """Return what a file of Frame.io is.

    Raises:
        PartnerUnexpected: it is in no state that Frame.io documents.
    """
    file_id, status = file.get("id"), file.get("status")
    if not isinstance(file_id, str) or status not in STATES:
        raise PartnerUnexpected("Frame.io answered with a file in no known state.")
    facts: dict[str, object] = {}
    for name in ("view_url", "project_id"):
        if isinstance(file.get(name), str):
            facts[name] = file[name]
    links = file.get("media_links")
    if isinstance(links, Mapping):
        facts["proxies"] = [name for name in PROXIES if links.get(name)]
    return Seen(status == "transcoded", file_id, facts)


def share_of(file_id: str, title: str) -> dict[str, object]:
    """Return the body that makes a share of one file, to look at and speak of."""
    return {
        "data": {
            "type": "asset",
            "access": "public",
            "name": " ".join(title.split())[:MAX_NAME] or file_id,
            "asset_ids": [file_id],
            "commenting_enabled": True,
            "downloading_enabled": False,
        }
    }


def find_folder(told: Mapping[str, Any], name: str) -> str | None:
    """Return the folder of this name on a page of folders."""
    for each in told.get("data") or ():
        match each:
            case {"id": str(folder_id), "name": str(known)} if known == name:
                return folder_id
    return None


def next_page(told: Mapping[str, Any]) -> str | None:
    """Return the path of the page that follows."""
    match told.get("links"):
        case {"next": str(path)} if path.startswith("/"):
            return path
    return None


def links_of(facts: Mapping[str, object]) -> dict[str, str]:
    """Return the pages of a file."""
    told = {"view": facts.get("view_url"), "share": facts.get("share_url")}
    return {name: url for name, url in told.items() if isinstance(url, str)}


def subject_of(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a call speaks of."""
    match told.get("resource"):
        case {"id": str(file_id), "type": "file"}:
            return (file_id,)
    return ()
