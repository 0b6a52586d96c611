"""An upload: by which states it goes, and what an append to it may do.

1. What an upload may do next stands in `STEPS` and nowhere else; an illegal step raises.
2. `offset` counts bytes that are durable and committed; file size is never the truth.
3. A completed upload goes to intake; only a partial one, of which no final one came, expires.
4. Every protocol turns its headers into an `Append`; `plan_append` decides before the first byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from rushes.access.limits import TypeRefused
from rushes.errors import Kind, RushesError
from rushes.steps import After
from rushes.uploads.checksum import Checksum

FORGOTTEN: Final = "forgotten"
"""Reason of an upload whose sender let go of its address; what was accepted stays."""

BYTES_LOST: Final = "bytes_lost"
"""Reason of an upload whose file was found shorter than its offset."""

DIGEST_MISMATCH: Final = "digest_mismatch"
"""Reason of an upload whose bytes are not those whose digest its sender told."""


JOINED: Final = "joined"
"""Reason of a partial upload whose bytes went into a final one."""

PARTIAL_LOST: Final = "partial_lost"
"""Reason of a final upload one of whose partials ended before it could be taken."""

TYPE_REFUSED: Final = "type_refused"
"""Reason of an upload whose bytes are not of a type that is taken here."""

INFECTED: Final = "infected"
"""Reason of an upload in which the virus scan found something."""

NOT_SCANNED: Final = "not_scanned"
"""Reason of an upload that nothing could look through, where only what is clean may come in."""

PARTIAL: Final = "partial"
"""What tus calls an upload of a piece of a file; a final one names the partials it is made of."""


class Protocol(StrEnum):
    """How the bytes come."""

    TUS = "tus"
    RESUMABLE = "resumable"
    CHUNKED = "chunked"
    DIRECT = "direct"


class State(StrEnum):
    """What is true of an upload."""

    RECEIVING = "receiving"
    COMPLETED = "completed"
    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Step(StrEnum):
    """What may happen to it."""

    COMPLETE = "complete"
    CANCEL = "cancel"
    EXPIRE = "expire"
    ACCEPT = "accept"
    QUARANTINE = "quarantine"
    REOPEN = "reopen"


STEPS: Final = MappingProxyType(
    {
        (State.RECEIVING, Step.COMPLETE): State.COMPLETED,
        (State.RECEIVING, Step.CANCEL): State.CANCELLED,
        (State.RECEIVING, Step.EXPIRE): State.EXPIRED,
        (State.COMPLETED, Step.ACCEPT): State.ACCEPTED,
        (State.COMPLETED, Step.QUARANTINE): State.QUARANTINED,
        (State.COMPLETED, Step.CANCEL): State.CANCELLED,
        (State.COMPLETED, Step.EXPIRE): State.EXPIRED,
        (State.ACCEPTED, Step.QUARANTINE): State.QUARANTINED,  # a later look found something
        (State.QUARANTINED, Step.ACCEPT): State.ACCEPTED,
        (State.QUARANTINED, Step.CANCEL): State.CANCELLED,
        (State.QUARANTINED, Step.REOPEN): State.COMPLETED,  # an admin wants another look
    }
)


class IllegalStep(RushesError):
    """The upload is not in a state from which this step may be taken."""

    code = "upload.illegal_step"
    kind = Kind.CONFLICT


class UploadMissing(RushesError):
    """There is no such upload, or it is another's."""

    code = "upload.missing"
    kind = Kind.MISSING


class UploadGone(RushesError):
    """The upload was there, and ended without its bytes being kept under this address."""

    code = "upload.gone"
    kind = Kind.GONE


class OffsetMismatch(RushesError):
    """The append does not begin where the upload stands."""

    code = "upload.offset_mismatch"
    kind = Kind.CONFLICT


class NotAppendable(RushesError):
    """Bytes cannot be added at the end of this upload: they come in pieces, or it is a slot."""

    code = "upload.not_appendable"
    kind = Kind.CONFLICT


class LengthChanged(RushesError):
    """The upload's length was told before, or more bytes are here already."""

    code = "upload.length_changed"
    kind = Kind.INVALID


class UploadTooLarge(RushesError):
    """More bytes than the upload may have."""

    code = "upload.too_large"
    kind = Kind.TOO_LARGE


class FinalUpload(RushesError):
    """A final upload takes its bytes from its partials, and from nowhere else."""

    code = "upload.final"
    kind = Kind.FORBIDDEN


class UploadPending(RushesError):
    """The upload is not accepted, so its bytes are given to nobody yet."""

    code = "upload.pending"
    kind = Kind.CONFLICT


after: Final = After("An upload", STEPS, IllegalStep)
"""The state after a step."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an upload is: of an account, or of an upload link."""

    account_id: str | None = None
    link_id: str | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of an upload's bytes in a file of the spool."""

    file: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Upload:
    """The temporary resource by which bytes arrive.

    `size_bytes` is None while its length is deferred; `metadata` is kept as it was sent. A slot is
    not bound to a file yet; `chunk_bytes` is set where it comes in chunks, `mbit` (Mbit/s) where
    its sender's line was measured, `told_digest` (`algorithm:hex` of the whole) where it was told,
    `wanted_digest` (an algorithm) where it is to be told to its sender.
    """

    id: str
    protocol: Protocol
    state: State
    project_id: str
    account_id: str | None
    link_id: str | None
    asset_id: str
    file_name: str
    media_type: str
    metadata: str
    size_bytes: int | None
    offset: int
    reserved_bytes: int
    fence: int
    root: bytes | None
    digest: bytes | None
    reason: str | None
    is_spooled: bool
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    completed_at: datetime | None
    chunk_bytes: int | None = None
    is_slot: bool = False
    told_digest: str | None = None
    mbit: float | None = None
    wanted_digest: str | None = None
    concat: str | None = None
    """Upload-Concat as it was sent; None: an upload of its own."""

    @property
    def is_partial(self) -> bool:
        """Whether it is a piece of a file, for a final upload to take."""
        return self.concat == PARTIAL

    @property
    def is_final(self) -> bool:
        """Whether its bytes are those of its partials."""
        return self.concat is not None and self.concat != PARTIAL

    @property
    def file_count(self) -> int:
        """As how many files it counts: a piece of one is none, and a slot is none yet."""
        return 0 if self.is_partial or self.is_slot else 1

    @property
    def is_whole(self) -> bool:
        """Whether every byte is here."""
        return self.offset == self.size_bytes

    @property
    def is_open(self) -> bool:
        """Whether bytes may still come."""
        return self.state is State.RECEIVING

    @property
    def is_gone(self) -> bool:
        """Whether its address answers no more."""
        return self.state in {State.CANCELLED, State.EXPIRED} or self.reason == FORGOTTEN

    @property
    def rests_for(self) -> timedelta:
        """How long it rests after its last byte: each commit moves both times together."""
        return self.expires_at - self.updated_at

    def after(self, step: Step) -> Self:
        """Return this upload one step later.

        Raises:
            IllegalStep: `STEPS` has no such step from the present state.
        """
        return replace(self, state=after(self.state, step))

    def answering(self) -> Self:
        """Return this upload if its address still answers.

        Raises:
            UploadGone: it ended.
            TypeRefused: its bytes ended it.
        """
        if self.is_gone and self.reason == TYPE_REFUSED:
            raise TypeRefused(
                "By its bytes this file is of a type that is not taken here. Send another one."
            )
        if self.is_gone:
            why = self.reason or self.state.value
            raise UploadGone(f"This upload has ended ({why}). Start a new one.")
        return self


@dataclass(frozen=True, slots=True)
class Append:
    """One request that adds bytes at the offset.

    `length` is that of the body, where it is told; `size_bytes` that of the whole upload, where
    it is told late. With a checksum the body counts whole or not at all; `find_checksum` tells one
    that comes after the body.
    """

    offset: int
    length: int | None = None
    size_bytes: int | None = None
    checksum: Checksum | None = None
    find_checksum: Callable[[], Checksum] | None = None

    @property
    def is_checked(self) -> bool:
        """Whether the body counts whole or not at all."""
        return self.checksum is not None or self.find_checksum is not None


@dataclass(frozen=True, slots=True)
class Room:
    """What an append may do: `size_bytes` of the whole (None: unknown), `most` bytes now."""

    size_bytes: int | None
    most: int
    is_late: bool
    """Whether the length was unknown until now."""


def plan_append(
    upload: Upload, append: Append, *, max_file_bytes: int, max_append_bytes: int | None = None
) -> Room:
    """Decide what an append may do; nothing was read of its body yet.

    Raises:
        NotAppendable: the upload takes no appends at all.
        OffsetMismatch: it begins elsewhere.
        LengthChanged: it tells another length than is known or possible.
        UploadTooLarge: it holds more than there is room for.
        FinalUpload: its bytes come from elsewhere.
    """
    _require_appendable(upload)
    if append.offset != upload.offset:
        raise OffsetMismatch(
            f"The upload stands at byte {upload.offset}, not {append.offset}. Go on from there.",
            offset=upload.offset,
        )
    size_bytes = _agree_length(upload, append, max_file_bytes)
    whole = max_file_bytes if size_bytes is None else size_bytes
    most = whole - upload.offset
    if max_append_bytes is not None:
        most = min(most, max_append_bytes)
    if append.length is not None and append.length > most:
        raise UploadTooLarge(
            f"The body has {append.length} bytes where {most} are allowed. Send no more than those."
        )
    return Room(size_bytes, most, is_late=upload.size_bytes is None and size_bytes is not None)


def _require_appendable(upload: Upload) -> None:
    if upload.is_final:
        raise FinalUpload("A final upload takes no bytes: send them to its partial uploads.")
    if upload.protocol in {Protocol.CHUNKED, Protocol.DIRECT}:
        raise NotAppendable(
            f"This upload comes as {upload.protocol}; it takes no appends. Go on as it was begun."
        )
    if upload.is_slot:
        raise NotAppendable(
            "This slot has no file yet. Tell its name and size with PATCH /api/v1/uploads/{id}."
        )


def _agree_length(upload: Upload, append: Append, max_file_bytes: int) -> int | None:
    told = append.size_bytes
    if told is None or told == upload.size_bytes:
        return upload.size_bytes
    if upload.size_bytes is not None:
        raise LengthChanged(
            f"The upload has {upload.size_bytes} bytes; that cannot become {told}. "
            "Start a new one for another file."
        )
    if told < upload.offset:
        raise LengthChanged(
            f"{upload.offset} bytes are here already; the length cannot be {told}. "
            "Start a new upload for another file."
        )
    if told > max_file_bytes:
        raise UploadTooLarge(
            f"The file has {told} bytes where {max_file_bytes} are allowed. Send a smaller one."
        )
    return told
