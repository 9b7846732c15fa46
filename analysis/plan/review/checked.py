"""Which labels of a detector count, and by whose word: declared in the plan, or listened to.

1. ``Checked.declared`` takes the numbers that somebody typed under ``[validated]``.
2. ``Checked.of`` adds what a validation file found for the taxa under ``[review.taxa]``; without the file
   those count for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis.plan.plan import Plan
from analysis.plan.review.findings import ReviewResult
from analysis.plan.review.validation import ValidationFile
from analysis.plan.tables import Validated


@dataclass(frozen=True, slots=True)
class Checked:
    """Clips, precision and threshold by label, and what else was found of the labels that were heard."""

    labels: Mapping[str, Validated]
    least_clips: int
    least_precision: Mapping[str, float]
    """of each label [1]"""
    found: ReviewResult | None = None
    file: str = ""
    """SHA-256 of the validation file; empty where all is declared"""
    listened: frozenset[str] = field(default=frozenset())
    """Labels whose numbers follow from answers."""

    @classmethod
    def declared(cls, plan: Plan) -> Checked:
        """What the plan itself says."""
        asked = plan.thresholds
        least = dict.fromkeys(plan.validated, asked.validated_precision)
        return cls(plan.validated, asked.validated_clips, least)

    @classmethod
    def of(cls, plan: Plan, validation: ValidationFile | None) -> Checked:
        """What the plan says and what people heard."""
        typed = cls.declared(plan)
        if validation is None or plan.review is None:
            return typed
        heard = validation.findings.validated(plan.review)
        wanted = max(plan.review.precision, plan.thresholds.validated_precision)
        return cls(
            {**typed.labels, **heard},
            typed.least_clips,
            {**typed.least_precision, **dict.fromkeys(heard, wanted)},
            validation.findings,
            validation.sha256,
            frozenset(heard),
        )

    def well(self, label: str) -> bool:
        """Whether this label was checked well enough: clips, precision, and every arm and period."""
        one = self.labels.get(label)
        thin = self.found is not None and label in self.found.thin
        return (
            one is not None
            and not thin
            and one.clips >= self.least_clips
            and one.precision >= self.least_precision[label]
        )

    @property
    def trusted(self) -> tuple[str, ...]:
        """The labels that count, sorted."""
        return tuple(sorted(label for label in self.labels if self.well(label)))

    @property
    def thresholds(self) -> dict[str, float]:
        """Label -> the score from which its detections count, where that is not every one."""
        return {label: one.threshold for label, one in self.labels.items() if one.threshold}

    def drifted(self, labels: set[str]) -> tuple[str, ...]:
        """Those of ``labels`` whose precision differs between arms or periods."""
        return () if self.found is None else tuple(one for one in self.found.drifted if one in labels)
