"""An asset: the thing people talk about, one original with many renditions.

Rules of this file:
1. What an asset may do next stands in `STEPS` and nowhere else; an illegal step changes nothing.
2. `failed` means that nothing can be shown; the original stays, and can be had.
3. What is `arriving` is for members alone, to be watched: its bytes lie in the archive's bucket,
   and nobody has read them through. It goes with its upload, and only so.
4. `ready` waits for the archive: an asset whose original is in one place only is not finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rushes.errors import Kind as ErrorKind
from rushes.errors import RushesError
from rushes.events.event import SYSTEM_ACTOR
from rushes.intake.verdict import Scan
from rushes.steps import After
from rushes.uploads.upload import Upload


class State(StrEnum):
    """What is true of an asset."""

    ARRIVING = "arriving"
    FILED = "filed"
    PLAYABLE = "playable"
    READY = "ready"
    FAILED = "failed"
    DELETING = "deleting"


class Step(StrEnum):
    """What may happen to an asset."""

    FILE = "file"
    SHOW = "show"
    FINISH = "finish"
    FAIL = "fail"
    RETRY = "retry"
    DELETE = "delete"


STEPS: Final = MappingProxyType(
    {
        (State.FILED, Step.SHOW): State.PLAYABLE,
        (State.FILED, Step.FINISH): State.READY,
        (State.FILED, Step.FAIL): State.FAILED,
        (State.FILED, Step.DELETE): State.DELETING,
        (State.PLAYABLE, Step.FINISH): State.READY,
        (State.PLAYABLE, Step.DELETE): State.DELETING,
        (State.READY, Step.DELETE): State.DELETING,
        (State.FAILED, Step.RETRY): State.FILED,
        (State.FAILED, Step.DELETE): State.DELETING,
        (State.ARRIVING, Step.FILE): State.FILED,
    }
)


class AssetNotFound(RushesError):
    """No such asset, or none that the caller may know of."""

    code = "asset.not_found"
    kind = ErrorKind.MISSING


class ScanPending(RushesError):
    """The virus scan has not said yet whether the original may be had."""

    code = "scan.pending"
    kind = ErrorKind.CONFLICT


class AssetArriving(RushesError):
    """The bytes of the asset were not read yet; until then it can only be watched."""

    code = "asset.arriving"
    kind = ErrorKind.CONFLICT


class AssetStale(RushesError):
    """The asset changed since the caller read it."""

    code = "asset.stale"
    kind = ErrorKind.STALE


class IllegalStep(RushesError):
    """The asset is not in a state from which this step may be taken."""

    code = "asset.illegal_step"
    kind = ErrorKind.CONFLICT


after: Final = After("An asset", STEPS, IllegalStep)
"""The state after a step."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset, as its row says; sizes in bytes, duration in seconds."""

    id: str
    project_id: str
    content_id: str
    upload_id: str
    created_by: str
    file_name: str
    title: str
    description: str
    kind: str
    state: State
    scan: Scan
    size_bytes: int
    duration: float | None
    width: int | None
    height: int | None
    tags: tuple[str, ...]
    metadata: Mapping[str, object]
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    updated_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What renditions and tiers say of an asset's content, so that its state can be decided.

    `is_playable`: something can be shown now. `is_made`: nothing more is being made, which is so
    at once for kinds of which nothing is made. `is_kept`: all of it lies in the archive.
    """

    is_playable: bool
    is_made: bool
    is_kept: bool
    error: tuple[str, str] | None = None


def new_asset(
    upload: Upload, content_id: str, *, kind: str, state: State, scan: Scan, now: datetime
) -> Asset:
    """Return the asset that an upload becomes; nothing is known of its pictures yet."""
    return Asset(
        id=upload.asset_id,
        project_id=upload.project_id,
        content_id=content_id,
        upload_id=upload.id,
        created_by=upload.account_id or upload.link_id or SYSTEM_ACTOR,
        file_name=upload.file_name,
        title="",
        description="",
        kind=kind,
        state=state,
        scan=scan,
        size_bytes=upload.offset,
        duration=None,
        width=None,
        height=None,
        tags=(),
        metadata={},
        error_code=None,
        error_detail=None,
        created_at=now,
        updated_at=now,
        revision=1,
    )


def plan_step(state: State, shown: Shown) -> Step | None:
    """Return the step that brings an asset to what is true, or None if it is there.

    An asset that failed comes back when a later try went well.
    """
    if state is State.FAILED:
        is_well = shown.is_playable or (shown.is_made and shown.error is None)
        return Step.RETRY if is_well else None
    if state is State.FILED and shown.error is not None and not shown.is_playable:
        return Step.FAIL
    if state in {State.FILED, State.PLAYABLE} and shown.is_kept and shown.is_made:
        return Step.FINISH
    return Step.SHOW if state is State.FILED and shown.is_playable else None


def merge(old: Mapping[str, object], change: Mapping[str, object]) -> dict[str, object]:
    """Apply a JSON merge patch (RFC 7396) to one level of custom metadata: null removes."""
    merged = {**old, **change}
    return {key: value for key, value in merged.items() if value is not None}
