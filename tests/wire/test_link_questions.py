"""What a link asks is asked of every protocol, before a byte is sent, and kept with the asset."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from rushes.access.question import FormField, ValueKind
from rushes.db.tables import assets, uploads
from rushes.intake.verify import Intake
from rushes.library import catalog_records
from rushes.library.field import Field
from rushes.library.filing import Filing
from tests.support.parting import join, send_partial
from tests.support.receiving import Receiving, Sender, metadata

DAY = FormField("Day", is_required=True, key="day", kind=ValueKind.DATE)
TAKE = FormField("Take", key="take")
TEN = b"0123456789"
NAME = {"filename": "a.txt"}
ANSWERS = {"field.day": "2026-01-31", "field.take": "7", "field.nobody": "asked"}
FILE = {"file_name": "a.txt", "size_bytes": 10}


@pytest.fixture
async def asked(house: Receiving) -> Sender:
    """A sender by a link that asks for a day, and perhaps a take."""
    return await house.sender(fields=(DAY, TAKE))


async def count_uploads(house: Receiving) -> int:
    async with house.parts.database.reading() as connection:
        found = await connection.execute(select(func.count()).select_from(uploads))
    return int(found.scalar_one())


@pytest.mark.covers("M-LK-02")
@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, "link.answer_missing"),
        ({"field.day": " "}, "link.answer_missing"),
        ({"field.day": "yesterday"}, "link.bad_answer"),
    ],
)
async def test_nothing_begins_without_a_required_answer(
    house: Receiving, asked: Sender, answers: dict[str, str], code: str
) -> None:
    """By tus and by chunks alike; nothing is left of it."""
    told = {**NAME, **answers}
    api = f"{house.address}/api/v1/uploads"
    token = asked.files.split("/")[-3]

    by_tus = await asked.create(10, upload_metadata=metadata(**told))
    by_chunks = await house.http.post(
        api, json={**FILE, "metadata": answers}, headers={"Rushes-Link": token}
    )

    assert [(422, code)] * 2 == [
        (answer.status_code, answer.json()["code"]) for answer in (by_tus, by_chunks)
    ]
    assert 0 == await count_uploads(house)


async def test_parts_need_no_answers_and_their_whole_does(asked: Sender) -> None:
    """Metadata comes from the final alone."""
    first, second = await send_partial(asked, TEN), await send_partial(asked, TEN)

    bare = await join(asked, first, second, upload_metadata=metadata(**NAME))
    told = await join(asked, first, second, upload_metadata=metadata(**NAME, **ANSWERS))

    assert (422, "link.answer_missing") == (bare.status_code, bare.json()["code"])
    assert 201 == told.status_code


async def test_a_slot_is_free_of_answers_until_it_is_bound(house: Receiving, asked: Sender) -> None:
    """It has no file yet that they could be about."""
    token = asked.files.split("/")[-3]
    link = {"Rushes-Link": token}
    api = f"{house.address}/api/v1/uploads"
    made = await house.http.post(f"{api}/slots", json={"count": 1}, headers=link)
    slot = made.json()["slots"][0]["id"]

    bare = await house.http.patch(f"{api}/{slot}", json=FILE, headers=link)
    bound = await house.http.patch(
        f"{api}/{slot}", json={**FILE, "metadata": ANSWERS}, headers=link
    )

    assert 201 == made.status_code
    assert (422, "link.answer_missing") == (bare.status_code, bare.json()["code"])
    assert 200 == bound.status_code, bound.text


@pytest.mark.parametrize(("kind", "take"), [(None, "7"), (ValueKind.NUMBER, 7)])
async def test_answers_are_kept_as_the_librarys_fields_have_them(
    house: Receiving, asked: Sender, kind: ValueKind | None, take: object
) -> None:
    """A take is a number where there is a field of numbers; what nobody asked is left out."""
    parts = house.parts
    if kind is not None:
        field = Field("fld_1", "", "take", "Take", kind, (), parts.clock.now())
        async with parts.database.transaction() as connection:
            await catalog_records.record_field(connection, field)
    created = await asked.create(10, upload_metadata=metadata(**NAME, **ANSWERS))
    url = created.headers["Location"]
    await asked.append(url, 0, TEN)
    upload_id = url.rpartition("/")[2]

    sniffed = await Intake(parts.database, parts.spool).verify(upload_id)
    asset_id = await Filing(parts.database, parts.clock).accept(upload_id, sniffed)

    async with parts.database.reading() as connection:
        kept = await connection.execute(select(assets.c.metadata).where(assets.c.id == asset_id))
    assert {"day": "2026-01-31", "take": take} == kept.scalar_one()
