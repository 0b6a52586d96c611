"""Commands for tiers: `rushes tiers status`, `plan`, `evict`, `recall`, `prepare` and the like."""

from __future__ import annotations

import typer

from rushes.cli.checking import check_tiers
from rushes.cli.costing import show_cost
from rushes.cli.editing import prepare
from rushes.cli.migrating import plan_move, show_migration
from rushes.cli.simulating import simulate_tiers
from rushes.cli.vaults import evict, pin, purge, recall, show_plan, show_status

tiers = typer.Typer(no_args_is_help=True, help="Where renditions are kept, and what that costs.")


def add_commands(app: typer.Typer) -> None:
    """Tell the commands of this module."""
    app.add_typer(tiers, name="tiers")


tiers.command("status")(show_status)
tiers.command("cost")(show_cost)
tiers.command("plan")(show_plan)
tiers.command("evict")(evict)
tiers.command("recall")(recall)
tiers.command("pin")(pin)
tiers.command("purge")(purge)
tiers.command("prepare")(prepare)
tiers.command("check")(check_tiers)
tiers.command("simulate")(simulate_tiers)
tiers.command("migrate")(plan_move)
tiers.command("migration")(show_migration)
