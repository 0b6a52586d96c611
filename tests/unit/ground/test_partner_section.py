"""`[partners]`: off at first; a table that is half filled in is refused."""

from __future__ import annotations

import base64

import pytest

from rushes.partner_section import PartnerSettings

KEY = base64.b64encode(b"-----BEGIN RSA PRIVATE KEY-----").decode()
WHOLE = {
    "mux_token_id": "id",
    "mux_token_secret": "secret",
    "mux_signing_key_id": "key",
    "mux_signing_key": KEY,
}


def test_every_partner_is_off_at_first() -> None:
    """Nothing of Rushes needs one."""
    settings = PartnerSettings()

    assert not any((settings.mux.is_on, settings.stream.is_on, settings.frameio.is_on))


def test_flat_names_are_those_of_the_environment() -> None:
    """`RUSHES_PARTNERS_MUX_TOKEN_ID` is `token_id` of `[partners.mux]`; secrets print as stars."""
    settings = PartnerSettings.model_validate(WHOLE)

    assert settings.mux.is_on
    assert "id" == settings.mux.token_id
    assert "secret" not in repr(settings.mux.token_secret)


def test_what_is_public_needs_no_key() -> None:
    """Addresses are not signed then."""
    told = {"token_id": "id", "token_secret": "secret", "policy": "public"}

    assert PartnerSettings.model_validate({"mux": told}).mux.is_on


STREAM = {
    "stream_account_id": "id",
    "stream_token": "token",
    "stream_signing_key_id": "key",
    "stream_signing_key": KEY,
}
FRAMEIO = {
    "frameio_account_id": "id",
    "frameio_folder_id": "folder",
    "frameio_client_id": "client",
    "frameio_client_secret": "secret",
}


def test_each_is_on_once_its_table_is_whole() -> None:
    """One by one; films of Stream that are not signed need no key."""
    settings = PartnerSettings.model_validate(WHOLE | STREAM | FRAMEIO)
    plain = {"account_id": "id", "token": "token", "signed": False}

    assert all((settings.mux.is_on, settings.stream.is_on, settings.frameio.is_on))
    assert PartnerSettings.model_validate({"stream": plain}).stream.is_on


@pytest.mark.parametrize(
    "missing",
    [
        name
        for table in (WHOLE, STREAM, FRAMEIO)
        for name in table
        if name not in {"mux_token_id", "stream_account_id", "frameio_account_id"}
    ],
)
def test_half_a_table_is_refused(missing: str) -> None:
    """The sentence names the field."""
    whole = WHOLE | STREAM | FRAMEIO
    told = {name: value for name, value in whole.items() if name != missing}

    with pytest.raises(ValueError, match=missing.partition("_")[2]):
        PartnerSettings.model_validate(told)


@pytest.mark.parametrize("key", ["no base64!", base64.b64encode(b"no PEM").decode()])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    """Before anybody wonders why no film plays."""
    with pytest.raises(ValueError, match="PEM in base64"):
        PartnerSettings.model_validate(WHOLE | {"mux_signing_key": key})
