"""Import: what others put into the archive is taken in where it lies: in a bucket, a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.media_files import MediaFiles
from tests.support.served import Client, Served, serving
from tests.support.vaulted import Bucket, wait_until

pytestmark = pytest.mark.timeout(600)

FILM = "acme/spring/day one/film.mp4"
NOTE = "acme/autumn/note.txt"


@dataclass(frozen=True, slots=True)
class Folder:
    """The archive's folder, as others see it."""

    root: Path

    def put(self, key: str, content: bytes) -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def find(self, key: str) -> bytes | None:
        path = self.root / key
        return path.read_bytes() if path.exists() else None

    def remove(self, key: str) -> None:
        (self.root / key).unlink()

    def count_originals(self) -> int:
        return sum(1 for path in self.root.glob("originals/**/*") if path.is_file())


@dataclass(frozen=True, slots=True)
class Pail:
    """The archive's bucket, as others see it."""

    bucket: Bucket

    def put(self, key: str, content: bytes) -> None:
        self.bucket.s3.put_object(Bucket=self.bucket.name, Key=key, Body=content)

    def find(self, key: str) -> bytes | None:
        return self.bucket.read(key) if key in self.bucket.list_keys() else None

    def remove(self, key: str) -> None:
        self.bucket.s3.delete_object(Bucket=self.bucket.name, Key=key)

    def count_originals(self) -> int:
        return sum(key.startswith("originals/") for key in self.bucket.list_keys())


@dataclass(frozen=True, slots=True)
class House:
    """A server, and its archive seen from outside."""

    served: Served
    client: Client
    archive: Folder | Pail

    def take(self, **wishes: Any) -> dict[str, Any]:
        return self.client.post("/imports", wishes)

    def delete(self, name: str, **wishes: str) -> None:
        found = self.client.get("/assets", q=name)["items"][0]
        answer = self.client.http.delete(f"/api/v1/assets/{found['id']}", params=wishes)
        assert answer.status_code == 204, answer.text


@pytest.fixture(params=["folder", "radosgw"], scope="module")
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A house over each kind of archive."""
    if request.param == "radosgw":
        served, bucket = request.getfixturevalue("vaulted"), request.getfixturevalue("bucket")
        yield House(served, request.getfixturevalue("vault_client"), Pail(bucket))
        return
    with (
        serving(tmp_path_factory.mktemp("house")) as served,
        served.client() as client,
    ):
        yield House(served, client, Folder(served.data / "archive"))


@pytest.mark.covers("M-ST-15")
def test_objects_of_others_become_assets_where_they_lie(
    house: House, media_files: MediaFiles
) -> None:
    """Once each; the film plays, nothing is copied, and what changed stays out."""
    film = media_files.get("ladder.mp4").read_bytes()
    house.archive.put(FILM, film)
    house.archive.put(NOTE, b"Shot on a rainy day.")
    house.archive.put("acme/loose.txt", b"nobody's")

    planned = house.take(prefix="acme/", dry_run=True)
    assert {"mp4", "txt"} == set(planned["kinds"])
    assert 2 == planned["new"]["objects"]
    assert [{"key": "acme/loose.txt", "code": "import.no_place"}] == planned["refused"]
    assert [] == house.client.get("/assets", q="film.mp4")["items"]

    done = json.loads(house.served.run("import", "--prefix", "acme/", "--json").stdout)
    asset = house.client.settled("film.mp4")

    assert planned["new"] == done["new"]
    assert ("ready", len(film)) == (asset["state"], asset["size_bytes"])
    assert 0 == house.archive.count_originals()
    playing = house.client.playback(asset["id"])
    assert house.client.http.get(playing["hls_url"]).status_code == 200

    house.archive.put(NOTE, b"Shot on a sunny day, as it turned out.")
    again = house.take(prefix="acme/")
    assert (0, 2, [NOTE]) == (again["new"]["objects"], again["known"], again["changed"])


@pytest.mark.covers("M-ST-15")
def test_an_object_that_others_took_away_is_told(house: House) -> None:
    """While an asset needs it; its asset stays, and what no asset needs may come again."""
    for name in ("needed", "left"):
        house.archive.put(f"gamma/gone/{name}.txt", f"{name}, once.".encode())
    assert 2 == house.take(prefix="gamma/")["new"]["objects"]
    for name in ("needed", "left"):
        house.client.settled(f"{name}.txt")
    house.delete("left.txt")
    for name in ("needed", "left"):
        house.archive.remove(f"gamma/gone/{name}.txt")

    planned = house.take(prefix="gamma/", dry_run=True)
    wait_until(lambda: house.take(prefix="gamma/")["gone"] == ["gamma/gone/needed.txt"], 120)
    house.archive.put("gamma/gone/left.txt", b"left, again.")
    again = house.take(prefix="gamma/")

    assert 0 == planned["new"]["objects"]
    assert (1, ["gamma/gone/needed.txt"]) == (again["new"]["objects"], again["gone"])
    assert "ready" == house.client.get("/assets", q="needed.txt")["items"][0]["state"]


@pytest.mark.covers("M-ST-15", "M-ST-20")
def test_an_object_of_others_stays_unless_it_is_let_go(house: House) -> None:
    """Its asset goes either way; what has changed since is nobody's to delete."""
    for name in ("kept", "going", "changed"):
        house.archive.put(f"beta/left/{name}.txt", f"This is {name}.".encode())
    assert 3 == house.take(prefix="beta/left/")["new"]["objects"]
    for name in ("kept", "going", "changed"):
        house.client.settled(f"{name}.txt")
    house.archive.put("beta/left/changed.txt", b"This is another one.")

    house.delete("kept.txt")
    house.delete("changed.txt", with_object="true")
    house.delete("going.txt", with_object="true")

    wait_until(lambda: house.archive.find("beta/left/going.txt") is None, 120)
    assert b"This is kept." == house.archive.find("beta/left/kept.txt")
    assert b"This is another one." == house.archive.find("beta/left/changed.txt")
