"""What the demo tells a person at its end: the balance, the verdict, the truth beside it."""

from __future__ import annotations

import math

from contract.terminal import Column, show, show_table
from ecoviv.demo.run import DemoResult


def print_result(result: DemoResult) -> None:
    """The balance, the verdict, the planted truth and the path of the report, to stdout."""
    _print_balance(result)
    _print_verdict(result)
    verdict = result.verdict
    show(f"Territory: {verdict['territory']}  (planted: {result.truth['territory']})")
    for land_use, part in verdict["by_land_use"].items():
        show(f"  {land_use}: {part['class']}{_said(part['codes'])}")
    codes = sorted({*verdict["codes"], *(c for one in verdict["indicators"] for c in one["codes"])})
    if codes:
        show(f"Codes: {', '.join(codes)}")
    detector = result.truth["detector"]
    show(
        f"Planted: {result.scenario}, seed {result.seed}; detector {detector['model']},"
        f" recall {detector['recall']}, {detector['false_positives_per_species_minute']} false reports"
        f" a species and minute"
    )
    if result.killed:
        kills = ", ".join(f"{name} {count}" for name, count in result.killed.items())
        show(f"Killed meanwhile: {kills}")
    show(f"Report: {result.report}")
    show(f"{result.seconds:.0f} s in all, {result.road_seconds:.0f} s on the road")


def _print_balance(result: DemoResult) -> None:
    balance = result.balance
    cells = {
        "sent": balance.sent,
        "stored": balance.stored,
        "lost": balance.lost,
        "duplicated": balance.duplicated,
        "flagged": balance.flagged,
        "unreadable": balance.unreadable,
        "absorbed": balance.absorbed,
    }
    columns = [Column(name, right=True) for name in cells]
    show_table(columns, [list(cells.values())], title="Messages")


def _print_verdict(result: DemoResult) -> None:
    columns = (
        Column("indicator"),
        Column("class"),
        Column("estimate", right=True),
        Column("low", right=True, drop=2),
        Column("high", right=True, drop=2),
        Column("planted", drop=1),
    )
    rows = []
    for indicator in result.verdict["indicators"]:
        numbers = (_number(indicator[name]) for name in ("estimate", "low", "high"))
        planted = result.truth["classes"].get(_PLANTED[indicator["group"]], {}).get("expected", "")
        rows.append((indicator["id"], indicator["class"], *numbers, planted))
    show_table(columns, rows, title="Verdict, restored against control")


_PLANTED = {"community": "community", "acoustic": "community", "soil": "soil", "weather": "microclimate"}
"""Class of indicator -> what was planted for it; voices follow the community."""


def _said(codes: list[str]) -> str:
    return f" ({', '.join(codes)})" if codes else ""


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.3f}"
