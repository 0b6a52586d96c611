"""The queries of partners."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.engine import Row

from rushes.db.engine import Connection
from rushes.db.partner_tables import partner_calls, partner_copies, partner_projects
from rushes.db.statements import insert_new, values_of
from rushes.partners.copy import AT_WORK, Partner, PartnerCopy, State


async def record_copy(connection: Connection, copy: PartnerCopy) -> bool:
    """Insert an asset at a partner; False if it is known there already."""
    return await insert_new(connection, partner_copies, values_of(copy))


async def find_copy(connection: Connection, asset_id: str, partner: Partner) -> PartnerCopy | None:
    """Return an asset at a partner; on PostgreSQL nobody else changes it until the commit."""
    query = select(partner_copies).where(
        partner_copies.c.asset_id == asset_id, partner_copies.c.partner == partner.value
    )
    row = (await connection.execute(query.with_for_update())).one_or_none()
    return None if row is None else _copy(row)


async def list_of_asset(connection: Connection, asset_id: str) -> list[PartnerCopy]:
    """Return an asset at all partners, by their names."""
    query = select(partner_copies).where(partner_copies.c.asset_id == asset_id)
    rows = await connection.execute(query.order_by(partner_copies.c.partner))
    return [_copy(row) for row in rows]


async def list_to_withdraw(
    connection: Connection, *, asset_id: str | None = None, project_id: str | None = None
) -> list[PartnerCopy]:
    """Return what is at partners of an asset, or of a whole project."""
    there = partner_copies.c.state.not_in([State.REMOVED.value, State.WITHDRAWING.value])
    whose = partner_copies.c.asset_id == asset_id
    if project_id is not None:
        whose = partner_copies.c.project_id == project_id
    query = select(partner_copies).where(there, whose).with_for_update()
    return [_copy(row) for row in await connection.execute(query)]


async def change_copy(connection: Connection, copy: PartnerCopy) -> None:
    """Write what a person wants; whoever is at work there is overtaken."""
    mine = partner_copies.c.id == copy.id
    await connection.execute(update(partner_copies).where(mine).values(**values_of(copy)))


async def claim_due(
    connection: Connection,
    partners: Collection[Partner],
    claims: Sequence[str],
    now: datetime,
    until: datetime,
) -> list[PartnerCopy]:
    """Take what is due, at most one for each name in `claims`; it is ours `until` then."""
    due = (
        select(partner_copies)
        .where(
            partner_copies.c.due_at <= now,
            partner_copies.c.partner.in_([each.value for each in partners]),
            partner_copies.c.state.in_([each.value for each in AT_WORK]),
        )
        .order_by(partner_copies.c.due_at)
        .limit(len(claims))
        .with_for_update(skip_locked=True)
    )
    found = [_copy(row) for row in await connection.execute(due)]
    taken = [
        replace(copy, claim=claim, due_at=until) for copy, claim in zip(found, claims, strict=False)
    ]
    for copy in taken:
        mine = partner_copies.c.id == copy.id
        values = {"claim": copy.claim, "due_at": copy.due_at}
        await connection.execute(update(partner_copies).where(mine).values(**values))
    return taken


async def keep_claim(
    connection: Connection, copy: PartnerCopy, until: datetime, sent_bytes: int | None = None
) -> bool:
    """Hold on to what was taken; False if somebody else has it now."""
    values: dict[str, Any] = {"due_at": until}
    if sent_bytes is not None:
        values["sent_bytes"] = sent_bytes
    done = await connection.execute(update(partner_copies).where(_is_held(copy)).values(**values))
    return done.rowcount == 1


async def write_held(connection: Connection, held: PartnerCopy, copy: PartnerCopy) -> bool:
    """Write what became of what was taken; False if somebody else has it now.

    How much is over there was noted piece by piece: as long as it is being sent, that stays.
    """
    values = values_of(copy)
    if copy.state is held.state:
        del values["sent_bytes"]
    done = await connection.execute(update(partner_copies).where(_is_held(held)).values(**values))
    return done.rowcount == 1


async def release_claims(connection: Connection, now: datetime) -> None:
    """Make due what a worker left that does not live any more."""
    held = partner_copies.c.claim.is_not(None)
    await connection.execute(update(partner_copies).where(held).values(claim=None, due_at=now))


async def hurry(
    connection: Connection, partner: Partner, names: Collection[str], now: datetime
) -> int:
    """Make due what the partner called about, by its ids or ours; return how many."""
    known = or_(partner_copies.c.remote_id.in_(names), partner_copies.c.id.in_(names))
    waits = partner_copies.c.state == State.PROCESSING.value
    mine = partner_copies.c.partner == partner.value
    done = await connection.execute(
        update(partner_copies).where(mine, waits, known).values(due_at=now)
    )
    return done.rowcount


async def record_call(
    connection: Connection, partner: Partner, call_id: str, now: datetime
) -> bool:
    """Note a call; False if it came before."""
    values = {"partner": partner.value, "call_id": call_id, "received_at": now}
    return await insert_new(connection, partner_calls, values)


async def forget_calls(connection: Connection, before: datetime) -> None:
    """Forget calls that came before a moment."""
    await connection.execute(delete(partner_calls).where(partner_calls.c.received_at < before))


async def list_partners(connection: Connection, project_id: str) -> list[Partner]:
    """Return where the assets of a project go by themselves."""
    query = select(partner_projects.c.partner).where(partner_projects.c.project_id == project_id)
    names = (await connection.execute(query.order_by(partner_projects.c.partner))).scalars()
    return [Partner(name) for name in names]


async def record_project(
    connection: Connection, project_id: str, partner: Partner, actor_id: str, now: datetime
) -> bool:
    """Note that the assets of a project go to a partner; False if it was so before."""
    values = {"project_id": project_id, "partner": partner.value, "asked_by": actor_id}
    return await insert_new(connection, partner_projects, values | {"created_at": now})


async def delete_project(connection: Connection, project_id: str, partner: Partner) -> bool:
    """Note that they go there no more; False if they did not."""
    done = await connection.execute(
        delete(partner_projects).where(
            partner_projects.c.project_id == project_id,
            partner_projects.c.partner == partner.value,
        )
    )
    return done.rowcount == 1


def _is_held(copy: PartnerCopy) -> Any:
    return (partner_copies.c.id == copy.id) & (partner_copies.c.claim == copy.claim)


def _copy(row: Row[Any]) -> PartnerCopy:
    known = {one.name: getattr(row, one.name) for one in fields(PartnerCopy)}
    known |= {"partner": Partner(row.partner), "state": State(row.state)}
    return PartnerCopy(**known)
