"""The analysis plan of a simulated territory: written and frozen before any value exists.

It holds what a field team would know: sites and how they were chosen, seasons, the
validation study of the detector, the primary indicators with their margins, and what
no data can show.  Nothing of the planted truth enters it.  In the simulated world's time
it is frozen on the day on which restoration begins.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.plan.file import whole_write, written
from analysis.plan.ledger import append, beside, frozen_entry
from analysis.plan.plan import Plan
from analysis.plan.source import NOISE_FLOOR_DECLARED
from analysis.plan.tables import DECLARATIONS, PlannedSite, Primary, Season, Validated
from contract.instant import DAY, format_instant, parse_instant

if TYPE_CHECKING:
    from firmware_sim.world.world import World

MARGINS = {
    "species-detection-rate": math.log(1.25),
    "hill-q1": math.log(1.11),
    "soil-moisture": math.log(1.25),
    "microclimate-offset": 0.5,
}
"""Primary indicators and the half-width of "stable" on their scale (of the offset in K).

Two are computed from the same detections and are one line of evidence; the ground and the air under the
cover are lines of their own.
"""

_DECLARED = "A simulated landscape: none"
_AGELESS = "Simulated microphones do not age"


def write_plan(world: World, path: Path) -> Plan:
    """Write the frozen plan of ``world`` to ``path``, and its freezing to the ledger beside it."""
    facts = world.plan_facts()
    plan = Plan(
        territory=world.territory().id,
        selection="matched",
        sites=tuple(
            PlannedSite(
                id=site.site,
                arm=site.arm,
                land_use=site.land_use,
                latitude=site.latitude,
                longitude=site.longitude,
            )
            for site in facts.sites
        ),
        seasons=tuple(
            Season(
                id=season.id,
                start=f"{season.first_day}T00:00:00Z",
                end=format_instant(parse_instant(f"{season.last_day}T00:00:00Z") + DAY),
                period=season.period,
            )
            for season in facts.seasons
        ),
        primaries=tuple(Primary(id=name, margin=margin) for name, margin in MARGINS.items()),
        validated={
            species.taxon: Validated(clips=species.validated_clips, precision=species.precision)
            for species in facts.species
        },
        models={facts.model_id: facts.model_version},
        declarations={**dict.fromkeys(DECLARATIONS, _DECLARED), NOISE_FLOOR_DECLARED: _AGELESS},
    ).freeze(f"{facts.restored_on}T00:00:00Z")
    whole_write(path, written(plan))
    assert plan.frozen is not None
    append(beside(path), "freeze", plan.frozen.at, frozen_entry(plan))
    return plan
