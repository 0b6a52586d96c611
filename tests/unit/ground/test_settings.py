"""Settings: environment over file over default, each refusal by the setting's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from rushes.sections import UploadSettings
from rushes.settings import Settings, SettingsRefused


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine, and no file."""
    for name in ("RUSHES_CONFIG", "RUSHES_DATA", "RUSHES_DATABASE_URL", "RUSHES_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.covers("X-OPS-01")
def test_what_is_named_wins_over_environment_and_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each source fills what the one before left open."""
    (tmp_path / "rushes.toml").write_text('port = 1\nhost = "::1"\n[uploads]\nmax_file_bytes = 7\n')
    monkeypatch.setenv("RUSHES_PORT", "2")
    monkeypatch.setenv("RUSHES_UPLOADS_MAX_APPEND_BYTES", "5")

    settings = Settings.load(port=3)

    assert (3, "::1", 7, 5) == (
        settings.port,
        settings.host,
        settings.uploads.max_file_bytes,
        settings.uploads.max_append_bytes,
    )


def test_the_file_of_the_data_folder_wins_over_that_of_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An installation brings its own settings."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "rushes.toml").write_text("port = 1\n")
    (tmp_path / "rushes.toml").write_text("port = 2\n")
    monkeypatch.setenv("RUSHES_DATA", str(data))

    assert 1 == Settings.load().port


def test_a_file_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And nothing else is looked for."""
    other = tmp_path / "other.toml"
    other.write_text("port = 9\n")
    monkeypatch.setenv("RUSHES_CONFIG", str(other))

    assert 9 == Settings.load().port


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        ({"port": 65_536}, "port"),
        ({"uploads": {"max_file_bytes": 5 * 2**40 + 1}}, "uploads.max_file_bytes"),
        ({"jobs": {"dead_after": 3}}, "jobs.dead_after"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(chosen: dict[str, object], name: str) -> None:
    """One beyond the limit is too much, and so is a setting that nobody knows."""
    with pytest.raises(SettingsRefused, match=name):
        Settings.load(**chosen)


def test_without_a_database_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    """Two SQLite files, side by side."""
    settings = Settings.load(data=tmp_path)

    assert (True, f"sqlite:///{tmp_path}/rushes.db", f"sqlite:///{tmp_path}/engine.db") == (
        settings.is_embedded,
        settings.rooms_url,
        settings.engine_url,
    )


def test_with_a_database_all_of_it_lies_there() -> None:
    """Ours and the engine's tables share it."""
    url = "postgresql://rushes@db/rushes"

    settings = Settings.load(database_url=url)

    assert (False, url, url) == (settings.is_embedded, settings.rooms_url, settings.engine_url)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"host": "10.0.0.5", "port": 80}, "http://10.0.0.5:80"),
        ({"base_url": "https://media.example.com/"}, "https://media.example.com"),
    ],
)
def test_the_public_address_has_no_final_slash(chosen: dict[str, object], expected: str) -> None:
    """So that paths can follow it."""
    assert expected == Settings.load(**chosen).public_url


def test_a_secret_prints_as_stars() -> None:
    """Not in a log, not in an error."""
    settings = Settings.load(admin_password="do not tell")

    assert "do not tell" not in repr(settings)


@pytest.mark.covers("CF-01", "X-UP-05", "X-UP-21", "X-UP-22")
def test_the_preset_trial_says_what_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 MiB a file, 1 GB and 10 uploads a day an account; a setting of its own wins."""
    plain = Settings.load().uploads
    monkeypatch.setenv("RUSHES_UPLOADS_PRESET", "trial")
    trial = Settings.load().uploads
    monkeypatch.setenv("RUSHES_UPLOADS_MAX_FILE_BYTES", "7")
    chosen = Settings.load().uploads

    def told(uploads: UploadSettings) -> tuple[int | None, ...]:
        return (
            uploads.max_file_bytes,
            uploads.account_total_bytes,
            uploads.account_uploads_per_day,
        )

    assert (100 * 2**30, None, None) == told(plain)
    assert (500 * 2**20, 10**9, 10) == told(trial)
    assert (7, 10**9, 10) == told(chosen)
