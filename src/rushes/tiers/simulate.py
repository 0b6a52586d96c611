"""The simulator: a trace against policies, side by side, as a table, a plot and plain figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from rushes.tiers.adaptive import Learner
from rushes.tiers.clairvoyant import foresee
from rushes.tiers.contenders import Adaptive, ByRules, Everything, GreedyDual, LeastRecent
from rushes.tiers.prices import MONTH_SECONDS, Rates
from rushes.tiers.replay import Edge, Policy, Score, Story, replay
from rushes.tiers.rules import PRESETS, Preset, Rules

GB: Final = 10**9
BAR: Final = 44


class Contender(StrEnum):
    """A policy by its name."""

    DEFAULT = "default"
    ADAPTIVE = "adaptive"
    LRU = "lru"
    GDSF = "gdsf"
    ALL_ON_EDGE = "all_on_edge"
    CLAIRVOYANT = "clairvoyant"
    FLAT_7 = "flat_7"
    FLAT_30 = "flat_30"
    BY_TYPE = "by_type"


USUAL: Final = tuple(Contender)[:6]


def simulate(
    story: Story,
    rates: Rates,
    contenders: Iterable[Contender] = USUAL,
    *,
    rules: Rules = PRESETS[Preset.DEFAULT],
    cap_bytes: int | None = None,
) -> list[Score]:
    """Return what each policy comes to.

    Least-recently-used and greedy-dual need a room: `cap_bytes`, else as much as the default rule
    took at its fullest on the same trace.
    """
    rules = replace(rules, cap_bytes=cap_bytes)
    default: Score | None = None
    scores = []
    for contender in contenders:
        room = cap_bytes
        if room is None and contender in {Contender.LRU, Contender.GDSF}:
            default = default or _run(Contender.DEFAULT, story, rates, rules, None)
            room = default.peak_bytes
        known = default if contender is Contender.DEFAULT else None
        found = known or _run(contender, story, rates, rules, room)
        default = found if contender is Contender.DEFAULT else default
        scores.append(found)
    return scores


def _run(contender: Contender, story: Story, rates: Rates, rules: Rules, room: int | None) -> Score:
    if contender is Contender.CLAIRVOYANT:
        return foresee(story, rates)
    edge = Edge(story.sizes)
    policy = _POLICIES.get(contender, _by_preset)(contender, story, edge, rates, rules, room or 0)
    return replay(contender.value, story, policy, edge, rates)


_Maker = Callable[[Contender, Story, Edge, Rates, Rules, int], Policy]


def _by_rules(_: Contender, story: Story, edge: Edge, __: Rates, rules: Rules, ___: int) -> Policy:
    return ByRules(story, edge, rules)


def _by_preset(
    contender: Contender, story: Story, edge: Edge, _: Rates, rules: Rules, __: int
) -> Policy:
    preset = PRESETS[Preset(contender.value)]
    return ByRules(story, edge, replace(preset, cap_bytes=rules.cap_bytes))


def _adaptive(
    _: Contender, story: Story, edge: Edge, rates: Rates, rules: Rules, __: int
) -> Policy:
    shorter = replace(rules, grace=rules.grace_when_full)
    return Adaptive(story, ByRules(story, edge, shorter), Learner(rates))


_POLICIES: Final[dict[Contender, _Maker]] = {
    Contender.DEFAULT: _by_rules,
    Contender.ADAPTIVE: _adaptive,
    Contender.LRU: lambda _, story, edge, __, ___, room: LeastRecent(edge, room, story.qualities),
    Contender.GDSF: lambda _, story, edge, rates, ___, room: GreedyDual(
        edge, room, story.qualities, rates
    ),
    Contender.ALL_ON_EDGE: lambda _, __, edge, ___, ____, _____: Everything(edge),
}


def describe(scores: Sequence[Score]) -> list[dict[str, str | float]]:
    """Return the figures as plain values; `cost` is in dollars over the trace."""
    costs = {score.policy: score.cost for score in scores}
    found = []
    for score in scores:
        told: dict[str, str | float] = {
            "policy": score.policy,
            "cost": score.cost,
            "cost_month": score.month,
            "hit_rate": score.hit_rate,
            "byte_hit_rate": score.hit_bytes / max(score.read_bytes, 1),
            "repeat_hit_rate": score.again_hits / max(score.again, 1),
            "storage": score.storage,
            "requests": score.requests,
            "recall": score.recall,
            "penalty": score.penalty,
            "reads": score.reads,
            "fills": score.fills,
            "evictions": score.evictions,
            "recalled_bytes": score.read_bytes - score.hit_bytes,
            "mean_bytes": score.mean_bytes,
            "peak_bytes": score.peak_bytes,
        }
        for other in (Contender.ALL_ON_EDGE, Contender.CLAIRVOYANT):
            if costs.get(other.value, 0.0) > 0:
                told[f"of_{other.value}"] = score.cost / costs[other.value]
        found.append(told)
    return found


def format_table(scores: Sequence[Score]) -> str:
    """Return the figures for people, and a plot of what each policy costs."""
    head = f"{'policy':<12}{'$ a month':>11}{'storage':>10}{'misses':>10}{'hits':>7}{'GB held':>10}"
    lines = [head + f"{'fills':>9}{'of optimum':>12}"]
    optimum = next((one.cost for one in scores if one.policy == Contender.CLAIRVOYANT.value), 0.0)
    for one in scores:
        months = one.seconds / MONTH_SECONDS
        ratio = f"{one.cost / optimum:.2f}" if optimum else "-"
        lines.append(
            f"{one.policy:<12}{one.month:>11.3f}{one.storage / months:>10.3f}"
            f"{(one.recall + one.penalty) / months:>10.3f}{one.hit_rate:>7.1%}"
            f"{one.mean_bytes / GB:>10.1f}{one.fills:>9}{ratio:>12}"
        )
    return "\n".join([*lines, "", *_bars(scores)])


def _bars(scores: Sequence[Score]) -> list[str]:
    """Return a bar for each policy: what it keeps, then what misses cost."""
    longest = max((one.cost for one in scores), default=0.0) or 1.0
    found = []
    for one in scores:
        kept = round(BAR * (one.storage + one.requests) / longest)
        missed = round(BAR * (one.recall + one.penalty) / longest)
        found.append(f"{one.policy:<12}|{'#' * kept}{'-' * missed} {one.month:.3f}")
    return [*found, f"{'':<12} # keeping   - misses   ($ a month)"]


def draw(scores: Sequence[Score]) -> str:
    """Return the same plot as SVG."""
    longest = max((one.cost for one in scores), default=0.0) or 1.0
    rows = []
    for number, one in enumerate(scores):
        top, kept = 10 + 26 * number, 400 * (one.storage + one.requests) / longest
        missed = 400 * (one.recall + one.penalty) / longest
        rows.append(
            f'<text x="105" y="{top + 13}" text-anchor="end">{one.policy}</text>'
            f'<rect x="110" y="{top}" width="{kept:.1f}" height="18" fill="#3b6ea5"/>'
            f'<rect x="{110 + kept:.1f}" y="{top}" width="{missed:.1f}" height="18"'
            ' fill="#d98032"/>'
            f'<text x="{116 + kept + missed:.1f}" y="{top + 13}">${one.month:.2f}'
            f" a month, {one.hit_rate:.0%} hits</text>"
        )
    height = 26 * len(scores) + 36
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 {height}"'
        ' font-family="sans-serif" font-size="13">'
        f'<rect width="700" height="{height}" fill="#fff"/>{"".join(rows)}'
        f'<text x="110" y="{height - 10}">blue: keeping, orange: misses</text></svg>\n'
    )
