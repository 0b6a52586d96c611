"""What a store's absence made fail goes on by itself, once the store answers again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from rushes.clock import SYSTEM, Clock
from rushes.db.tables import contents
from rushes.errors import RushesError
from rushes.ids import Prefix
from rushes.jobs.desk import Desk
from rushes.jobs.engine import Engine
from rushes.jobs.job import JobState, Queue, next_try
from rushes.stores.s3 import S3Store, open_s3
from rushes.stores.store import Broken, Unreachable
from rushes.tiers.repair import REST, Repairing
from rushes.uploads.direct import StoreChanged
from tests.support.filed import Files
from tests.support.moments import until
from tests.support.object_stores import ObjectServer
from tests.support.past_us import record_past_us
from tests.support.stored import CLIP, FOUND, known_of, pieces
from tests.support.working import SmallWork, small_settings, working

LATER = timedelta(minutes=5)
WAIT_SECONDS = 90


@dataclass(slots=True)
class Vault:
    """A bucket with direct uploads, and a worker whose jobs fail as long as `away` says so."""

    work: SmallWork
    store: S3Store
    project_id: str
    away: dict[str, RushesError]
    done: list[str] = field(default_factory=list)

    def repairing(self, clock: Clock) -> Repairing:
        """What is looked at, at the time of a clock."""
        desk = Desk(self.work.database, SYSTEM, self.work.remote)
        return Repairing(self.work.database, clock, self.store, desk)

    async def receive(self, name: str, *, is_there: bool = True, is_filed: bool = False) -> str:
        """Complete an upload that came past us; return the subject of its job."""
        files = Files(self.work.database, SYSTEM)
        key = f"originals/{name}"
        if is_there:
            await self.store.put(key, pieces(CLIP), known_of(CLIP))
        upload_id = files.mint(Prefix.UPLOAD)
        async with self.work.database.transaction() as connection:
            await record_past_us(connection, upload_id, self.project_id, self.store.name, key)
            if not is_filed:
                return upload_id
            content_id = files.mint(Prefix.CONTENT)
            await connection.execute(
                insert(contents).values(
                    id=content_id,
                    scope="acme",
                    root=content_id.encode(),
                    size_bytes=len(CLIP),
                    format="mov",
                    media_type="video/quicktime",
                    kind="video",
                    upload_id=upload_id,
                    created_at=SYSTEM.now(),
                )
            )
            return content_id

    async def fail(self, workflow: str, subject: str, failure: RushesError) -> str:
        """Let the job of an upload fail; return its id."""
        self.away[subject] = failure
        job_id = f"{workflow}:{subject}:1"
        await self.work.engine.submit(Queue.UPKEEP, workflow, job_id, subject, priority=50)
        await self.settle(job_id, JobState.FAILED)
        del self.away[subject]
        return job_id

    async def settle(self, job_id: str, state: JobState) -> None:
        """Wait until a job is in a state."""
        await until(lambda: self.work.is_in(job_id, state), seconds=WAIT_SECONDS)


@pytest.fixture
async def vault(tmp_path: Path, database_url: str, radosgw: ObjectServer) -> AsyncIterator[Vault]:
    """A worker of two workflows, and a place in a bucket."""
    opened: list[Vault] = []

    def tell(engine: Engine) -> None:
        for name in ("ingest", "keep"):

            @engine.workflow(name)
            async def try_it(subject: str, name: str = name) -> None:
                if subject in opened[0].away:
                    raise opened[0].away[subject]
                opened[0].done.append(f"{name} {subject}")

    settings = radosgw.settings()
    async with (
        working(small_settings(tmp_path, database_url), tell) as work,
        await open_s3("vault", settings, FOUND[radosgw.provider]) as store,
    ):
        project_id = await Files(work.database, SYSTEM).project()
        opened.append(Vault(work, store, project_id, {}))
        yield opened[0]


async def test_what_failed_for_a_store_that_was_away_is_tried_again(vault: Vault) -> None:
    """Looking at what came, and keeping it; whatever failed for another reason is left alone."""
    away = Unreachable("The store is away.")
    came = await vault.receive("came")
    filed = await vault.receive("filed", is_filed=True)
    gone = await vault.receive("gone", is_there=False)
    broken = await vault.receive("broken")
    jobs = [
        await vault.fail("ingest", came, away),
        await vault.fail("keep", filed, StoreChanged("It lies elsewhere.")),
        await vault.fail("ingest", gone, away),
        await vault.fail("ingest", broken, Broken("These bytes are wrong.")),
    ]
    repairing = vault.repairing(Clock(lambda: SYSTEM.now() + LATER))

    tried = await repairing.retry_stranded()
    for job_id in jobs[:2]:
        await vault.settle(next_try(job_id), JobState.SUCCEEDED)
    again = await repairing.retry_stranded()

    assert (2, 0) == (tried, again)
    assert {f"ingest {came}", f"keep {filed}"} == set(vault.done)
    assert 2 == len(vault.done)


async def test_a_job_that_has_just_failed_rests_for_a_while(vault: Vault) -> None:
    """Nobody asks a store that comes and goes without end."""
    came = await vault.receive("came")
    job_id = await vault.fail("ingest", came, Unreachable("The store is away."))
    job = await vault.work.job(job_id)
    assert job is not None
    failed_at = job.updated_at

    early = await vault.repairing(Clock(lambda: failed_at + REST / 2)).retry_stranded()
    due = await vault.repairing(Clock(lambda: failed_at + REST)).retry_stranded()

    assert (0, 1) == (early, due)


async def test_jobs_that_failed_for_other_reasons_hide_none(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of them came before."""
    monkeypatch.setattr("rushes.tiers.repair.PAGE", 1)
    broken = await vault.receive("broken")
    await vault.fail("ingest", broken, Broken("These bytes are wrong."))
    came = await vault.receive("came")
    await vault.fail("ingest", came, Unreachable("The store is away."))

    repairing = vault.repairing(Clock(lambda: SYSTEM.now() + LATER))

    assert 1 == await repairing.retry_stranded()
