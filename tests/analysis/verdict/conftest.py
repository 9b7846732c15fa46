"""One honest territory that every test of the verdict may bend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from math import log
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.plan.panel import Panel, Provenance
from analysis.plan.plan import Plan
from analysis.plan.tables import DECLARATIONS

GROUPS = {
    "detection-rate": "community",
    "vocal-activity": "acoustic",
    "soil-moisture": "soil",
    "buffering": "weather",
}


def content(
    restored: int = 8,
    control: int = 8,
    before: int = 3,
    after: int = 5,
    primaries: tuple[str, ...] = ("detection-rate", "vocal-activity"),
    land_uses: int = 1,
    first_year: int = 2010,
) -> dict[str, Any]:
    """A plan's content: arms side by side on a line, a site a kilometre."""
    arms = ["restored", "control"] * min(restored, control)
    arms += ["restored"] * (restored - control) + ["control"] * (control - restored)
    sites = [
        {
            "id": f"s{k:02d}",
            "arm": arm,
            "land_use": f"use-{k // 2 % land_uses}",
            "latitude": 45 + k / 100,
            "longitude": 5.0,
        }
        for k, arm in enumerate(arms)
    ]
    seasons = [
        {
            "id": f"y{k}",
            "start": f"{first_year + k}-04-01T00:00:00Z",
            "end": f"{first_year + k}-07-01T00:00:00Z",
            "period": "before" if k < before else "after",
        }
        for k in range(before + after)
    ]
    return {
        "territory": "valley",
        "selection": "matched",
        "sites": sites,
        "seasons": seasons,
        "primaries": [{"id": name, "margin": log(1.25)} for name in primaries],
        "declarations": dict.fromkeys(DECLARATIONS, "looked for and not found"),
    }


def plan_of(**changes: Any) -> Plan:
    """A frozen plan."""
    return Plan.from_content(content(**changes), "plan.toml").freeze("2009-01-01T00:00:00Z")


def clean(cells: NDArray[np.bool_]) -> Provenance:
    """Instruments that are known throughout and alike everywhere."""
    rng = np.random.default_rng(0)
    shape = cells.shape
    return Provenance(
        definition=np.full(shape, "d-1"),
        device=np.full(shape, "m-1"),
        firmware=np.full(shape, "1.0"),
        threshold=np.full(shape, 0.5),
        noise_floor=rng.normal(-60, 1, shape),
        dawn_offset=rng.normal(-25, 6, shape),
        schedule=np.full(shape, "rise-1=5000 set+0=5000"),
        weather=np.full(shape, "rain=0 wind=0"),
        depth=np.full(shape, 0.1),
        height=np.full(shape, 2.0),
        calibration=np.full(shape, "the device's own"),
        coverage=np.full(shape, 0.9),
    )


def panels_of(
    plan: Plan,
    effect: float | dict[str, float] = 0.0,
    everywhere: float = 0.0,
    noise: float = 0.1,
    seed: int = 1,
    provenance: Callable[[NDArray[np.bool_]], Provenance] = clean,
) -> list[Panel]:
    """Site + season + noise; ``effect`` on the restored arm, ``everywhere`` on both, after restoration."""
    rng = np.random.default_rng(seed)
    arms = np.array([site.arm == "restored" for site in plan.sites])
    after = np.array([season.period == "after" for season in plan.seasons])
    cells = arms[:, None] & after[None, :]
    out = []
    for primary in plan.primaries:
        size = effect.get(primary.id, 0.0) if isinstance(effect, dict) else effect
        y = rng.normal(0, 0.5, (len(arms), 1)) + rng.normal(0, 0.02, (1, len(after)))
        y = y + rng.normal(0, noise, cells.shape) + size * cells + everywhere * after
        out.append(
            Panel(
                primary.id,
                "log",
                1,
                GROUPS.get(primary.id, "community"),  # type: ignore[arg-type]
                tuple(site.id for site in plan.sites),
                tuple(season.id for season in plan.seasons),
                y,
                np.full(y.shape, 60.0),
                provenance(cells),
            )
        )
    return out


def cut(panel: Panel, rows: Any = slice(None), columns: Any = slice(None)) -> Panel:
    """A panel of some of its sites and seasons, with all that belongs to them."""

    def part(array: NDArray[Any] | None) -> Any:
        return None if array is None else array[rows][:, columns]

    sites, seasons = np.array(panel.sites)[rows], np.array(panel.seasons)[columns]
    source = panel.provenance
    arrays = {one.name: part(getattr(source, one.name)) for one in fields(source) if one.name != "species"}
    return replace(
        panel,
        sites=tuple(sites.tolist()),
        seasons=tuple(seasons.tolist()),
        values=part(panel.values),
        effort=part(panel.effort),
        provenance=replace(source, **arrays),
    )


@pytest.fixture
def plan() -> Plan:
    return plan_of()
