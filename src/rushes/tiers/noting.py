"""A line of the log for each movement between tiers: what, where, how large, how long, which try.

What has arrived or left is told by an event as well; the line also tells of attempts that failed.
Whose job it was stands in the line by itself (`log_context`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from rushes.errors import RushesError
from rushes.stores.store import Vault
from rushes.tiers.placement import Placement, Tier

LOG: Final = logging.getLogger(__name__)
INTERRUPTED: Final = "interrupted"


@contextmanager
def noting(
    deed: str, tier: Tier, key: str, size_bytes: int | None = None, **more: object
) -> Iterator[None]:
    """Log what was done in the block to an object: `deed` is written, deleted or moved."""
    begun = time.monotonic()
    facts = {"deed": deed, "tier": tier.value, "key": key, "size_bytes": size_bytes, **more}
    try:
        yield
    except RushesError as error:
        LOG.warning("An object stayed", extra=_timed(facts, begun) | {"code": error.code})
        raise
    except OSError as error:
        LOG.warning("An object stayed", extra=_timed(facts, begun) | {"error": str(error)})
        raise
    except asyncio.CancelledError:
        LOG.info("An object stayed", extra=_timed(facts, begun) | {"code": INTERRUPTED})
        raise
    LOG.info("An object went its way", extra=_timed(facts, begun))


def carrying(held: Placement, size_bytes: int) -> AbstractContextManager[None]:
    """Log that an object is brought to the tier of a placement that we hold."""
    return noting(
        "written", held.tier, held.key, size_bytes, object_id=held.object_id, attempt=held.fence
    )


async def delete(store: Vault, tier: Tier, key: str, *, because: str) -> None:
    """Delete an object, and log it.

    Raises:
        Unreachable, Busy, Refused: the store failed.
    """
    with noting("deleted", tier, key, because=because):
        await store.delete(key)


def _timed(facts: dict[str, object], begun: float) -> dict[str, object]:
    known = {name: value for name, value in facts.items() if value is not None}
    return known | {"seconds": round(time.monotonic() - begun, 3)}
