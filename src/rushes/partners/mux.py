"""Mux: four deeds over its API, with pieces that go on where the last ones ended."""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rushes.partner_section import MuxSettings
from rushes.partners import mux_shapes
from rushes.partners.copy import Partner, PartnerCopy, PartnerUnexpected
from rushes.partners.cutting import cut
from rushes.partners.host import Begun, Parcel, Read, Seen, Told
from rushes.partners.jwt import sign
from rushes.partners.wire import GONE, SEND_SECONDS, Reply, Wire, expect

MOST_REWINDS: Final = 5
"""So often a place may say that it has less than it was sent."""


@dataclass(frozen=True, slots=True)
class Mux:
    """Hands films to Mux."""

    settings: MuxSettings
    wire: Wire
    piece_bytes: int = mux_shapes.PIECE_BYTES
    """A multiple of `mux_shapes.UNIT_BYTES`."""

    @property
    def name(self) -> Partner:
        """Who it is."""
        return Partner.MUX

    async def begin(self, parcel: Parcel) -> Begun:
        """Ask for a direct upload."""
        told = mux_shapes.upload_of(
            parcel,
            policy=self.settings.policy,
            quality=self.settings.quality,
            is_test=self.settings.test,
        )
        reply = expect(await self._ask("POST", "/video/v1/uploads", told), 200, 201)
        upload_id, url = mux_shapes.read_upload(reply.inner("data"))
        return Begun(json.dumps({"id": upload_id, "url": url}), upload_id)

    async def send(self, parcel: Parcel, session: str, read: Read, told: Told) -> None:
        """Send what the place has not got; see `Host.send`."""
        url, total = json.loads(session)["url"], parcel.size_bytes
        at = await self._put(url, 0, b"", total)
        for _ in range(MOST_REWINDS):
            if at is None:
                return
            await told(at)
            at = await self._send_from(url, at, total, read, told)
        raise PartnerUnexpected("Mux has less than it was sent, again and again.")

    async def _send_from(self, url: str, at: int, total: int, read: Read, told: Told) -> int | None:
        """Send pieces; return None at the end, or an offset that the place went back to."""
        async with contextlib.aclosing(cut(read(at), self.piece_bytes)) as pieces:
            async for piece in pieces:
                now_at = await self._put(url, at, piece, total)
                if now_at is None:
                    return None
                at += len(piece)
                if now_at != at:
                    return now_at
                await told(at)
        return await self._put(url, at, b"", total)

    async def _put(self, url: str, at: int, piece: bytes, total: int) -> int | None:
        """Send one piece, or ask; return how much the place has, None if that is all."""
        headers = {"content-range": mux_shapes.range_of(at, len(piece), total)}
        reply = await self.wire.ask("PUT", url, headers=headers, body=piece, seconds=SEND_SECONDS)
        if reply.status in mux_shapes.DONE:
            return None
        expect(reply, mux_shapes.INCOMPLETE)
        return mux_shapes.read_offset(reply.headers.get("range"))

    async def look(self, remote_id: str | None, session: str | None) -> Seen:
        """Ask how far it is; see `Host.look`."""
        asset_id = remote_id
        if session is not None:
            upload_id = json.loads(session)["id"]
            reply = expect(await self._ask("GET", f"/video/v1/uploads/{upload_id}"), 200)
            asset_id = mux_shapes.read_asset_id(reply.inner("data"))
            if asset_id is None:
                return Seen(is_ready=False, remote_id=upload_id)
        reply = expect(await self._ask("GET", f"/video/v1/assets/{asset_id}"), 200)
        return mux_shapes.read_asset(reply.inner("data"))

    async def remove(self, remote_id: str | None, session: str | None) -> None:
        """Delete the asset, or end an upload that did not become one."""
        asset_id = remote_id
        if session is not None:
            upload_id = json.loads(session)["id"]
            reply = await self._ask("GET", f"/video/v1/uploads/{upload_id}")
            if reply.status in GONE:
                return
            asset_id = expect(reply, 200).inner("data").get("asset_id")
            if asset_id is None:
                reply = await self._ask("PUT", f"/video/v1/uploads/{upload_id}/cancel")
                expect(reply, 200, 204, 403, *GONE)  # 403: it is over already
                return
        if asset_id is not None:
            expect(await self._ask("DELETE", f"/video/v1/assets/{asset_id}"), 200, 204, *GONE)

    async def _ask(self, method: str, path: str, told: object = None) -> Reply:
        secret = self.settings.token_secret
        pair = f"{self.settings.token_id}:{'' if secret is None else secret.get_secret_value()}"
        headers = {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        url = self.settings.address.rstrip("/") + path
        return await self.wire.ask(method, url, headers=headers, told=told)


def links_of(
    settings: MuxSettings, copy: PartnerCopy, now: datetime, life: timedelta
) -> dict[str, str]:
    """Return the addresses of a film at Mux, signed where it is so, good for this life.

    Raises:
        PartnerUnexpected: the signing key cannot be used.
    """
    key, key_id = settings.signing_key, settings.signing_key_id
    is_signed = copy.facts.get("policy") == "signed"
    links = {}
    for link in mux_shapes.links_of(copy.facts):
        links[link.name] = link.url
        if is_signed and key is not None and key_id is not None:
            claims = {
                "sub": copy.facts["playback_id"],
                "aud": link.audience,
                "exp": int((now + life).timestamp()),
                "kid": key_id,
            }
            links[link.name] += f"?token={sign(key_id, key.get_secret_value(), claims)}"
    return links
