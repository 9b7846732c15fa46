"""Which stretches of a clip are kept for people to listen to: those around detections that the plan draws.

The rule is that of ``analysis.plan.review.sampling``; the store draws the same detections by it, later and
without talking to this worker.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.edge.voices import Stretch
from analysis.plan.plan import Plan
from analysis.plan.review.sampling import Sampling
from analysis.review.pieces import CONTEXT_S
from contract.errors import ConfigurationError
from contract.instant import SECOND, from_datetime
from contract.reading import Detections
from contract.recording.messages import HeardClip

Wanted = Callable[[HeardClip, Detections], list[Stretch]]


def drawn_by(path: Path) -> Wanted:
    """The rule of the frozen plan in a file: of a clip and what was heard in it, the stretches [s]."""
    plan = Plan.load(path)
    sampling = Sampling.of(plan)
    if plan.changes() or sampling is None:
        missing = "asks for no review" if sampling is None else "is not frozen, or was edited since"
        raise ConfigurationError(
            f"{path} {missing}", help="Give a plan with [review] that `ecoviv plan freeze` has frozen"
        )

    def wanted(clip: HeardClip, heard: Detections) -> list[Stretch]:
        begin_s = (from_datetime(heard.excerpt.start) - clip.start) / SECOND
        found = []
        for one in heard.detections:
            offset_s = begin_s + one.offset_s
            cell = sampling.cell(clip.site, clip.start + round(offset_s * SECOND))
            if cell and sampling.drawn(clip.sha256, offset_s, one.taxon, one.score, cell):
                found.append((max(0.0, offset_s - CONTEXT_S), offset_s + one.duration_s + CONTEXT_S))
        return found

    return wanted
