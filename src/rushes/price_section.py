"""The tables `[prices.PROVIDER]` of the settings: what providers of buckets cost, of when, and why.

What a list leaves out is as Rushes knows it; the prices of one store (`[stores.NAME.prices]`) win.
"""

from __future__ import annotations

from datetime import date

from rushes.sections import PriceSettings


class ListSettings(PriceSettings):
    """What a provider costs, in dollars, where that is not what Rushes knows of it."""

    source: str | None = None
    """Where the figures stand: an address, or the name of a contract."""
    as_of: date | None = None
    """Of when they are, `2026-11-01`."""
