"""Keys in files, and what they close."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rushes.access.keys import SECRET, KeyUnreadable, LiveRing, add_key, load_ring
from rushes.access.seal import Sealer
from rushes.clock import SYSTEM, Clock


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path, clock: Clock) -> None:
    """A second look finds the same one; nobody else may read the file."""
    folder = tmp_path / "keys"
    first = load_ring(folder, SECRET, clock)
    again = load_ring(folder, SECRET, clock)

    assert first == again
    assert 32 == len(first.newest.secret)
    assert 0o600 == stat.S_IMODE((folder / "secret.key").stat().st_mode)
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert ["secret.key"] == [path.name for path in folder.iterdir()]
    assert "secret=" not in repr(first)


def test_of_processes_that_start_at_once_all_have_one_key(tmp_path: Path) -> None:
    """Whoever comes second takes the file that stands."""
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: load_ring(tmp_path, SECRET, SYSTEM), range(8)))

    assert 1 == len({ring.newest.secret for ring in rings})


def test_an_added_key_closes_and_the_older_one_still_opens(tmp_path: Path, clock: Clock) -> None:
    """The newest stands last; each is named by its bytes."""
    old = load_ring(tmp_path / "a", SECRET, clock)
    new = load_ring(tmp_path / "b", SECRET, clock)
    sealed = Sealer(old, clock).close("links.token.lnk_1", "rsh_lnk_x")
    lines = [(tmp_path / name / "secret.key").read_text() for name in ("a", "b")]
    (tmp_path / "a" / "secret.key").write_text("".join(lines))

    both = load_ring(tmp_path / "a", SECRET, clock)

    assert new.newest == both.newest
    assert old.newest == both.find(old.newest.id)
    assert "rsh_lnk_x" == Sealer(both, clock).open("links.token.lnk_1", sealed)


def test_what_is_derived_for_one_purpose_says_nothing_of_another(
    tmp_path: Path, clock: Clock
) -> None:
    """32 bytes each, and none of them the key."""
    key = load_ring(tmp_path, SECRET, clock).newest

    derived = {key.derive(purpose) for purpose in ("cursor", "grant", "")}

    assert 3 == len(derived - {key.secret})
    assert {32} == {len(one) for one in derived}


@pytest.mark.parametrize(
    "text", ["", "\n", "2026-11-21T12:00:00+00:00 c2hvcnQ=\n", "nonsense", "x" * 80, "\x00\xff"]
)
def test_a_damaged_file_is_refused_and_never_replaced(
    tmp_path: Path, clock: Clock, text: str
) -> None:
    """A new key would silently lock everybody out of what the old one closed."""
    path = tmp_path / "secret.key"
    path.write_text(text)

    with pytest.raises(KeyUnreadable, match="backup"):
        load_ring(tmp_path, SECRET, clock)

    assert text == path.read_text()


def test_a_sealed_text_opens_in_its_place_alone(tmp_path: Path, clock: Clock) -> None:
    """Moved to another row, changed, or under another key it stays closed."""
    sealer = Sealer(load_ring(tmp_path / "a", SECRET, clock), clock)
    other = Sealer(load_ring(tmp_path / "b", SECRET, clock), clock)
    sealed = sealer.close("links.token.lnk_1", "rsh_lnk_x")
    attempts: list[Callable[[], str]] = [
        lambda: sealer.open("links.token.lnk_2", sealed),
        lambda: sealer.open("links.token.lnk_1", sealed[:-8] + b"AAAAAAA="),
        lambda: sealer.open("links.token.lnk_1", b"v1:x"),
        lambda: sealer.open("links.token.lnk_1", b"\xff"),
        lambda: other.open("links.token.lnk_1", sealed),
    ]

    assert "rsh_lnk_x" == sealer.open("links.token.lnk_1", sealed)
    assert sealed != sealer.close("links.token.lnk_1", "rsh_lnk_x")
    for attempt in attempts:
        with pytest.raises(KeyUnreadable):
            attempt()


def test_a_ring_that_could_not_be_read_is_read_later(tmp_path: Path, clock: Clock) -> None:
    """What is known stays good; a key that came before the first look is met, too."""
    first = load_ring(tmp_path, SECRET, clock)
    second = add_key(tmp_path, SECRET, clock)
    live, path = LiveRing(tmp_path, first), tmp_path / "secret.key"

    met = live.newest
    aside = path.rename(tmp_path / "aside")
    path.mkdir()
    meanwhile = live.newest
    path.rmdir()
    aside.rename(path)
    third = add_key(tmp_path, SECRET, clock)

    assert [second.newest] * 2 == [met, meanwhile]
    assert third.newest == live.newest
