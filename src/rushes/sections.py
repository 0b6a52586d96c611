"""The tables of the settings: what each room can be told.

Each field says meaning and reason, and holds its default; the reference is made from them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40

Rung: TypeAlias = Literal["360p", "540p", "720p", "1080p", "2160p"]

SIGNED_LIFE: Final = timedelta(days=7)
"""The longest life of an address: keys that were rotated open what they signed for a day more."""
TRIAL: Final = MappingProxyType(
    {"max_file_bytes": 500 * MIB, "account_total_bytes": 10**9, "account_uploads_per_day": 10}
)
"""What the preset of this name says of uploads."""


class Section(BaseModel):
    """One table of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class UploadSettings(Section):
    """How bytes come in."""

    durability: Literal["power", "process"] = "power"
    """`power`: an acknowledged byte survives a power cut (fdatasync before each answer).
    `process`: it survives the end of the process only; faster on slow disks."""
    digest: Literal["stream", "intake"] = "stream"
    """Where block hashes are computed: while bytes arrive, or when the file is taken in."""
    preset: Literal["standard", "trial"] = "standard"
    """`trial` is for open sign-up: 500 MiB per file, 1 GB and 10 uploads a day per account, where
    the settings below say nothing else."""
    max_file_bytes: int = Field(default=100 * GIB, ge=0, le=5 * TIB)
    """Largest single file. The ceiling of 5 TiB is that of an S3 object."""
    account_total_bytes: int | None = Field(default=None, ge=0)
    """How many bytes an account may keep here in all; none by default, and never for admins. What
    an admin set at an account wins."""
    account_uploads_per_day: int | None = Field(default=None, ge=0)
    """How many uploads an account may begin on a day of its time zone; as above."""
    account_types: tuple[str, ...] = ("any",)
    """What accounts may send: presets (`media`, `web-video`, ...), extensions or media types."""
    max_append_bytes: int | None = Field(default=None, gt=0)
    """Largest body of one append; none by default. Set it where a proxy limits bodies."""
    chunk_min_bytes: int = Field(default=MIB, ge=KIB, le=64 * MIB)
    """Shortest chunk of an upload in chunks; a power of two, else the one below it is taken."""
    chunk_max_bytes: int = Field(default=64 * MIB, ge=KIB, le=64 * MIB)
    """Longest chunk, but for files of more chunks than `max_chunks`. The server chooses between
    the two by the sender's line, 16 MiB where it does not know it."""
    max_chunks: int = Field(default=10_000, ge=1, le=10_000)
    """How many chunks one upload may have; a larger file gets longer ones."""
    parallel: int = Field(default=6, ge=1, le=25)
    """How many chunks or parts of one file clients are told to send at once."""
    expires_after: timedelta = timedelta(hours=24)
    """How long an unfinished upload of an account rests after its last byte."""
    direct: Literal["off", "offer"] = "off"
    """`offer`: the pages send files straight into the archive's bucket. It must let
    them in (`rushes stores cors`); a file that does not get there comes by tus. Programs may send
    there either way."""
    grow_to_archive: bool = True
    """Whether committed parts go on to an S3 archive while the rest of a file still arrives."""
    keep_free_bytes: int = Field(default=2 * GIB, ge=0)
    """Space that uploads never take; the smaller of this and 5 % of the disk counts."""
    stall_seconds: float = Field(default=60, gt=0)
    """A body that sends nothing for this long is ended; its bytes stay."""
    least_rate: int = Field(default=1024, ge=0)
    """Bytes a second that a body must bring, measured over 30 s; a slower one is ended, and its
    bytes stay. 0 takes any pace."""

    @model_validator(mode="before")
    @classmethod
    def _apply_preset(cls, told: object) -> object:
        """Let a preset say what nobody else does."""
        if isinstance(told, Mapping) and told.get("preset") == "trial":
            return {**TRIAL, **told}
        return told


class JobSettings(Section):
    """Work behind the scenes."""

    background: int = Field(default=3, ge=1, le=64)
    """Media programs at once over all workers."""
    copies: int = Field(default=8, ge=1, le=64)
    """Copies between tiers at once in one worker."""
    dead_after: timedelta = Field(
        default=timedelta(seconds=20), ge=timedelta(seconds=4), le=timedelta(seconds=300)
    )
    """A worker silent for this long has its work taken over (PostgreSQL)."""


class BoxSettings(Section):
    """The box in which programs read what people send."""

    require: Literal["none", "partial", "full"] = "none"
    """The least confinement a program may run in; where it cannot be had, media work waits with
    `box.unavailable`. Set `full` wherever strangers upload."""
    user: int = Field(default=65_534, gt=0)
    """Number of the user that programs run as where the worker is root; it should own nothing."""


class PlaybackSettings(Section):
    """How an original is watched before its ladder is made."""

    jit: bool = True
    """Whether segments are made while somebody watches; else playback waits for the ladder."""
    copied_mbit: int = Field(default=20, ge=1, le=200)
    """Originals up to this rate are played as they are where browsers can play them; Mbit/s."""
    keep_bytes: int = Field(default=20 * GIB, ge=0)
    """What segments may take together; those that were not made or watched for longest go."""


class LadderSettings(Section):
    """The qualities that are made of each video."""

    mode: Literal["full", "on_demand"] = "full"
    """`full`: all of them, behind the scenes. `on_demand`: a quality is made when it is first
    asked for; of those that are watched meanwhile, only the segments that are watched."""
    asked: tuple[Literal["360p", "540p", "720p", "1080p", "2160p"], ...] = ()
    """Qualities that wait until somebody asks for them, where the others are made at once."""
    copy_top: bool = True
    """Whether an original that browsers can play is the top quality itself, repackaged. Else it is
    encoded like the others, and watched as others are."""

    def rests(self, quality: str) -> bool:
        """Say whether a quality waits until somebody asks for it."""
        return self.mode == "on_demand" or quality in self.asked


class DeliverySettings(Section):
    """How people get bytes."""

    playback_life: timedelta = Field(default=timedelta(hours=6), le=SIGNED_LIFE)
    """Life of a playback address; players renew it."""
    download_life: timedelta = Field(default=timedelta(minutes=60), le=SIGNED_LIFE)
    """Life of a download address."""
    still_life: timedelta = Field(default=timedelta(hours=24), le=SIGNED_LIFE)
    """Life of an address of a poster or preview, rounded up to the hour so that it is cached."""
    country_header: str | None = Field(default=None, pattern="^[A-Za-z0-9-]{1,60}$")
    """Header in which a proxy before Rushes names the viewer's country, `CF-IPCountry`: by it the
    nearest edge is chosen. Name one only where the proxy sets it on every request."""


class WebhookSettings(Section):
    """How other programs are told what happened."""

    allow_private: tuple[str, ...] = ()
    """Receivers in your own network, each as `host:port`; these may be plain http as well. All
    others must be https addresses of the open internet, on port 443 or 8443."""
    legacy_signature: bool = False
    """Whether `X-Webhook-Signature` is sent: hex HMAC-SHA256 of the body by the secret's text."""
    keep: timedelta = Field(default=timedelta(days=30), ge=timedelta(days=4))
    """How long the log tells of what was delivered or failed."""


def unfold(given: object, known: Collection[str] | None = None) -> object:
    """Return a table whose flat names, as the environment has them, stand in tables of their own.

    `{"main_key": "s"}` is `{"main": {"key": "s"}}`, if the table is `known`; the flat name wins.
    """
    if not isinstance(given, dict):
        return given
    plain = {name: value for name, value in given.items() if isinstance(value, str | int | float)}
    tables = {name: value for name, value in given.items() if name not in plain}
    for flat, value in plain.items():
        name, _, field = flat.partition("_")
        if known is None or name in known:
            tables[name] = {**tables.get(name, {}), field: value}
        else:
            tables[flat] = value
    return tables


class PriceSettings(Section):
    """What a store costs, in dollars, where that is not what its provider publishes."""

    storage: Decimal | None = Field(default=None, ge=0)
    """A GB (10^9 bytes) for a month."""
    writes: Decimal | None = Field(default=None, ge=0)
    """A million requests that write or list (class A)."""
    reads: Decimal | None = Field(default=None, ge=0)
    """A million requests that read (class B)."""
    egress: Decimal | None = Field(default=None, ge=0)
    """A GB that leaves."""
    free_egress: Decimal | None = Field(default=None, ge=0)
    """How many times what is stored may leave in a month for nothing."""
    min_days: int | None = Field(default=None, ge=0)
    """For how many days an object is billed at least."""


class StoreSettings(Section):
    """One store, `[stores.NAME]`: a folder, or a bucket of an S3 service.

    A name is of small letters and digits. In the environment: `RUSHES_STORES_NAME_SECRET_KEY`.
    """

    kind: Literal["folder", "s3"] = "s3"
    """`folder` is a folder or mount of this machine; `s3` a bucket."""
    path: Path | None = None
    """The folder, for `kind = "folder"`."""
    provider: Literal["aws", "r2", "wasabi", "b2", "gcs", "ceph", "swift", "seaweedfs", "other"] = (
        "other"
    )
    """Who runs the bucket, for what each does in its own way."""
    endpoint: str | None = None
    """Address of the S3 service, `https://s3.eu-central-1.wasabisys.com`; AWS needs none."""
    public_endpoint: str | None = None
    """The same service as browsers reach it, where that is another address."""
    region: str | None = None
    """Region of the bucket; by default `us-east-1`, for R2 `auto`."""
    bucket: str | None = None
    """Name of the bucket. It must be there, and closed to those without a key."""
    prefix: str = ""
    """Put before each key, where the bucket is shared with others."""
    access_key: SecretStr | None = None
    """Id of the key."""
    secret_key: SecretStr | None = None
    """Secret of the key. Put it into the environment rather than into the file."""
    limit_bytes: int | None = Field(default=None, gt=0)
    """Most bytes that uploads may bring there, with all that is kept already; none by default.
    What passes it is refused when it begins (507). What is made of files is not refused."""
    prices: PriceSettings = PriceSettings()

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, given: object) -> object:
        return unfold(given, {"prices"})

    @property
    def place(self) -> tuple[object, ...]:
        """Where objects lie; two stores of one place are one store."""
        return (self.path,) if self.kind == "folder" else (self.endpoint, self.bucket, self.prefix)

    @model_validator(mode="after")
    def _require_its_fields(self) -> Self:
        needed = ("path",) if self.kind == "folder" else ("bucket", "access_key", "secret_key")
        if self.kind == "s3" and self.provider != "aws":
            needed = (*needed, "endpoint")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a store of kind {self.kind} needs {', '.join(missing)}")
        return self


class RetentionSettings(Section):
    """How long the edge keeps what nobody reads; the archive keeps everything."""

    preset: Literal["default", "flat_7", "flat_30", "by_type"] = "default"
    """`default`: 30 days 360p and 540p, 14 days 720p, 7 days 1080p and 2160p. `flat_7`, `flat_30`:
    so many days for all. `by_type`: video 3, image 7, document 14, other 2. Stills stay in all."""
    days: dict[
        Annotated[
            str,
            Field(pattern=r"^(\d+0p|video|audio|image|document|still|other|otherwise|prj_\w+)$"),
        ],
        Annotated[float, Field(gt=0, le=3650)] | Literal["always"],
    ] = {}
    """What differs from the preset: days, or `always`, by quality, kind, or id of a project."""
    cap_bytes: int | None = Field(default=10**12, gt=0)
    """Most bytes the edge should hold. From 70 % of it the days are shorter; above 95 % what was
    read longest ago goes, until 90 % is left."""
    grace: timedelta = Field(default=timedelta(hours=24), ge=timedelta(hours=1))
    """What was read within this time never goes."""
    grace_when_full: timedelta = Field(default=timedelta(hours=1), ge=timedelta(minutes=20))
    """The same above the cap."""
    keep_below_bytes: int = Field(default=MIB, ge=0)
    """Smaller objects stay: they cost less than to ask for them again."""
    new_for: timedelta = Field(default=timedelta(days=3), ge=timedelta())
    """Objects that came within this time stay, but where the edge is full."""
    popular_plays: int = Field(default=5, ge=0)
    """Objects with more plays in 7 days stay, but where the edge is full."""
    penalty: Decimal = Field(default=Decimal("0.001"), ge=0)
    """What it is worth, in dollars, that a viewer need not wait for the archive."""


class HttpSettings(Section):
    """What the web server allows."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-* headers are believed. None by default."""
    allowed_hosts: tuple[str, ...] = ()
    """Extra Host names that are answered, beside that of `base_url` and loopback."""
    cors_origins: tuple[str, ...] = ()
    """Exact origins of other sites whose pages may call the API. None by default."""
    link_origins: tuple[str, ...] = ("*",)
    """Origins whose pages may send files through links; `*` is safe, as no cookie is read."""
    insecure: bool = False
    """Allow log-in over plain http beyond loopback. Only for a network that you trust."""
    metrics_from: tuple[str, ...] = ("127.0.0.1/32", "::1/128")
    """Networks that may read /metrics without a token."""
    max_json_bytes: int = Field(default=MIB, gt=0)
    """Largest JSON body."""
    protocol: Literal["wire", "plain"] = "wire"
    """`wire`: our own protocol class, with fast bodies, files by sendfile, and the limits below.
    `plain`: that of uvicorn, to find out whether a fault lies in ours."""
    header_seconds: float = Field(default=15, gt=0)
    """The head of a request has to come within this time."""
    keep_alive_seconds: int = Field(default=75, gt=0)
    """An idle connection is closed after this time."""
    reader_seconds: float = Field(default=60, gt=0)
    """A connection that takes nothing of its answer for this long is cut."""
    max_header_bytes: int = Field(default=256 * KIB, ge=8 * KIB)
    """Largest head of a request; a tus concatenation names up to 1,000 addresses in its own."""
    connections_per_address: int = Field(default=64, ge=0)
    """Connections at once of an IPv4 address or IPv6 /64; 0 for any. Trusted proxies have none."""
    max_connections: int | None = Field(default=None, gt=0)
    """Connections at once in all; by default 80 % of the files that the process may open."""
    uploads_per_address: int = Field(default=32, ge=0)
    """Bodies above 64 KiB at once from one address; 0 sets no limit."""
    uploads_per_link: int = Field(default=32, ge=0)
    """Bodies above 64 KiB at once through one upload link; 0 sets no limit."""
