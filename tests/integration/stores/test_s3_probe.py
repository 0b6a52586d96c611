"""The probe of a store: what two real servers really do, and a server that serves everybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rushes.clock import SYSTEM, Clock
from rushes.db.engine import Database, open_database
from rushes.stores.provider import UNKNOWN, Ask, PartProof, find_faults, judge
from rushes.stores.s3 import open_s3
from rushes.stores.s3_probe import CONTENT, Probe
from rushes.stores.store import Refused
from rushes.tiers.probes import Probes
from tests.support.lying_proxy import Answer, Lie, LyingProxy, Request
from tests.support.object_stores import ObjectServer
from tests.support.stored import FOUND


async def test_the_probe_finds_what_each_server_does(object_server: ObjectServer) -> None:
    """And leaves nothing behind."""
    async with await open_s3("main", object_server.settings()) as store:
        answers = await Probe(store).ask_all()

        assert set(Ask) == set(answers)
        assert () == find_faults(answers)
        found = replace(judge(answers), cors=FOUND[object_server.provider].cors)
        assert FOUND[object_server.provider] == found
        assert ([], []) == (await store.list_keys(), await store.list_multiparts())


async def test_a_store_that_serves_everybody_is_found_out(radosgw: ObjectServer) -> None:
    """Without a key, with a changed signature, and too late."""

    def is_signed_by_address(request: Request) -> bool:
        return request.method == "GET" and "authorization" not in request.headers

    async with LyingProxy(radosgw.endpoint).serve() as proxy:
        served = Answer(200, body=CONTENT)
        proxy.lies = [Lie(is_signed_by_address, instead=served)]
        settings = radosgw.settings(endpoint=proxy.endpoint)
        async with await open_s3("main", settings) as store:
            faults = find_faults(await Probe(store).ask_all())

    assert [True, True, True] == [
        any(word in fault for fault in faults) for word in ("expired", "tampered", "without a key")
    ]


async def test_what_a_store_was_found_to_do_is_kept_and_recalled(
    radosgw: ObjectServer, database: Database
) -> None:
    """It is asked again after a week, not before."""
    settings, moment = radosgw.settings(), datetime(2026, 5, 1, tzinfo=UTC)
    probes = Probes(database, Clock(lambda: moment))
    async with await open_s3("main", settings) as store:
        await probes.recall(store)
        assert UNKNOWN == store.abilities
        await probes.ask_weekly(store)
    async with await open_s3("main", settings) as again:
        await probes.recall(again)
        assert PartProof.SHA256 is again.abilities.part_proof
        moment += timedelta(days=6)
        await probes.ask_weekly(again)

    found = await probes.find("main")
    assert found is not None
    assert (set(Ask), moment - timedelta(days=6)) == (set(found[0]), found[1])


async def test_a_store_that_was_found_unfit_stays_refused(
    radosgw: ObjectServer, sqlite_url: str
) -> None:
    """Until it is asked again and answers well."""
    database = open_database(sqlite_url)
    probes = Probes(database, SYSTEM)
    async with LyingProxy(radosgw.endpoint).serve() as proxy:
        proxy.lies = [
            Lie(
                lambda asked: "authorization" not in asked.headers,
                instead=Answer(200, body=CONTENT),
            )
        ]
        settings = radosgw.settings(endpoint=proxy.endpoint)
        async with await open_s3("main", settings) as store:
            with pytest.raises(Refused, match="serves everybody"):
                await probes.ask(store)
            with pytest.raises(Refused, match="serves everybody"):
                await probes.recall(store)
    await database.close()


def test_the_doctor_says_what_a_store_does(radosgw: ObjectServer, tmp_path: Path) -> None:
    """By asking it now."""
    place = radosgw.settings()
    (tmp_path / "rushes.toml").write_text(
        f"""
[stores.main]
provider = "ceph"
endpoint = "{place.endpoint}"
bucket = "{place.bucket}"
prefix = "{place.prefix}"
access_key = "{radosgw.access_key}"
secret_key = "{radosgw.secret_key}"
"""
    )
    command = [sys.executable, "-m", "rushes", "doctor", "--data", str(tmp_path), "--json"]
    path = os.pathsep.join(sys.path)
    env = {**os.environ, "RUSHES_CONFIG": str(tmp_path / "rushes.toml"), "PYTHONPATH": path}

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    findings = {one["name"]: one for one in json.loads(done.stdout)}
    assert findings["stores"]["found"].startswith("main proves parts by sha256"), done.stderr
    assert radosgw.secret_key not in done.stdout + done.stderr
