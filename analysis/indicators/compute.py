"""Indicator x site x season: from a plan and a store to what the verdict judges.

1. ``panels`` computes the primary indicators of a plan, each as one ``Panel``.
2. ``compute`` does the same for any indicator of any study, with the reasons of absences.
3. ``model_rows`` are the values of a model of many sites, or the reasons that there are none.

Pure functions of what the store holds: the same store and plan give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.indicators.catalogue import CATALOGUE, INDICATORS, PRIMARY, named
from analysis.indicators.indicator import Indicator, ModelIndicator
from analysis.indicators.installed import with_installation
from analysis.indicators.instruments import with_instruments
from analysis.indicators.jobs.grid import Grid
from analysis.plan.panel import NOT_APPLICABLE, NUMBERS, TEXTS, Panel
from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.plan.tables import Primary
from analysis.study.series import open_for_reading
from analysis.study.study import Study, planned, unplanned
from analysis.words.absence import Absent
from contract.errors import ConfigurationError, UnknownName
from contract.places import Territory


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """One indicator over a study."""

    indicator: Indicator
    study: Study
    grid: Grid

    @property
    def panel(self) -> Panel:
        """As the verdict reads it."""
        one = self.indicator
        return Panel(
            indicator=one.id,
            scale=one.scale,
            polarity=one.polarity,
            group=one.group,
            sites=self.study.sites,
            seasons=tuple(season.id for season in self.study.seasons),
            values=self.grid.values,
            effort=self.grid.effort,
            provenance=replace(self.grid.provenance, definition=self._definitions()),
            source=one.source,
        )

    def _definitions(self) -> NDArray[np.str_]:
        """Indicator, version and hours, then what the values were made of; empty where there is none."""
        known, made = np.isfinite(self.grid.values), self.grid.provenance.definition
        name = "#".join(filter(None, (self.indicator.definition, self.grid.part)))
        texts = np.full(self.study.shape, "", dtype=object)
        for place in zip(*np.nonzero(known), strict=True):
            texts[place] = f"{name} {'' if made is None else made[place]}".strip()
        return texts.astype(np.str_)

    @property
    def empty(self) -> bool:
        """No site and season has a value."""
        return not np.isfinite(self.grid.values).any()

    def rows(self) -> list[dict[str, Any]]:
        """One row a site and season: value in its unit, or the reason that there is none."""
        rows = []
        for i, site in enumerate(self.study.sites):
            for j, season in enumerate(self.study.seasons):
                value, absent = float(self.grid.values[i, j]), self.grid.reasons.get((site, season.id))
                known = absent is None
                rows.append(
                    {
                        "indicator": self.indicator.definition,
                        "site": site,
                        "arm": self.study.arms[site],
                        "season": season.id,
                        "period": season.period,
                        "value": self.indicator.shown(value) if known else None,
                        "unit": self.indicator.unit,
                        "scale": self.indicator.scale,
                        "on_scale": value if known else None,
                        "effort_min": float(self.grid.effort[i, j]),
                        "code": "" if absent is None else absent.code,
                        "reason": "" if absent is None else absent.reason,
                    }
                )
        return rows

    def table(self) -> list[dict[str, Any]]:
        """``rows`` with all that a panel holds, so that a verdict can read them back.

        A number or text of the provenance that was looked for and is not known is ``NA``.
        """
        source, columns = self.panel.provenance, (*TEXTS, *NUMBERS)
        places = [(i, j) for i in range(self.study.shape[0]) for j in range(self.study.shape[1])]
        return [
            row
            | {name: _known(getattr(source, name), place) for name in columns}
            | {"species": ";".join(source.species)}
            for row, place in zip(self.rows(), places, strict=True)
        ]


def _known(array: NDArray[Any] | None, place: tuple[int, int]) -> object:
    """A cell of the provenance: None without the array, ``NA`` where unknown, ``n/a`` where inapplicable."""
    if array is None:
        return None
    value = array[place].item()
    if value == math.inf:
        return NOT_APPLICABLE
    return "NA" if value == "" or value != value else value


def panels(
    plan: Plan,
    store_url: str,
    territory: Territory,
    *,
    origin: str = "the plan",
    checked: Checked | None = None,
) -> list[Panel]:
    """One panel a primary indicator, in the plan's order; ``origin`` is the plan's file, for errors.

    ``checked`` says which labels count; without it, those that the plan declares.

    Those that the plan imports come in a table and are left out here.
    Raises ``UnknownName`` for an indicator that is not in the catalogue and
    ``ConfigurationError`` for one that may not judge or a plan of another territory.
    """
    sensed = [primary for primary in plan.primaries if primary.id not in plan.imported]
    for primary in sensed:
        choice = f"Choose among {', '.join(PRIMARY)}"
        if primary.id not in CATALOGUE:
            raise UnknownName(f"{origin}: primaries: {primary.id!r} is not an indicator", help=choice)
        if primary.id not in PRIMARY:
            raise ConfigurationError(
                f"{origin}: primaries: {primary.id!r} is supporting evidence and may not judge", help=choice
            )
    with open_for_reading(store_url) as archive:
        study = planned(archive, territory, plan, checked=checked)
        return [_asked(study, named(primary.id), primary).panel for primary in sensed]


def compute(study: Study, indicator: Indicator, coverage: float | None = None) -> Computed:
    """One indicator over every site and season of a study."""
    grid = indicator.job(study, coverage)
    grid = with_installation(study, grid, probes=indicator.source in ("soil", "weather"))
    return Computed(indicator, study, with_instruments(study, grid) if indicator.heard else grid)


def model_rows(study: Study, model: ModelIndicator) -> list[dict[str, Any]]:
    """One row a value: of a species, an arm or a season, empty where it belongs to all of them."""
    return [
        {
            "indicator": model.definition,
            "species": one.species,
            "arm": one.arm,
            "season": one.season,
            "value": None if isinstance(one.value, Absent) else one.value,
            "low": one.low if math.isfinite(one.low) else None,
            "high": one.high if math.isfinite(one.high) else None,
            "unit": model.unit,
            "class": one.label,
            "code": one.value.code if isinstance(one.value, Absent) else "",
            "reason": one.value.reason if isinstance(one.value, Absent) else "",
        }
        for one in model.job(study)
    ]


def compute_all(
    study: Study, names: Sequence[str] = tuple(INDICATORS), plan: Plan | None = None
) -> list[Computed]:
    """Several indicators over one study, each kind of data read once; primaries as ``plan`` asks."""
    asked = {} if plan is None else {one.id: one for one in plan.primaries}
    return [_asked(study, named(name), asked.get(name)) for name in names]


def _asked(study: Study, indicator: Indicator, primary: Primary | None) -> Computed:
    if primary is None:
        return compute(study, indicator)
    return compute(replace(study, species=primary.species or study.species), indicator, primary.coverage)


def study_of(
    store_url: str, territory: Territory, plan: Plan | None, checked: Checked | None = None
) -> Study:
    """The plan's study, or the calendar's where there is no plan; the caller closes its archive."""
    archive = open_for_reading(store_url)
    try:
        return (
            unplanned(archive, territory)
            if plan is None
            else planned(archive, territory, plan, checked=checked)
        )
    except BaseException:
        archive.close()
        raise
