"""What an indicator is: its unit, direction, inputs, least data, source and job.

1. ``CatalogueEntry`` is what every one declares, in keywords; its words stand under its id in
   ``analysis.words``.
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
Taxa = Literal["vocal", "none"]

DETECTIONS = ("detections", "effort")
"""Inputs of what a detector heard."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """What an indicator declares; unless it says otherwise, it supports and never judges."""

    id: str
    """Named in frozen plans: it never changes."""
    version: int
    """Another one where the definition changes; words change no version."""
    group: Group
    source: str
    """One word of ``analysis.plan.source``: indicators of one source are one line of evidence."""
    role: Role = "supporting"
    scale: Scale = "identity"
    """What statistics work on."""
    polarity: int = +1
    """+1 where more is better, -1 where less is better; of supporting ones by convention +1."""
    unit: str
    """Of the value shown (UCUM)."""
    inputs: tuple[str, ...]
    taxa: Taxa = "none"
    """``vocal``: only the animals that call, of the labels that count."""
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
    def least(self) -> Words:
        """Least data of a value; below it: an absence with its reason."""
        return words("indicators", self.id, "least")

    @property
    def taxa_said(self) -> Words:
        """Which animals it is about."""
        return words("taxa", self.taxa)

    @property
    def definition(self) -> str:
        """``ID@VERSION``"""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIndicator(CatalogueEntry):
    """Values of a species, an arm or a season, from a model of many sites."""

    job: Callable[[Study], list[Found]]
