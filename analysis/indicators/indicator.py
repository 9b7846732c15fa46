"""What an indicator is: its unit, direction, inputs, least data, source and job.

1. ``CatalogueEntry`` is what every one declares; its words stand in ``indicator_words``.
2. An ``Indicator`` has one value a site and season.
3. A ``ModelIndicator`` is fitted to many sites at once: its values belong to a species, an arm or a season;
   it is shown beside a verdict and never judges.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from analysis.indicators.jobs.grid import Grid
from analysis.plan.panel import Group, Scale
from analysis.study.study import Study
from analysis.words import Words, words
from analysis.words.absence import Absent

Job = Callable[[Study, float | None], Grid]
Role = Literal["primary", "supporting"]


@dataclass(frozen=True, slots=True)
class Found:
    """One value of a model; species, arm and season are empty where it belongs to all of them."""

    species: str
    arm: str
    season: str
    value: float | Absent
    low: float = math.nan
    """Of the 95 % interval; nan where the model gives none."""
    high: float = math.nan
    label: str = ""
    """The official class of a trend."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What an indicator declares.

    ``unit`` is that of the value shown (UCUM); statistics work on ``scale``.
    """

    id: str
    version: int
    group: Group
    role: Role
    scale: Scale
    polarity: int
    """+1 where more is better, -1 where less is better; of supporting ones by convention +1."""
    unit: str
    inputs: tuple[str, ...]
    least: str
    """Least data of a value; below it: an absence with its reason."""
    taxa: str
    citation: str

    @property
    def title(self) -> Words:
        """What it is called."""
        return words("indicators", self.id, "title")

    @property
    def meaning(self) -> Words:
        """What a value says."""
        return words("indicators", self.id, "meaning")

    @property
    def not_meaning(self) -> Words:
        """What a value does not say."""
        return words("indicators", self.id, "not_meaning")

    @property
    def definition(self) -> str:
        """``ID@VERSION``"""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Indicator(CatalogueEntry):
    """One value a site and season."""

    job: Job

    @property
    def heard(self) -> bool:
        """Made from what a detector heard: clock and gain matter to it."""
        return "detections" in self.inputs

    def shown(self, value: float) -> float:
        """A value of ``scale`` in ``unit``: a share, a positive number, or itself."""
        if self.scale == "logit":
            return 1 / (1 + math.exp(-value))
        return math.exp(value) if self.scale == "log" else value


@dataclass(frozen=True, slots=True)
class ModelIndicator(CatalogueEntry):
    """Values of a species, an arm or a season, from a model of many sites."""

    job: Callable[[Study], list[Found]]
