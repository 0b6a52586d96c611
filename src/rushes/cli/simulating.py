"""`rushes tiers simulate`: what rules of the edge would cost, beside the best there could be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rushes.cli.places import DataOption, load_settings
from rushes.cli.voice import AsJson, answer
from rushes.settings import Settings
from rushes.tiers.prices import PROVIDERS, Price, Rates, make_rates, price_of
from rushes.tiers.replay import tell
from rushes.tiers.rules import make_rules
from rushes.tiers.simulate import USUAL, Contender, describe, draw, format_table, simulate
from rushes.tiers.trace import format_trace, parse_trace
from rushes.tiers.traffic import Traffic, make_trace


def simulate_tiers(
    *,
    trace: Annotated[
        Path | None, typer.Option(help="A trace: a JSON object a line. Else one is made.")
    ] = None,
    policy: Annotated[
        list[Contender] | None, typer.Option(help="A policy; more than one may be given.")
    ] = None,
    cap: Annotated[int | None, typer.Option(min=1, help="Most bytes on the edge.")] = None,
    assets: Annotated[int, typer.Option(min=1, help="Assets of a made trace.")] = 3_000,
    days: Annotated[int, typer.Option(min=1, help="Days of a made trace.")] = 180,
    plays: Annotated[
        float, typer.Option(min=0, help="Plays of each new asset, on average.")
    ] = 80.0,
    zipf: Annotated[float, typer.Option(min=0, help="Exponent of Zipf's law.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of a made trace.")] = 1,
    plot: Annotated[Path | None, typer.Option(help="Write the plot there, as SVG.")] = None,
    write_trace: Annotated[Path | None, typer.Option(help="Write the trace there.")] = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Replay a trace against policies of the edge; print hits, movements and cost of each."""
    settings = load_settings(data)
    traffic = Traffic(assets, days, zipf, plays, seed)
    lines = make_trace(traffic) if trace is None else parse_trace(trace.read_text().splitlines())
    if write_trace is not None:
        write_trace.write_text("".join(f"{line}\n" for line in format_trace(lines)))
    story, rates = tell(lines), find_rates(settings)
    rules = make_rules(settings.retention)
    scores = simulate(story, rates, policy or USUAL, rules=rules, cap_bytes=cap)
    if plot is not None:
        plot.write_text(draw(scores))
    made = {"lines": len(lines), "objects": len(story.sizes), "seconds": story.end - story.begin}
    text = f"{made['lines']} lines, {made['objects']} objects.\n{format_table(scores)}"
    answer({"trace": made, "policies": describe(scores)}, text, as_json=as_json)


def find_rates(settings: Settings) -> Rates:
    """Return the rates of the settings; in the place of what costs nothing, R2 and Wasabi."""
    edge = _price(settings, settings.tiers.edge.store)
    archive = _price(settings, settings.tiers.archive.store)
    return make_rates(
        PROVIDERS["r2"] if edge == Price() else edge,
        PROVIDERS["wasabi"] if archive == Price() else archive,
        settings.retention.penalty,
    )


def _price(settings: Settings, store: str | None) -> Price:
    return price_of(None if store is None else settings.stores[store], settings.prices)
