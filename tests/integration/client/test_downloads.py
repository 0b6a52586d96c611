"""Downloads by ranges against a small server that misbehaves: the file appears when it is right."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from rushes.client import FileChanged, Refused, Unreachable, WrongDigest
from tests.support.faces import MakeFace
from tests.support.small_server import LARGE, MEDIA, MIB, SmallServer

BESIDE = "a.mov.ast_1.original.part"


def digest_of(content: bytes) -> str:
    """Return the digest as the server tells it."""
    return f"sha-256:{hashlib.sha256(content).hexdigest()}"


def leave_part(folder: Path, here: dict[int, int], etag: str = '"1"') -> None:
    """Leave what a run that was ended leaves."""
    (folder / BESIDE).write_bytes(LARGE[: 16 * MIB])
    ledger = {"etag": etag, "size_bytes": len(LARGE), "here": here}
    (folder / f"{BESIDE}.json").write_text(json.dumps(ledger))


def list_files(folder: Path) -> list[str]:
    """Return what is there of the download."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("a.mov"))


@pytest.fixture(autouse=True)
def serving(server: SmallServer) -> None:
    """The server has a file of two pieces."""
    server.served, server.digest = LARGE, digest_of(LARGE)


def test_a_file_comes_in_pieces(face: MakeFace, server: SmallServer, tmp_path: Path) -> None:
    """It has its name, and nothing else is left; the token is not shown to signed addresses."""
    told: list[tuple[int, int]] = []
    file = face().download("ast_1", tmp_path, on_progress=lambda *facts: told.append(facts))

    assert (tmp_path / "a.mov", LARGE) == (file, file.read_bytes())
    assert ["a.mov"] == list_files(tmp_path)
    assert [(0, len(LARGE)), (len(LARGE), len(LARGE))] == [told[0], told[-1]]
    signed = [
        authorization
        for asked, authorization in zip(server.asked, server.authorizations, strict=True)
        if asked == "GET /signed"
    ]
    assert [None] * 3 == signed


def test_a_quality_has_a_name_of_its_own(
    face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """And the digest of the original is not compared with it."""
    server.served = MEDIA

    assert tmp_path / "a_720p.mp4" == face().download("ast_1", tmp_path, quality="720p")


@pytest.mark.parametrize("trouble", ["cut", 503, 429, 403])
def test_a_piece_that_failed_goes_on(
    trouble: int | str, face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """Cut, overloaded, or by an address whose time is over: then a new one is asked for."""
    if trouble == "cut":
        server.cut_download_at = 1_000_000
    rushes = face()
    seen: list[int] = []

    def tell(done: int, _whole: int) -> None:
        if not seen and isinstance(trouble, int):
            server.download_troubles = [trouble]
        seen.append(done)

    file = rushes.download("ast_1", tmp_path, on_progress=tell)

    assert LARGE == file.read_bytes()
    assert len(LARGE) == seen[-1]


def test_the_next_run_fetches_only_what_is_missing(
    face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """The ledger beside the part says what is there, within a piece too."""
    leave_part(tmp_path, {0: 16 * MIB})
    told: list[int] = []

    face().download("ast_1", tmp_path, on_progress=lambda done, _whole: told.append(done))

    assert LARGE == (tmp_path / "a.mov").read_bytes()
    assert 16 * MIB == told[0]
    assert 2 == server.count("GET /signed")


@pytest.mark.parametrize("etag", ['"0"', ""])
def test_a_part_of_another_file_is_not_gone_on_with(
    etag: str, face: MakeFace, tmp_path: Path
) -> None:
    """Its tag differs: it begins anew."""
    leave_part(tmp_path, {0: 16 * MIB, 1: MIB}, etag)
    told: list[int] = []

    file = face().download("ast_1", tmp_path, on_progress=lambda done, _whole: told.append(done))

    assert (0, LARGE) == (told[0], file.read_bytes())


@pytest.mark.parametrize("text", ["", "[]", '{"etag": 1}'])
def test_a_ledger_that_cannot_be_read_counts_for_nothing(
    text: str, face: MakeFace, tmp_path: Path
) -> None:
    """It begins anew."""
    leave_part(tmp_path, {})
    (tmp_path / f"{BESIDE}.json").write_text(text)

    assert LARGE == face().download("ast_1", tmp_path / "a.mov").read_bytes()


def test_other_bytes_than_the_server_holds_are_no_file(
    face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """Nothing of them is left."""
    server.digest = digest_of(b"other")
    with pytest.raises(WrongDigest):
        face().download("ast_1", tmp_path)

    assert [] == list_files(tmp_path)


def test_a_file_that_changes_on_the_server_is_no_mixture(
    face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """The tag of the first answer goes with every piece."""

    def change(_done: int, _whole: int) -> None:
        server.etag = '"2"'

    with pytest.raises(FileChanged):
        face().download("ast_1", tmp_path, on_progress=change)

    assert "a.mov" not in list_files(tmp_path)


def test_an_empty_file_is_a_file(face: MakeFace, server: SmallServer, tmp_path: Path) -> None:
    """It has no range at all."""
    server.served, server.digest = b"", digest_of(b"")

    assert b"" == face().download("ast_1", tmp_path).read_bytes()


def test_a_server_that_gives_no_ranges_is_named(
    face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """It cannot be gone on with."""
    server.has_ranges = False
    with pytest.raises(Refused, match="no ranges"):
        face().download("ast_1", tmp_path)


def test_what_cannot_be_fetched_can_be_gone_on_with(
    face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """What came is written down."""

    def fail(_done: int, _whole: int) -> None:
        server.download_troubles = [503] * 20

    with pytest.raises(Refused):
        face().download("ast_1", tmp_path, on_progress=fail)
    server.download_troubles = []
    left = list_files(tmp_path)

    assert [BESIDE, f"{BESIDE}.json"] == left
    assert LARGE == face().download("ast_1", tmp_path).read_bytes()


def test_a_line_that_stays_cut_ends_the_download(
    face: MakeFace, server: SmallServer, tmp_path: Path
) -> None:
    """After three tries."""
    server.is_deaf = True
    with pytest.raises(Unreachable):
        face().download("ast_1", tmp_path)
