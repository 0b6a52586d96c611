"""Uppy as it comes, on a page of another site: by tus, and straight into a real bucket."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.support.pages import Site, site
from tests.support.peers import CLIENTS, find_module
from tests.support.served import Client, Served
from tests.support.vaulted import Bucket, wait_until

MIB = 2**20
SIZE = 40 * MIB
PART = 5 * MIB
"""What Uppy cuts a file of this size into."""

PATIENCE_MS = 120_000
UPPY_6, UPPY_5 = "uppy.mjs", "uppy-5.mjs"
SPOKEN = {UPPY_6: "companionEndpoint", UPPY_5: "endpoint"}
"""How each version is told where the addresses are signed."""

LIMITED = """(options) => {
  const block = 16 * 2 ** 20;
  const getChunkSize = (file) => block * Math.max(1, Math.ceil(file.size / (block * 10_000)));
  begin("AwsS3", { ...options, getChunkSize });
  uppy.on("file-added", (file) => uppy.setFileMeta(file.id, { size: String(file.size) }));
}"""
"""How Uppy is set up where room is limited (docs/howto/send-past-the-server.md)."""

pytestmark = pytest.mark.timeout(300)


@dataclass(slots=True)
class Person:
    """Somebody with a browser, a file and an upload link; `asked` is their network log."""

    page: Page
    site: Site
    link: str
    file: Path
    asked: list[Request] = field(default_factory=list)

    def open(self, build: str = UPPY_6) -> None:
        """Open the page and choose the file."""
        self.page.goto(f"{self.site.origin}/uppy.html?build=/{build}")
        self.page.wait_for_function("window.isLoaded")
        self.page.set_input_files("#file", self.file)

    def begin(self, plugin: str, options: dict[str, Any], *, keeps_files: bool = False) -> None:
        """Set Uppy up."""
        self.page.evaluate("([p, o, k]) => begin(p, o, k)", [plugin, options, keeps_files])

    def send(self) -> None:
        """Drop the file, and start."""
        self.page.evaluate("drop()")
        self.page.wait_for_function("uppy.getFiles().length === 1")
        self.page.evaluate("void uppy.upload()")

    def await_event(self, name: str) -> None:
        """Wait until Uppy told of something."""
        self.page.wait_for_function("(name) => told.events.includes(name)", arg=name)

    def parts_sent(self) -> list[int]:
        """Return the numbers of the parts that went to the bucket, as often as they went."""
        queries = (
            parse_qs(urlsplit(each.url).query) for each in self.asked if each.method == "PUT"
        )
        return [int(query["partNumber"][0]) for query in queries if "partNumber" in query]

    def bytes_to(self, server: Served) -> int:
        """Return how many bytes of bodies went to our server."""
        ours = (each for each in self.asked if urlsplit(each.url).port == server.port)
        return sum(len(each.post_data_buffer or b"") for each in ours)


@pytest.fixture(scope="module")
def open_to_pages(vaulted: Served, bucket: Bucket) -> Bucket:
    """The bucket, with CORS as our how-to says."""
    ran = vaulted.run("stores", "cors", "vault")
    assert 0 == ran.returncode, ran.stderr
    return bucket


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 40 MiB."""
    path = tmp_path_factory.mktemp("film") / "film.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture
def person(
    browser: Browser, open_to_pages: Bucket, vault_client: Client, film: Path, tmp_path: Path
) -> Iterator[Person]:
    """Somebody on a page of another site, with a file of a name of their own."""
    assert open_to_pages
    file = tmp_path / f"{secrets.token_hex(8)}.bin"
    file.symlink_to(film)
    files: dict[str, Path | str] = {
        "uppy.html": CLIENTS / "uppy.html",
        UPPY_6: find_module("uppy/dist/uppy.min.mjs"),
        UPPY_5: find_module("uppy-5/dist/uppy.min.mjs"),
    }
    with site(files) as running:
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        somebody = Person(
            context.new_page(), running, vault_client.make_link(types=["any"])["url"], file
        )

        def note(request: Request) -> None:
            somebody.asked.append(request)

        context.on("requestfinished", note)
        yield somebody
        context.close()


def to_bucket(person: Person, build: str, *, in_parts: bool) -> dict[str, Any]:
    """Return the options of Uppy's S3 plugin, as our how-to shows them."""
    return {SPOKEN[build]: person.link, "shouldUseMultipart": in_parts}


def check(client: Client, person: Person) -> None:
    """Compare what the server read from the bucket with what was sent.

    The digest of the whole file is the last thing that is read: an asset is ready before it.
    """
    name = person.file.name
    wait_until(lambda: bool(client.get("/assets", q=name)["items"]), 150)
    asset = client.settled(name)
    wait_until(lambda: client.get(f"/assets/{asset['id']}")["digest"] is not None, 150)
    digest = hashlib.sha256(person.file.read_bytes()).hexdigest()
    assert f"sha-256:{digest}" == client.get(f"/assets/{asset['id']}")["digest"]


@pytest.mark.covers("M-UP-01", "M-UP-05")
@pytest.mark.parametrize("build", [UPPY_6, UPPY_5])
def test_uppy_sends_parts_into_the_bucket(
    person: Person, vaulted: Served, vault_client: Client, build: str
) -> None:
    """Paused after two of eight parts and resumed: parts go to the bucket, none of it past us."""
    person.open(build)
    person.begin("AwsS3", to_bucket(person, build, in_parts=True))
    person.page.evaluate("window.pauseAfter = 2")

    person.send()
    person.page.wait_for_function("told.parts >= 2")
    person.page.evaluate("uppy.resumeAll()")
    person.await_event("upload-success")

    check(vault_client, person)
    assert set() < set(person.parts_sent()) <= set(range(1, SIZE // PART + 1))
    assert person.bytes_to(vaulted) < 16 * 1024


@pytest.mark.covers("M-UP-06")
def test_uppy_sends_a_file_at_once_into_the_bucket(
    person: Person, vaulted: Served, vault_client: Client
) -> None:
    """By a form, which it tells nobody of: the server looks.

    Not Uppy 5, which waits for an ETag that Ceph does not send with the answer to a form.
    """
    person.open()
    person.begin("AwsS3", to_bucket(person, UPPY_6, in_parts=False))

    person.send()
    person.await_event("upload-success")

    check(vault_client, person)
    assert [] == person.parts_sent()
    assert person.bytes_to(vaulted) < 16 * 1024


@pytest.mark.covers("M-UP-07")
def test_uppy_goes_on_after_a_reload(person: Person, vault_client: Client) -> None:
    """The page is gone at three of eight parts; Uppy kept the file, the bucket the parts."""
    options = to_bucket(person, UPPY_6, in_parts=True)
    person.open()
    person.begin("AwsS3", options, keeps_files=True)
    person.page.evaluate("window.pauseAfter = 3")
    person.send()
    person.page.wait_for_function("told.parts >= 3")
    wait_until(lambda: bool(person.page.evaluate("isKept()")))
    person.asked.clear()

    person.open()
    person.begin("AwsS3", options, keeps_files=True)
    person.await_event("restored")
    person.page.evaluate("uppy.emit('restore-confirmed')")
    person.await_event("upload-success")

    check(vault_client, person)
    assert [4, 5, 6, 7, 8] == sorted(person.parts_sent())


@pytest.mark.covers("BG-47")
def test_a_stale_address_is_signed_again_when_uppy_tries_again(
    person: Person, vault_client: Client, bucket: Bucket
) -> None:
    """The bucket refuses it, Uppy tells its user, and their second try sends the rest."""
    name = {"Bucket": bucket.name, "Key": "landing/x", "UploadId": "x", "PartNumber": 4}
    stale = bucket.s3.generate_presigned_url("upload_part", Params=name, ExpiresIn=-5)
    person.open()
    person.begin("AwsS3", to_bucket(person, UPPY_6, in_parts=True))
    person.page.evaluate("(stale) => spoil(4, stale)", stale)

    person.send()
    person.await_event("upload-error")
    person.page.evaluate("void uppy.retryAll()")
    person.await_event("upload-success")

    check(vault_client, person)
    assert 1 == person.parts_sent().count(3)


@pytest.mark.covers("BG-49")
def test_what_uppy_cancels_leaves_nothing_in_the_bucket(person: Person, bucket: Bucket) -> None:
    """Its parts are removed at once."""
    person.open()
    person.begin("AwsS3", to_bucket(person, UPPY_6, in_parts=True))
    person.page.evaluate("window.pauseAfter = 2")
    person.send()
    person.page.wait_for_function("told.parts >= 2")
    assert any(person.file.name in each["Key"] for each in bucket.multiparts())

    person.page.evaluate("uppy.cancelAll()")

    wait_until(lambda: not any(person.file.name in one["Key"] for one in bucket.multiparts()))
    assert not any(person.file.name in key for key in bucket.list_keys())


@pytest.mark.covers("BG-16", "M-UP-01")
def test_uppy_sends_through_a_link_with_limited_room(person: Person, vault_client: Client) -> None:
    """It tells the size and cuts as the server does: the lines of our how-to."""
    limits = {"types": ["any"], "max_total_bytes": SIZE}
    person.link = vault_client.make_link(**limits)["url"]
    person.open()
    person.page.evaluate(LIMITED, to_bucket(person, UPPY_6, in_parts=True))

    person.send()
    person.await_event("upload-success")

    check(vault_client, person)
    assert [1, 2, 3] == sorted(person.parts_sent())


@pytest.mark.covers("C-UP-02", "CF-09")
@pytest.mark.parametrize("build", [UPPY_6, UPPY_5])
def test_uppy_sends_by_tus(person: Person, vault_client: Client, build: str) -> None:
    """Paused in the middle and resumed."""
    person.open(build)
    person.begin("Tus", {"endpoint": f"{person.link}/files/", "chunkSize": PART})
    person.page.evaluate("(bytes) => (window.pauseAtBytes = bytes)", SIZE // 2)

    person.send()
    person.await_event("paused")
    person.page.evaluate("uppy.resumeAll()")
    person.await_event("upload-success")

    check(vault_client, person)
