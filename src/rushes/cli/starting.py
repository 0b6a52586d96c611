"""What a process makes sure of before it works: that its tables are there, ours and the engine's.

`rushes migrate` makes both, one after the other. Whoever starts in between, or after a newer engine
came with a release, finds ours and not yet the engine's: it makes those itself. Many may do so at
once: each waits up to 30 seconds for a lock of the database, and then goes on without it. So the
first makes the tables and the others find them, as long as making them takes no longer.
"""

from __future__ import annotations

from rushes.db.migrate import migrate, require_current
from rushes.jobs import engine
from rushes.settings import Settings


def prepare(settings: Settings) -> None:
    """Bring an embedded database forward; on PostgreSQL do so with the engine's tables alone.

    Raises:
        SchemaTooOld: the PostgreSQL database waits for `rushes migrate`.
        SchemaTooNew: a newer Rushes wrote it.
    """
    if settings.is_embedded:
        migrate(settings.rooms_url)
    else:
        require_current(settings.rooms_url)
    engine.migrate(settings)
