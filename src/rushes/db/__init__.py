"""One schema on SQLite or PostgreSQL, and the only place that commits."""
