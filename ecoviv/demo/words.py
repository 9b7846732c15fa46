"""What the demo tells a person at its end: the balance, the verdict, the truth beside it."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from ecoviv.demo.run import DemoResult


def print_result(result: DemoResult) -> None:
    """The balance, the verdict, the planted truth and the path of the report, to stdout."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(_balance_table(result))
    console.print(_verdict_table(result))
    verdict = result.verdict
    console.print(f"Territory: [bold]{verdict['territory']}[/bold]  (planted: {result.truth['territory']})")
    for land_use, part in verdict["by_land_use"].items():
        console.print(f"  {land_use}: {part['class']}{_said(part['codes'])}", markup=False)
    codes = sorted({*verdict["codes"], *(c for one in verdict["indicators"] for c in one["codes"])})
    if codes:
        console.print(f"Codes: {', '.join(codes)}", markup=False)
    detector = result.truth["detector"]
    console.print(
        f"Planted: {result.scenario}, seed {result.seed}; detector {detector['model']},"
        f" recall {detector['recall']}, {detector['false_positives_per_species_minute']} false reports"
        f" a species and minute",
        markup=False,
    )
    if result.killed:
        kills = ", ".join(f"{name} {count}" for name, count in result.killed.items())
        console.print(f"Killed meanwhile: {kills}", markup=False)
    console.print(f"Report: {result.report}", markup=False)
    console.print(f"{result.seconds:.0f} s in all, {result.road_seconds:.0f} s on the road", markup=False)


def _balance_table(result: DemoResult) -> Table:
    balance = result.balance
    table = Table(title="Messages", title_justify="left")
    cells = {
        "sent": balance.sent,
        "stored": balance.stored,
        "lost": balance.lost,
        "duplicated": balance.duplicated,
        "flagged": balance.flagged,
        "unreadable": balance.unreadable,
        "absorbed": balance.absorbed,
    }
    for name in cells:
        table.add_column(name, justify="right")
    table.add_row(*(str(count) for count in cells.values()))
    return table


def _verdict_table(result: DemoResult) -> Table:
    table = Table(title="Verdict, restored against control", title_justify="left")
    table.add_column("indicator", no_wrap=True)
    table.add_column("class", no_wrap=True)
    for name in ("estimate", "low", "high"):
        table.add_column(name, justify="right")
    table.add_column("planted", no_wrap=True)
    for indicator in result.verdict["indicators"]:
        numbers = (_number(indicator[name]) for name in ("estimate", "low", "high"))
        planted = result.truth["classes"].get(_PLANTED[indicator["group"]], {}).get("expected", "")
        table.add_row(indicator["id"], indicator["class"], *numbers, planted)
    return table


_PLANTED = {"community": "community", "acoustic": "community", "soil": "soil", "weather": "microclimate"}
"""Class of indicator -> what was planted for it; voices follow the community."""


def _said(codes: list[str]) -> str:
    return f" ({', '.join(codes)})" if codes else ""


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.3f}"
