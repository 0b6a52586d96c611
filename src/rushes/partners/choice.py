"""Which partners there are, what each takes, and what each of them is asked by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from rushes.library.asset import Asset
from rushes.media.facts import MediaKind
from rushes.partner_section import PartnerSettings
from rushes.partners import frameio_shapes, mux_shapes, stream_shapes
from rushes.partners.copy import Partner, PartnerUnknown

TAKES: Final[Mapping[Partner, frozenset[str]]] = MappingProxyType(
    {
        Partner.MUX: frozenset({MediaKind.VIDEO.value, MediaKind.AUDIO.value}),
        Partner.STREAM: frozenset({MediaKind.VIDEO.value}),
        Partner.FRAMEIO: frozenset(
            {each.value for each in MediaKind} - {MediaKind.SEQUENCE.value, MediaKind.OTHER.value}
        ),
    }
)
"""Kinds of assets that each can show."""

SUBJECTS: Final[Mapping[Partner, Callable[[Mapping[str, Any]], tuple[str, ...]]]] = (
    MappingProxyType(
        {
            Partner.MUX: mux_shapes.subject_of,
            Partner.STREAM: stream_shapes.subject_of,
            Partner.FRAMEIO: frameio_shapes.subject_of,
        }
    )
)
"""Reads what a call is about."""


def list_on(settings: PartnerSettings) -> tuple[Partner, ...]:
    """Return the partners that are switched on."""
    switches = {
        Partner.MUX: settings.mux.is_on,
        Partner.STREAM: settings.stream.is_on,
        Partner.FRAMEIO: settings.frameio.is_on,
    }
    return tuple(partner for partner, is_on in switches.items() if is_on)


def require_on(settings: PartnerSettings, name: str) -> Partner:
    """Return a partner by its name.

    Raises:
        PartnerUnknown: there is none, or it is off.
    """
    for partner in list_on(settings):
        if partner.value == name:
            return partner
    raise _unknown()


def find_secret(settings: PartnerSettings, name: str) -> tuple[Partner, str]:
    """Return a partner by its name, with what it signs its calls by.

    Raises:
        PartnerUnknown: there is none, it is off, or its secret was never told.
    """
    secrets = {
        Partner.MUX: settings.mux.webhook_secret,
        Partner.STREAM: settings.stream.webhook_secret,
        Partner.FRAMEIO: settings.frameio.webhook_secret,
    }
    partner = require_on(settings, name)
    secret = secrets[partner]
    if secret is None:
        raise _unknown()
    return partner, secret.get_secret_value()


def list_subjects(partner: Partner, told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids that a call speaks of, theirs and ours."""
    return SUBJECTS[partner](told)


def suits(partner: Partner, asset: Asset) -> bool:
    """Say whether a partner takes an asset."""
    return asset.size_bytes > 0 and asset.kind in TAKES[partner]


def _unknown() -> PartnerUnknown:
    return PartnerUnknown("There is no such partner here. An admin switches one on in [partners].")
