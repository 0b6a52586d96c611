"""Partners over HTTP: what of an asset is elsewhere, handing it over, and the calls of partners."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from rushes.http.auth import Identify
from rushes.partners.arranging import Arranging
from rushes.partners.call import MAX_BYTES, CallTooLarge
from rushes.partners.copy import Partner, PartnerCopy, State
from rushes.partners.links import links_of

TAG: Final = "partners"


class PartnerCopyAnswer(BaseModel):
    """An asset at a partner.

    `links` are addresses over there, each good for as long as a playback address of ours; `error`
    says what the last try met, also while it is tried again (`next_at`).
    """

    partner: Partner
    state: State
    remote_id: str | None
    size_bytes: int
    sent_bytes: int
    links: dict[str, str]
    error_code: str | None
    error: str | None
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PartnerCopies(BaseModel):
    """An asset at all partners, and which of them it can be handed to."""

    items: list[PartnerCopyAnswer]
    available: list[Partner]


class ProjectPartners(BaseModel):
    """Where all goes that is ready in a project."""

    partners: list[Partner]


def routes(arranging: Arranging, identify: Identify, life: timedelta) -> APIRouter:
    """Return the routes of partners; addresses over there are good for `life`."""
    router = APIRouter(prefix="/api/v1", tags=[TAG])
    _add_asset_routes(router, arranging, identify, life)
    _add_project_routes(router, arranging, identify)

    @router.post("/partners/{partner}/webhook", status_code=202)
    async def hear_partner(request: Request, partner: str) -> Response:
        """Take a signed call of a partner; what it says is asked for there, and believed then."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        await arranging.receive(partner, headers, await _read(request))
        return Response(status_code=202)

    return router


def _add_asset_routes(
    router: APIRouter, arranging: Arranging, identify: Identify, life: timedelta
) -> None:
    def answer(copy: PartnerCopy) -> PartnerCopyAnswer:
        return PartnerCopyAnswer(
            partner=copy.partner,
            state=copy.state,
            remote_id=copy.remote_id,
            size_bytes=copy.size_bytes,
            sent_bytes=copy.sent_bytes,
            links=links_of(arranging.settings, copy, arranging.clock.now(), life),
            error_code=copy.error_code,
            error=copy.error_detail,
            next_at=copy.due_at,
            created_at=copy.created_at,
            updated_at=copy.updated_at,
        )

    @router.get("/assets/{asset_id}/partners")
    async def list_partner_copies(request: Request, asset_id: str) -> PartnerCopies:
        """List where else an asset is, and where it may go."""
        found, available = await arranging.list_copies(await identify(request), asset_id)
        return PartnerCopies(items=[answer(copy) for copy in found], available=available)

    @router.post("/assets/{asset_id}/partners/{partner}", status_code=202)
    async def hand_to_partner(request: Request, asset_id: str, partner: str) -> PartnerCopyAnswer:
        """Hand the original to a partner; asked twice, it goes there once."""
        return answer(await arranging.hand_over(await identify(request), asset_id, partner))

    @router.delete("/assets/{asset_id}/partners/{partner}", status_code=202)
    async def withdraw_from_partner(
        request: Request, asset_id: str, partner: str
    ) -> PartnerCopyAnswer:
        """Have it deleted over there; what is here stays."""
        return answer(await arranging.withdraw(await identify(request), asset_id, partner))


def _add_project_routes(router: APIRouter, arranging: Arranging, identify: Identify) -> None:
    place = "/projects/{project_id}/partners"

    @router.get(place)
    async def list_project_partners(request: Request, project_id: str) -> ProjectPartners:
        """List the partners that all goes to that is ready in a project."""
        found = await arranging.list_partners(await identify(request), project_id)
        return ProjectPartners(partners=found)

    @router.put(f"{place}/{{partner}}")
    async def add_project_partner(
        request: Request, project_id: str, partner: str
    ) -> ProjectPartners:
        """From now on hand over what is ready in a project; what is ready already stays here."""
        actor = await identify(request)
        found = await arranging.follow(actor, project_id, partner, wanted=True)
        return ProjectPartners(partners=found)

    @router.delete(f"{place}/{{partner}}")
    async def remove_project_partner(
        request: Request, project_id: str, partner: str
    ) -> ProjectPartners:
        """Hand nothing more of a project over by itself; what is over there stays there."""
        actor = await identify(request)
        found = await arranging.follow(actor, project_id, partner, wanted=False)
        return ProjectPartners(partners=found)


async def _read(request: Request) -> bytes:
    """Return the very bytes of a body.

    Raises:
        CallTooLarge: there are more than any partner sends.
    """
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > MAX_BYTES:
            raise CallTooLarge("A call has 256 KiB at most.")
    return bytes(read)
