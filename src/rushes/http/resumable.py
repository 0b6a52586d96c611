"""IETF resumable uploads over HTTP: at `/uploads/`, and at `/u/{token}/uploads/` for links.

What is asked and answered stands in `uploads.resumable`; here are only the routes, the caller and
the body.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from fastapi import APIRouter, Request
from fastapi.responses import Response

from rushes.access.limits import Offered
from rushes.access.link import Link
from rushes.access.permit import Verb
from rushes.access.project import Project
from rushes.errors import RushesError
from rushes.http import problem
from rushes.http.auth import Caller
from rushes.http.bodies import Incoming, Unhurried
from rushes.http.interim import Interim
from rushes.http.resumable_words import STATUSES, describe
from rushes.http.senders import Senders, find_owner, join_headers, may, parse_id
from rushes.http.uploads import describe as describe_upload
from rushes.uploads import resumable
from rushes.uploads import resumable_answers as answers
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.checksum import Algorithm
from rushes.uploads.hold import UploadStopped
from rushes.uploads.receive import May, Receiver
from rushes.uploads.resumable import Creation, LengthInconsistent, Limits, Rules
from rushes.uploads.spool import SpoolBroken, SpoolFull
from rushes.uploads.tus import Answer
from rushes.uploads.upload import Append, Protocol, Upload, UploadTooLarge

GOES_ON: Final = (UploadStopped, SpoolFull, SpoolBroken)
"""Troubles after which an upload that was just begun stays, with what is kept of it."""

Deed: TypeAlias = Callable[["Asked"], Awaitable[Response]]


@dataclass(slots=True)
class Asked:
    """One request on its way; `upload` and `append` are told as soon as they are known."""

    request: Request
    headers: Mapping[str, str]
    rules: Rules
    incoming: Incoming
    append: Append | None = None
    upload: Upload | None = None
    location: str | None = None
    wanted: Algorithm | None = None

    @property
    def upload_id(self) -> str:
        """The upload that the address names."""
        return parse_id(self.request.path_params.get("upload_id"))


@dataclass(frozen=True, slots=True)
class Resumable:
    """What the routes stand on."""

    senders: Senders
    admission: Admission
    receiver: Receiver

    async def create(self, asked: Asked) -> Response:
        """Begin an upload, and take the bytes that come along."""
        creation = resumable.parse_creation(asked.headers, asked.rules)
        caller = await self.senders.find_caller(asked.request)
        upload = await self._begin(creation, caller)
        path = asked.request.url.path.rstrip("/")
        asked.location = f"{self.senders.find_upload_base(asked.request)}{path}/{upload.id}"
        asked.upload, asked.append, asked.wanted = upload, creation.append, creation.wanted
        limits = self._limits(upload, caller.link)
        interim = Interim(asked.request)
        if upload.is_open and asked.rules.may_announce:
            await interim.tell(answers.announce(asked.rules, asked.location, limits))
        if upload.is_open and (creation.is_last or creation.append.length != 0):
            upload = await self._take_first(asked, creation, interim, caller)
        limits = self._limits(upload, caller.link)
        answer = answers.answer_creation(asked.rules, upload, asked.location, limits)
        return _respond(asked, answer, upload)

    async def append(self, asked: Asked) -> Response:
        """Take bytes in at the offset; with `Upload-Complete: ?1` they are the last ones."""
        appending = resumable.parse_append(asked.headers, asked.rules)
        asked.wanted = resumable.find_wanted(asked.headers)
        caller = await self.senders.find_caller(asked.request)
        asks = may(caller.actor, Verb.APPEND_UPLOAD)
        asked.append = appending.append
        upload_id = asked.upload_id
        try:
            upload = await self._take(
                asked, upload_id, asks, Interim(asked.request), caller, is_last=appending.is_last
            )
        except RushesError:
            asked.upload = await self._find_now(upload_id, asks)
            raise
        asked.upload = upload
        answers.require_digest(upload)
        limits = self._limits(upload, caller.link)
        return _respond(asked, answers.answer_append(asked.rules, upload, limits), upload)

    async def look(self, asked: Asked) -> Response:
        """Say where to go on."""
        resumable.require_bare(asked.headers, asked.rules)
        wanted = resumable.find_wanted(asked.headers)
        caller = await self.senders.find_caller(asked.request)
        upload = await self.receiver.look(asked.upload_id, may(caller.actor, Verb.SEE_UPLOAD))
        limits = self._limits(upload, caller.link)
        answer = answers.answer_state(asked.rules, upload, limits)
        return _respond(asked, answer, None, answers.tell_digest(upload, wanted))

    async def let_go(self, asked: Asked) -> Response:
        """End an upload, or forget its address; whoever sends to it is cut off."""
        resumable.require_bare(asked.headers, asked.rules)
        caller = await self.senders.find_caller(asked.request)
        asks = may(caller.actor, Verb.CANCEL_UPLOAD)
        await self.receiver.let_go(asked.upload_id, asks, actor=caller.actor.id)
        return _respond(asked, answers.answer_gone(asked.rules), None)

    async def offer(self, asked: Asked) -> Response:
        """Say that uploads can be resumed here; asked by nobody in particular."""
        link = None
        if "token" in asked.request.path_params:
            link = (await self.senders.find_caller(asked.request)).link
        lifetime = int(self.admission.settings.expires_after.total_seconds())
        limits = replace(self._limits(None, link), max_age=lifetime)
        return _respond(asked, answers.answer_options(asked.rules, limits), None)

    async def _begin(self, creation: Creation, caller: Caller) -> Upload:
        known = creation.metadata
        offered = Offered(known.file_name, known.media_type, creation.size_bytes)
        project = await self.senders.welcome(caller, offered, known.project)
        return await self.admission.create(_upload_of(creation, caller, project), caller.link)

    async def _take_first(
        self, asked: Asked, creation: Creation, interim: Interim, caller: Caller
    ) -> Upload:
        """Take the body of a creation; a body that may not be ends the upload with it."""
        upload_id = asked.upload.id if asked.upload else ""
        asks = may(caller.actor, Verb.APPEND_UPLOAD)
        try:
            upload = await self._take(
                asked, upload_id, asks, interim, caller, is_last=creation.is_last
            )
        except GOES_ON:
            asked.upload = await self._find_now(upload_id, asks)
            raise
        except RushesError:
            await self._end(upload_id, asks, caller)
            asked.upload = asked.location = None
            raise
        asked.upload = upload
        answers.require_digest(upload)
        return upload

    async def _take(
        self,
        asked: Asked,
        upload_id: str,
        asks: May,
        interim: Interim,
        caller: Caller,
        *,
        is_last: bool,
    ) -> Upload:
        """Take a body in; where it was the last one, the upload is complete then."""
        append = asked.append or Append(0)

        def tell(upload: Upload) -> Answer:
            return answers.tell_progress(asked.rules, upload)

        async with interim.telling(tell if asked.rules.may_tell_progress else None):
            try:
                upload = await self.receiver.append(
                    upload_id,
                    append,
                    asked.incoming.read(),
                    asks,
                    most=self.senders.most(caller.link),
                    told=interim.note,
                )
            except UploadTooLarge as error:
                raise await self._judge(upload_id, append, error, asks, caller) from error
            if is_last and upload.is_open and upload.size_bytes is None:
                end = resumable.end_at(upload)
                upload = await self.receiver.append(upload_id, end, _nothing(), asks)
        if is_last:
            resumable.require_end(upload)
        return upload

    async def _judge(
        self, upload_id: str, append: Append, error: UploadTooLarge, asks: May, caller: Caller
    ) -> RushesError:
        """Say what a body that is too long broke; one beyond its own length ends the upload."""
        upload = await self.receiver.find(upload_id, asks)
        most = self.admission.settings.max_append_bytes
        judged = resumable.judge_excess(upload, append, error, most)
        if isinstance(judged, LengthInconsistent):
            await self._end(upload_id, asks, caller)
        return judged

    async def _end(self, upload_id: str, asks: May, caller: Caller) -> None:
        if await self._find_now(upload_id, asks) is not None:
            await self.receiver.let_go(upload_id, asks, actor=caller.actor.id)

    async def _find_now(self, upload_id: str, asks: May) -> Upload | None:
        """Return the upload as it was last committed, if its address answers."""
        try:
            return await self.receiver.find(upload_id, asks)
        except RushesError:
            return None

    def _limits(self, upload: Upload | None, link: Link | None) -> Limits:
        uploads = self.admission.settings
        if upload is not None:
            most = self.admission.find_most(upload, link)
        else:
            most = self.senders.find_most_bytes(link)
        age = None
        if upload is not None and upload.is_open:
            age = _seconds_left(upload, self.admission.clock.now())
        return Limits(most, uploads.max_append_bytes, age)

    def refuse(self, asked: Asked, error: RushesError) -> Response:
        """Return an error's problem, with what the draft wants beside it."""
        status = problem.STATUSES[error.kind]
        refusal = answers.explain(asked.rules, error, status, asked.upload, asked.append)
        limits = self._limits(asked.upload, None)
        refusal = answers.add_limits(asked.rules, refusal, error, limits)
        headers = dict(refusal.headers)
        if asked.location is not None:
            headers["Location"] = asked.location
        members = dict(refusal.members)
        if refusal.type is not None:
            members["type"] = refusal.type
        response = problem.answer_error(
            error,
            problem.request_id_of(asked.request.scope),
            status=refusal.status,
            headers=headers,
            members=members,
        )
        lingers = not isinstance(error, UploadStopped)
        return Unhurried(response, asked.incoming, lingers=lingers)


def routes(deeds: Resumable) -> APIRouter:
    """Return every route of resumable uploads, for accounts and for links."""
    router = APIRouter(tags=["resumable"])
    for place in ("/uploads", "/u/{token}/uploads"):
        kind = "link" if "token" in place else "account"
        _add(router, f"{place}/", kind, {"POST": deeds.create, "OPTIONS": deeds.offer}, deeds)
        named = {
            "HEAD": deeds.look,
            "GET": deeds.look,
            "PATCH": deeds.append,
            "DELETE": deeds.let_go,
            "OPTIONS": deeds.offer,
        }
        _add(router, f"{place}/{{upload_id}}", kind, named, deeds)
    return router


def _add(
    router: APIRouter, path: str, kind: str, named: Mapping[str, Deed], deeds: Resumable
) -> None:
    for method, deed in named.items():
        what = "upload" if "upload_id" in path else "uploads"
        name = f"resumable_{kind}_{method.lower()}_{what}"
        router.add_api_route(
            path,
            _endpoint(deed, deeds),
            methods=[method],
            name=name,
            operation_id=name,
            description=inspect.getdoc(deed),
            response_class=Response,
            status_code=STATUSES[method],
            openapi_extra=describe(method, path),
        )


def _endpoint(deed: Deed, deeds: Resumable) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        """Speak draft-ietf-httpbis-resumable-upload."""
        headers = join_headers(request)
        asked = Asked(request, headers, resumable.find_rules(headers), Incoming(request))
        try:
            response = await deed(asked)
        except RushesError as error:
            return deeds.refuse(asked, error)
        return response if asked.incoming.is_over else Unhurried(response, asked.incoming)

    return answer


def _respond(
    asked: Asked,
    answer: Answer,
    upload: Upload | None,
    more: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer; one that says that an upload is complete describes it."""
    headers = {**answer.headers, **(more or {})}
    if upload is None or upload.is_open:
        return Response(status_code=answer.status, headers=headers)
    headers |= answers.tell_digest(upload, asked.wanted)
    document = describe_upload(upload).model_dump_json()
    return Response(document, answer.status, headers, media_type="application/json")


def _seconds_left(upload: Upload, now: datetime) -> int:
    return max(0, int((upload.expires_at - now).total_seconds()))


async def _nothing() -> AsyncIterator[bytes]:
    """Yield the body of a request that has none."""
    return
    yield b""


def _upload_of(creation: Creation, caller: Caller, project: Project) -> Wanted:
    told, wanted = resumable.words_of(creation)
    return Wanted(
        protocol=Protocol.RESUMABLE,
        project_id=project.id,
        owner=find_owner(caller),
        file_name=creation.metadata.file_name,
        media_type=creation.metadata.media_type,
        metadata=creation.metadata.text,
        size_bytes=creation.size_bytes,
        told_digest=told,
        wanted_digest=wanted,
    )
