"""tus 1.0 over HTTP: at `/files/` for accounts, at `/u/{token}/files/` for whoever has the link.

What is asked and answered stands in `uploads.tus`; here are only the routes, the caller and the
body.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

from fastapi import APIRouter, Request
from fastapi.responses import Response

from rushes.access.limits import Offered
from rushes.access.link import Preview
from rushes.access.permit import Verb
from rushes.access.project import Project
from rushes.errors import RushesError
from rushes.http import problem
from rushes.http.auth import Caller
from rushes.http.bodies import Incoming, Unhurried
from rushes.http.senders import Senders, find_owner, join_headers, may, parse_id
from rushes.http.tus_words import STATUSES, describe
from rushes.uploads import tus
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.hold import UploadStopped
from rushes.uploads.join import Joining
from rushes.uploads.receive import May, Receiver
from rushes.uploads.spool import SpoolBroken, SpoolFull
from rushes.uploads.tus import Answer, Creation
from rushes.uploads.upload import (
    Protocol,
    State,
    Upload,
    UploadGone,
    UploadMissing,
    UploadPending,
)

ACCEPT_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.2
PREVIEW_LIFE: Final = timedelta(hours=24)
"""For how long whoever has only a link gets back what they sent."""

NOTHING_HERE: Final = "There are no bytes under this address any more."
STAND_IN: Final = "Do what `X-HTTP-Method-Override` names, for clients that can send POST alone."
STANDS_FOR: Final = "PATCH"
"""What such clients mean most of the time; the document shows its answer."""

TITLES: Final = MappingProxyType(
    {tus.CHECKSUM_MISMATCH: MappingProxyType({"title": "Checksum Mismatch"})}
)
"""Statuses that no registry has, in words."""

ServeOriginal: TypeAlias = Callable[[Request, str], Awaitable[Response]]
"""Answers a request with the bytes of an asset's original, by the asset's id."""

Deed: TypeAlias = Callable[[Request, Incoming, str | None], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Tus:
    """What the routes stand on."""

    senders: Senders
    admission: Admission
    joining: Joining
    receiver: Receiver
    serve_original: ServeOriginal

    async def create(self, request: Request, incoming: Incoming, _id: str | None) -> Response:
        """Begin an upload, and take the first bytes if they come along."""
        creation = tus.parse_creation(join_headers(request), incoming.find_trailer)
        caller = await self.senders.find_caller(request)
        told = creation.metadata
        offered = Offered(told.file_name, told.media_type, creation.size_bytes)
        if _is_partial(creation):
            offered = replace(offered, file_name="", media_type="")  # its final is judged by them
        project = await self.senders.welcome(caller, offered, told.project)
        wanted = _wanted(creation, caller, project)
        twin = await self.admission.find_twin(wanted, caller.link)
        if twin is not None:  # its bytes go on from what is told; those of this body are not taken
            upload = await self.receiver.look(twin.id, may(caller.actor, Verb.SEE_UPLOAD))
        elif creation.concat is not None and creation.concat.partial_ids is not None:
            upload = await self.joining.create(wanted, creation.concat.partial_ids, caller.link)
        else:
            upload = await self.admission.create(wanted, caller.link)
        has_body = creation.append is not None
        if twin is None and has_body and upload.is_open:
            upload = await self._take_first(upload, creation, incoming, caller)
        base = self.senders.find_upload_base(request)
        location = f"{base}{request.url.path.rstrip('/')}/{upload.id}"
        return _respond(tus.answer_creation(upload, location, has_body=has_body))

    async def append(self, request: Request, incoming: Incoming, upload_id: str | None) -> Response:
        """Take bytes in at the offset."""
        append = tus.parse_append(join_headers(request), incoming.find_trailer)
        caller = await self.senders.find_caller(request)
        upload = await self.receiver.append(
            parse_id(upload_id),
            append,
            incoming.read(),
            may(caller.actor, Verb.APPEND_UPLOAD),
            most=self.senders.most(caller.link),
        )
        return _respond(tus.answer_append(upload))

    async def look(self, request: Request, _incoming: Incoming, upload_id: str | None) -> Response:
        """Say where to go on."""
        caller = await self.senders.find_caller(request)
        asks = may(caller.actor, Verb.SEE_UPLOAD)
        upload = await self.receiver.look(parse_id(upload_id), asks)
        response = _respond(tus.answer_head(upload))
        del response.headers["Content-Length"]  # it would say how long a GET is
        return response

    async def let_go(
        self, request: Request, _incoming: Incoming, upload_id: str | None
    ) -> Response:
        """End an upload, or forget its address."""
        caller = await self.senders.find_caller(request)
        asks = may(caller.actor, Verb.CANCEL_UPLOAD)
        await self.receiver.let_go(parse_id(upload_id), asks, actor=caller.actor.id)
        return _respond(tus.answer_gone())

    async def offer(self, request: Request, _incoming: Incoming, _id: str | None) -> Response:
        """Say what this server can do; asked by nobody in particular."""
        link = None
        if "token" in request.path_params:
            link = (await self.senders.find_caller(request)).link
        return _respond(tus.answer_options(self.senders.find_most_bytes(link)))

    async def fetch(self, request: Request, _incoming: Incoming, upload_id: str | None) -> Response:
        """Give the bytes back once they are accepted; a link with a preview does for a day."""
        caller = await self.senders.find_caller(request)
        if caller.link is not None and caller.link.preview is not Preview.OWN:
            raise UploadMissing("There is no such upload. Start a new one.")
        asks = may(caller.actor, Verb.SEE_UPLOAD)
        try:
            upload = await self._await_verdict(parse_id(upload_id), asks)
        except UploadGone as error:  # as tus servers answer: 410 is for who would go on sending
            raise UploadMissing(NOTHING_HERE) from error
        ended_at = upload.completed_at or upload.created_at
        if caller.link is not None and self.receiver.clock.now() > ended_at + PREVIEW_LIFE:
            raise UploadMissing(NOTHING_HERE)
        return await self.serve_original(request, upload.asset_id)

    async def _await_verdict(self, upload_id: str, asks: May) -> Upload:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ACCEPT_SECONDS
        while True:
            upload = await self.receiver.find(upload_id, asks)
            if upload.state is State.ACCEPTED:
                return upload
            if upload.state is not State.COMPLETED or loop.time() >= deadline:
                raise UploadPending(
                    f"This upload is {upload.state}; its bytes are given out once it is accepted. "
                    "Ask again later.",
                    retry_after=5,
                )
            await asyncio.sleep(LOOK_SECONDS)

    async def _take_first(
        self, upload: Upload, creation: Creation, incoming: Incoming, caller: Caller
    ) -> Upload:
        """Take the body of a creation; a body that may not be ends the upload with it."""
        if creation.append is None or creation.append.length == 0:
            return upload
        asks = may(caller.actor, Verb.APPEND_UPLOAD)
        most = self.senders.most(caller.link)
        try:
            return await self.receiver.append(
                upload.id, creation.append, incoming.read(), asks, most=most
            )
        except (UploadStopped, SpoolFull, SpoolBroken):
            return await self.receiver.find(upload.id, asks)  # what is kept is told; it goes on
        except RushesError:
            await self.receiver.let_go(upload.id, asks, actor=caller.actor.id)
            raise


def routes(deeds: Tus) -> APIRouter:
    """Return every tus route, for accounts and for links."""
    router = APIRouter(tags=["tus"])
    for place in ("/files", "/u/{token}/files"):
        kind = "link" if "token" in place else "account"
        _add(router, f"{place}/", kind, {"POST": deeds.create, "OPTIONS": deeds.offer})
        _add(
            router,
            f"{place}/{{upload_id}}",
            kind,
            {
                "HEAD": deeds.look,
                "PATCH": deeds.append,
                "DELETE": deeds.let_go,
                "GET": deeds.fetch,
                "OPTIONS": deeds.offer,
            },
        )
    return router


def _add(router: APIRouter, path: str, kind: str, deeds: Mapping[str, Deed]) -> None:
    """Add each method, and POST for clients that can send no other (`X-HTTP-Method-Override`)."""
    for method in (*deeds, *({"POST"} - set(deeds))):
        name = f"tus_{kind}_{method.lower()}_{'upload' if 'upload_id' in path else 'uploads'}"
        deed = deeds.get(method)
        router.add_api_route(
            path,
            _endpoint(deeds, method),
            methods=[method],
            name=name,
            operation_id=name,
            description=STAND_IN if deed is None else inspect.getdoc(deed),
            response_class=Response,
            status_code=STATUSES[STANDS_FOR if deed is None else method],
            openapi_extra=describe(method, path),
        )


def _endpoint(deeds: Mapping[str, Deed], method: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        """Speak tus 1.0 (https://tus.io/protocols/resumable-upload)."""
        told = request.headers.get("x-http-method-override", method) if method == "POST" else method
        incoming = Incoming(request)
        try:
            if told.upper() not in {"GET", "OPTIONS"}:
                tus.require_version(request.headers)
            deed = deeds.get(told.upper())
            if deed is None:
                raise tus.BadHeader(f"The method {told[:20]} means nothing at this address.")
            response = await deed(request, incoming, request.path_params.get("upload_id"))
        except RushesError as error:
            return _refuse(request, incoming, error)
        return response if incoming.is_over else Unhurried(response, incoming)

    return answer


def _refuse(request: Request, incoming: Incoming, error: RushesError) -> Response:
    """Return an error's problem, with the headers and statuses that tus wants."""
    answer = tus.answer_error(error, problem.STATUSES[error.kind])
    response = problem.answer_error(
        error,
        problem.request_id_of(request.scope),
        status=answer.status,
        headers=answer.headers,
        members=TITLES.get(answer.status),
    )
    return Unhurried(response, incoming, lingers=not isinstance(error, UploadStopped))


def _is_partial(creation: Creation) -> bool:
    return creation.concat is not None and not creation.concat.is_final


def _respond(answer: Answer) -> Response:
    return Response(status_code=answer.status, headers=dict(answer.headers))


def _wanted(creation: Creation, caller: Caller, project: Project) -> Wanted:
    return Wanted(
        protocol=Protocol.TUS,
        project_id=project.id,
        owner=find_owner(caller),
        file_name="" if _is_partial(creation) else creation.metadata.file_name,
        media_type="" if _is_partial(creation) else creation.metadata.media_type,
        metadata=creation.metadata.text,
        size_bytes=creation.size_bytes,
        concat=creation.concat.text if creation.concat else None,
        place=creation.metadata.place,
    )
