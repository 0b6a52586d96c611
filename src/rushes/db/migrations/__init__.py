"""How an old database comes forward: one Alembic revision per change."""
