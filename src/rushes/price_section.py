"""Tables of money in the settings: `[prices.PROVIDER]`, and `[budget]`.

What a list leaves out is as Rushes knows it; the prices of one store (`[stores.NAME.prices]`) win.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from rushes.sections import PriceSettings, Section


class ListSettings(PriceSettings):
    """What a provider costs, in dollars, where that is not what Rushes knows of it."""

    source: str | None = None
    """Where the figures stand: an address, or the name of a contract."""
    as_of: date | None = None
    """Of when they are, `2026-11-01`."""


class BudgetSettings(Section):
    """What may be spent."""

    egress_bytes: int | None = Field(default=None, ge=0)
    """Most bytes that should leave the archive in a calendar month (UTC); any by default. At 90 %
    nothing more is brought ahead of viewers; at 100 % nothing at all but by hand, and players get
    the qualities on the edge, or the smallest. Nobody is refused."""
