"""Frame.io: four deeds over its API (V4), with a token of Adobe's for each hour."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from rushes.partner_section import FrameioSettings
from rushes.partners import frameio_shapes
from rushes.partners.copy import Partner, PartnerGone, PartnerRefused, PartnerUnexpected
from rushes.partners.cutting import cut
from rushes.partners.host import Begun, Parcel, Read, Seen, Told
from rushes.partners.wire import GONE, SEND_SECONDS, Reply, Wire, expect

EARLY: Final = timedelta(seconds=60)
"""A token that ends so soon is not used any more."""

USUAL_SECONDS: Final = 3_600
UNAUTHORIZED: Final = 401
EXPIRED: Final = frozenset({403, *GONE})
"""What the store of Frame.io answers to an address whose time is over."""

MOST_PAGES: Final = 100


@dataclass(slots=True)
class Pass:
    """The token that is used now."""

    token: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Frameio:
    """Hands files to Frame.io."""

    settings: FrameioSettings
    wire: Wire
    _pass: Pass = field(default_factory=Pass)
    _folders: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> Partner:
        """Who it is."""
        return Partner.FRAMEIO

    async def begin(self, parcel: Parcel) -> Begun:
        """Make a file in the folder of its project."""
        folder_id = await self._folder(parcel.place[: frameio_shapes.MAX_NAME])
        path = f"/folders/{folder_id}/files/local_upload"
        reply = await self._ask("POST", path, frameio_shapes.file_of(parcel))
        if reply.status in GONE:  # somebody deleted the folder meanwhile
            self._folders.clear()
        told = expect(reply, 200, 201).inner("data")
        session = frameio_shapes.read_file(told, parcel.size_bytes)
        return Begun(json.dumps(session), session["id"])

    async def send(self, parcel: Parcel, session: str, read: Read, told: Told) -> None:
        """Send the parts that are not there; see `Host.send`."""
        plan = json.loads(session)
        parts: list[dict[str, Any]] = plan["parts"]
        number, begin = frameio_shapes.part_at([part["size"] for part in parts], parcel.sent_bytes)
        left = parts[number:]
        if not left:
            return
        headers = {"content-type": plan["media_type"], "x-amz-acl": "private"}
        at = begin
        sizes = [part["size"] for part in left]
        async with contextlib.aclosing(cut(read(begin), *sizes)) as pieces:
            async for piece in pieces:
                reply = await self.wire.ask(
                    "PUT", left.pop(0)["url"], headers=headers, body=piece, seconds=SEND_SECONDS
                )
                if reply.status in EXPIRED:
                    raise PartnerGone("The addresses of this upload have expired.")
                expect(reply, 200, 201, 204)
                at += len(piece)
                await told(at)

    async def look(self, remote_id: str | None, session: str | None) -> Seen:
        """Ask how far it is, and share it once it is there; see `Host.look`."""
        del session
        path = f"/files/{remote_id}?{urlencode({'include': frameio_shapes.INCLUDED})}"
        file = expect(await self._ask("GET", path), 200).inner("data")
        seen = frameio_shapes.seen_of(file)
        if not seen.is_ready or not self.settings.share or remote_id is None:
            return seen
        share_url = await self._share(remote_id, file)
        return replace(seen, facts={**seen.facts, "share_url": share_url})

    async def remove(self, remote_id: str | None, session: str | None) -> None:
        """Delete the file."""
        del session
        if remote_id is not None:
            expect(await self._ask("DELETE", f"/files/{remote_id}"), 200, 204, *GONE)

    async def _share(self, file_id: str, file: Mapping[str, Any]) -> str | None:
        body = frameio_shapes.share_of(file_id, str(file.get("name") or file_id))
        path = f"/projects/{file.get('project_id')}/shares"
        told = expect(await self._ask("POST", path, body), 200, 201).inner("data")
        short_url = told.get("short_url")
        return short_url if isinstance(short_url, str) else None

    async def _folder(self, name: str) -> str:
        """Return the folder of a project, made where there is none of its name."""
        known = self._folders.get(name)
        if known is None:
            known = await self._find_folder(name) or await self._make_folder(name)
            self._folders[name] = known
        return known

    async def _find_folder(self, name: str) -> str | None:
        path: str | None = f"/folders/{self.settings.folder_id}/folders"
        for _ in range(MOST_PAGES):
            told = expect(await self._ask("GET", path), 200).json()
            found = frameio_shapes.find_folder(told, name)
            following = frameio_shapes.next_page(told)
            if found is not None or following is None:
                return found
            path = following.removeprefix(f"/v4/accounts/{self.settings.account_id}")
        return None

    async def _make_folder(self, name: str) -> str:
        path, body = f"/folders/{self.settings.folder_id}/folders", {"data": {"name": name}}
        told = expect(await self._ask("POST", path, body), 200, 201).inner("data")
        if not isinstance(told.get("id"), str):
            raise PartnerUnexpected("Frame.io answered with no folder.")
        folder_id: str = told["id"]
        return folder_id

    async def _ask(self, method: str, path: str | None, told: object = None) -> Reply:
        """Ask with a token; one that is not taken any more is asked for anew, once."""
        url = f"{self.settings.address.rstrip('/')}/v4/accounts/{self.settings.account_id}{path}"
        reply = await self._ask_with(await self._token(), method, url, told)
        if reply.status == UNAUTHORIZED:
            self._pass.ends_at = None
            reply = await self._ask_with(await self._token(), method, url, told)
        return reply

    async def _ask_with(self, token: str, method: str, url: str, told: object) -> Reply:
        return await self.wire.ask(
            method, url, headers={"authorization": f"Bearer {token}"}, told=told
        )

    async def _token(self) -> str:
        now = self.wire.clock.now()
        if self._pass.ends_at is None or now >= self._pass.ends_at - EARLY:
            self._pass.token, seconds = await self._log_in()
            self._pass.ends_at = now + timedelta(seconds=seconds)
        return self._pass.token

    async def _log_in(self) -> tuple[str, float]:
        secret = self.settings.client_secret
        form = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": "" if secret is None else secret.get_secret_value(),
            "scope": frameio_shapes.SCOPES,
        }
        reply = await self.wire.ask(
            "POST",
            f"{self.settings.login_address.rstrip('/')}/ims/token/v3",
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )
        if reply.status in {400, UNAUTHORIZED}:  # RFC 6749, section 5.2
            raise PartnerRefused(
                "Adobe knows no such credentials. Check client_id and client_secret, then hand the "
                "asset over again."
            )
        match expect(reply, 200).json():
            case {"access_token": str(token), "expires_in": int(seconds) | float(seconds)}:
                return token, float(seconds)
            case {"access_token": str(token)}:
                return token, USUAL_SECONDS
        raise PartnerUnexpected("Adobe answered with no token.")
