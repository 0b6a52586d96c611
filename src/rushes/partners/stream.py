"""Cloudflare Stream: four deeds over its API; bytes go by tus."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.partner_section import StreamSettings
from rushes.partners import stream_shapes
from rushes.partners.copy import Partner, PartnerCopy, PartnerUnexpected
from rushes.partners.cutting import cut
from rushes.partners.host import Begun, Parcel, Read, Seen, Told
from rushes.partners.jwt import sign
from rushes.partners.wire import GONE, SEND_SECONDS, Reply, Wire, expect

MOST_REWINDS: Final = 5
OTHER_OFFSET: Final = 409


@dataclass(frozen=True, slots=True)
class Stream:
    """Hands films to Cloudflare Stream."""

    settings: StreamSettings
    wire: Wire
    piece_bytes: int = stream_shapes.PIECE_BYTES
    """A multiple of `stream_shapes.UNIT_BYTES`."""

    @property
    def name(self) -> Partner:
        """Who it is."""
        return Partner.STREAM

    async def begin(self, parcel: Parcel) -> Begun:
        """Ask for a place that a film may be sent to."""
        told = self.settings
        headers = stream_shapes.headers_of(
            parcel, is_signed=told.signed, max_seconds=told.max_duration_seconds
        )
        reply = expect(await self._ask("POST", "?direct_user=true", headers), 200, 201)
        place, media_id = stream_shapes.read_place(reply.headers)
        return Begun(json.dumps({"url": place}), media_id)

    async def send(self, parcel: Parcel, session: str, read: Read, told: Told) -> None:
        """Send what the place has not got; see `Host.send`."""
        url, total = json.loads(session)["url"], parcel.size_bytes
        for _ in range(MOST_REWINDS):
            at = await self._ask_offset(url)
            await told(at)
            if at >= total:
                return
            await self._send_from(url, at, read, told)
        if await self._ask_offset(url) < total:
            raise PartnerUnexpected("Cloudflare Stream has less than it was sent, again and again.")

    async def _ask_offset(self, url: str) -> int:
        reply = await self.wire.ask("HEAD", url, headers={"tus-resumable": stream_shapes.TUS})
        return stream_shapes.read_offset(expect(reply, 200, 204).headers)

    async def _send_from(self, url: str, at: int, read: Read, told: Told) -> None:
        """Send pieces until the end, or until the place says that it is elsewhere."""
        async with contextlib.aclosing(cut(read(at), self.piece_bytes)) as pieces:
            async for piece in pieces:
                headers = {
                    "tus-resumable": stream_shapes.TUS,
                    "upload-offset": str(at),
                    "content-type": "application/offset+octet-stream",
                }
                reply = await self.wire.ask(
                    "PATCH", url, headers=headers, body=piece, seconds=SEND_SECONDS
                )
                if reply.status == OTHER_OFFSET:
                    return
                at += len(piece)
                if stream_shapes.read_offset(expect(reply, 200, 204).headers) != at:
                    return
                await told(at)

    async def look(self, remote_id: str | None, session: str | None) -> Seen:
        """Ask how far it is; see `Host.look`."""
        del session
        reply = expect(await self._ask("GET", f"/{remote_id}"), 200)
        return stream_shapes.read_video(reply.inner("result"))

    async def remove(self, remote_id: str | None, session: str | None) -> None:
        """Delete the film, or what there is of one that was not sent to its end."""
        del session
        if remote_id is not None:
            expect(await self._ask("DELETE", f"/{remote_id}"), 200, 204, *GONE)

    async def _ask(self, method: str, place: str, headers: dict[str, str] | None = None) -> Reply:
        told = self.settings
        token = "" if told.token is None else told.token.get_secret_value()
        url = f"{told.address.rstrip('/')}/accounts/{told.account_id}/stream{place}"
        known = {**(headers or {}), "authorization": f"Bearer {token}"}
        return await self.wire.ask(method, url, headers=known)


def links_of(
    settings: StreamSettings, copy: PartnerCopy, now: datetime, life: timedelta
) -> dict[str, str]:
    """Return the addresses of a film at Stream, signed where it is so, good for this life.

    Raises:
        PartnerUnexpected: the signing key cannot be used.
    """
    told = {name: copy.facts.get(name) for name in stream_shapes.LINKS}
    links = {name: url for name, url in told.items() if isinstance(url, str)}
    key, key_id, uid = settings.signing_key, settings.signing_key_id, copy.remote_id
    if copy.facts.get("is_signed") is True and key and key_id and uid:
        claims = {"sub": uid, "kid": key_id, "exp": int((now + life).timestamp())}
        token = sign(key_id, key.get_secret_value(), claims)
        links = {name: stream_shapes.sign_link(url, uid, token) for name, url in links.items()}
    return links
