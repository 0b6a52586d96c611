"""What the pages ask, answered by a house."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from rushes.access.identify import LinkFacts
from rushes.access.limits import list_extensions
from rushes.access.link import LinkNotFound, LinkState, Preview
from rushes.compose import House
from rushes.http.auth import Callers
from rushes.http.cors import origin_of
from rushes.sections import UploadSettings
from rushes.stores.store import Presign
from rushes.web.link import LinkOpen, LinkRefused, Refusal
from rushes.web.pages import PageSource
from rushes.web.showing import ShareOpen

REFUSALS: Final = {
    LinkState.EXPIRED: Refusal.EXPIRED,
    LinkState.OFF: Refusal.REVOKED,
    LinkState.USED_UP: Refusal.FULL,
}


def page_source(house: House) -> PageSource:
    """Return the answers of a house to its pages."""
    callers = Callers(house.access, house.settings)
    is_offered = house.settings.uploads.direct == "offer"
    origin = house.directing.origin if house.directing and is_offered else None
    upload_base = (house.settings.upload_url or "").rstrip("/")

    async def find_link(token: str, address: str) -> LinkOpen | LinkRefused:
        try:
            facts = await house.access.find_link_facts(token, address)
        except LinkNotFound:
            return LinkRefused(reason=Refusal.UNKNOWN)
        if facts.is_locked:
            return LinkRefused(reason=Refusal.LOCKED)
        if facts.state is not LinkState.LIVE:
            return LinkRefused(reason=REFUSALS[facts.state], expired_at=facts.link.expires_at)
        opened = _open(facts, house.settings.uploads, is_direct=origin is not None)
        may_leave_mail = house.settings.mail.host is not None and facts.link.notify
        return replace(opened, upload_base=upload_base, may_leave_mail=may_leave_mail)

    async def find_share(token: str, address: str) -> ShareOpen:
        share, project, is_locked = await house.shares.visiting.find_facts(token, address)
        logo = None if share.logo_id is None else f"/logos/{share.logo_id}"
        opened = ShareOpen(
            share_id=share.id,
            origins=share.origins,
            color=share.color,
            logo_url=logo,
            is_locked=is_locked,
        )
        if is_locked:
            return opened
        return replace(
            opened,
            title=share.title,
            message=share.message,
            client=project.client_name,
            project=project.project_name,
            expires_at=share.expires_at,
        )

    return PageSource(
        find_link=find_link,
        find_share=find_share,
        is_set_up=house.setup.is_done,
        has_session=callers.has_session,
        media_origins=_media_origins(house),
        direct_origin=origin,
        upload_origin=origin_of(upload_base) if upload_base else None,
        provider=house.settings.oidc.name if house.settings.oidc.issuer is not None else None,
    )


def _media_origins(house: House) -> tuple[str, ...]:
    """Return where players are led for bytes: the buckets of the edge and the archive."""
    stores = (house.edge, house.archive, *house.locator.further.values())
    buckets = (store for store in stores if isinstance(store, Presign))
    parts = (urlsplit(bucket.presign_get("any", 1)) for bucket in buckets)
    return tuple(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))


def _open(facts: LinkFacts, server: UploadSettings, *, is_direct: bool) -> LinkOpen:
    link = facts.link
    most = server.max_file_bytes
    return LinkOpen(
        link_id=link.id,
        client=facts.project.client_name,
        project=facts.project.project_name,
        title=link.title,
        message=link.message,
        expires_at=link.expires_at,
        max_file_bytes=most if link.max_file_bytes is None else min(most, link.max_file_bytes),
        files_left=_left(link.max_files, link.used_files),
        bytes_left=_left(link.max_total_bytes, link.used_bytes),
        extensions=list_extensions(link.types),
        max_append_bytes=server.max_append_bytes,
        is_direct=is_direct,
        keep_days=link.keep_parts_days,
        questions=link.fields,
        may_preview=link.preview is Preview.OWN,
        color=link.color,
        logo_url=None if link.logo_id is None else f"/logos/{link.logo_id}",
    )


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
