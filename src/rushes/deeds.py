"""The deeds: everything that a workflow may ask a room to do, gathered for the journey."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Final

from rushes.access.answers import Answers
from rushes.access.rates import Rates
from rushes.clock import Clock
from rushes.errors import RushesError
from rushes.events.auditing import Auditing
from rushes.intake.early import Early
from rushes.intake.sniff import Sniffed
from rushes.intake.verify import BytesChanged, Intake
from rushes.jobs.desk import Desk
from rushes.library.asset import Shown
from rushes.library.editing import Editing
from rushes.library.filing import Filing
from rushes.library.originals import Originals
from rushes.library.screening import Screening
from rushes.media.facts import MediaKind
from rushes.renditions.glimpsing import Glimpsing
from rushes.renditions.hearing import Hearing
from rushes.renditions.keeping import Keeping
from rushes.renditions.look import Looking
from rushes.renditions.make import Making
from rushes.renditions.opening import Opening
from rushes.renditions.outcome import Outcomes
from rushes.renditions.remaking import Remaking
from rushes.renditions.rendition import Kind
from rushes.renditions.stills import Stills
from rushes.stores.store import Broken, NotFound
from rushes.tiers.adopt import Adopting
from rushes.tiers.check import Checking
from rushes.tiers.closing import Closing
from rushes.tiers.copy import Keeper
from rushes.tiers.recall import Recalling
from rushes.tiers.remove import Remover
from rushes.tiers.retain import Retaining
from rushes.tiers.upkeep import Upkeep
from rushes.uploads.sweep import Sweep

REMOVED_AT_ONCE: Final = 4
"""Contents of a deleted project."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """Everything that a workflow may ask a room to do."""

    intake: Intake
    early: Early
    filing: Filing
    editing: Editing
    originals: Originals
    screening: Screening
    looking: Looking
    stills: Stills
    hearing: Hearing
    opening: Opening | None
    making: Making
    glimpsing: Glimpsing
    keeping: Keeping
    remaking: Remaking
    outcomes: Outcomes
    keeper: Keeper
    recalling: Recalling
    retaining: Retaining
    checking: Checking
    upkeep: Upkeep
    adopting: Adopting
    remover: Remover
    closing: Closing
    sweep: Sweep
    rates: Rates
    answers: Answers
    auditing: Auditing
    desk: Desk
    clock: Clock

    async def open(self, content_id: str) -> bool:
        """Make the first segments; False where nothing is watched before its ladder."""
        return self.opening is not None and await self.opening.open(content_id)

    async def let_pass(self, content_id: str) -> None:
        """Wait a little while somebody may be waiting for the first segments."""
        if self.opening is not None:
            await self.opening.let_pass(content_id)

    async def settle(self, content_id: str) -> None:
        """Bring the assets of a content to the state that is true now; free the spool if it may."""
        summary = await self.outcomes.summary(content_id)
        is_kept = await self.keeper.is_original_kept(content_id)
        if is_kept:
            await self.originals.release(content_id)
        shown = Shown(
            is_playable=summary.is_playable,
            is_made=summary.is_made,
            is_kept=is_kept,
            error=summary.error,
        )
        await self.filing.settle(content_id, shown)

    async def verify(self, upload_id: str) -> dict[str, str]:
        """Look at what came, and say in plain words what it is."""
        found = await self.intake.verify(upload_id)
        return {name: str(value) for name, value in asdict(found).items()}

    async def screen(self, upload_id: str, found: dict[str, str]) -> str:
        """Say when what was looked at is scanned for viruses; nothing of what is refused."""
        if not await self.early.judge(upload_id, _sniffed(found)):
            return ""
        return await self.screening.order(upload_id)

    async def scan(self, upload_id: str) -> bool:
        """Have an upload scanned for viruses; say whether it may come in, or stay."""
        return await self.screening.scan(upload_id)

    async def accept(self, upload_id: str, found: dict[str, str]) -> str:
        """Make an asset of what was looked at; return its id, or nothing of what is refused."""
        sniffed = _sniffed(found)
        if not await self.early.judge(upload_id, sniffed):
            return ""
        asset_id = await self.filing.accept(upload_id, sniffed)
        await self.withdraw(upload_id)  # its bytes were here: what was made of a glimpse goes
        return asset_id

    async def withdraw(self, upload_id: str) -> None:
        """Take away what is watched of an upload that was not filed."""
        left = await self.glimpsing.arriving.withdraw(upload_id)
        if left:
            await self.remove_all([left], purge=True)

    async def doubt(self, upload_id: str, code: str) -> None:
        """Take away what is watched of an upload that cannot be read as it was seen."""
        if code in {Broken.code, BytesChanged.code, NotFound.code}:
            await self.withdraw(upload_id)

    async def expire(self) -> int:
        """End uploads whose time is over; return how many."""
        return (await self.sweep.run()).expired

    async def clear(self, content_id: str) -> None:
        """Remove what the making of a content's renditions left here."""
        await self.stills.sweep(content_id)
        await self.stills.sweep_storyboard(content_id)
        await self.hearing.sweep(content_id)
        await self.making.clear(content_id)

    async def remove_all(self, content_ids: list[str], purge: bool) -> None:  # noqa: FBT001 - a step's arguments
        """Remove contents that no asset has, with their jobs; some at once."""
        waiting = iter(content_ids)

        async def remove_some() -> None:
            for content_id in waiting:
                if await self.remover.is_had(content_id):
                    continue  # nobody's work is cancelled for it
                await self.desk.cancel_all_for(content_id)
                await self.remover.remove_content(content_id, purge=purge)
                await self.clear(content_id)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(REMOVED_AT_ONCE):
                    group.create_task(remove_some())
        except* (RushesError, OSError) as failed:
            raise failed.exceptions[0] from None  # one failure speaks for all
        await self.originals.release_abandoned()

    async def sweep_leftovers(self) -> int:
        """Remove what lost workers left, what newer files followed, and old addresses; how much."""
        now = self.clock.now()
        await self.auditing.forget_origins()
        await self.answers.forget()
        older = await self.remover.remove_superseded(now)
        return older + await self.keeping.sweep(now)

    def failing(self, *kinds: Kind) -> Callable[[str, str, str], Awaitable[None]]:
        """Return the deed that fails renditions of these kinds with a reason."""

        async def fail(content_id: str, code: str, detail: str) -> None:
            await self.outcomes.fail(content_id, kinds, code, detail)

        return fail


def _sniffed(found: dict[str, str]) -> Sniffed:
    return Sniffed(found["format"], MediaKind(found["kind"]), found["media_type"])
