"""The table `[partners]` of the settings: services elsewhere that assets may be handed to."""

from __future__ import annotations

import base64
import binascii
from typing import Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from rushes.sections import Section, unfold

PARTNERS: Final = ("mux", "stream", "frameio")


def require(section: Section, name: str, fields: list[str]) -> None:
    """Refuse a table that is half filled in.

    Raises:
        ValueError: a field is missing.
    """
    missing = [each for each in fields if getattr(section, each) is None]
    if missing:
        raise ValueError(f"{name} needs {', '.join(missing)}")


def require_key(name: str, key: SecretStr | None) -> None:
    """Refuse a private key that is no PEM in base64.

    Raises:
        ValueError: it is something else.
    """
    if key is None:
        return
    try:
        opened = base64.b64decode(key.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        opened = b""
    if not opened.startswith(b"-----BEGIN"):
        raise ValueError(f"{name} is no PEM in base64: copy it in one line, as it was given")


class MuxSettings(Section):
    """Mux Video. It is off until there is a token.

    In the environment: `RUSHES_PARTNERS_MUX_TOKEN_ID` and so on.
    """

    token_id: str | None = None
    """Id of an access token: dashboard of Mux, Settings, Access Tokens, with write on Mux Video."""
    token_secret: SecretStr | None = None
    """The secret that Mux shows once beside that id. Put it into the environment."""
    webhook_secret: SecretStr | None = None
    """The signing secret of a webhook: Settings, Webhooks, with the address
    `{base_url}/api/v1/partners/mux/webhook`. Without one nothing of Mux is listened to, and Rushes
    asks by itself how far a film is."""
    policy: Literal["signed", "public"] = "signed"
    """`signed`: a film is watched by addresses that Rushes signs, each good for
    `delivery.playback_life`. `public`: by whoever knows the address."""
    signing_key_id: str | None = None
    """Id of a signing key (Settings, Signing Keys), for `policy = "signed"`."""
    signing_key: SecretStr | None = None
    """The private key of that id, as Mux gives it: PEM in base64, one line."""
    quality: Literal["basic", "plus", "premium"] = "basic"
    """The video quality that Mux encodes to, which decides what it costs."""
    test: bool = False
    """Whether films are sent as test assets: free, marked, cut at ten seconds, gone in a day."""
    address: str = "https://api.mux.com"
    """Where its API is."""

    @property
    def is_on(self) -> bool:
        """Whether assets may be handed to it."""
        return self.token_id is not None

    @model_validator(mode="after")
    def _require_its_fields(self) -> Self:
        needed = ["token_secret"] if self.is_on else []
        if self.is_on and self.policy == "signed":
            needed += ["signing_key_id", "signing_key"]
        require(self, "partners.mux", needed)
        require_key("partners.mux.signing_key", self.signing_key)
        return self


class StreamSettings(Section):
    """Cloudflare Stream. It is off until there is an account.

    In the environment: `RUSHES_PARTNERS_STREAM_ACCOUNT_ID` and so on.
    """

    account_id: str | None = None
    """Id of the account: the first part of the dashboard's address, 32 hex digits."""
    token: SecretStr | None = None
    """An API token with *Stream: Edit* on that account: *Manage account*, *API tokens*."""
    webhook_secret: SecretStr | None = None
    """What `PUT /accounts/{id}/stream/webhook` answers as `secret`, called once with the address
    `{base_url}/api/v1/partners/stream/webhook`. Without one Rushes asks by itself."""
    signed: bool = True
    """Whether films are watched by addresses that Rushes signs, each good for
    `delivery.playback_life`; else by whoever knows the address."""
    signing_key_id: str | None = None
    """`id` of a key that `POST /accounts/{id}/stream/keys` makes, where films are signed."""
    signing_key: SecretStr | None = None
    """`pem` of that answer: it is in base64 already, and shown once."""
    max_duration_seconds: int = Field(default=10_800, ge=1, le=36_000)
    """Longest film: Stream sets so much of the account's room aside while one comes."""
    address: str = "https://api.cloudflare.com/client/v4"
    """Where its API is."""

    @property
    def is_on(self) -> bool:
        """Whether assets may be handed to it."""
        return self.account_id is not None

    @model_validator(mode="after")
    def _require_its_fields(self) -> Self:
        needed = ["token"] if self.is_on else []
        if self.is_on and self.signed:
            needed += ["signing_key_id", "signing_key"]
        require(self, "partners.stream", needed)
        require_key("partners.stream.signing_key", self.signing_key)
        return self


class FrameioSettings(Section):
    """Frame.io, its version 4. It is off until there is an account.

    In the environment: `RUSHES_PARTNERS_FRAMEIO_ACCOUNT_ID` and so on.
    """

    account_id: str | None = None
    """Id of the account, as `GET /v4/accounts` tells it."""
    folder_id: str | None = None
    """A folder there, mostly the `root_folder_id` of a project: each of our projects gets a folder
    of its own in it, `Client - Project`."""
    client_id: str | None = None
    """Of an OAuth server-to-server credential: Adobe Developer Console, a project with the
    Frame.io API. The credential has to be a member of the account at Frame.io."""
    client_secret: SecretStr | None = None
    """The secret of that credential."""
    webhook_secret: SecretStr | None = None
    """What making a webhook answers as `secret`, once, for the event `file.ready` and the address
    `{base_url}/api/v1/partners/frameio/webhook`. Without one Rushes asks by itself."""
    share: bool = False
    """Whether each file gets a public share of its own there, to look at and comment on."""
    address: str = "https://api.frame.io"
    """Where its API is."""
    login_address: str = "https://ims-na1.adobelogin.com"
    """Where tokens come from."""

    @property
    def is_on(self) -> bool:
        """Whether assets may be handed to it."""
        return self.account_id is not None

    @model_validator(mode="after")
    def _require_its_fields(self) -> Self:
        needed = ["folder_id", "client_id", "client_secret"] if self.is_on else []
        require(self, "partners.frameio", needed)
        return self


class PartnerSettings(Section):
    """Services that assets may be handed to, by hand or by project. All of them are off at first:
    nothing of Rushes needs one.
    """

    allow_private: tuple[str, ...] = ()
    """Services in your own network, each as `host:port`: for trials, or behind a gateway. All
    others must be https addresses of the open internet."""
    at_once: int = Field(default=2, ge=1, le=16)
    """How many assets a worker hands over at once."""
    mux: MuxSettings = MuxSettings()
    stream: StreamSettings = StreamSettings()
    frameio: FrameioSettings = FrameioSettings()

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, given: object) -> object:
        return unfold(given, PARTNERS)
