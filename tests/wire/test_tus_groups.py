"""Groups: partial uploads that write into one file, so their final is one extent of it."""

from __future__ import annotations

import asyncio
import os

from sqlalchemy import select, update

from rushes.db.tables import uploads
from rushes.intake.verify import Intake
from rushes.stores.blocks import BLOCK_BYTES
from rushes.uploads import records
from rushes.uploads.blocks import Hashing, find_root
from rushes.uploads.concat import GROUP_FILE
from rushes.uploads.upload import Extent, State
from tests.support.parting import begin_partial, id_of, join, names_of, send_partial
from tests.support.receiving import BODY as BODY_HEADERS
from tests.support.receiving import TUS, Receiving, Sender, checksum, metadata
from tests.support.resuming import titled

GROUP = "0123456789abcdef" * 2
BODY = os.urandom(2 * BLOCK_BYTES + 1_000)
FIRST, LAST = BODY[: 2 * BLOCK_BYTES], BODY[2 * BLOCK_BYTES :]


def place(start: int, total: int = len(BODY), group: str = GROUP) -> str:
    """Return the metadata of a partial that has this place."""
    return metadata(rushes_group=group, rushes_start=str(start), rushes_total=str(total))


async def extents_of(house: Receiving, upload_id: str) -> tuple[Extent, ...]:
    """Return where an upload's bytes lie."""
    async with house.parts.database.reading() as connection:
        return await records.list_extents(connection, upload_id)


async def test_a_whole_group_is_one_file_with_its_root(house: Receiving, sender: Sender) -> None:
    """The last part comes first; nothing is joined, and nothing is read again."""
    last = await send_partial(sender, LAST, upload_metadata=place(len(FIRST)))
    first = await send_partial(sender, FIRST, upload_metadata=place(0))
    inodes = set(names_of(house).values())

    final = id_of((await join(sender, first, last)).headers["Location"])

    upload, hashing = await house.parts.upload(final), Hashing()
    hashing.update(memoryview(BODY))
    tail = hashing.find_last()
    assert tail is not None
    digests = [block.digest for block in (*hashing.take_full(), tail)]
    assert (State.COMPLETED, find_root(digests)) == (upload.state, upload.root)
    assert [(0, len(BODY))] == [
        (extent.start, extent.length) for extent in await extents_of(house, final)
    ]
    assert {f"{final}.0": inodes.pop()} == names_of(house)
    assert set() == inodes
    path = await Intake(house.parts.database, house.parts.spool).path(final)
    assert (f"{final}.0", BODY) == (path.name, path.read_bytes())


async def test_partials_of_a_group_arrive_at_once(house: Receiving, sender: Sender) -> None:
    """Both create and send at the same time; a wrong checksum spoils nobody's bytes."""

    async def send(start: int, body: bytes) -> str:
        url = await begin_partial(sender, len(body), upload_metadata=place(start))
        wrong = await sender.append(url, 0, b"x" * 100, upload_checksum=checksum(b"y"))
        half = len(body) // 2
        assert 204 == (await sender.append(url, 0, body[:half])).status_code
        assert 204 == (await sender.append(url, half, body[half:])).status_code
        assert 460 == wrong.status_code
        return url

    urls = await asyncio.gather(send(0, FIRST), send(len(FIRST), LAST))
    final = id_of((await join(sender, *urls)).headers["Location"])

    assert BODY == await house.parts.content(final)
    assert 1 == len(await extents_of(house, final))


async def test_a_place_that_cannot_be_is_refused(house: Receiving, sender: Sender) -> None:
    """400, and nothing is left of it."""
    told: list[tuple[int | None, dict[str, str]]] = [
        (10, {"rushes_group": GROUP}),
        (10, {"rushes_group": GROUP, "rushes_start": "0"}),
        (10, {"rushes_group": "xyz", "rushes_start": "0", "rushes_total": "10"}),
        (10, {"rushes_group": GROUP.upper(), "rushes_start": "0", "rushes_total": "10"}),
        (10, {"rushes_group": GROUP, "rushes_start": "1", "rushes_total": "100"}),
        (10, {"rushes_group": GROUP, "rushes_start": "-0", "rushes_total": "100"}),
        (10, {"rushes_group": GROUP, "rushes_start": "0", "rushes_total": "9"}),
        (0, {"rushes_group": GROUP, "rushes_start": "0", "rushes_total": "9"}),
        (None, {"rushes_group": GROUP, "rushes_start": "0", "rushes_total": "9"}),
    ]
    answers = []
    for size, words in told:
        deferred = {"upload_defer_length": "1"} if size is None else {}
        answers.append(
            await sender.create(
                size, upload_concat="partial", upload_metadata=metadata(**words), **deferred
            )
        )

    assert {(400, "upload.bad_group")} == {
        (answer.status_code, answer.json()["code"]) for answer in answers
    }
    assert {} == names_of(house)


async def test_a_place_belongs_to_partials_alone(sender: Sender) -> None:
    """A plain upload and a final one may not use the reserved words."""
    url = await send_partial(sender, b"abc")

    plain = await sender.create(3, upload_metadata=place(0, 3))
    final = await join(sender, url, upload_metadata=place(0, 3))

    assert [400, 400] == [plain.status_code, final.status_code]


async def test_bytes_of_another_are_not_written_over(sender: Sender) -> None:
    """Overlap and another total are refused; the same group of another owner is another."""
    await begin_partial(sender, 2 * BLOCK_BYTES, upload_metadata=place(0))

    answers = [
        await sender.create(size, upload_concat="partial", upload_metadata=told)
        for size, told in (
            (1, place(0)),
            (1, place(BLOCK_BYTES)),
            (1_000, place(len(FIRST), len(BODY) + 1)),
        )
    ]

    assert [400, 400, 400] == [answer.status_code for answer in answers]
    assert {"upload.bad_group"} == {answer.json()["code"] for answer in answers}
    await begin_partial(sender, 1_000, upload_metadata=place(len(FIRST)))


async def test_of_racing_partials_at_one_place_one_is_taken(sender: Sender) -> None:
    """Ten at once in the same words: one upload, and the others hear of it or why not."""
    answers = await asyncio.gather(
        *(
            sender.create(1_000, upload_concat="partial", upload_metadata=place(0, 1_000))
            for _ in range(10)
        )
    )

    told = {answer.headers["Location"] for answer in answers if answer.status_code == 201}
    assert {201, 400} >= {answer.status_code for answer in answers}
    assert 1 == len(told)


async def test_a_partial_that_is_asked_for_again_goes_on(house: Receiving, sender: Sender) -> None:
    """The answer to its creation was lost: the same words name the same upload, with its bytes."""
    words = {"upload_concat": "partial", "upload_metadata": place(len(FIRST))}
    named = f"{place(len(FIRST))},filename eA=="
    url = await begin_partial(sender, len(LAST), upload_metadata=place(len(FIRST)))
    await sender.append(url, 0, LAST[:10])

    again = await sender.create(len(LAST), **words)
    with_body = await sender.http.post(
        sender.files,
        content=LAST,
        headers=BODY_HEADERS | {"Upload-Length": str(len(LAST)), **titled(words)},
    )
    other = await sender.create(len(LAST), **words | {"upload_metadata": named})
    rest = await sender.append(url, 10, LAST[10:])
    whole = await sender.create(len(LAST), **words)
    first = await send_partial(sender, FIRST, upload_metadata=place(0))
    final = id_of((await join(sender, first, url)).headers["Location"])
    late = await sender.create(len(LAST), **words)

    assert [201, 201, 400, 204, 201, 400] == [
        answer.status_code for answer in (again, with_body, other, rest, whole, late)
    ]
    assert {url} == {answer.headers["Location"] for answer in (again, with_body, whole)}
    assert "10" == with_body.headers["Upload-Offset"]
    assert BODY == await house.parts.content(final)


async def test_a_place_that_was_left_is_taken_in_a_file_of_its_own(
    house: Receiving, sender: Sender
) -> None:
    """A writer that was given up may still be at it; the bytes are joined, and right."""
    first = await send_partial(sender, FIRST, upload_metadata=place(0))
    left = await begin_partial(sender, len(LAST), upload_metadata=place(len(FIRST)))
    await sender.append(left, 0, b"x" * 10)
    await sender.http.delete(left, headers=TUS)

    last = await send_partial(sender, LAST, upload_metadata=place(len(FIRST)))
    final = id_of((await join(sender, first, last)).headers["Location"])

    assert 2 == len(await extents_of(house, final))
    assert BODY == await house.parts.content(final)
    path = await Intake(house.parts.database, house.parts.spool).path(final)
    assert (f"{final}.whole", BODY) == (path.name, path.read_bytes())


async def test_a_part_of_a_group_is_no_file_of_its_own(house: Receiving, sender: Sender) -> None:
    """Others may still write behind it, so a program gets a copy; the group takes nobody more."""
    first = await send_partial(sender, FIRST, upload_metadata=place(0))
    last = await begin_partial(sender, len(LAST), upload_metadata=place(len(FIRST)))

    final = id_of((await join(sender, first)).headers["Location"])
    await sender.append(last, 0, LAST)
    late = await sender.create(1, upload_concat="partial", upload_metadata=place(len(FIRST)))
    path = await Intake(house.parts.database, house.parts.spool).path(final)

    assert (f"{final}.whole", FIRST) == (path.name, path.read_bytes())
    assert 400 == late.status_code
    assert LAST == await house.parts.content(id_of(last))


async def test_a_group_that_was_given_up_leaves_no_file(house: Receiving, sender: Sender) -> None:
    """Its file goes with the last partial, not before; the group may begin anew."""
    first = await begin_partial(sender, len(FIRST), upload_metadata=place(0))
    last = await begin_partial(sender, len(LAST), upload_metadata=place(len(FIRST)))

    await sender.http.delete(first, headers=TUS)
    between = [name for name in names_of(house) if name.endswith(GROUP_FILE)]
    await sender.http.delete(last, headers=TUS)
    after = names_of(house)
    again = await begin_partial(sender, len(LAST), upload_metadata=place(len(FIRST)))

    assert (1, {}) == (len(between), after)
    assert f"{id_of(again)}.0" in names_of(house)


async def test_the_sweep_keeps_the_file_of_a_group_that_rests(
    house: Receiving, sender: Sender
) -> None:
    """However old it is: its other partials find it when they begin."""
    await begin_partial(sender, len(FIRST), upload_metadata=place(0))
    (path,) = house.parts.spool.folder.rglob(f"*{GROUP_FILE}")
    os.utime(path, (0, 0))

    await house.parts.sweep.run()
    last = await begin_partial(sender, len(LAST), upload_metadata=place(len(FIRST)))

    assert path.exists()
    assert 1 == len(set(names_of(house).values()))
    await sender.http.delete(last, headers=TUS)


async def test_a_final_bears_the_asset_id_of_its_group(house: Receiving, sender: Sender) -> None:
    """What was made of the group while it came goes by it; no two uploads have the same."""
    last = await send_partial(sender, LAST, upload_metadata=place(len(FIRST)))
    first = await send_partial(sender, FIRST, upload_metadata=place(0))
    before = await house.parts.upload(id_of(first))

    final = await house.parts.upload(id_of((await join(sender, first, last)).headers["Location"]))

    after = await house.parts.upload(id_of(first))
    assert before.asset_id == final.asset_id == final.file_name
    assert after.asset_id != before.asset_id


async def test_ten_gigabytes_are_joined_without_a_byte_more(
    house: Receiving, sender: Sender
) -> None:
    """By what the disk holds, before and after: of a group, and of two files that are apart."""
    half = 5 * 2**30
    for told in (
        [place(0, 2 * half, "a" * 32), place(half, 2 * half, "a" * 32)],
        ["", ""],
    ):
        urls = [
            await begin_partial(sender, half, **({"upload_metadata": words} if words else {}))
            for words in told
        ]
        for url in urls:
            await _complete_sparse(house, id_of(url), half)
        before = _find_blocks(house)

        answer = await join(sender, *urls)

        upload = await house.parts.upload(id_of(answer.headers["Location"]))
        assert (State.COMPLETED, 2 * half) == (upload.state, upload.size_bytes)
        assert before == _find_blocks(house)


async def _complete_sparse(house: Receiving, upload_id: str, size_bytes: int) -> None:
    """Complete a partial whose file is mostly a hole."""
    (extent,) = await extents_of(house, upload_id)
    with (house.parts.spool.folder / extent.file).open("r+b") as file:
        file.seek(extent.start + size_bytes - 4_096)
        file.write(b"e" * 4_096)
    async with house.parts.database.transaction() as connection:
        await connection.execute(
            update(uploads)
            .where(uploads.c.id == upload_id)
            .values(offset=size_bytes, state=State.COMPLETED.value)
        )
        assert (await connection.execute(select(uploads.c.id))).first() is not None


def _find_blocks(house: Receiving) -> int:
    """Return how many blocks of the disk the spool holds, each file once."""
    found = {
        path.stat().st_ino: path.stat().st_blocks
        for path in house.parts.spool.folder.rglob("*")
        if path.is_file()
    }
    return sum(found.values())
