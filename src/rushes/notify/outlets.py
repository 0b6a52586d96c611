"""The ways by which people and programs outside are told what happened."""

from __future__ import annotations

from dataclasses import dataclass

from rushes.notify.live import Live
from rushes.notify.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Outlets:
    """Webhooks, and the live stream."""

    webhooks: Webhooks
    live: Live
