"""What an indicator is: its unit, direction, inputs, least data, source and job."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from analysis.indicator_words import WORDS, Words
from analysis.panels.grid import Grid
from analysis.study import Study
from analysis.verdict.panel import Group, Scale

Job = Callable[[Study, float | None], Grid]
Role = Literal["primary", "supporting"]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of a site and season.

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
    """Least data of a site and season; below it: an absence with its reason."""
    taxa: str
    citation: str
    job: Job

    @property
    def title(self) -> Words:
        return WORDS[self.id][0]

    @property
    def meaning(self) -> Words:
        return WORDS[self.id][1]

    @property
    def not_meaning(self) -> Words:
        return WORDS[self.id][2]

    @property
    def definition(self) -> str:
        """``ID@VERSION``"""
        return f"{self.id}@{self.version}"

    @property
    def heard(self) -> bool:
        """Made from what a detector heard: clock and gain matter to it."""
        return "detections" in self.inputs

    def shown(self, value: float) -> float:
        """A value of ``scale`` in ``unit``: a share, a positive number, or itself."""
        if self.scale == "logit":
            return 1 / (1 + math.exp(-value))
        return math.exp(value) if self.scale == "log" else value
