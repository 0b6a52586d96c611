"""Settings: one frozen tree; environment over file over default.

1. `uploads.max_append_bytes` is `RUSHES_UPLOADS_MAX_APPEND_BYTES`, or in `rushes.toml`
   `[uploads]` `max_append_bytes`. The environment's name is split once, at the first `_`.
2. The file is `$RUSHES_CONFIG`, else `rushes.toml` in the data folder, else in the working one.
3. Each field says meaning and reason, and holds its default; docs/reference/settings.md is made
   from them.
4. No secret has a default, and a secret prints as stars.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rushes.access_section import AccessSettings, OidcSettings
from rushes.errors import Kind, RushesError
from rushes.mailing import MailSettings
from rushes.media_section import MediaSettings
from rushes.partner_section import PartnerSettings
from rushes.price_section import BudgetSettings, ListSettings
from rushes.scan_section import ScanSettings
from rushes.schedule_section import ScheduleSettings
from rushes.sections import (
    BoxSettings,
    DeliverySettings,
    HttpSettings,
    JobSettings,
    LadderSettings,
    PlaybackSettings,
    RetentionSettings,
    StoreSettings,
    UploadSettings,
    WebhookSettings,
    unfold,
)
from rushes.tier_section import OUR_FOLDER, TierSettings


class SettingsRefused(RushesError):
    """A setting has a value that cannot be used."""

    code = "settings.refused"
    kind = Kind.INVALID


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix="RUSHES_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    data: Path = Path("rushes-data")
    """The folder of the databases, the keys, bytes on their way in, and the default tiers."""
    database_url: str | None = None
    """`postgresql://user:password@host/name`; by default SQLite in the data folder."""
    base_url: str | None = None
    """The address people use, for links in answers; by default `http://{host}:{port}`."""
    upload_url: str | None = None
    """A second address of this server, for bytes on their way in alone: past a CDN or a proxy that
    bears no large bodies. It has to reach the same paths; by default `base_url`."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """The port to listen on; 0 takes a free one."""
    admin_email: str | None = None
    """Mail address of the first admin, made at start where there is no account yet."""
    admin_password: SecretStr | None = None
    """Password of that first admin."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level that is logged."""
    uploads: UploadSettings = UploadSettings()
    access: AccessSettings = AccessSettings()
    oidc: OidcSettings = OidcSettings()
    jobs: JobSettings = JobSettings()
    box: BoxSettings = BoxSettings()
    media: MediaSettings = MediaSettings()
    playback: PlaybackSettings = PlaybackSettings()
    ladder: LadderSettings = LadderSettings()
    delivery: DeliverySettings = DeliverySettings()
    http: HttpSettings = HttpSettings()
    stores: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,31}$")], StoreSettings] = {}
    """Places for objects, each by a name of yours."""
    prices: dict[Annotated[str, Field(pattern="^(aws|r2|wasabi|b2|gcs|other)$")], ListSettings] = {}
    """What providers of buckets cost, where that is not what Rushes knows of them."""
    webhooks: WebhookSettings = WebhookSettings()
    mail: MailSettings = MailSettings()
    tiers: TierSettings = TierSettings()
    retention: RetentionSettings = RetentionSettings()
    scan: ScanSettings = ScanSettings()
    budget: BudgetSettings = BudgetSettings()
    schedules: ScheduleSettings = ScheduleSettings()
    partners: PartnerSettings = PartnerSettings()

    @field_validator("stores", "prices", mode="before")
    @classmethod
    def _unfold_stores(cls, given: object) -> object:
        return unfold(given)

    @model_validator(mode="after")
    def _require_named_stores(self) -> Self:
        tiers = {"archive": self.tiers.archive.store, "edge": self.tiers.edge.store}
        tiers |= {f"edges.{name}": edge.store for name, edge in self.tiers.edges.items()}
        for tier, name in tiers.items():
            if name is not None and name not in self.stores:
                raise ValueError(
                    f"tiers.{tier}.store names {name}, but there is no [stores.{name}]"
                )
        places = [self.stores[name].place for name in tiers.values() if name is not None]
        if len(set(places)) < len(places):
            raise ValueError("edges and the archive need a store each, not the same one")
        return self

    @model_validator(mode="after")
    def _require_another_former(self) -> Self:
        """The archive moves from a store that is known, to another one."""
        former, now = self.tiers.archive.former, self.tiers.archive.store
        if former is None:
            return self
        if former not in {*self.stores, OUR_FOLDER}:
            raise ValueError(
                f"tiers.archive.former names {former}, but there is no [stores.{former}]"
            )
        names = (now, self.tiers.edge.store, *(edge.store for edge in self.tiers.edges.values()))
        used = [self._place(name) for name in names if name is not None]
        used += [self._place(OUR_FOLDER)] if now is None else []
        if self._place(former) in used:
            raise ValueError("tiers.archive.former names a store that a tier uses")
        return self

    def _place(self, name: str) -> tuple[object, ...]:
        return (OUR_FOLDER,) if name == OUR_FOLDER else self.stores[name].place

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env files
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor secret folders
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put what the caller names first, then the environment, then the file."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=_config_file())
        return init_settings, env_settings, file

    @property
    def is_embedded(self) -> bool:
        """Whether the database is SQLite in the data folder: one machine, one worker."""
        return self.database_url is None

    @property
    def rooms_url(self) -> str:
        """The database of our own tables."""
        return self.database_url or f"sqlite:///{self.data.absolute()}/rushes.db"

    @property
    def engine_url(self) -> str:
        """The database of the job engine: a file of its own, or the same PostgreSQL."""
        return self.database_url or f"sqlite:///{self.data.absolute()}/engine.db"

    @property
    def public_url(self) -> str:
        """The address people use, without a final slash."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    def at(self, name: str) -> Path:
        """Return the absolute path of a folder or file inside the data folder."""
        return self.data.absolute() / name

    @classmethod
    def load(cls, **chosen: object) -> Self:
        """Read the settings; what is not None in `chosen` wins over environment and file.

        Raises:
            SettingsRefused: a value does not fit; the sentence names the setting.
        """
        known = {name: value for name, value in chosen.items() if value is not None}
        try:
            return cls.model_validate(cls(**known))  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ".".join(str(step) for step in first["loc"])
            raise SettingsRefused(f"The setting {name} cannot be used: {first['msg']}.") from None


def _config_file() -> Path | None:
    """Return the file to read, or None."""
    chosen = os.environ.get("RUSHES_CONFIG")
    if chosen:
        return Path(chosen)
    data = Path(os.environ.get("RUSHES_DATA", "rushes-data"))
    return next(
        (file for file in (data / "rushes.toml", Path("rushes.toml")) if file.exists()), None
    )
