"""``plan power``: which sites and seasons would show which change.  Numerics load inside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analysis.cli.planned import JSON, SPREAD, named_indicators
from analysis.cli.report import STORE, TERRITORY
from contract.errors import UsageError
from contract.nearby import find_both
from contract.terminal import Column, say, show, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.plan.ahead.reach import Spread
    from analysis.plan.ahead.table import Hope, Row, Waiting
    from analysis.plan.plan import Plan

_MOST = 500
"""Sites an arm, or per cent, that may be asked about."""


def plan_power(
    plan: Path = typer.Argument(..., help="The plan whose indicators are asked about."),
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    spread: float = SPREAD,
    sites: str = typer.Option("8,12,20,30", "--sites", help="Sites an arm."),
    seasons: str = typer.Option("3+5,5+5,8+5", "--seasons", help="Seasons before + after."),
    effects: str = typer.Option("20,30,50", "--effects", help="True changes in per cent."),
    price: float | None = typer.Option(None, "--price", min=0, help="What one site costs in one season."),
    as_json: bool = JSON,
) -> None:
    """Say which sites and seasons would show which change, before they are paid for.

    The spread of each indicator is measured in the seasons before restoration where a --store has them.

    Example: `ecoviv plan power plan.toml --sites 8,12,20 --seasons 3+5,8+5 --price 400`
    """
    from analysis.plan.ahead.reach import REFERENCE, Spread
    from analysis.plan.ahead.table import Hope, rows, waiting
    from analysis.plan.plan import Plan
    from analysis.verdict.gates.ahead import line_of
    from analysis.words import words

    asked = _numbers(sites, "--sites", 2), _pairs(seasons), _numbers(effects, "--effects", 1)
    loaded = Plan.load(plan)
    named_indicators(loaded, plan)
    known = {} if store is None else _spreads(loaded, plan, store, territory)
    names = [primary.id for primary in loaded.primaries]
    spreads = tuple(known.get(name, Spread.of_change(spread)) for name in names)
    hope = Hope(tuple(line_of(loaded, name) for name in names), spreads)
    table = rows(hope, asked[0], asked[1], [effect / 100 for effect in asked[2]], price)
    later = waiting(hope, min(asked[2]) / 100)
    if as_json:
        show_json(_power_json(loaded, hope, table, later, known), indent=2)
        return
    for primary, own in zip(loaded.primaries, hope.spreads, strict=True):
        how = "measured before restoration" if primary.id in known else "expected"
        show(f"{primary.id}: spread of site change {own.change(*REFERENCE):.2f}, {how}")
    _print_power(table)
    show(words("planning", "columns").en)
    show(_about_waiting(later))


def _print_power(table: Sequence[Row]) -> None:
    effects = list(table[0].chances)
    priced = table[0].cost is not None
    columns = [Column("sites an arm", right=True), Column("seasons"), Column("site-seasons", right=True)]
    columns += [Column("cost", right=True)] * priced
    columns += [Column(f"{effect:+.0%}: plain (either)", right=True) for effect in effects]
    show_table(
        tuple(columns),
        [
            (
                row.sites,
                f"{row.before} + {row.after}",
                row.visits,
                *([f"{row.cost:.0f}"] if row.cost is not None else []),
                *(f"{one.plain:.2f} ({one.either:.2f})" for one in row.chances.values()),
            )
            for row in table
        ],
    )


def _about_waiting(one: Waiting) -> str:
    from analysis.words import words

    figures = {
        "now": f"{one.now:.2f}",
        "later": f"{one.later:.2f}",
        "seasons": one.seasons,
        "effect": f"{one.effect:+.0%}".replace("%", " %"),
    }
    if one.sites is None:
        return words("planning", "too_wide", **figures).en
    return words("planning", "useless" if one.useless else "useful", sites=one.sites, **figures).en


def _power_json(
    plan: Plan, hope: Hope, table: Sequence[Row], later: Waiting, known: Mapping[str, Spread]
) -> dict[str, object]:
    from dataclasses import asdict

    from analysis.plan.ahead.reach import REFERENCE

    designs = [
        {key: value for key, value in asdict(row).items() if key != "chances"}
        | {"effects": [{"effect": effect, **asdict(one)} for effect, one in row.chances.items()]}
        for row in table
    ]
    spreads = {
        primary.id: {"spread": round(own.change(*REFERENCE), 6), "measured": primary.id in known}
        for primary, own in zip(plan.primaries, hope.spreads, strict=True)
    }
    return {"primaries": spreads, "designs": designs, "waiting": asdict(later)}


def _spreads(plan: Plan, path: Path, store: str, territory: Path | None) -> dict[str, Spread]:
    """Of each primary that the store has enough of before restoration."""
    import analysis.indicators.compute
    from analysis.plan.ahead.reach import measured
    from contract.config import load_territory

    file, url = find_both(territory, store)
    before = [season.period == "before" for season in plan.seasons]
    panels = analysis.indicators.compute.panels(plan, url, load_territory(file), origin=str(path))
    found = {panel.indicator: measured(panel.values[:, before]) for panel in panels}
    for name, own in found.items():
        if own is None:
            say(f"{name}: fewer than four sites with two whole seasons before; the expected spread is used.")
    return {name: own for name, own in found.items() if own is not None}


def _numbers(text: str, option: str, least: int) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and least <= int(part) <= _MOST for part in parts):
        raise UsageError(
            f"{option} is {text!r}", help=f"Write whole numbers from {least} to {_MOST}, as {option} 8,12,20"
        )
    return [int(part) for part in parts]


def _pairs(text: str) -> list[tuple[int, int]]:
    pairs = [part.strip().split("+") for part in text.split(",")]
    if not all(len(pair) == 2 and all(_is_season_count(one) for one in pair) for pair in pairs):
        raise UsageError(
            f"--seasons is {text!r}", help="Write seasons before + after, as --seasons 3+5,8+5; at most 60"
        )
    return [(int(before), int(after)) for before, after in pairs]


def _is_season_count(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit() and 1 <= int(text) <= 60
