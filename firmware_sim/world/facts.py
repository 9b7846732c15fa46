"""What a field team knows before any analysis: the material of the analysis plan.

1. Seasons with their first and last day, before or after restoration.
2. The species list with a validation study: clips that the detector reported, drawn at
   random and listened to; how many were right.
3. The sites with their positions, and how they were chosen.
4. The detector's model and version.  Recall and effects stay unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from contract.places import Arm, LandUse
from firmware_sim.world.nature.acoustic import SCHEDULE
from firmware_sim.world.nature.landscape import Parcel
from firmware_sim.world.nature.species import SPECIES, Species
from firmware_sim.world.scenario import WorldSettings, stream

VALIDATED_CLIPS = 250
SELECTION = (
    "Parcels were paired with their nearest neighbour under the same land use; a coin decided which of"
    " the two was restored, before any measurement"
)


@dataclass(frozen=True, slots=True)
class RecordedSpring:
    """One spring of recording."""

    id: str
    period: Literal["before", "after"]
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class ValidatedSpecies:
    """One species of the list."""

    taxon: str
    validated_clips: int
    correct_clips: int

    @property
    def precision(self) -> float:
        """Share of the validated clips that were right [1]."""
        return self.correct_clips / self.validated_clips


@dataclass(frozen=True, slots=True)
class PlacedSite:
    """One site as the team chose it."""

    site: str
    arm: Arm
    land_use: LandUse
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """Everything that the plan may be written from."""

    restored_on: date
    seasons: tuple[RecordedSpring, ...]
    species: tuple[ValidatedSpecies, ...]
    sites: tuple[PlacedSite, ...]
    selection: str
    """How sites were chosen for restoration."""
    model_id: str
    model_version: str


def draw_plan_facts(settings: WorldSettings, parcels: Sequence[Parcel]) -> PlanFacts:
    """The facts of one world."""
    scale, detector = settings.scale, settings.detector
    return PlanFacts(
        restored_on=scale.restored_on,
        seasons=tuple(
            RecordedSpring(
                id=f"spring-{year}",
                period="before" if year < scale.restored_on.year else "after",
                first_day=scale.first_day(year),
                last_day=scale.last_day(year),
            )
            for year in scale.years
        ),
        species=tuple(_validated(settings, species) for species in SPECIES),
        sites=tuple(PlacedSite(p.site, p.arm, p.land_use, p.latitude, p.longitude) for p in parcels),
        selection=SELECTION,
        model_id=detector.id,
        model_version=detector.version,
    )


def true_precision(settings: WorldSettings, species: Species) -> float:
    """Share of the detector's reports of a species that are true, at ordinary sites [1]."""
    weight = sum(slot.night_birds if species.nocturnal else slot.day_birds for slot in SCHEDULE)
    true = settings.detector.recall * species.occupancy * species.rate * weight
    false = settings.detector.false_positives * len(SCHEDULE)
    return true / (true + false)


def _validated(settings: WorldSettings, species: Species) -> ValidatedSpecies:
    rng: np.random.Generator = stream(settings.seed, "validation", species.name)
    correct = int(rng.binomial(VALIDATED_CLIPS, true_precision(settings, species)))
    return ValidatedSpecies(species.name, VALIDATED_CLIPS, correct)
