"""Concatenation: partial uploads become one final upload, and no byte moves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from rushes.db.tables import events, links, projects, uploads
from rushes.intake.verify import Intake
from rushes.uploads import records
from rushes.uploads.blocks import find_root
from rushes.uploads.upload import JOINED, PARTIAL_LOST, Extent, State
from tests.support.parting import begin_partial, id_of, join, names_of, send_partial
from tests.support.receiving import TUS, Receiving, Sender, checksum, metadata

HELLO, WORLD = b"hello ", b"world"


async def test_a_final_upload_has_the_bytes_of_its_partials_in_order(
    house: Receiving, sender: Sender
) -> None:
    """Metadata comes from the final alone."""
    told = metadata(filename="whole.txt")
    first = await send_partial(sender, HELLO, upload_metadata=metadata(filename="piece"))
    second = await send_partial(sender, WORLD)

    answer = await join(sender, first, second, upload_metadata=told)

    assert 201 == answer.status_code, answer.text
    final = answer.headers["Location"]
    head = await sender.head(final)
    upload = await house.parts.upload(id_of(final))
    assert (State.COMPLETED, "whole.txt") == (upload.state, upload.file_name)
    assert HELLO + WORLD == await house.parts.content(upload.id)
    assert f"final;{first} {second}" == head.headers["Upload-Concat"]
    assert ("11", "11") == (head.headers["Upload-Offset"], head.headers["Upload-Length"])
    assert told == head.headers["Upload-Metadata"]
    assert "Upload-Expires" not in head.headers


async def test_a_partial_upload_says_what_it_is(sender: Sender) -> None:
    """HEAD echoes it, and tells when it expires even if it is whole: no final may ever come."""
    url = await send_partial(sender, HELLO)

    head = await sender.head(url)

    assert ("partial", "6") == (head.headers["Upload-Concat"], head.headers["Upload-Offset"])
    assert "Upload-Expires" in head.headers


async def test_addresses_are_read_by_their_route(house: Receiving, sender: Sender) -> None:
    """Absolute, of another host, relative, with a query, or nothing but the id; also repeated."""
    url = await send_partial(sender, HELLO)
    path = "/" + url.split("/", 3)[3]
    ways = [
        url,
        f"https://other.example{path}",
        path,
        f"files/{id_of(url)}",
        f"{path}?a=b",
        id_of(url),
    ]

    answer = await join(sender, *ways)

    assert 201 == answer.status_code, answer.text
    assert HELLO * len(ways) == await house.parts.content(id_of(answer.headers["Location"]))


@pytest.mark.parametrize("repeats", [10, 11])
async def test_a_partial_may_be_repeated_ten_times(sender: Sender, repeats: int) -> None:
    """Once more is refused."""
    url = await send_partial(sender, HELLO)

    answer = await join(sender, *[url] * repeats)

    assert (201 if repeats == 10 else 400) == answer.status_code


async def test_a_final_upload_may_be_asked_for_while_its_partials_arrive(
    house: Receiving, sender: Sender
) -> None:
    """It has no offset until the last of them is whole, and completes with that."""
    first, second = await begin_partial(sender, 6), await begin_partial(sender, 5)

    answer = await join(sender, first, second)
    final = answer.headers["Location"]
    waiting = await sender.head(final)
    await sender.append(second, 0, WORLD)
    half = await sender.head(final)
    await sender.append(first, 0, HELLO)
    whole = await sender.head(final)

    assert 201 == answer.status_code, answer.text
    for head in (waiting, half):
        assert (200, "11") == (head.status_code, head.headers["Upload-Length"])
        assert "Upload-Offset" not in head.headers
    assert "11" == whole.headers["Upload-Offset"]
    assert State.COMPLETED is (await house.parts.upload(id_of(final))).state
    assert HELLO + WORLD == await house.parts.content(id_of(final))


async def test_a_final_of_unknown_length_tells_none(sender: Sender) -> None:
    """Nobody knows it until every partial told its own."""
    url = await begin_partial(sender, None, upload_defer_length="1")
    final = (await join(sender, url)).headers["Location"]

    unknown = await sender.head(final)
    await sender.append(url, 0, HELLO, upload_length="6")
    known = await sender.head(final)

    assert not {"upload-length", "upload-defer-length", "upload-offset"} & set(unknown.headers)
    assert ("6", "6") == (known.headers["Upload-Length"], known.headers["Upload-Offset"])


async def test_a_final_upload_takes_no_bytes(sender: Sender) -> None:
    """403 before and after it is whole; nothing changes."""
    url = await begin_partial(sender, 6)
    final = (await join(sender, url)).headers["Location"]

    early = await sender.append(final, 0, HELLO)
    await sender.append(url, 0, HELLO)
    late = await sender.append(final, 6, HELLO)

    assert [403, 403] == [early.status_code, late.status_code]
    assert "upload.final" == early.json()["code"]
    assert 6 == await sender.offset(final)


async def test_a_final_upload_tells_no_length(sender: Sender) -> None:
    """The sum of its partials could be another; 400, and nothing is left."""
    url = await send_partial(sender, HELLO)

    told = await join(sender, url, upload_length="6")
    deferred = await join(sender, url, upload_defer_length="1")

    assert [400, 400] == [told.status_code, deferred.status_code]


async def test_foreign_partials_are_not_there(house: Receiving) -> None:
    """Another link's, an account's, and what is no upload: 404 each."""
    project = await house.people.project()
    mine = house.by_link(await house.people.link(project))
    other = house.by_link(await house.people.link(project))
    account = house.by_token(await house.people.token())
    foreign = await send_partial(other, HELLO)
    of_account = await send_partial(account, HELLO)

    answers = [
        await join(mine, url)
        for url in (foreign, of_account, f"/files/upl_{'0' * 36}", "/files/upl_x", "/etc/passwd")
    ]
    back = await join(account, foreign)

    assert [404] * 6 == [answer.status_code for answer in [*answers, back]]
    assert 6 == await other.offset(foreign)


async def test_only_partials_are_joined(sender: Sender) -> None:
    """A plain upload and a final one are not."""
    plain = await sender.begin(6)
    final = (await join(sender, await send_partial(sender, HELLO))).headers["Location"]

    answers = [await join(sender, plain), await join(sender, final)]

    assert [400, 400] == [answer.status_code for answer in answers]
    assert {"upload.not_partial"} == {answer.json()["code"] for answer in answers}


async def test_what_cannot_be_read_is_refused(sender: Sender) -> None:
    """Neither word, no address, too many."""
    url = await send_partial(sender, HELLO)
    words = [
        "",
        "whole",
        "final",
        "final;",
        f"partial;{url}",
        "final;/files/x" + " /files/x" * 1_000,
    ]

    answers = [await sender.create(6, upload_concat=word) for word in words]

    assert {400} == {answer.status_code for answer in answers}
    assert {"upload.bad_concat"} == {answer.json()["code"] for answer in answers}


async def test_partials_count_as_bytes_and_finals_as_files(house: Receiving) -> None:
    """A link for one file and 20 bytes takes it in pieces; repeated ones need room of their own."""
    project = await house.people.project()
    sender = house.by_link(await house.people.link(project, max_files=1, max_total_bytes=20))
    first, second = await send_partial(sender, HELLO), await send_partial(sender, WORLD)

    too_much = await join(sender, first, second, first, second)
    fits = await join(sender, first, second, first)
    one_more = await join(sender, second)

    async with house.parts.database.reading() as connection:
        link = (await connection.execute(select(links))).one()
        of_project = (await connection.execute(select(projects))).one()
    assert [413, 201] == [too_much.status_code, fits.status_code], fits.text
    assert 410 == one_more.status_code
    assert (17, 1, 1) == (link.used_bytes, link.used_files, link.upload_count)
    assert (17, 1) == (of_project.used_bytes, of_project.used_files)


async def test_nobody_hears_of_partials(house: Receiving, sender: Sender) -> None:
    """They never go to intake: only the final is told of, created and completed once."""
    first, second = await send_partial(sender, HELLO), await send_partial(sender, WORLD)
    final = id_of((await join(sender, first, second)).headers["Location"])

    async with house.parts.database.reading() as connection:
        told = (await connection.execute(select(events.c.type, events.c.subject))).all()

    of_uploads = sorted((row.type, row.subject) for row in told if row.type.startswith("upload."))
    assert [("upload.completed", final), ("upload.created", final)] == of_uploads


async def test_the_same_final_again_is_the_same_upload(house: Receiving, sender: Sender) -> None:
    """A sender whose answer was lost asks again; other words are another upload."""
    first, second = await send_partial(sender, HELLO), await send_partial(sender, WORLD)
    told = metadata(filename="a.txt")

    answers = [await join(sender, first, second, upload_metadata=told) for _ in range(2)]
    other = await join(sender, second, first, upload_metadata=told)

    assert [201, 201] == [answer.status_code for answer in answers]
    assert 1 == len({answer.headers["Location"] for answer in answers})
    assert (410, "upload.partial_taken") == (other.status_code, other.json()["code"])
    assert HELLO + WORLD == await house.parts.content(id_of(answers[0].headers["Location"]))


async def test_no_byte_is_copied_and_partials_let_go(house: Receiving, sender: Sender) -> None:
    """The final's files are the partials' files, which have no other name any more."""
    first, second = await send_partial(sender, HELLO), await send_partial(sender, WORLD)
    before = names_of(house)

    final = id_of((await join(sender, first, second)).headers["Location"])

    after = names_of(house)
    assert set(before.values()) == set(after.values())
    assert {f"{final}.0", f"{final}.1"} == set(after)
    for url in (first, second):
        partial = await house.parts.upload(id_of(url))
        assert (State.COMPLETED, JOINED, False) == (
            partial.state,
            partial.reason,
            partial.is_spooled,
        )
        assert 0 == partial.reserved_bytes


async def test_two_finals_may_wait_for_one_partial(house: Receiving, sender: Sender) -> None:
    """Each has the bytes in the end, and each its room."""
    url = await begin_partial(sender, 6)
    finals = [
        (await join(sender, url, upload_metadata=metadata(filename=name))).headers["Location"]
        for name in ("a.txt", "b.txt")
    ]

    await sender.append(url, 0, HELLO)

    for final in finals:
        assert HELLO == await house.parts.content(id_of(final))
        assert 6 == (await house.parts.upload(id_of(final))).reserved_bytes
    assert 1 == len(set(names_of(house).values()))


async def test_a_lost_partial_takes_its_final_with_it(house: Receiving, sender: Sender) -> None:
    """By DELETE, or by time; the final answers 410, and the other partial lives on."""
    first, second = await begin_partial(sender, 6), await send_partial(sender, WORLD)
    final = (await join(sender, first, second)).headers["Location"]

    await sender.http.delete(first, headers=TUS)
    answers = [await sender.head(final), await sender.head(first), await sender.head(second)]

    lost = await house.parts.upload(id_of(final))
    assert [410, 410, 200] == [answer.status_code for answer in answers]
    assert (State.CANCELLED, PARTIAL_LOST) == (lost.state, lost.reason)


async def test_partials_expire_and_waiting_finals_only_with_them(
    house: Receiving, sender: Sender
) -> None:
    """A whole partial that no final took expires too; a final has no time of its own."""
    first, second = await send_partial(sender, HELLO), await begin_partial(sender, 5)
    final = (await join(sender, first, second)).headers["Location"]
    ids = {name: id_of(url) for name, url in (("1", first), ("2", second), ("f", final))}

    await _let_time_pass(house, ids["f"])
    await house.parts.sweep.run()
    still = await house.parts.upload(ids["f"])
    await _let_time_pass(house, ids["1"])
    await house.parts.sweep.run()

    states = {name: (await house.parts.upload(one)).state for name, one in ids.items()}
    assert State.RECEIVING is still.state
    assert {"1": State.EXPIRED, "2": State.RECEIVING, "f": State.CANCELLED} == states
    assert {f"{ids['2']}.0"} == set(names_of(house))


async def test_ending_one_side_leaves_the_other(house: Receiving, sender: Sender) -> None:
    """A cancelled final leaves its partials; a cancelled partial leaves what was taken from it."""
    first, second = await send_partial(sender, HELLO), await begin_partial(sender, 5)
    given_up = (await join(sender, first, second)).headers["Location"]

    await sender.http.delete(given_up, headers=TUS)
    await sender.append(second, 0, WORLD)
    final = (await join(sender, first, second)).headers["Location"]
    for url in (first, second):
        assert 204 == (await sender.http.delete(url, headers=TUS)).status_code

    assert 410 == (await sender.head(given_up)).status_code
    assert HELLO + WORLD == await house.parts.content(id_of(final))
    assert 11 == await sender.offset(final)


async def test_a_cancelled_final_takes_its_bytes_with_it(house: Receiving, sender: Sender) -> None:
    """Before the verdict; its room is free again."""
    url = await send_partial(sender, HELLO)
    final = (await join(sender, url)).headers["Location"]

    await sender.http.delete(final, headers=TUS)

    async with house.parts.database.reading() as connection:
        project = (await connection.execute(select(projects.c.used_bytes))).scalars().all()
    assert {} == names_of(house)
    assert 0 == sum(project)


async def test_a_sweep_joins_what_a_crash_left(house: Receiving, sender: Sender) -> None:
    """The partials are whole, the final still waits: as after a kill between the two."""
    first, second = await send_partial(sender, HELLO), await begin_partial(sender, 5)
    final = (await join(sender, first, second)).headers["Location"]
    await _complete_unnoticed(house, id_of(second), WORLD)

    await house.parts.sweep.run()

    assert State.COMPLETED is (await house.parts.upload(id_of(final))).state
    assert HELLO + WORLD == await house.parts.content(id_of(final))


async def test_a_look_joins_what_a_crash_left(house: Receiving, sender: Sender) -> None:
    """Whoever asks first need not wait for the sweep."""
    url = await begin_partial(sender, 5)
    final = (await join(sender, url)).headers["Location"]
    await _complete_unnoticed(house, id_of(url), WORLD)

    assert 5 == await sender.offset(final)


async def test_zero_bytes_are_joined_too(house: Receiving, sender: Sender) -> None:
    """Partials of no bytes make a final of no bytes."""
    url = await begin_partial(sender, 0)

    final = (await join(sender, url, url)).headers["Location"]

    upload = await house.parts.upload(id_of(final))
    assert (State.COMPLETED, 0, find_root([])) == (upload.state, upload.size_bytes, upload.root)
    async with house.parts.database.reading() as connection:
        extents = await records.list_extents(connection, upload.id)
    assert b"" == (await house.parts.spool.path(upload, extents)).read_bytes()


async def test_intake_joins_what_does_not_fit_into_blocks(house: Receiving, sender: Sender) -> None:
    """Its root is unknown until then; a program gets one path."""
    first, second = await send_partial(sender, HELLO), await send_partial(sender, WORLD)
    final = id_of((await join(sender, first, second)).headers["Location"])
    before = await house.parts.upload(final)
    intake = Intake(house.parts.database, house.parts.spool)

    await intake.verify(final)

    after = await house.parts.upload(final)
    assert (None, False) == (before.root, after.root is None)
    assert HELLO + WORLD == (await intake.path(final)).read_bytes()


async def test_a_partial_may_come_with_its_bytes_and_a_checksum(
    house: Receiving, sender: Sender
) -> None:
    """Creation with upload, as for any other."""
    headers = {
        **TUS,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Length": "6",
        "Upload-Concat": "partial",
        "Upload-Checksum": checksum(HELLO),
    }

    answer = await sender.http.post(sender.files, content=HELLO, headers=headers)

    assert (201, "6") == (answer.status_code, answer.headers["Upload-Offset"])
    final = await join(sender, answer.headers["Location"])
    assert HELLO == await house.parts.content(id_of(final.headers["Location"]))


async def test_the_final_is_judged_by_its_name(house: Receiving) -> None:
    """A link for films takes pieces of any name, and refuses a final that is none."""
    project = await house.people.project()
    sender = house.by_link(await house.people.link(project, types=("web-video",)))
    url = await send_partial(sender, HELLO, upload_metadata=metadata(filename="piece.bin"))

    refused = await join(sender, url, upload_metadata=metadata(filename="a.exe"))
    taken = await join(sender, url, upload_metadata=metadata(filename="a.mp4"))

    assert [415, 201] == [refused.status_code, taken.status_code], taken.text


async def test_a_final_is_no_larger_than_a_file_may_be(house: Receiving) -> None:
    """At the limit and one beyond."""
    project = await house.people.project()
    sender = house.by_link(await house.people.link(project, max_file_bytes=11))
    first, second = await send_partial(sender, HELLO), await send_partial(sender, WORLD)

    beyond = await join(sender, first, first)
    at = await join(sender, first, second)

    assert [413, 201] == [beyond.status_code, at.status_code]


async def test_partials_are_not_listed(house: Receiving) -> None:
    """What people see as one file is one row of theirs."""
    sender = house.by_token(await house.people.token())
    url = await begin_partial(sender, 6)
    final = id_of((await join(sender, url)).headers["Location"])

    listed = await sender.http.get(f"{house.address}/api/v1/uploads")

    assert [final] == [item["id"] for item in listed.json()["items"]]


async def _let_time_pass(house: Receiving, upload_id: str) -> None:
    """Let an upload's time be over."""
    over = house.parts.clock.now() - timedelta(minutes=1)
    async with house.parts.database.transaction() as connection:
        await connection.execute(
            update(uploads).where(uploads.c.id == upload_id).values(expires_at=over)
        )


async def _complete_unnoticed(house: Receiving, upload_id: str, body: bytes) -> None:
    """Complete a partial as a process would that was killed right after its commit."""
    async with house.parts.database.transaction() as connection:
        extents = await records.list_extents(connection, upload_id)
        _write(house, extents[0], body)
        await connection.execute(
            update(uploads)
            .where(uploads.c.id == upload_id)
            .values(offset=len(body), state=State.COMPLETED.value)
        )


def _write(house: Receiving, extent: Extent, body: bytes) -> None:
    (house.parts.spool.folder / extent.file).write_bytes(body)
