"""Direct uploads over HTTP: addresses of the archive's bucket, in the words of Uppy's Companion.

Sources: the paths and answers that `@uppy/aws-s3` asks of a Companion
(https://uppy.io/docs/aws-s3-multipart/); `sign` and what `size` adds are ours. `key` and `uploadId`
on the wire are both the upload's id: the real ones never leave the house.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from rushes.access.limits import Offered
from rushes.access.permit import Verb, permit
from rushes.http.auth import Caller
from rushes.http.senders import Senders, find_owner, may, parse_id
from rushes.http.uploads import UploadAnswer, describe
from rushes.http.wishes import Wish
from rushes.uploads.admission import Wanted
from rushes.uploads.direct import (
    FIRST_SIGNED,
    SIGNED_AT_ONCE,
    URL_LIFE,
    DirectUnavailable,
    parse_numbers,
)
from rushes.uploads.directing import Address, Directing
from rushes.uploads.labels import format_labels
from rushes.uploads.receive import May, Receiver
from rushes.uploads.upload import Protocol, Upload

PARALLEL: Final = 6
URL_SECONDS: Final = int(URL_LIFE.total_seconds())
NOTHING: Final = frozenset({"null", "undefined"})
"""What a script writes into an address for what it has not."""

METADATA: Final = "metadata["
"""Companion's clients send metadata as `metadata[key]=value`."""

_SIZE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)

Name = Annotated[str, Field(max_length=255)]
Number = Annotated[int, Field(ge=1, le=10_000)]


class NewMultipart(BaseModel):
    """A file to send in parts; with `size` in bytes the server says how to cut it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    filename: Name = ""
    type: Annotated[str, Field(max_length=255)] = ""
    metadata: dict[str, Any] = Field(default={}, max_length=60)
    size: int | None = Field(default=None, ge=0, lt=2**53)


class MultipartAnswer(BaseModel):
    """A multipart that takes parts; the last four where its size is known."""

    key: str
    uploadId: str  # noqa: N815 - Companion's word
    bucket: str
    asset_id: str
    part_size: int | None = None
    part_count: int | None = None
    parallel: int = PARALLEL
    urls: dict[int, str] = {}


class SinglePut(BaseModel):
    """An address that takes the whole file at once; `expires` in seconds.

    By a PUT of its bytes, or by a POST of a form: `fields`, and then the file as `file`.
    """

    method: str = "PUT"
    url: str
    fields: dict[str, str] = {}
    headers: dict[str, str] = {}
    expires: int
    id: str
    asset_id: str


class HeldPart(BaseModel):
    """A part that the store holds."""

    PartNumber: int
    Size: int
    ETag: str


class SignedPart(BaseModel):
    """An address that takes one part; `expires` in seconds."""

    url: str
    expires: int


class SignedBatch(BaseModel):
    """Addresses by the number of the part."""

    presignedUrls: dict[int, str]  # noqa: N815 - Companion's word


class PartNumbers(Wish):
    """Which parts to sign."""

    part_numbers: list[Number] = Field(min_length=1, max_length=SIGNED_AT_ONCE)


class OwnPart(BaseModel):
    """An address for one part, with its length in bytes where that is fixed."""

    number: int
    size: int | None
    url: str
    headers: dict[str, str] = {}


class OwnParts(BaseModel):
    """Addresses, and until when they are good."""

    parts: list[OwnPart]
    expires_at: datetime


class SentPart(BaseModel):
    """What a client says of a part that it sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    PartNumber: Number
    ETag: Annotated[str, Field(max_length=200)] | None = None


class Completion(BaseModel):
    """What a client says at the end; the store's own list decides."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    parts: list[SentPart] = Field(default=[], max_length=10_000)


class CompletedDirect(BaseModel):
    """A completed upload, and the asset that it becomes once it is accepted."""

    location: str
    key: str
    bucket: str
    upload: UploadAnswer
    asset_id: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks about which upload, and what they may."""

    ways: Directing
    caller: Caller
    upload_id: str
    asks: May


@dataclass(frozen=True, slots=True)
class DirectDeeds:
    """What the routes stand on; `directing` is None where the archive is no bucket."""

    senders: Senders
    directing: Directing | None
    receiver: Receiver

    @property
    def ways(self) -> Directing:
        """Return what directs, or say that nothing does.

        Raises:
            DirectUnavailable: the archive is a folder.
        """
        if self.directing is None:
            raise DirectUnavailable(
                "This server takes all bytes itself. Send the file by tus or in chunks."
            )
        return self.directing

    async def begin(self, request: Request, asked: NewMultipart, *, is_single: bool) -> Upload:
        """Begin an upload for whoever asks."""
        caller = await self.senders.find_caller(request)
        words = {key: str(value) for key, value in asked.metadata.items() if value is not None}
        project_name = words.pop("project", None)
        for known in ("filename", "filetype", "name", "type"):
            words.pop(known, None)
        size = _parse_size(words.pop("size", "")) if asked.size is None else asked.size
        offered = Offered(asked.filename, asked.type, size)
        permit(caller.actor, Verb.ADD_UPLOAD)  # who may not is told that, whatever the archive is
        ways = self.ways  # where there are none, no project is made
        project = await self.senders.welcome(caller, offered, project_name, is_spooled=False)
        wanted = Wanted(
            protocol=Protocol.DIRECT,
            project_id=project.id,
            owner=find_owner(caller),
            file_name=asked.filename,
            media_type=asked.type,
            metadata=format_labels(asked.filename, asked.type, words),
            size_bytes=size,
        )
        return await ways.begin(wanted, caller.link, is_single=is_single)

    async def ask(self, request: Request, upload_id: str, verb: Verb) -> Asked:
        """Return who asks about an upload, if they may.

        Raises:
            UploadMissing: it is not there for them.
            DirectUnavailable: the archive is a folder.
        """
        caller = await self.senders.find_caller(request)
        asks = may(caller.actor, verb)
        upload = await self.receiver.read(parse_id(upload_id), asks)
        return Asked(self.ways, caller, upload.id, asks)


def routes(deeds: DirectDeeds) -> APIRouter:
    """Return the routes under `/s3` for accounts, and those for links."""
    router = APIRouter(tags=["direct"])
    for place, told in (("/s3", []), ("/u/{token}/s3", [Depends(_token_of_path)])):
        part = APIRouter(dependencies=told)
        _add_singles(part, deeds, place)
        _add_multiparts(part, deeds, place)
        _add_parts(part, deeds, f"{place}/multipart/{{upload_id}}")
        router.include_router(part)
    return router


def _token_of_path(token: str) -> str:
    """Declare the link's token, which `find_caller` reads."""
    return token


def _add_singles(router: APIRouter, deeds: DirectDeeds, place: str) -> None:
    @router.get(f"{place}/params", operation_id=_name(place, "params"))
    async def sign_single(
        request: Request,
        filename: Annotated[str, Query(max_length=255, description="The file's name")] = "",
        type: Annotated[  # noqa: A002 - Companion's word
            str, Query(max_length=255, description="Its media type")
        ] = "",
        size: Annotated[int | None, Query(ge=0, lt=2**53, description="Its bytes")] = None,
    ) -> SinglePut:
        """Begin an upload by one request: a PUT where `size` is told, else a form."""
        metadata = {
            key.removeprefix(METADATA).removesuffix("]"): value
            for key, value in request.query_params.items()
            if key.startswith(METADATA) and value not in NOTHING
        }
        asked = NewMultipart(filename=filename, type=type, metadata=metadata, size=size)
        upload = await deeds.begin(request, asked, is_single=True)
        answer = SinglePut(url="", expires=URL_SECONDS, id=upload.id, asset_id=upload.asset_id)
        if upload.size_bytes is None:
            link = (await deeds.senders.find_caller(request)).link
            form = deeds.ways.make_form(upload, deeds.senders.most(link))
            if form is not None:
                told = {"method": "POST", "url": form.url, "fields": dict(form.fields)}
                return answer.model_copy(update=told)
        (address,) = await deeds.ways.sign(upload.id, _anybody, [1])
        return answer.model_copy(update={"url": address.url})


def _add_multiparts(router: APIRouter, deeds: DirectDeeds, place: str) -> None:
    @router.post(f"{place}/multipart", operation_id=_name(place, "begin"))
    async def begin_multipart(request: Request, asked: NewMultipart) -> MultipartAnswer:
        """Begin an upload in parts."""
        upload = await deeds.begin(request, asked, is_single=False)
        _, direct = await deeds.ways.find(upload.id, _anybody)
        answer = MultipartAnswer(
            key=upload.id, uploadId=upload.id, bucket=direct.store, asset_id=upload.asset_id
        )
        if upload.size_bytes is None or direct.part_bytes is None:
            return answer
        count = max(1, -(-upload.size_bytes // direct.part_bytes))
        first = range(1, min(count, FIRST_SIGNED) + 1)
        signed = await deeds.ways.sign(upload.id, _anybody, first)
        urls = {number: each.url for number, each in zip(first, signed, strict=True)}
        more = {"part_size": direct.part_bytes, "part_count": count, "urls": urls}
        return answer.model_copy(update=more)

    @router.get(f"{place}/multipart/{{upload_id}}", operation_id=_name(place, "parts"))
    async def list_parts(request: Request, upload_id: str) -> list[HeldPart]:
        """List the parts that are there: what is left after a reload is the rest."""
        asked = await deeds.ask(request, upload_id, Verb.SEE_UPLOAD)
        held = await asked.ways.list_parts(asked.upload_id, asked.asks)
        return [
            HeldPart(PartNumber=part.number, Size=part.size_bytes, ETag=part.etag) for part in held
        ]

    @router.delete(f"{place}/multipart/{{upload_id}}", operation_id=_name(place, "abort"))
    async def abort(request: Request, upload_id: str) -> dict[str, str]:
        """End an upload; its parts are removed from the store."""
        asked = await deeds.ask(request, upload_id, Verb.CANCEL_UPLOAD)
        await deeds.receiver.let_go(asked.upload_id, asked.asks, actor=asked.caller.actor.id)
        await asked.ways.remove_ended(asked.upload_id)
        return {}


def _add_parts(router: APIRouter, deeds: DirectDeeds, place: str) -> None:
    @router.get(f"{place}/batch", operation_id=_name(place, "batch"))
    async def sign_batch(
        request: Request,
        upload_id: str,
        numbers: Annotated[
            str, Query(alias="partNumbers", max_length=800, description="As in `1,2,3`")
        ] = "",
    ) -> SignedBatch:
        """Sign several parts."""
        wanted, signed = await _sign(deeds, request, upload_id, numbers)
        return SignedBatch(
            presignedUrls={n: each.url for n, each in zip(wanted, signed, strict=True)}
        )

    @router.post(f"{place}/sign", operation_id=_name(place, "sign"))
    async def sign_own(request: Request, upload_id: str, asked: PartNumbers) -> OwnParts:
        """Sign up to 100 parts, with their lengths."""
        told = ",".join(str(number) for number in asked.part_numbers)
        wanted, signed = await _sign(deeds, request, upload_id, told)
        parts = [
            OwnPart(number=n, size=each.size_bytes, url=each.url)
            for n, each in zip(wanted, signed, strict=True)
        ]
        return OwnParts(parts=parts, expires_at=signed[0].expires_at)

    @router.post(f"{place}/complete", operation_id=_name(place, "complete"))
    async def complete(
        request: Request, upload_id: str, told: Completion | None = None
    ) -> CompletedDirect:
        """Complete an upload; repeated, it answers the same."""
        asked = await deeds.ask(request, upload_id, Verb.APPEND_UPLOAD)
        upload = await asked.ways.complete(
            asked.upload_id, asked.asks, deeds.senders.most(asked.caller.link), _etags(told)
        )
        return CompletedDirect(
            location=str(request.url_for("get_upload", upload_id=upload.id)),
            key=upload.id,
            bucket=asked.ways.store_name,
            upload=describe(upload),
            asset_id=upload.asset_id,
        )

    @router.get(f"{place}/{{number}}", operation_id=_name(place, "part"))
    async def sign_part(request: Request, upload_id: str, number: str) -> SignedPart:
        """Sign one part."""
        _, (signed, *_others) = await _sign(deeds, request, upload_id, number)
        return SignedPart(url=signed.url, expires=URL_SECONDS)


async def _sign(
    deeds: DirectDeeds, request: Request, upload_id: str, numbers: str
) -> tuple[tuple[int, ...], list[Address]]:
    """Return the parts that were asked for, and an address for each; who asks comes first."""
    asked = await deeds.ask(request, upload_id, Verb.APPEND_UPLOAD)
    wanted = parse_numbers(numbers)
    return wanted, await asked.ways.sign(asked.upload_id, asked.asks, wanted)


def _parse_size(told: str) -> int | None:
    """Return the size that a client tells among its metadata, as Uppy can."""
    return int(told) if _SIZE.fullmatch(told) else None


def _etags(told: Completion | None) -> Mapping[int, str] | None:
    if told is None:
        return None
    return {part.PartNumber: part.ETag for part in told.parts if part.ETag is not None}


def _anybody(_: Upload) -> None:
    """Let the one that was just begun be signed."""


def _name(place: str, what: str) -> str:
    return f"direct_{'link' if 'token' in place else 'account'}_{what}"
