"""Events are append-only: the database itself refuses to change one."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put a trigger before each verb that would change the past."""
    for verb in ("UPDATE", "DELETE"):
        _refuse(verb)


def _refuse(verb: str) -> None:
    name = f"events_no_{verb.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {verb} ON events FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
