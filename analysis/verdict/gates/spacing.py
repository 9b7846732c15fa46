"""Gates on where the sites stand: a place counts once, and nobody listens to both arms.

SITES_TOO_CLOSE refuses restored and control sites nearer than the plan's spacing, PLACES_MERGED says that
sites of one arm were counted as one place, SPACING_UNKNOWN that without positions neither can be seen.
"""

from __future__ import annotations

from typing import Any

from analysis.plan.places import places_of, too_close, unplaced
from analysis.plan.plan import Plan


def spacing_codes(plan: Plan) -> dict[str, dict[str, Any]]:
    """Code -> the sites that it is about."""
    found: dict[str, dict[str, Any]] = {}
    if missing := unplaced(plan):
        found["SPACING_UNKNOWN"] = {"sites": list(missing)}
    if near := too_close(plan):
        found["SITES_TOO_CLOSE"] = {"pairs": [list(pair) for pair in near], "spacing_m": plan.spacing_m}
    arms = {site.id for site in plan.sites if site.arm != "reference"}
    places = {name: at for name, at in places_of(plan).items() if name in arms}
    if len(set(places.values())) < len(places):
        found["PLACES_MERGED"] = {
            "sites": len(places),
            "places": len(set(places.values())),
            "spacing_m": plan.spacing_m,
        }
    return found
