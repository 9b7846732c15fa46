"""Which labels a detector gave, and whether a person checked them.

1. Every label heard in the study is listed with its detections, also one that enters no indicator.
2. Its state is that of the plan: validated, validated but not well enough, or not validated.
"""

from __future__ import annotations

from analysis.plan.plan import Plan
from analysis.report.sections import Row
from analysis.report.words import phrase
from analysis.study.study import trusted
from analysis.words import Tongue


def review_head(tongue: Tongue) -> Row:
    """Column names of ``review_table``."""
    return tuple(
        phrase(key, tongue) for key in ("taxon", "detections", "review", "clips", "precision", "counts")
    )


def review_table(detections: dict[str, int], plan: Plan | None, tongue: Tongue) -> tuple[Row, ...]:
    """One row a label heard, then those of the plan that were never heard."""
    validated = {} if plan is None else plan.validated
    counted = () if plan is None else trusted(plan)
    unheard = [label for label in sorted(validated) if label not in detections]
    rows = []
    for label, number in [*detections.items(), *((label, 0) for label in unheard)]:
        checked = validated.get(label)
        state = "unvalidated" if checked is None else "validated" if label in counted else "below"
        clips, precision = ("–", "–") if checked is None else (str(checked.clips), f"{checked.precision:.3f}")
        enters = "yes" if plan is None or label in counted else "no"
        rows.append((label, str(number), phrase(state, tongue), clips, precision, phrase(enters, tongue)))
    return tuple(rows)
