"""Direct uploads into Swift: another server's opinion of parts, copies, addresses and ends."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

import httpx
import pytest

from tests.support.object_stores import ObjectServer
from tests.support.served import Client, Served, serving

MIB = 2**20
PART = 16 * MIB

pytestmark = pytest.mark.timeout(300)  # with the start of two servers


@pytest.fixture(scope="module")
def served(swift: ObjectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose archive is a bucket of Swift."""
    settings = {
        "RUSHES_UPLOADS_DIRECT": "offer",
        "RUSHES_TIERS_ARCHIVE_STORE": "other",
        "RUSHES_STORES_OTHER_PROVIDER": swift.provider,
        "RUSHES_STORES_OTHER_ENDPOINT": swift.endpoint,
        "RUSHES_STORES_OTHER_BUCKET": swift.make_bucket(),
        "RUSHES_STORES_OTHER_ACCESS_KEY": swift.access_key,
        "RUSHES_STORES_OTHER_SECRET_KEY": swift.secret_key,
    }
    with serving(tmp_path_factory.mktemp("other"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    """A program with all rights there."""
    with served.client() as made:
        yield made


@pytest.fixture
def link(client: Client) -> Iterator[httpx.Client]:
    """Somebody who has an upload link, and nothing else."""
    with httpx.Client(base_url=client.make_link(types=["any"])["url"], timeout=60) as sender:
        yield sender


def put(url: str, content: bytes) -> None:
    """Put bytes where an address leads."""
    answer = httpx.put(url, content=content, timeout=60)
    assert answer.is_success, answer.text


def fetch(client: Client, asset_id: str) -> bytes:
    """Fetch an original, wherever its address leads."""
    told = client.get(f"/assets/{asset_id}/download", quality="original")
    answer = client.http.get(told["url"], follow_redirects=True)
    assert 200 == answer.status_code, answer.text
    return answer.content


@pytest.mark.covers("M-UP-01", "M-UP-07", "S-ST-04")
def test_a_file_in_parts_goes_on_after_a_break_and_becomes_an_asset(
    client: Client, link: httpx.Client
) -> None:
    """The last part first, the list of what is there, the missing one, and the file again."""
    content = os.urandom(PART + 5 * MIB)
    begun = link.post("/s3/multipart", json={"filename": "parts.bin", "size": len(content)}).json()
    place = f"/s3/multipart/{begun['uploadId']}"

    put(begun["urls"]["2"], content[PART:])
    held = link.get(place).json()
    too_early = link.post(f"{place}/complete")
    put(begun["urls"]["1"], content[:PART])
    answers = [link.post(f"{place}/complete") for _ in range(2)]
    asset = client.settled("parts.bin")

    assert [[2, 5 * MIB]] == [[part["PartNumber"], part["Size"]] for part in held]
    assert (409, [[1, 1]]) == (too_early.status_code, too_early.json()["missing"])
    assert [200, 200] == [answer.status_code for answer in answers], answers[0].text
    assert {asset["id"]} == {answer.json()["asset_id"] for answer in answers}
    assert hashlib.sha256(content).digest() == hashlib.sha256(fetch(client, asset["id"])).digest()


@pytest.mark.covers("M-UP-06")
def test_one_put_is_found_and_brought_to_its_place(client: Client, link: httpx.Client) -> None:
    """Nobody says that it ended; its address reaches the file no more afterwards."""
    content = os.urandom(2 * MIB)
    asked = link.get("/s3/params", params={"filename": "one.bin", "size": len(content)}).json()

    put(asked["url"], content)
    asset = client.settled("one.bin")
    httpx.put(asked["url"], content=os.urandom(len(content)))

    assert ("PUT", asked["asset_id"]) == (asked["method"], asset["id"])
    assert content == fetch(client, asset["id"])


@pytest.mark.covers("BG-49")
def test_an_aborted_upload_takes_no_part_any_more(link: httpx.Client) -> None:
    """Its addresses are dead at once."""
    begun = link.post("/s3/multipart", json={"filename": "no.bin", "size": 2 * PART}).json()
    put(begun["urls"]["1"], os.urandom(PART))

    ended = link.delete(f"/s3/multipart/{begun['uploadId']}")
    late = httpx.put(begun["urls"]["2"], content=os.urandom(PART))

    assert (200, {}) == (ended.status_code, ended.json())
    assert not late.is_success
    assert 410 == link.get(f"/s3/multipart/{begun['uploadId']}/1").status_code
