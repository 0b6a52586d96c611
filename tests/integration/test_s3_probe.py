"""The probe of a store: what two real servers really do, and a server that serves everybody."""

from __future__ import annotations

from dataclasses import replace

from rushes.stores.provider import Ask, find_faults, judge
from rushes.stores.s3 import open_s3
from rushes.stores.s3_probe import Probe
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
        served = Answer(200, body=bytes(range(256)))
        proxy.lies = [Lie(is_signed_by_address, instead=served)]
        settings = radosgw.settings(endpoint=proxy.endpoint)
        async with await open_s3("main", settings) as store:
            faults = find_faults(await Probe(store).ask_all())

    assert [True, True, True] == [
        any(word in fault for fault in faults) for word in ("expired", "tampered", "without a key")
    ]
