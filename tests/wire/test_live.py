"""`GET /api/v1/live`: what happens, while it happens, to those who may know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rushes.access.permit import SYSTEM as THE_PROGRAM
from rushes.access.permit import Role
from rushes.access.project import Project
from rushes.clock import SYSTEM
from rushes.events import outbox
from rushes.events.event import EventType
from rushes.jobs import records as job_records
from rushes.jobs.job import Job, JobState
from rushes.notify.live import PER_ACCOUNT
from rushes.uploads import records as upload_records
from tests.support.an_upload import upload as an_upload
from tests.support.listeners import Stage, make_event, staging
from tests.support.moments import until

EDITOR = "eve@example.org"
READY = EventType.ASSET_READY


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A server with a live stream, over each kind of database."""
    async with staging(database_url, tmp_path) as running:
        yield running


async def add_editor(stage: Stage) -> tuple[Project, Project]:
    """Make an editor of the first of two projects; return both."""
    account_id = await stage.hall.add(EDITOR, Role.EDITOR)
    projects = stage.hall.entrance.projects
    mine = await projects.create(THE_PROGRAM, "Acme", "Spring")
    theirs = await projects.create(THE_PROGRAM, "Other", "Autumn")
    await projects.set_member(THE_PROGRAM, mine.id, account_id, Role.EDITOR)
    return mine, theirs


@pytest.mark.covers("S-RT-01", "BG-37")
async def test_everybody_hears_what_they_may_see(stage: Stage) -> None:
    """An admin everything, an editor what is of the own projects, each what was asked for."""
    mine, theirs = await add_editor(stage)
    admin, editor = await stage.headers(), await stage.headers(EDITOR)

    async with (
        stage.ear(admin, event="asset.*") as all_ears,
        stage.ear(editor, event="asset.*") as half_deaf,
        stage.ear(admin, asset="ast_9") as of_one,
    ):
        await until(lambda: stage.live.count == 3, seconds=60)
        await stage.tell(READY, "ast_1", theirs.id)
        await stage.tell(EventType.WEBHOOK_CREATED, "whk_1")
        await stage.tell(READY, "ast_2", mine.id, file_name="Ü\nb.mov")
        await stage.tell(READY, "ast_9", None)
        heard = await all_ears.until("ast_9")
        mine_heard = await half_deaf.until("ast_2")
        await stage.tell(READY, "ast_3", mine.id)
        await half_deaf.until("ast_3")

    assert ["ast_1", "ast_2", "ast_9"] == all_ears.subjects[:3]
    assert ["ast_2", "ast_3"] == half_deaf.subjects
    assert [] == of_one.heard
    assert ("asset.ready", "ast_9") == (heard["type"], heard["data"]["subject"])
    assert "Ü\nb.mov" == mine_heard["data"]["file_name"]


@pytest.mark.covers("S-RT-01")
async def test_who_returns_hears_what_was_missed(stage: Stage) -> None:
    """By the number of the last event, once in order; whether somebody listened or not."""
    headers = await stage.headers()
    async with stage.ear(headers, event="asset.*") as before:
        await until(lambda: stage.live.count == 1, seconds=60)
        await stage.tell(READY, "ast_1")
        await before.until("ast_1")
    await until(lambda: stage.live.count == 0, seconds=60)
    await stage.tell(READY, "ast_2")
    await stage.tell(READY, "ast_3")

    async with stage.ear(headers, before.number, event="asset.*") as after:
        await after.until("ast_3")
        async with stage.ear(headers, before.number, event="asset.*") as another:
            await another.until("ast_3")
    async with stage.ear(headers, 10**12, event="asset.*", for_seconds="0") as early:
        await early.rest()

    assert ["ast_2", "ast_3"] == after.subjects == another.subjects
    assert [] == early.subjects


async def test_an_event_that_is_committed_late_is_heard(postgres_url: str, tmp_path: Path) -> None:
    """PostgreSQL gives numbers before commits: a lower one may come after a higher one."""
    async with staging(postgres_url, tmp_path) as stage:
        headers = await stage.headers()
        async with stage.ear(headers, event="asset.*") as ear:
            await until(lambda: stage.live.count == 1, seconds=60)
            async with stage.database.transaction() as connection:
                await outbox.record(connection, make_event(READY, "ast_slow"))
                await stage.tell(READY, "ast_fast")
                await ear.until("ast_fast")
                number = ear.number
            await ear.until("ast_slow")

        async with stage.ear(headers, number, event="asset.*") as again:
            await again.until("ast_slow")

    assert ["ast_fast", "ast_slow"] == ear.subjects
    assert "ast_slow" in again.subjects


async def test_jobs_and_uploads_are_heard_while_they_move(stage: Stage) -> None:
    """They are no events, and have no number; each change is told once."""
    mine, _ = await add_editor(stage)
    now, headers = SYSTEM.now(), await stage.headers(EDITOR)
    job = Job(
        id="ladder:con_1:1",
        workflow="ladder",
        subject="con_1",
        state=JobState.WAITING,
        created_at=now,
        updated_at=now,
        project_id=mine.id,
    )
    async with stage.ear(headers) as ear:
        await until(lambda: stage.live.count == 1, seconds=60)
        async with stage.database.transaction() as connection:
            await job_records.record_wanted(connection, job)
            await job_records.record_started(connection, job.id, "w", SYSTEM.now())
            await job_records.record_progress(connection, job.id, "encode", 0.5, SYSTEM.now())
        told = await ear.until("encode")
        async with stage.database.transaction() as connection:
            await job_records.record_succeeded(connection, job.id, SYSTEM.now())
        ended = await ear.until("succeeded")
        await upload(stage, mine)
        grown = await ear.until("upl_1")

    facts = {"job_id": job.id, "workflow": "ladder", "client": "acme", "progress": 0.5}
    assert "job.changed" == told["type"]
    assert facts == {name: told["data"][name] for name in facts}
    assert 1.0 == ended["data"]["progress"]
    facts = {"upload_id": "upl_1", "offset": 40, "size_bytes": 100, "project": "spring"}
    assert "upload.progressed" == grown["type"]
    assert facts == {name: grown["data"][name] for name in facts}
    assert 1 == sum(each["data"].get("stage") == "encode" and each["data"].get("progress") == 0.5
                    for each in ear.heard)  # fmt: skip


async def upload(stage: Stage, project: Project) -> None:
    """Write an upload that is on its way in."""
    now = SYSTEM.now()
    row = an_upload(project_id=project.id, link_id=None, updated_at=now)
    async with stage.database.transaction() as connection:
        await upload_records.record_upload(connection, row, None)


@pytest.mark.covers("BG-37")
async def test_who_may_no_longer_hears_no_more(stage: Stage) -> None:
    """A membership that ends silences, a token that is revoked ends the stream."""
    mine, _ = await add_editor(stage)
    account_id = (await stage.hall.entrance.projects.list_members(THE_PROGRAM, mine.id))[0][0].id
    headers = await stage.headers(EDITOR)
    async with stage.ear(headers) as ear, stage.ear(await stage.headers()) as witness:
        await until(lambda: stage.live.count == 2, seconds=60)
        await stage.tell(READY, "ast_1", mine.id)
        await ear.until("ast_1")
        await stage.hall.entrance.projects.remove_member(THE_PROGRAM, mine.id, account_id)
        await witness.until("project.updated")
        await stage.tell(READY, "ast_2", mine.id)
        await witness.until("ast_2")
        tokens = await stage.hall.entrance.tokens.list(THE_PROGRAM, account_id, None, 5)
        await stage.hall.entrance.tokens.revoke(THE_PROGRAM, tokens[0].id)
        await ear.rest()

    assert "ast_2" not in ear.subjects


async def test_so_many_streams_an_account_may_have(stage: Stage) -> None:
    """One more is refused; when one is closed there is room again."""
    headers = await stage.headers()
    opened = [stage.ear(headers) for _ in range(PER_ACCOUNT)]
    await asyncio.gather(*(each.__aenter__() for each in opened))

    refused = await stage.http.get("/api/v1/live", headers=headers)
    await opened.pop().__aexit__(None, None, None)
    await until(lambda: stage.live.count < PER_ACCOUNT, seconds=60)
    again = await stage.http.get("/api/v1/live?for_seconds=0", headers=headers)
    for each in opened:
        await each.__aexit__(None, None, None)
    await until(lambda: stage.live.count == 0, seconds=60)

    assert (429, "live.too_many") == (refused.status_code, refused.json()["code"])
    assert 200 == again.status_code
    assert again.headers["content-type"].startswith("text/event-stream")
    assert not stage.live.is_reading


async def test_a_gap_is_told_and_the_end_of_the_server(stage: Stage) -> None:
    """Who was away for longer than what is kept has to read again; a server that ends says so."""
    headers = await stage.headers()
    async with stage.ear(headers) as first:
        await until(lambda: stage.live.count == 1, seconds=60)
        stage.live._past_floor = 100  # noqa: SLF001 - as after thousands of events
        async with stage.ear(headers, 7) as late:
            told = await late.until("live.gap")
            stage.live.end()
            await late.rest()
        await first.rest()

    assert {"type": "live.gap", "data": {}} == told
