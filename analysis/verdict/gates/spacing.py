"""Gates on where the sites stand: a place counts once, and nobody listens to both arms.

SITES_TOO_CLOSE refuses restored and control sites nearer than the plan's spacing, PLACES_MERGED says that
sites of one arm were counted as one place, SPACING_UNKNOWN that without positions neither can be seen.
"""

from __future__ import annotations

from typing import Any

from analysis.plan.places import places_of, standing, too_close, unplaced
from analysis.plan.plan import Plan


def spacing_codes(plan: Plan) -> dict[str, dict[str, Any]]:
    """Code -> the sites that it is about."""
    found: dict[str, dict[str, Any]] = {}
    if missing := unplaced(plan):
        found["SPACING_UNKNOWN"] = {"sites": list(missing)}
    if near := too_close(plan):
        found["SITES_TOO_CLOSE"] = {"pairs": [list(pair) for pair in near], "spacing_m": plan.spacing_m}
    here, first = standing(plan), places_of(plan)
    places = {first[site.id] for site in here}
    if len(places) < len(here):
        found["PLACES_MERGED"] = {
            "sites": len(here),
            "places": len(places),
            "spacing_m": plan.spacing_m,
        }
    return found
