"""Which partners there are, and what each takes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from rushes.library.asset import Asset
from rushes.partner_section import (
    FrameioSettings,
    MuxSettings,
    PartnerSettings,
    StreamSettings,
)
from rushes.partners.choice import find_secret, list_on, list_subjects, require_on, suits
from rushes.partners.copy import Partner, PartnerUnknown

ALL_ON = PartnerSettings(
    mux=MuxSettings.model_validate(
        {"token_id": "id", "token_secret": "x", "policy": "public", "webhook_secret": "call"}
    ),
    stream=StreamSettings.model_validate(
        {"account_id": "id", "token": "x", "signed": False, "webhook_secret": "call 2"}
    ),
    frameio=FrameioSettings.model_validate(
        {
            "account_id": "id",
            "folder_id": "folder",
            "client_id": "client",
            "client_secret": "x",
            "webhook_secret": "call 3",
        }
    ),
)
SECRETS = {Partner.MUX: "call", Partner.STREAM: "call 2", Partner.FRAMEIO: "call 3"}


def an_asset(kind: str, size_bytes: int = 1) -> Asset:
    return cast("Asset", SimpleNamespace(kind=kind, size_bytes=size_bytes))


def test_none_is_there_before_one_is_switched_on() -> None:
    """Nor is an unknown one, then."""
    assert () == list_on(PartnerSettings())
    assert (*SECRETS,) == list_on(ALL_ON)
    for name in ("mux", "vimeo"):
        with pytest.raises(PartnerUnknown):
            require_on(PartnerSettings(), name)
    with pytest.raises(PartnerUnknown):
        require_on(ALL_ON, "vimeo")


@pytest.mark.parametrize("partner", SECRETS)
def test_each_is_known_by_its_name_and_secret(partner: Partner) -> None:
    """Without a secret nobody can call."""
    own: Any = getattr(ALL_ON, partner.value)
    silent = ALL_ON.model_copy(
        update={partner.value: own.model_copy(update={"webhook_secret": None})}
    )

    assert (partner, SECRETS[partner]) == find_secret(ALL_ON, partner.value)
    assert partner is require_on(silent, partner.value)
    with pytest.raises(PartnerUnknown):
        find_secret(silent, partner.value)


def test_stream_takes_films_and_frameio_what_can_be_looked_at() -> None:
    """A show of lights is nothing that Frame.io shows."""
    kinds = ("video", "audio", "image", "raw", "pdf", "sequence", "other")

    assert ["video"] == [kind for kind in kinds if suits(Partner.STREAM, an_asset(kind))]
    assert [*kinds[:5]] == [kind for kind in kinds if suits(Partner.FRAMEIO, an_asset(kind))]


def test_mux_takes_what_is_played() -> None:
    """And nothing that has no byte."""
    assert suits(Partner.MUX, an_asset("video"))
    assert suits(Partner.MUX, an_asset("audio"))
    assert not suits(Partner.MUX, an_asset("image"))
    assert not suits(Partner.MUX, an_asset("video", 0))


def test_what_a_call_is_about_is_read_in_the_words_of_its_partner() -> None:
    """Mux speaks of `data`, Stream of the film itself, Frame.io of a `resource`."""
    file = {"resource": {"id": "f1", "type": "file"}}

    assert ("as1",) == list_subjects(Partner.MUX, {"data": {"id": "as1"}})
    assert ("uid1",) == list_subjects(Partner.STREAM, {"uid": "uid1"})
    assert ("f1",) == list_subjects(Partner.FRAMEIO, file)
