"""What search finds: one library, one table of questions, the same answers of each database."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from rushes.access import records as access_records
from rushes.access.permit import SYSTEM
from rushes.clock import SYSTEM as CLOCK
from rushes.db.engine import Database
from rushes.db.tables import assets
from rushes.library import bounds, records, search_records
from rushes.library.asset import AssetArriving, State
from rushes.library.cataloguing import Cataloguing
from rushes.library.editing import Change, Editing
from rushes.library.indexing import index
from rushes.library.question import Question, Sort, parse_condition
from rushes.library.search_order import Place
from tests.support.filed import Files

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

LIBRARY: Mapping[str, Mapping[str, object]] = {
    "A001_C003_0412AB.mov": {"metadata": {"camera": "Alexa 35", "take": 3, "shot": "2026-01-31"}},
    "A001_C004_0412AC.mov": {"metadata": {"camera": "Alexa 35", "take": 12, "is_select": True}},
    "Müller_Straße.wav": {"kind": "audio", "tags": ("Ton", "Wild Track")},
    "InterviewFinal v2.mp4": {"title": "Jürgen über Øresund", "state": "ready"},
    "东京夜景.jpg": {"kind": "image", "metadata": {"places": ["Tōkyō", "Shibuya"]}},
    "IMG1234.CR3": {"kind": "image", "note": "The sky is too bright here"},
}

QUESTIONS: tuple[tuple[Question, frozenset[str]], ...] = tuple(
    (question, frozenset(found.split("|")) if found else frozenset())
    for question, found in (
        (Question(q="a001"), "A001_C003_0412AB.mov|A001_C004_0412AC.mov"),
        (Question(q="A001_C003"), "A001_C003_0412AB.mov"),
        (Question(q="A001_C003_0412AB.mov"), "A001_C003_0412AB.mov"),
        (Question(q="c003"), "A001_C003_0412AB.mov"),
        (Question(q="003"), "A001_C003_0412AB.mov"),
        (Question(q="1234"), "IMG1234.CR3"),
        (Question(q="mov a001 c004"), "A001_C004_0412AC.mov"),
        (Question(q="a001 wav"), ""),
        (Question(q="MÜLLER"), "Müller_Straße.wav"),
        (Question(q="muller"), "Müller_Straße.wav"),
        (Question(q="mueller"), "Müller_Straße.wav"),
        (Question(q="mull"), "Müller_Straße.wav"),
        (Question(q="strasse"), "Müller_Straße.wav"),
        (Question(q="Mu\u0308ller"), "Müller_Straße.wav"),
        (Question(q="interview"), "InterviewFinal v2.mp4"),
        (Question(q="final"), "InterviewFinal v2.mp4"),
        (Question(q="juergen oresund"), "InterviewFinal v2.mp4"),
        (Question(q="Oeresund"), "InterviewFinal v2.mp4"),
        (Question(q="京"), "东京夜景.jpg"),
        (Question(q="夜景"), "东京夜景.jpg"),
        (Question(q="tokyo"), "东京夜景.jpg"),
        (Question(q="sky bright"), "IMG1234.CR3"),
        (Question(q="alexa"), "A001_C003_0412AB.mov|A001_C004_0412AC.mov"),
        (Question(q="acme spring", kind="audio"), "Müller_Straße.wav"),
        (Question(q="acme", state="ready"), "InterviewFinal v2.mp4"),
        (Question(q="***"), ""),
        (Question(q='a\' OR "b" : * & ! |'), ""),
        (Question(q="ready"), ""),
        (Question(tags=("ton",)), "Müller_Straße.wav"),
        (Question(tags=("TON", "wild track")), "Müller_Straße.wav"),
        (Question(tags=("wild",)), ""),
        (Question(kind="image"), "东京夜景.jpg|IMG1234.CR3"),
        (Question(kind="image", q="acme", sort=Sort.NAME), "东京夜景.jpg|IMG1234.CR3"),
        (Question(kind="audio", sort=Sort.LARGEST), "Müller_Straße.wav"),
        (Question(min_duration=10**6), ""),
        (Question(max_duration=10**6, q="wav"), "Müller_Straße.wav"),
        (Question(max_size=1, q="acme"), ""),
        (Question(min_size=1, q="wav"), "Müller_Straße.wav"),
        (Question(min_size=1, max_size=10**9, q="img", sort=Sort.OLDEST), "IMG1234.CR3"),
        (Question(tier="editing", q="acme"), ""),
        (Question(client="acme", project="spring", q="img"), "IMG1234.CR3"),
        (Question(client="nobody", q="img"), ""),
        *(
            (Question(conditions=tuple(parse_condition(each) for each in asked.split("&"))), found)
            for asked, found in (
                ("camera=alexa 35", "A001_C003_0412AB.mov|A001_C004_0412AC.mov"),
                ("camera=Alexa", ""),
                ("take=3", "A001_C003_0412AB.mov"),
                ("take=3.0", "A001_C003_0412AB.mov"),
                ("take>=3", "A001_C003_0412AB.mov|A001_C004_0412AC.mov"),
                ("take>=4", "A001_C004_0412AC.mov"),
                ("take<=3&camera=Alexa 35", "A001_C003_0412AB.mov"),
                ("shot>=2026-01-01&shot<=2026-02-01", "A001_C003_0412AB.mov"),
                ("shot>=2026-02-01", ""),
                ("camera>=3", ""),
                ("is_select=true", "A001_C004_0412AC.mov"),
                ("places=shibuya", "东京夜景.jpg"),
                ("unknown>=1", ""),
            )
        ),
    )
)


async def fill(database: Database) -> str:
    """File the library into one project; return its id."""
    files = Files(database, CLOCK)
    project_id = await files.project("acme", "spring")
    cataloguing = Cataloguing(database, CLOCK)
    for number, (name, words) in enumerate(LIBRARY.items()):
        filed = await files.asset(
            f"{name}".encode(),
            project_id=project_id,
            file_name=name,
            kind=str(words.get("kind", "video")),
        )
        async with database.transaction() as connection:
            moment = NOON + timedelta(minutes=number)
            values = {"created_at": moment, "state": words.get("state", "filed")}
            await connection.execute(
                update(assets).where(assets.c.id == filed.asset_id).values(**values)
            )
            asset = await records.find_asset(connection, filed.asset_id)
            assert asset is not None
            await index(connection, asset, await access_records.get_project(connection, project_id))
        change = Change(
            title=words.get("title"),  # type: ignore[arg-type]
            tags=words.get("tags"),  # type: ignore[arg-type]
            metadata=words.get("metadata"),  # type: ignore[arg-type]
        )
        await Editing(database, CLOCK).change("acc_1", filed.asset_id, change, project_ids=None)
        if "note" in words:
            await cataloguing.write_note(SYSTEM, filed.asset_id, str(words["note"]))
    return project_id


async def names(
    database: Database,
    question: Question,
    after: Place = None,
    *,
    limit: int = 50,
    project_ids: list[str] | None = None,
) -> list[str]:
    async with database.reading() as connection:
        found = await search_records.find_assets(connection, question, project_ids, after, limit)
    return [asset.file_name for asset, _ in found]


@pytest.mark.parametrize("little", [2_000, 0])
async def test_every_question_finds_what_it_should(
    database: Database, little: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table above, and those of one's own projects only, whether or not few answer a part."""
    monkeypatch.setattr(bounds, "LITTLE", little)
    project_id = await fill(database)

    found = [frozenset(await names(database, question)) for question, _ in QUESTIONS]
    mine = [
        frozenset(await names(database, question, project_ids=[project_id]))
        for question, _ in QUESTIONS
    ]
    foreign = [await names(database, question, project_ids=["prj_x"]) for question, _ in QUESTIONS]

    wanted = [expected for _, expected in QUESTIONS]
    assert wanted == found
    assert wanted == mine
    assert [[]] * len(QUESTIONS) == foreign


@pytest.mark.parametrize(("few", "far"), [(10_000, 50_000), (0, 50_000), (0, 1)])
async def test_pages_follow_each_other_in_every_order(
    database: Database, few: int, far: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No asset is on two pages, and none on no page, in whichever way it is found."""
    monkeypatch.setattr(search_records, "FEW", few)
    monkeypatch.setattr(search_records, "FAR", far)
    monkeypatch.setattr(bounds, "LITTLE", few)
    await fill(database)

    for sort in Sort:
        for q in ("", "acme"):
            question = Question(q=q, sort=sort)
            whole = await names(database, question)
            pages, after = [], None
            while True:
                async with database.reading() as connection:
                    page = await search_records.find_assets(connection, question, None, after, 2)
                if not page:
                    break
                pages += [asset.file_name for asset, _ in page]
                after = (page[-1][1], page[-1][0].id)
            assert 6 == len(whole)
            assert whole == pages
    newest = [*LIBRARY][::-1]
    assert newest == await names(database, Question(q="acme"))
    assert newest[::-1] == await names(database, Question(q="acme", sort=Sort.OLDEST))


async def test_a_name_of_any_length_is_filed_and_has_its_place(database: Database) -> None:
    """More of it than an index of PostgreSQL holds, and nothing that packs well."""
    files = Files(database, CLOCK)
    project_id = await files.project("acme", "spring")
    long = [base64.urlsafe_b64encode(CLOCK.entropy(4_500)).decode() for _ in range(2)]
    for name in ("a.mov", "z.mov", *long):
        await files.asset(name.encode(), project_id=project_id, file_name=name)

    question = Question(sort=Sort.NAME)
    async with database.reading() as connection:
        page = await search_records.find_assets(connection, question, None, None, 2)
    first = [asset.file_name for asset, _ in page]
    others = await names(database, question, (page[-1][1], page[-1][0].id))

    assert sorted(["a.mov", "z.mov", *long]) == sorted([*first, *others])


async def test_what_changes_is_found_by_its_new_words_alone(database: Database) -> None:
    """Tags, titles, values and notes come and go; what is deleted is found no more."""
    await fill(database)
    async with database.reading() as connection:
        (found,) = await search_records.find_assets(connection, Question(q="c003"), None, None, 2)
    asset = found[0]
    editing, cataloguing = Editing(database, CLOCK), Cataloguing(database, CLOCK)

    change = Change(title="Sunrise", tags=("dawn",), metadata={"camera": None, "take": 4})
    await editing.change("acc_1", asset.id, change, project_ids=None)
    note = await cataloguing.write_note(SYSTEM, asset.id, "flickers")
    before = await names(database, Question(q="sunrise dawn 4 flickers"))
    await cataloguing.change_note(SYSTEM, asset.id, note.id, "steady", None)
    between = [await names(database, Question(q=q)) for q in ("flickers", "steady", "c003 alexa")]
    await cataloguing.delete_note(SYSTEM, asset.id, note.id, None)
    after = await names(database, Question(q="steady"))
    async with database.transaction() as connection:
        await records.delete_asset(connection, asset.id)

    assert [asset.file_name] == before
    assert [[], [asset.file_name], []] == between
    assert [] == after
    assert [] == await names(database, Question(q="c003"))


async def test_nobody_writes_notes_on_what_arrives(database: Database) -> None:
    """Other programs would hear of an asset that is not theirs to see yet."""
    arriving = await Files(database, CLOCK).asset(b"unread", state=State.ARRIVING)

    with pytest.raises(AssetArriving):
        await Cataloguing(database, CLOCK).write_note(SYSTEM, arriving.asset_id, "flickers")
