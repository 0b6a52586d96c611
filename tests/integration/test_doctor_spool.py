"""What `rushes doctor` says of the folder where bytes arrive."""

from __future__ import annotations

from pathlib import Path

from rushes.cli.spooling import examine_spool
from rushes.settings import Settings


def settings_of(data: Path, **told: object) -> Settings:
    (data / "spool").mkdir()
    return Settings.model_validate({"data": data, **told})


def test_a_spool_that_takes_bytes_says_how_fast_they_are_safe(tmp_path: Path) -> None:
    """And leaves nothing there."""
    settings = settings_of(tmp_path)

    finding = examine_spool(settings)

    assert finding.is_well, finding
    assert "fdatasync of 8 MiB takes" in finding.found
    assert "originals are filed by a link" in finding.found
    assert [] == list((tmp_path / "spool").iterdir())


def test_a_spool_that_is_not_made_yet_is_no_trouble(tmp_path: Path) -> None:
    """The server makes it when it starts."""
    finding = examine_spool(Settings(data=tmp_path))

    assert (True, True) == (finding.is_well, "not made yet" in finding.found)


def test_a_spool_that_takes_nothing_is_wrong(tmp_path: Path) -> None:
    """With what the system said of it."""
    (tmp_path / "spool").write_text("A file stands where the folder should.")

    finding = examine_spool(Settings(data=tmp_path))

    assert not finding.is_well
    assert "takes no bytes: Not a directory" in finding.found


def test_weaker_durability_is_told(tmp_path: Path) -> None:
    """Whoever set it may have forgotten."""
    finding = examine_spool(settings_of(tmp_path, uploads={"durability": "process"}))

    assert "a power cut may lose" in (finding.advice or "")


def test_an_archive_on_another_disk_costs_a_copy(tmp_path: Path) -> None:
    """`/proc` is never the disk of a test."""
    other = {"kind": "folder", "path": "/proc"}
    told = {"stores": {"far": other}, "tiers": {"archive": {"store": "far"}}}

    assert "copied there" in examine_spool(settings_of(tmp_path, **told)).found


def test_an_archive_in_a_bucket_is_no_disk(tmp_path: Path) -> None:
    """Nothing is asked of it here."""
    keys = {"access_key": "a", "secret_key": "s", "endpoint": "https://s3.example.com"}
    other = {"kind": "s3", "bucket": "b", **keys}
    told = {"stores": {"far": other}, "tiers": {"archive": {"store": "far"}}}

    assert "the archive is a bucket" in examine_spool(settings_of(tmp_path, **told)).found


def test_an_archive_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A name that no disk takes stands for every reason; the other checks go on."""
    other = {"kind": "folder", "path": f"/{'x' * 300}"}
    told = {"stores": {"far": other}, "tiers": {"archive": {"store": "far"}}}

    finding = examine_spool(settings_of(tmp_path, **told))

    assert not finding.is_well
    assert "cannot be read" in finding.found
    assert finding.found.endswith("File name too long")


def test_an_archive_that_is_not_made_yet_lies_where_it_will_stand(tmp_path: Path) -> None:
    """The store makes its folder when it is first needed."""
    other = {"kind": "folder", "path": str(tmp_path / "not" / "yet")}
    told = {"stores": {"far": other}, "tiers": {"archive": {"store": "far"}}}

    assert "filed by a link" in examine_spool(settings_of(tmp_path, **told)).found
