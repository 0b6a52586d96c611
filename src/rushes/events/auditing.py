"""The audit: what people and programs did, read, taken away as JSON lines, and proved unchanged."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from rushes.clock import Clock
from rushes.db.engine import Database
from rushes.errors import Kind, RushesError
from rushes.events import chain_records
from rushes.events.chain import Head, Row, find_fault, format_moment
from rushes.events.chain_records import Wanted

PAGE: Final = 500
KEEP_ORIGINS: Final = timedelta(days=90)
"""How long addresses are kept; what was done is kept for ever."""


class AuditBroken(RushesError):
    """The audit was changed."""

    code = "audit.broken"
    kind = Kind.BROKEN


class BadHead(RushesError):
    """What was given is no head of a chain."""

    code = "audit.bad_head"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Proof:
    """A chain that holds: how many links it has, and its head."""

    links: int
    head: str


@dataclass(frozen=True, slots=True)
class Auditing:
    """Reads the chain."""

    database: Database
    clock: Clock

    async def list(self, wanted: Wanted, limit: int) -> list[Row]:
        """Return a page of the audit, newest first."""
        async with self.database.reading() as connection:
            return await chain_records.list_audit(connection, wanted, limit)

    async def export(self, wanted: Wanted) -> AsyncIterator[str]:
        """Yield all that is wanted as JSON lines, newest first."""
        before = wanted.before
        while True:
            page = await self.list(replace(wanted, before=before), PAGE)
            for row in page:
                yield format_line(row)
            if len(page) < PAGE:
                return
            before = page[-1].link.number

    async def verify(self, known: Head | None = None) -> Proof:
        """Compute the whole chain anew; `known` is a head that somebody put away.

        Raises:
            AuditBroken: it does not hold; the sentence says which link.
        """
        head = Head()
        while True:
            async with self.database.reading() as connection:
                page = await chain_records.list_rows(connection, head.number, PAGE)
            for row in page:
                fault = find_fault(head, row)
                if fault is not None:
                    raise AuditBroken(f"{fault} Compare with a backup.", number=str(head.number))
                head = Head(row.link.number, row.link.hash)
                if known is not None and known.number == head.number and known.hash != head.hash:
                    raise AuditBroken(f"Link {head.number} is not the one that was put away.")
            if len(page) < PAGE:
                break
        await self._require_whole(head, known)
        return Proof(head.number, f"{head.number}:{head.hash.hex()}")

    async def forget_origins(self) -> int:
        """Forget from where old events came; return of how many."""
        async with self.database.transaction() as connection:
            before = self.clock.now() - KEEP_ORIGINS
            return await chain_records.forget_origins(connection, before)

    async def _require_whole(self, head: Head, known: Head | None) -> None:
        if known is not None and known.number > head.number:
            raise AuditBroken(
                f"The chain ends at link {head.number}; link {known.number} was there before."
            )
        async with self.database.reading() as connection:
            unlinked = await chain_records.count_unlinked(connection)
        if unlinked:
            raise AuditBroken(f"{unlinked} event(s) stand in no link: some were put in, or cut.")


def parse_head(text: str) -> Head:
    """Return a head as `verify` prints it.

    Raises:
        BadHead: it is none.
    """
    number, _, digest = text.partition(":")
    try:
        return Head(int(number), bytes.fromhex(digest))
    except ValueError:
        raise BadHead("A head is NUMBER:HASH, as `rushes audit verify` prints it.") from None


def format_line(row: Row) -> str:
    """Return one link as a line of JSON."""
    event, origin, link = row.event, row.origin, row.link
    document: dict[str, object] = {"number": link.number, "hash": link.hash.hex()}
    if event is not None:
        document |= {
            "id": event.id,
            "type": event.type.value,
            "created_at": format_moment(event.created_at),
            "actor": event.actor,
            "subject": event.subject,
            "project_id": event.project_id,
            "asset_id": event.asset_id,
            "data": dict(event.data),
        }
    document["origin"] = None if link.origin_digest is None else link.origin_digest.hex()
    if origin is not None:
        document |= {"address": origin.address, "agent": origin.agent}
        document |= {"request_id": origin.request_id}
    return json.dumps(document, ensure_ascii=False) + "\n"
