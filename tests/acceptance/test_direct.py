"""Direct uploads: the bytes go past the server into the bucket, and the server believes no one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.served import Client, Served
from tests.support.vaulted import Bucket, wait_until

MIB = 2**20
PART = 16 * MIB


@pytest.fixture
def link(vault_client: Client) -> Iterator[httpx.Client]:
    """Somebody who has an upload link, and nothing else."""
    with open_link(vault_client) as sender:
        yield sender


def open_link(client: Client, **limits: int) -> httpx.Client:
    token = client.make_link(types=["any"], **limits)["url"].rpartition("/u/")[2].strip("/")
    server = str(client.http.base_url).rstrip("/")
    return httpx.Client(base_url=f"{server}/u/{token}", timeout=20)


def begin(sender: httpx.Client, name: str, size: int | None, **more: Any) -> dict[str, Any]:
    asked = {"filename": name, "type": "application/octet-stream", "metadata": {}, **more}
    answer = sender.post("/s3/multipart", json=asked | ({} if size is None else {"size": size}))
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def address(sender: httpx.Client, upload_id: str, number: int) -> str:
    answer = sender.get(f"/s3/multipart/{upload_id}/{number}", params={"key": upload_id})
    assert answer.status_code == 200, answer.text
    url: str = answer.json()["url"]
    return url


def put(url: str, content: bytes) -> str:
    answer = httpx.put(url, content=content)
    assert answer.status_code == 200, answer.text
    return answer.headers["ETag"]


def complete(
    sender: httpx.Client, upload_id: str, parts: list[dict[str, Any]] | None = None
) -> httpx.Response:
    body = {"parts": parts or []}
    return sender.post(
        f"/s3/multipart/{upload_id}/complete", params={"key": upload_id}, json=body, timeout=30
    )


@pytest.mark.covers("M-UP-01", "M-UP-05", "X-UP-01", "S-ST-04")
def test_a_file_in_parts_becomes_an_asset_where_it_lies(
    vaulted: Served, vault_client: Client, link: httpx.Client, bucket: Bucket
) -> None:
    """Sent in two parts through a link: one object, equal, and no byte through the server."""
    content = os.urandom(PART + 5 * MIB)
    begun = begin(link, "direct.bin", len(content))
    upload_id = begun["uploadId"]

    etags = [put(begun["urls"]["1"], content[:PART]), put(begun["urls"]["2"], content[PART:])]
    told = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]
    answer = complete(link, upload_id, told)
    again = complete(link, upload_id, told)
    asset = vault_client.settled("direct.bin")

    assert [200, 200] == [answer.status_code, again.status_code], answer.text
    assert [PART, 2] == [begun["part_size"], begun["part_count"]]
    key = f"originals/acme-corp/spring/{asset['id']}/direct.bin"
    assert hashlib.sha256(content).digest() == hashlib.sha256(bucket.read(key)).digest()
    assert [] == list((vaulted.data / "spool").glob("??/*"))
    assert {"archive"} <= {
        each["tier"] for each in vault_client.get(f"/assets/{asset['id']}/placements")["items"]
    }


@pytest.mark.covers("M-UP-06")
def test_one_put_is_found_though_nobody_says_that_it_ended(
    vault_client: Client, link: httpx.Client, media_files: MediaFiles
) -> None:
    """A clip by one PUT of the length that was told: it is looked for, and plays."""
    content = Path(media_files.get("h264.mp4")).read_bytes()
    told: dict[str, str | int] = {"filename": "single.mp4", "size": len(content)}
    asked = link.get("/s3/params", params=told).json()

    put(asked["url"], content)
    asset = vault_client.settled("single.mp4")

    assert ["PUT", {}, {}] == [asked["method"], asked["fields"], asked["headers"]]
    assert ["ready", asked["asset_id"]] == [asset["state"], asset["id"]]


@pytest.mark.covers("M-UP-17")
def test_one_put_whose_end_nobody_told_is_told_as_there(
    vault_client: Client, link: httpx.Client
) -> None:
    """The page was closed after the last byte: before the server looks, and after it did."""
    content = os.urandom(5 * MIB)
    told: dict[str, str | int] = {"filename": "untold.bin", "size": len(content)}
    asked = link.get("/s3/params", params=told).json()
    before = link.get(f"/s3/multipart/{asked['id']}").json()
    put(asked["url"], content)

    landed = link.get(f"/s3/multipart/{asked['id']}").json()
    asset = vault_client.settled("untold.bin")
    kept = link.get(f"/s3/multipart/{asked['id']}").json()
    answer = complete(link, asked["id"])

    whole = [[1, len(content)]]
    assert [[], whole, whole] == [
        [[part["PartNumber"], part["Size"]] for part in held] for held in (before, landed, kept)
    ]
    assert (200, asset["id"]) == (answer.status_code, answer.json()["asset_id"])


@pytest.mark.covers("BG-16", "BG-39")
def test_where_room_is_limited_no_address_takes_an_unknown_number_of_bytes(
    vault_client: Client, bucket: Bucket
) -> None:
    """Parts of a file whose size was not told could fill the bucket before anybody looks."""
    with open_link(vault_client, max_total_bytes=40 * MIB) as sender:
        named = {"filename": "endless.bin", "type": "", "metadata": {}}

        refused = sender.post("/s3/multipart", json=named)
        told = named | {"metadata": {"size": str(PART + 1)}}
        sized = sender.post("/s3/multipart", json=told).json()
        form = sender.get("/s3/params", params={"filename": "limited.bin"}).json()
        large, right = (
            httpx.post(form["url"], data=form["fields"], files={"file": bytes(size)})
            for size in (20 * MIB, 12 * MIB)
        )
        around = sender.get(f"/s3/multipart/{form['id']}/1")
        none_left = sender.post("/s3/multipart", json=named | {"size": 15 * MIB})

    assert (400, "direct.size_needed") == (refused.status_code, refused.json()["code"])
    assert 1 == sum(each["Key"].endswith("/endless.bin") for each in bucket.multiparts())
    assert [PART, 2] == [sized["part_size"], sized["part_count"]]
    assert [400, True] == [large.status_code, right.is_success], (large.text, right.text)
    assert (400, "direct.size_needed") == (around.status_code, around.json()["code"])
    assert (413, "quota.bytes") == (none_left.status_code, none_left.json()["code"])


@pytest.mark.covers("M-UP-06")
def test_a_form_takes_what_the_link_allows_and_no_byte_more(vault_client: Client) -> None:
    """As Uppy sends small files, which tells no size; the bucket itself refuses a larger one."""
    allowed = 6 * MIB
    with open_link(vault_client, max_file_bytes=allowed) as sender:
        named = {"filename": "form.bin", "metadata[relativePath]": "null"}
        asked = [sender.get("/s3/params", params=named).json() for _ in range(2)]

        large = httpx.post(
            asked[0]["url"], data=asked[0]["fields"], files={"file": bytes(allowed + 1)}
        )
        right = httpx.post(asked[1]["url"], data=asked[1]["fields"], files={"file": bytes(allowed)})
    asset = vault_client.settled("form.bin")

    assert "POST" == asked[0]["method"]
    assert [400, True] == [large.status_code, right.is_success], (large.text, right.text)
    assert [asked[1]["asset_id"], allowed] == [asset["id"], asset["size_bytes"]]


@pytest.mark.covers("M-UP-07")
def test_after_a_reload_only_the_missing_part_is_sent(link: httpx.Client) -> None:
    """The store's own list says what is there."""
    content = os.urandom(2 * PART)
    upload_id = begin(link, "reloaded.bin", len(content))["uploadId"]
    put(address(link, upload_id, 2), content[PART:])

    held = link.get(f"/s3/multipart/{upload_id}", params={"key": upload_id}).json()
    too_early = complete(link, upload_id)
    put(address(link, upload_id, 1), content[:PART])
    answer = complete(link, upload_id)

    assert [[2, PART]] == [[part["PartNumber"], part["Size"]] for part in held]
    assert 409 == too_early.status_code
    assert [[1, 1]] == too_early.json()["missing"]
    assert 200 == answer.status_code, answer.text


def test_parts_that_are_an_object_already_are_told_as_there(
    link: httpx.Client, bucket: Bucket
) -> None:
    """The server died between the bucket's completion and its own: nothing is left to send."""
    content = os.urandom(PART + 5)
    begun = begin(link, "whole.bin", len(content))
    etags = [put(begun["urls"]["1"], content[:PART]), put(begun["urls"]["2"], content[PART:])]
    (kept,) = [each for each in bucket.multiparts() if each["Key"].endswith("/whole.bin")]
    told = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, 1)]
    bucket.s3.complete_multipart_upload(
        Bucket=bucket.name,
        Key=kept["Key"],
        UploadId=kept["UploadId"],
        MultipartUpload={"Parts": told},
    )

    upload_id = begun["uploadId"]
    held = link.get(f"/s3/multipart/{upload_id}", params={"key": upload_id}).json()
    answer = complete(link, upload_id)

    assert [[1, PART], [2, 5]] == [[part["PartNumber"], part["Size"]] for part in held]
    assert 200 == answer.status_code, answer.text


@pytest.mark.covers("BG-39")
def test_a_part_of_another_length_is_refused_by_the_store(link: httpx.Client) -> None:
    """The length is signed; and a wrong ETag is found out at the end."""
    content = os.urandom(PART)
    upload_id = begin(link, "long.bin", len(content))["uploadId"]

    refused = httpx.put(address(link, upload_id, 1), content=content + b"more")
    put(address(link, upload_id, 1), content)
    wrong = complete(link, upload_id, [{"PartNumber": 1, "ETag": '"00"'}])
    right = complete(link, upload_id)

    assert 403 == refused.status_code
    assert [409, 200] == [wrong.status_code, right.status_code]


def test_ten_who_complete_at_once_complete_one_upload(
    vault_client: Client, link: httpx.Client
) -> None:
    """All hear the same, and there is one asset."""
    content = os.urandom(PART + 1)
    begun = begin(link, "raced.bin", len(content))
    put(begun["urls"]["1"], content[:PART])
    put(begun["urls"]["2"], content[PART:])

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: complete(link, begun["uploadId"]), range(10)))

    assert {200} == {each.status_code for each in answers}, [each.text for each in answers]
    assert 1 == len({each.json()["asset_id"] for each in answers})
    vault_client.settled("raced.bin")
    assert 1 == len(vault_client.get("/assets", q="raced.bin")["items"])


@pytest.mark.covers("BG-38", "BG-40")
def test_another_link_can_do_nothing_with_an_upload(
    vault_client: Client, link: httpx.Client
) -> None:
    """Neither see, nor sign, nor complete, nor end."""
    upload_id = begin(link, "mine.bin", PART)["uploadId"]
    with open_link(vault_client) as other:
        answers = list(try_all(other, upload_id))

    assert {404} == {each.status_code for each in answers}


def try_all(other: httpx.Client, upload_id: str) -> tuple[httpx.Response, ...]:
    return (
        other.get(f"/s3/multipart/{upload_id}"),
        other.get(f"/s3/multipart/{upload_id}/1"),
        other.get(f"/s3/multipart/{upload_id}/batch", params={"partNumbers": "1"}),
        other.post(f"/s3/multipart/{upload_id}/sign", json={"part_numbers": [1]}),
        complete(other, upload_id),
        other.delete(f"/s3/multipart/{upload_id}"),
    )


@pytest.mark.covers("BG-49")
def test_an_aborted_upload_leaves_nothing_at_the_store(link: httpx.Client, bucket: Bucket) -> None:
    """Its parts are gone, and its addresses lead nowhere."""
    upload_id = begin(link, "unwanted.bin", 2 * PART)["uploadId"]
    url = address(link, upload_id, 1)
    put(url, os.urandom(PART))

    ended = link.delete(f"/s3/multipart/{upload_id}", params={"key": upload_id})

    assert [200, {}] == [ended.status_code, ended.json()]
    assert all("unwanted" not in each["Key"] for each in bucket.multiparts())
    assert 410 == link.get(f"/s3/multipart/{upload_id}/1").status_code
    assert 404 == httpx.put(url, content=os.urandom(PART)).status_code


@pytest.mark.covers("BG-46")
def test_a_client_that_tells_no_size_chooses_its_parts(
    vault_client: Client, link: httpx.Client
) -> None:
    """As plain Uppy does; unequal parts are refused at the end."""
    content = os.urandom(12 * MIB)
    upload_id = begin(link, "unsized.bin", None)["uploadId"]
    batch = link.get(f"/s3/multipart/{upload_id}/batch", params={"partNumbers": "1,2,3"}).json()
    for number, start in ((1, 0), (2, 5 * MIB), (3, 10 * MIB)):
        url = batch["presignedUrls"][str(number)]
        put(url, content[start : min(start + 5 * MIB, 12 * MIB)])

    answer = complete(link, upload_id)

    assert 200 == answer.status_code, answer.text
    assert len(content) == vault_client.settled("unsized.bin")["size_bytes"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/3", 400, "direct.bad_part"),
        ("/0", 400, "direct.bad_part"),
        ("/batch?partNumbers=1,,2", 400, "direct.bad_part"),
        ("/batch?partNumbers=" + ",".join(str(n) for n in range(1, 102)), 400, "direct.bad_part"),
    ],
)
def test_a_part_that_cannot_be_is_told_so(
    link: httpx.Client, path: str, status: int, code: str
) -> None:
    """With what may be asked instead."""
    upload_id = begin(link, "parts.bin", 2 * PART)["uploadId"]

    answer = link.get(f"/s3/multipart/{upload_id}{path}")

    assert (status, code) == (answer.status_code, answer.json()["code"])


def test_the_same_bytes_sent_twice_are_kept_once(
    vault_client: Client, link: httpx.Client, bucket: Bucket
) -> None:
    """The second object is deleted once its asset shares the first one's content."""
    content = os.urandom(6 * MIB)
    for name in ("one.bin", "two.bin"):
        begun = begin(link, name, len(content))
        put(begun["urls"]["1"], content)
        assert 200 == complete(link, begun["uploadId"]).status_code
        vault_client.settled(name)

    wait_until(lambda: not any(key.endswith("/two.bin") for key in bucket.list_keys()))
    assert any(key.endswith("/one.bin") for key in bucket.list_keys())
