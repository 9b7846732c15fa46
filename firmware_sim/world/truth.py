"""The planted truth, to be printed beside the verdict and never shown to the analysis.

1. ``classes``: what was changed on restored sites against control sites, by class of
   indicator, and the verdict that an honest analysis should reach.
2. ``realised``: what the drawn territory holds: species a site and spring, by arm.
3. The detector's recall and false positives, and the faults that were planted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp

from firmware_sim.world.faults import SHARE_LATE, SHARE_REPEATED, Fault
from firmware_sim.world.nature.community import OCCUPANCY_PER_COMMUNITY, Community
from firmware_sim.world.nature.landscape import Parcel
from firmware_sim.world.scenario import ARMS, WorldSettings


def planted_truth(
    settings: WorldSettings, parcels: Sequence[Parcel], community: Community, faults: Sequence[Fault]
) -> dict[str, object]:
    """What was planted, ready for JSON."""
    scenario, scale = settings.scenario, settings.scale
    return {
        "scenario": scenario.name,
        "seed": settings.seed,
        "restored_on": scale.restored_on.isoformat(),
        "territory": scenario.expected,
        "classes": _classes(settings),
        "everywhere": {
            "community": scenario.everywhere.community,
            "soil": scenario.everywhere.water,
            "microclimate": scenario.everywhere.buffering,
        },
        "realised": {"species_by_arm": _species_by_arm(settings, parcels, community)},
        "detector": {
            "model": f"{settings.detector.id} {settings.detector.version}",
            "recall": settings.detector.recall,
            "false_positives_per_species_minute": settings.detector.false_positives,
            "replaced_on_restored_sites": scenario.new_detector,
        },
        "moved_to_dawn_on_restored_sites": scenario.moved_to_dawn,
        "faults": {
            "planned": dict(sorted(Counter(f"{fault.kind} ({fault.arm})" for fault in faults).items())),
            "share_repeated": SHARE_REPEATED,
            "share_late": SHARE_LATE,
        },
    }


def _classes(settings: WorldSettings) -> dict[str, object]:
    effect = settings.scenario.restored
    return {
        "community": {
            "effect": effect.community,
            "meaning": f"calling rates x {exp(effect.community):.2f}, odds of occupancy"
            f" x {exp(OCCUPANCY_PER_COMMUNITY * effect.community):.2f} on restored sites",
            "expected": _expected(settings, effect.community),
        },
        "soil": {
            "effect": effect.water,
            "meaning": f"{100 * effect.water:+.0f} % of evaporation spared, field capacity"
            f" {0.1 * effect.water:+.3f} m3/m3 on restored sites",
            "expected": _expected(settings, effect.water),
        },
        "microclimate": {
            "effect": effect.buffering,
            "meaning": f"{100 * effect.buffering:+.0f} % of the air's daily swing damped on restored sites",
            "expected": _expected(settings, effect.buffering),
        },
    }


def _expected(settings: WorldSettings, effect: float) -> str:
    """The class of an indicator of a class that was changed, or was not."""
    if effect == 0 and not (settings.scenario.new_detector or settings.scenario.moved_to_dawn):
        return "stable or inconclusive"
    return settings.scenario.expected_indicator


def _species_by_arm(
    settings: WorldSettings, parcels: Sequence[Parcel], community: Community
) -> dict[str, dict[str, float]]:
    """Mean number of breeding species a site, by arm and spring."""
    counts = community.present.sum(axis=2)
    return {
        arm: {
            str(year): round(float(counts[index, [p.number for p in parcels if p.arm == arm]].mean()), 2)
            for index, year in enumerate(settings.scale.years)
        }
        for arm in ARMS
        if any(p.arm == arm for p in parcels)
    }
