"""What Alembic runs for each revision: our metadata on the connection that `migrate` opened."""

from __future__ import annotations

from alembic import context

from rushes.db.schema import WHOLE_SCHEMA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=WHOLE_SCHEMA,
    render_as_batch=True,  # SQLite changes a table by copying it
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
