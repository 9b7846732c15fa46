"""Which labels a detector gave, whether a person checked them, and who may use what it said.

1. Every label heard in the study is listed with its detections, also one that enters no indicator.
2. Its state: listened to, declared in the plan, either but not well enough, or not validated.
3. Each detector with the licence of its weights, as published, and whether it allows commercial use.
"""

from __future__ import annotations

from collections.abc import Iterable

from analysis.plan.review.checked import Checked
from analysis.report.sections import Row
from analysis.report.words import phrase
from analysis.sound.detect.terms import terms_of
from analysis.words import Tongue


def review_head(tongue: Tongue) -> Row:
    """Column names of ``review_table``."""
    return tuple(
        phrase(key, tongue) for key in ("taxon", "detections", "review", "clips", "precision", "counts")
    )


def review_table(detections: dict[str, int], known: Checked | None, tongue: Tongue) -> tuple[Row, ...]:
    """One row a label heard, then those of the plan that were never heard."""
    labels = {} if known is None else known.labels
    unheard = [label for label in sorted(labels) if label not in detections]
    rows = []
    for label, number in [*detections.items(), *((label, 0) for label in unheard)]:
        checked = labels.get(label)
        counts = known is None or known.well(label)
        state = _state(known, label)
        clips, precision = ("–", "–") if checked is None else (str(checked.clips), f"{checked.precision:.3f}")
        enters = phrase("yes" if counts else "no", tongue)
        rows.append((label, str(number), phrase(state, tongue), clips, precision, enters))
    return tuple(rows)


def _state(known: Checked | None, label: str) -> str:
    if known is None or label not in known.labels:
        return "unvalidated"
    if label in known.listened:
        return "listened" if known.well(label) else "listened_below"
    return "declared" if known.well(label) else "declared_below"


def detector_head(tongue: Tongue) -> Row:
    """Column names of ``detector_table``."""
    return tuple(phrase(key, tongue) for key in ("detector", "model_version", "licence", "commercial"))


def detector_table(methods: Iterable[str], tongue: Tongue) -> tuple[Row, ...]:
    """One row a detector, each ``id@version``; of one that is not known here, that it is not."""
    rows = []
    for method in sorted(set(methods)):
        name, _, version = method.partition("@")
        terms = terms_of(name, version)
        if terms is None:
            said = phrase("licence_unknown", tongue), phrase("commercial_unknown", tongue)
        else:
            allowed = "commercial_allowed" if terms.commercial else "commercial_refused"
            said = terms.licence, phrase(allowed, tongue)
        rows.append((name, version, *said))
    return tuple(rows)
