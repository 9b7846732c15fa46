"""Sites of the territory that the plan leaves out: what the answer would be with them kept in.

1. ``kept_in`` is the plan with these sites in the arm and land use that the territory gives them.
2. ``with_left_out`` has it judged, and puts class and contrasts beside the code SITES_LEFT_OUT.

Where the answer hangs on who was left out, a reader sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from analysis.plan.panel import Panel
from analysis.plan.plan import Plan
from analysis.plan.tables import PlannedSite
from analysis.verdict.outside import Outside
from analysis.verdict.result import Verdict
from contract.places import Territory

Judge = Callable[[Plan, Sequence[Panel], Outside], Verdict]
_CODE = "SITES_LEFT_OUT"


def kept_in(plan: Plan, territory: Territory, sites: Sequence[str]) -> Plan:
    """``plan`` with ``sites``, those that it excludes and those that it never named; frozen when it was."""
    named, added = {site.id for site in plan.sites}, []
    places, zones = territory.site_by_id, {zone.id: zone for zone in territory.zones}
    whole = all(site.land_use == "all" for site in plan.sites)
    start = {places[site.id].zone: site.start for site in plan.sites if site.id in places}
    for name in sites:
        if name not in named:
            place = places[name]
            zone = zones[place.zone]
            added.append(
                PlannedSite(
                    id=name,
                    arm=zone.arm,
                    land_use="all" if whole else zone.land_use,
                    latitude=place.latitude,
                    longitude=place.longitude,
                    start=start.get(place.zone),
                )
            )
    exclusions = {key: why for key, why in plan.exclusions.items() if key not in sites}
    wider = plan.model_copy(
        update={"sites": (*plan.sites, *added), "exclusions": exclusions, "frozen": None, "draw": None}
    )
    return wider if plan.frozen is None else wider.freeze(plan.frozen.at)


def with_left_out(
    known: Outside,
    plan: Plan,
    territory: Territory | None,
    panels: Callable[[Plan], Sequence[Panel]],
    judge: Judge,
) -> Outside:
    """``known`` with the result of all sites beside SITES_LEFT_OUT; as it is where none was left out.

    ``panels`` gives those of a plan.  Everything else that is known of the plan is held against it here too.
    """
    if territory is None or territory.id != plan.territory or _CODE not in known.codes:
        return known
    about = known.codes[_CODE]
    wider = kept_in(plan, territory, about["sites"])
    others = {code: what for code, what in known.codes.items() if code != _CODE}
    found = judge(wider, panels(wider), replace(known, frozen=None, codes=others, verdicts=()))
    return replace(known, codes={**known.codes, _CODE: {**about, "kept_in": _told(found)}})


def _told(found: Verdict) -> dict[str, Any]:
    """Class and contrasts."""
    indicators = {}
    for one in found.indicators:
        tested = one.tested
        numbers = {
            name: None if tested is None else getattr(tested, name)
            for name in ("estimate", "low", "high", "p_adjusted")
        }
        sizes = {"n_restored": one.n_restored, "n_control": one.n_control}
        indicators[one.id] = {"class": one.verdict, **numbers, **sizes}
    return {"class": found.territory, "indicators": indicators}
