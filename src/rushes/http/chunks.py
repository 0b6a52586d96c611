"""Uploads in chunks over HTTP: begin, send the chunks in any order and at once, complete.

Sources: Content-Digest is RFC 9530; `X-Chunk-Hash: algorithm:hex` is for clients that cannot
write structured fields, and knows more algorithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from rushes.access.limits import Offered
from rushes.access.permit import Verb
from rushes.errors import RushesError
from rushes.http import problem
from rushes.http.bodies import Incoming, Unhurried
from rushes.http.senders import Senders, find_owner, may, parse_id
from rushes.http.uploads import UploadAnswer, describe
from rushes.http.wishes import DigestText, FileWish, PlaceText, Text, Wish
from rushes.uploads import chunked
from rushes.uploads.admission import Admission, Wanted
from rushes.uploads.checksum import BadChecksum, Checksum
from rushes.uploads.chunked import ChunkLimits
from rushes.uploads.digests import format_digest_word, parse_digest_field, parse_digest_word
from rushes.uploads.finishing import Finisher
from rushes.uploads.hold import UploadStopped
from rushes.uploads.labels import format_labels
from rushes.uploads.taking import Taken, Taker
from rushes.uploads.upload import Protocol, Upload

CHUNK_HASH: Final = "X-Chunk-Hash"
MAX_DIGITS: Final = 15


class NewUpload(FileWish):
    """A file to send in chunks; `mbit` is the sender's line, as `/network-test` measured it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "file_name": "interview.mov",
                    "size_bytes": 671088640,
                    "media_type": "video/quicktime",
                    "project": "acme/spring",
                    "mbit": 50,
                }
            ]
        },
    )

    kind: Annotated[Text, Field(max_length=40)] | None = None
    """A hint that is not trusted: the server finds out itself."""
    project: PlaceText | None = None
    """`client-slug/project-slug` or an id; a link's uploads go to its own project."""
    digest: DigestText | None = None
    """`sha-256:hex` of the whole file, where it is known already."""
    mbit: float | None = Field(default=None, gt=0, le=1_000_000, allow_inf_nan=False)
    """The sender's line in Mbit/s; chunks then take about ten seconds of it."""


class BegunAnswer(BaseModel):
    """An upload that takes chunks; `chunk_size` in bytes, the last chunk is what is left."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "upl_06c9fnkwm4r7t5v8x0zq3s6y1b4d7g9j2m5p",
                    "asset_id": "ast_06c9fnkwm4s2e8h1k4n7q0t3w6z9c2f5j8m1",
                    "chunk_size": 33554432,
                    "chunk_count": 20,
                    "parallel": 6,
                    "received_chunks": [],
                    "expires_at": "2026-12-01T12:00:00Z",
                }
            ]
        }
    )

    id: str
    asset_id: str
    chunk_size: int
    chunk_count: int
    parallel: int
    received_chunks: list[list[int]]
    expires_at: datetime


class ChunkAnswer(BaseModel):
    """A chunk that is durable; `progress` is the part of the chunks that are here, 0 to 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "index": 3,
                    "digest": "sha-256:9f86d081884c7d659a2feaa0c55ad015"
                    "a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "received_count": 4,
                    "chunk_count": 20,
                    "progress": 0.2,
                }
            ]
        }
    )

    index: int
    digest: str
    received_count: int
    chunk_count: int
    progress: float


class Completion(Wish):
    """What is said at the end."""

    digest: DigestText | None = None
    """`sha-256:hex` of the whole file; a file with another one is put into quarantine."""


class CompletedAnswer(BaseModel):
    """A completed upload, and the asset that it becomes once it is accepted."""

    upload: UploadAnswer
    asset_id: str


@dataclass(frozen=True, slots=True)
class Chunks:
    """What the routes stand on."""

    senders: Senders
    admission: Admission
    taker: Taker
    finisher: Finisher

    async def begin(self, request: Request, asked: NewUpload) -> Upload:
        """Begin an upload."""
        caller = await self.senders.find_caller(request)
        labels = format_labels(asked.file_name, asked.media_type, asked.metadata)
        told = read_word(asked.digest)
        offered = Offered(asked.file_name, asked.media_type, asked.size_bytes)
        project = await self.senders.welcome(caller, offered, asked.project)
        chunk_bytes = chunked.choose_chunk_bytes(asked.size_bytes, asked.mbit, self._limits())
        wanted = Wanted(
            protocol=Protocol.CHUNKED,
            project_id=project.id,
            owner=find_owner(caller),
            file_name=asked.file_name,
            media_type=asked.media_type,
            metadata=labels,
            size_bytes=asked.size_bytes,
            chunk_bytes=chunk_bytes,
            told_digest=told,
            mbit=asked.mbit,
        )
        return await self.taker.begin(await self.admission.create(wanted, caller.link))

    async def take(self, request: Request, incoming: Incoming) -> Response:
        """Take a chunk in."""
        upload_id, index = request.path_params["upload_id"], request.path_params["index"]
        caller = await self.senders.find_caller(request)
        taken = await self.taker.take(
            parse_id(upload_id),
            index,
            incoming.read(),
            may(caller.actor, Verb.APPEND_UPLOAD),
            told=find_told(request),
            length=find_length(request),
        )
        return JSONResponse(_answer_chunk(taken).model_dump())

    def _limits(self) -> ChunkLimits:
        uploads = self.admission.settings
        most = min(uploads.chunk_max_bytes, uploads.max_append_bytes or uploads.chunk_max_bytes)
        return ChunkLimits(min(uploads.chunk_min_bytes, most), most, uploads.max_chunks)


def routes(deeds: Chunks) -> APIRouter:
    """Return the routes by which chunks come; what an upload is, `http.uploads` answers."""
    router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"])

    @router.post("", status_code=201)
    async def create_upload(request: Request, response: Response, asked: NewUpload) -> BegunAnswer:
        """Begin an upload in chunks; the answer says how long they are and how many."""
        upload = await deeds.begin(request, asked)
        size_bytes, chunk_bytes = chunked.require_chunked(upload)
        place = deeds.senders.find_upload_place(f"/api/v1/uploads/{upload.id}")
        if place is not None:
            response.headers["Location"] = place
        return BegunAnswer(
            id=upload.id,
            asset_id=upload.asset_id,
            chunk_size=chunk_bytes,
            chunk_count=chunked.count_chunks(size_bytes, chunk_bytes),
            parallel=deeds.admission.settings.parallel,
            received_chunks=[],
            expires_at=upload.expires_at,
        )

    @router.put(
        "/{upload_id}/chunks/{index}",
        response_model=ChunkAnswer,
        openapi_extra={
            "parameters": _HEADERS,
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            },
        },
    )
    async def put_chunk(request: Request, upload_id: str, index: str) -> Response:
        """Send a chunk, in any order; sent again with the same bytes it is answered the same."""
        del upload_id, index  # they stand in the request
        incoming = Incoming(request)
        try:
            response = await deeds.take(request, incoming)
        except RushesError as error:
            refusal = problem.answer_error(error, problem.request_id_of(request.scope))
            return Unhurried(refusal, incoming, lingers=not isinstance(error, UploadStopped))
        return response if incoming.is_over else Unhurried(response, incoming)

    @router.post("/{upload_id}/complete", status_code=202)
    async def complete_upload(
        request: Request, upload_id: str, asked: Completion | None = None
    ) -> CompletedAnswer:
        """Say that every chunk was sent; 409 names those that are missing."""
        caller = await deeds.senders.find_caller(request)
        told = read_word(asked.digest) if asked else None
        upload = await deeds.finisher.finish(
            parse_id(upload_id), may(caller.actor, Verb.APPEND_UPLOAD), told
        )
        return CompletedAnswer(upload=describe(upload), asset_id=upload.asset_id)

    return router


def find_told(request: Request) -> Checksum | None:
    """Return the digest of the body that a request tells.

    Raises:
        BadChecksum: it cannot be read, names an unknown algorithm, or two headers disagree.
    """
    word, field = request.headers.get(CHUNK_HASH), request.headers.get("Content-Digest")
    told = [parse_digest_word(word)] if word is not None else []
    of_field = parse_digest_field(field) if field is not None else None
    if of_field is not None:
        told.append(of_field)
    elif field is not None and not told:
        raise BadChecksum("Content-Digest names no algorithm that is known here: send sha-256.")
    if len(told) > 1 and told[0] != told[1]:
        raise BadChecksum(f"{CHUNK_HASH} and Content-Digest differ. Send one of them.")
    return told[0] if told else None


def read_word(text: str | None) -> str | None:
    """Return the digest of a whole file, as it is kept.

    Raises:
        BadChecksum: it cannot be read.
    """
    return None if text is None else format_digest_word(parse_digest_word(text))


def find_length(request: Request) -> int | None:
    """Return how long a body says it is."""
    text = request.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None


def _answer_chunk(taken: Taken) -> ChunkAnswer:
    return ChunkAnswer(
        index=taken.chunk.position,
        digest=f"sha-256:{taken.chunk.digest.hex()}",
        received_count=taken.received,
        chunk_count=taken.total,
        progress=taken.received / taken.total,
    )


_HEADERS: Final[list[dict[str, Any]]] = [
    {
        "name": "Content-Digest",
        "in": "header",
        "required": False,
        "description": "Digest of the chunk (RFC 9530): `sha-256=:BASE64:` or sha-512.",
        "schema": {"type": "string"},
    },
    {
        "name": CHUNK_HASH,
        "in": "header",
        "required": False,
        "description": "The same as `algorithm:hex`; sha-256, sha-512, sha-1, md5, crc32, crc32c.",
        "schema": {"type": "string"},
    },
]
