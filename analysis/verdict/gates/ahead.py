"""Every gate that needs no data: what a plan would be told after years, told before the first season.

1. The codes that the plan earns by its design and its freezing; arms that are empty.
2. For each primary: seasons of both periods, and species that somebody has checked.
3. Whether the primaries could together make a territory recover: two sources, one of them living.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from analysis.plan.ahead.looks import announced
from analysis.plan.panel import LIVING
from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.plan.tables import Primary
from analysis.words.codes import in_order, stops

_CURABLE = {"PLAN_NOT_FROZEN"}
"""What the next step of planning itself takes away."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a plan's verdict will say whatever the data are."""

    territory: tuple[str, ...]
    primaries: Mapping[str, tuple[str, ...]]
    """Only those with a code of their own."""
    living: tuple[str, ...]
    """The plan's primaries that are about living beings."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Each code once."""
        return in_order({*self.territory, *(code for own in self.primaries.values() for code in own)})

    @property
    def mute(self) -> bool:
        """No data could give a class, or none of what lives."""
        lasting = tuple(code for code in self.territory if code not in _CURABLE)
        spoken = [one for one in self.living if not stops(self.primaries.get(one, ()), "class")]
        return stops(lasting, "class") or not spoken


def ahead(plan: Plan, earned: Collection[str]) -> Ahead:
    """``earned``: the codes of the plan's design, and those that its territory and ledger give it."""
    territory = {*earned, *plan.changes(), *_together(plan)}
    own = {primary.id: _own(plan, primary) for primary in plan.primaries}
    living = tuple(name for name in own if line_of(plan, name)[0] in LIVING)
    return Ahead(in_order(territory), {name: in_order(codes) for name, codes in own.items() if codes}, living)


def _own(plan: Plan, primary: Primary) -> set[str]:
    codes = set()
    periods = [season.period for season in plan.seasons]
    if min(periods.count("before"), announced(plan)[-1]) < plan.thresholds.min_seasons:
        codes.add("MISSING_SEASON")
    promised = () if plan.review is None else tuple(plan.review.taxa)
    checked = {*Checked.declared(plan).trusted, *promised}
    species = primary.species or tuple(checked)
    if line_of(plan, primary.id)[1] == "detections" and (not species or set(species) - checked):
        codes.add("UNVALIDATED_SPECIES")
    return codes


def _together(plan: Plan) -> set[str]:
    """Why the primaries could not make a territory recover even if all did."""
    made_of = [line_of(plan, primary.id) for primary in plan.primaries]
    groups, sources = {group for group, _ in made_of}, {source for _, source in made_of}
    return {"ONE_SOURCE_ONLY"} if len(sources) < 2 or not groups & LIVING else set()


def line_of(plan: Plan, name: str) -> tuple[str, str]:
    """(group, source) of a primary: from the plan where it is imported, else from the catalogue."""
    from analysis.indicators.catalogue import INDICATORS

    one = plan.imported.get(name) or INDICATORS[name]
    return one.group, one.source or name
