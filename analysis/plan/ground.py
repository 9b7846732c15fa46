"""The plan beside the territory: whether both speak of the same land.

1. ``contradictions`` names sites whose arm, land use or date of restoration differ.
2. ``left_out`` lists the territory's sites that the plan names nowhere, or excludes.

Arms that were swapped in the plan alone, and seasons that call "before" what was after, show here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from analysis.plan.plan import Plan
from analysis.plan.tables import PlannedSite
from contract.instant import SECOND
from contract.places import Territory, Zone


def contradictions(plan: Plan, territory: Territory) -> tuple[str, ...]:
    """What plan and territory say differently, a sentence each; none where they agree."""
    if plan.territory != territory.id:
        return (f"the plan is of {plan.territory}, the territory is {territory.id}",)
    zones = {zone.id: zone for zone in territory.zones}
    homes = {site.id: zones[site.zone] for site in territory.sites}
    found = []
    for site in plan.sites:
        if site.id not in homes:
            found.append(f"{site.id} is no site of the territory")
            continue
        found += _differences(plan, site, homes[site.id])
    return tuple(found)


def _differences(plan: Plan, site: PlannedSite, zone: Zone) -> list[str]:
    if site.arm != zone.arm:
        return [f"{site.id} is {site.arm} in the plan, {zone.arm} in the territory"]
    found = []
    if site.land_use not in ("all", zone.land_use):
        found.append(f"{site.id} is {site.land_use} in the plan, {zone.land_use} in the territory")
    if zone.restored_on is not None:
        found += _dates(plan, site, zone.restored_on)
    return found


def _dates(plan: Plan, site: PlannedSite, restored_on: date) -> list[str]:
    """A season before must end by the day of restoration, the first season after must end later."""
    start = site.start or next((one.id for one in plan.seasons if one.period == "after"), None)
    found, begun = [], False
    for season in plan.seasons:
        begun = begun or season.id == start
        last = datetime.fromtimestamp((season.span[1] - 1) // SECOND, UTC).date()
        if not begun and last > restored_on:
            found.append(f"{site.id} was restored on {restored_on}, within or before {season.id}")
        if season.id == start and last <= restored_on:
            found.append(f"{site.id} was restored on {restored_on}, after {season.id}")
    return found


def left_out(plan: Plan, territory: Territory) -> tuple[str, ...]:
    """Restored and control sites of the territory that the plan names nowhere, or excludes as a whole."""
    arms = {zone.id: zone.arm for zone in territory.zones}
    named = {site.id for site in plan.sites} - plan.exclusions.keys()
    return tuple(
        site.id for site in territory.sites if arms[site.zone] != "reference" and site.id not in named
    )
