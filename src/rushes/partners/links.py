"""Addresses at partners of what is ready there, signed where the partner asks for that."""

from __future__ import annotations

from datetime import datetime, timedelta

from rushes.partner_section import PartnerSettings
from rushes.partners import frameio_shapes, mux, stream
from rushes.partners.choice import list_on
from rushes.partners.copy import Partner, PartnerCopy, State


def links_of(
    settings: PartnerSettings, copy: PartnerCopy, now: datetime, life: timedelta
) -> dict[str, str]:
    """Return where an asset is watched and looked at over there; nothing before it is ready.

    Args:
        settings: those of partners, with the keys that sign.
        copy: the asset over there.
        now: the aware present.
        life: how long a signed address is good.

    Raises:
        PartnerUnexpected: a key cannot be used.
    """
    if copy.state is not State.READY or copy.partner not in list_on(settings):
        return {}
    if copy.partner is Partner.MUX:
        return mux.links_of(settings.mux, copy, now, life)
    if copy.partner is Partner.STREAM:
        return stream.links_of(settings.stream, copy, now, life)
    return frameio_shapes.links_of(copy.facts)
