"""The archive is a bucket: a file goes there while it arrives, and comes back from there."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.served import Client, Served
from tests.support.vaulted import Bucket, wait_until

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Sending:
    """A tus upload that somebody sends by and by."""

    http: httpx.Client
    address: str

    def send(self, content: bytes, offset: int) -> None:
        headers = TUS | {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        answer = self.http.patch(self.address, headers=headers, content=content)
        assert answer.status_code == 204, answer.text

    def cancel(self) -> None:
        assert self.http.delete(self.address, headers=TUS).status_code == 204


TUS = {"Tus-Resumable": "1.0.0"}


def begin(client: Client, name: str, size_bytes: int) -> Sending:
    told = f"filename {b64(name)},project {b64('acme-corp/spring')}"
    client.make_link()  # so that the project is there
    headers = TUS | {"Upload-Length": str(size_bytes), "Upload-Metadata": told}
    answer = client.http.post("/files/", headers=headers)
    assert answer.status_code == 201, answer.text
    return Sending(client.http, answer.headers["Location"])


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.covers("X-ST-01", "M-ST-01")
def test_a_file_is_in_the_archive_but_for_its_last_part_when_it_is_all_here(
    vaulted: Served, vault_client: Client, bucket: Bucket
) -> None:
    """Parts flow on while it arrives; then it is one object, equal, and the spool is free."""
    content = os.urandom(40 * MIB)
    sending = begin(vault_client, "noise.bin", len(content))

    sending.send(content[: 36 * MIB], 0)
    wait_until(lambda: bucket.count_parts() == 2)
    sending.send(content[36 * MIB :], 36 * MIB)
    asset = vault_client.settled("noise.bin")

    key = f"originals/acme-corp/spring/{asset['id']}/noise.bin"
    wait_until(lambda: key in bucket.list_keys())
    assert hashlib.sha256(content).digest() == hashlib.sha256(bucket.read(key)).digest()
    wait_until(lambda: bucket.multiparts() == [])
    wait_until(lambda: list((vaulted.data / "spool").glob("??/*")) == [])


def begin_part(client: Client, start: int, size_bytes: int, total: int, group: str) -> Sending:
    """Begin a partial of a group, as the pages do."""
    told = {"filename": "grouped.bin", "rushes_group": group, "project": "acme-corp/spring"}
    told |= {"rushes_start": str(start), "rushes_total": str(total)}
    words = ",".join(f"{key} {b64(word)}" for key, word in told.items())
    headers = TUS | {"Upload-Length": str(size_bytes), "Upload-Metadata": words}
    answer = client.http.post("/files/", headers=headers | {"Upload-Concat": "partial"})
    assert answer.status_code == 201, answer.text
    return Sending(client.http, answer.headers["Location"])


def test_partials_of_a_group_flow_on_in_any_order(
    vaulted: Served, vault_client: Client, bucket: Bucket
) -> None:
    """What is whole goes, whichever partial it is in; at the end the last part alone is left."""
    content = os.urandom(56 * MIB)
    vault_client.make_link()  # so that the project is there
    group = os.urandom(16).hex()
    starts = (0, 32 * MIB)
    parts = [content[: starts[1]], content[starts[1] :]]
    first, second = [
        begin_part(vault_client, start, len(part), len(content), group)
        for start, part in zip(starts, parts, strict=True)
    ]

    second.send(parts[1][: 20 * MIB], 0)
    wait_until(lambda: bucket.count_parts() == 1)
    first.send(parts[0], 0)
    wait_until(lambda: bucket.count_parts() == 3)
    second.send(parts[1][20 * MIB :], 20 * MIB)
    words = f"filename {b64('grouped.bin')},project {b64('acme-corp/spring')}"
    concat = f"final;{first.address} {second.address}"
    headers = TUS | {"Upload-Concat": concat, "Upload-Metadata": words}
    assert 201 == vault_client.http.post("/files/", headers=headers).status_code
    asset = vault_client.settled("grouped.bin")

    key = f"originals/acme-corp/spring/{asset['id']}/grouped.bin"
    wait_until(lambda: key in bucket.list_keys())
    assert hashlib.sha256(content).digest() == hashlib.sha256(bucket.read(key)).digest()
    wait_until(lambda: bucket.multiparts() == [])
    wait_until(lambda: list((vaulted.data / "spool").glob("??/*")) == [])


def test_chunks_flow_on_in_any_order(vault_client: Client, bucket: Bucket) -> None:
    """The part in the middle goes while the first one is missing."""
    content = os.urandom(40 * MIB)
    wish = {"file_name": "chunks.bin", "size_bytes": len(content), "mbit": 8}
    begun = vault_client.http.post("/api/v1/uploads", json=wish).json()
    size = begun["chunk_size"]
    address = f"/api/v1/uploads/{begun['id']}"
    chunks = {at // size: content[at : at + size] for at in range(0, len(content), size)}

    def send(indices: list[int]) -> None:
        for index in indices:
            answer = vault_client.http.put(f"{address}/chunks/{index}", content=chunks[index])
            assert answer.status_code == 200, answer.text

    middle = [index for index in chunks if 16 * MIB <= index * size < 32 * MIB]
    send(middle)
    wait_until(lambda: bucket.count_parts() == 1)
    send([index for index in chunks if index not in middle])
    assert 202 == vault_client.http.post(f"{address}/complete").status_code
    vault_client.settled("chunks.bin")

    wait_until(lambda: bucket.multiparts() == [])
    (key,) = [key for key in bucket.list_keys() if key.endswith("/chunks.bin")]
    assert hashlib.sha256(content).digest() == hashlib.sha256(bucket.read(key)).digest()


def test_a_group_of_which_a_partial_ends_leaves_no_part_behind(
    vault_client: Client, bucket: Bucket
) -> None:
    """Other bytes may come at its place, so nothing of the group is believed any more."""
    content = os.urandom(20 * MIB)
    vault_client.make_link()
    group = os.urandom(16).hex()
    first = begin_part(vault_client, 0, 32 * MIB, 64 * MIB, group)
    second = begin_part(vault_client, 32 * MIB, 32 * MIB, 64 * MIB, group)
    second.send(content, 0)
    first.send(content, 0)
    wait_until(lambda: bucket.count_parts() == 2)

    second.cancel()
    first.send(content[: 12 * MIB], 20 * MIB)

    wait_until(lambda: bucket.multiparts() == [])
    first.cancel()


@pytest.mark.covers("BG-49")
def test_a_cancelled_upload_leaves_no_part_behind(vault_client: Client, bucket: Bucket) -> None:
    """Its multipart is aborted."""
    content = os.urandom(20 * MIB)
    sending = begin(vault_client, "unwanted.bin", 40 * MIB)
    sending.send(content, 0)
    wait_until(lambda: bucket.count_parts() == 1)

    sending.cancel()

    wait_until(lambda: bucket.multiparts() == [])


def test_the_same_bytes_again_are_kept_once(vault_client: Client, bucket: Bucket) -> None:
    """What was carried on of the second is given up."""
    content = os.urandom(33 * MIB)
    begin(vault_client, "first.bin", len(content)).send(content, 0)
    first = vault_client.settled("first.bin")
    before = sorted(bucket.list_keys())

    begin(vault_client, "second.bin", len(content)).send(content, 0)
    second = vault_client.settled("second.bin")

    wait_until(lambda: bucket.multiparts() == [])
    assert first["id"] != second["id"]
    assert before == sorted(bucket.list_keys())


@pytest.mark.covers("M-PB-15")
def test_a_clip_plays_and_its_original_comes_from_the_bucket(
    vault_client: Client, bucket: Bucket, media_files: MediaFiles
) -> None:
    """Proxies lie in both places; the original is led to, with its name, and ranges work."""
    clip = media_files.get("h264.mp4")
    content = Path(clip).read_bytes()
    begin(vault_client, "h264.mp4", len(content)).send(content, 0)
    asset = vault_client.settled("h264.mp4")

    download = vault_client.get(f"/assets/{asset['id']}/download")["url"]
    led = vault_client.http.get(download, follow_redirects=False)
    whole = httpx.get(led.headers["Location"])
    part = httpx.get(led.headers["Location"], headers={"Range": "bytes=10-19"})
    looked = vault_client.http.head(download, follow_redirects=False)

    assert asset["state"] == "ready"
    assert [302, 200, 206, 200] == [each.status_code for each in (led, whole, part, looked)]
    assert content == whole.content
    assert content[10:20] == part.content
    assert "h264.mp4" in whole.headers["Content-Disposition"]
    assert str(len(content)) == looked.headers["Content-Length"]
    assert any(key.startswith("proxies/") for key in bucket.list_keys())


def test_what_is_deleted_leaves_the_bucket(vault_client: Client, bucket: Bucket) -> None:
    """Original and proxies."""
    content = os.urandom(3 * MIB)
    begin(vault_client, "short-lived.bin", len(content)).send(content, 0)
    asset = vault_client.settled("short-lived.bin")
    wait_until(lambda: any(asset["id"] in key for key in bucket.list_keys()))

    vault_client.http.delete(f"/api/v1/assets/{asset['id']}").raise_for_status()

    wait_until(lambda: not any(asset["id"] in key for key in bucket.list_keys()))
