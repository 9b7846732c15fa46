"""From answers to precision: by taxon, arm and period, with intervals, and whether it drifts.

1. ``findings`` takes the list, the answers and the plan's ``[review]``, and computes everything anew.
2. A ``CellPrecision`` is the precision of one taxon in one arm and period, or in all, of the detections
   that reach the plan's threshold.
3. ``ReviewResult.drifted`` names the taxa whose precision differs between arms or periods.
4. ``ReviewResult.erring`` is how often one listener may be wrong, by what two said of the same sounds.

Precision says which share of the detections was right.  It does not say how many animals were missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analysis.plan.review.curves import TaxonCurve, curves
from analysis.plan.review.drawn import Drawn, DrawnList
from analysis.plan.review.labels import Answer, Key, Label, NotHeard, Outcome, outcomes
from analysis.plan.review.sampling import HUNDREDTHS, band_of, hundredth
from analysis.plan.tables import Review, Validated
from analysis.stats.contrast import holm
from analysis.stats.precision import Counted, Share, agreement, stratified, unequal

DRIFT_ALPHA = 0.05
LEAST_OF_A_CELL = 20
"""Answers of one arm and period, or of one band of score, below which nothing is said of it."""
MOST_UNHEARD = 0.2
"""Share of the drawn detections of an arm and period that may be gone, altered or withheld."""
MOST_WITHOUT_CLIP = 0.1
"""Share of the detections of an arm and period that may be of no known recording."""
UNANSWERED = "unanswered"
CELLS = (("restored", "before"), ("restored", "after"), ("control", "before"), ("control", "after"))
_NEIGHBOURS = ((0, 2), (1, 3), (0, 1), (2, 3))


@dataclass(frozen=True, slots=True)
class CellPrecision:
    """What was heard of one taxon; ``arm`` and ``period`` are empty where all are joined."""

    taxon: str
    arm: str
    period: str
    detections: int
    """at or above the threshold"""
    drawn: int
    yes: int
    no: int
    unsure: int
    unheard: Mapping[str, int]
    """why -> clips; ``unanswered`` among them"""
    precision: Share
    cautious: float
    """precision where every unsure answer is a wrong one [1]; nan of nothing"""
    without_clip: int
    """detections of no known recording, whatever their score"""
    weak_bands: int
    """bands of score at or above the threshold with too few decided answers"""

    @property
    def decided(self) -> int:
        """Detections of which people say that they are right or wrong."""
        return self.yes + self.no

    @property
    def whole(self) -> bool:
        """Whether enough was decided of it to be counted: see ``ReviewResult.thin``."""
        lost = sum(n for why, n in self.unheard.items() if why != UNANSWERED)
        every = self.detections + self.without_clip
        return (
            self.decided >= min(LEAST_OF_A_CELL, every)
            and UNANSWERED not in self.unheard
            and lost <= MOST_UNHEARD * self.drawn
            and self.without_clip <= MOST_WITHOUT_CLIP * every
        )

    @property
    def answered(self) -> int:
        """Detections with an outcome."""
        return self.yes + self.no + self.unsure


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """Everything that follows from one list and its answers."""

    cells: tuple[CellPrecision, ...]
    totals: tuple[CellPrecision, ...]
    drift: Mapping[str, float]
    """taxon -> adjusted p that its precision is one in all arms and periods"""
    unheard: Mapping[str, float]
    """taxon -> adjusted p that as many drawn detections could not be heard in all arms and periods"""
    kappa: Mapping[tuple[str, str], float]
    """pair of listeners -> agreement, of at least one detection heard by both"""
    erring: float
    """share of contradictions where two heard the same [1]; 0 where nobody did"""
    curves: Mapping[str, TaxonCurve]
    """taxon -> probability by score, where one could be fitted"""

    @property
    def thin(self) -> tuple[str, ...]:
        """Taxa of which too little was heard: in an arm and period, fewer than 20 decided and not every
        detection, a drawn one without any answer, more than a fifth that nobody could hear, more than a
        tenth of no known recording, or more unheard than in another arm or period; or a band of score with
        fewer than 20 decided and not all."""
        torn = {one.taxon for one in self.cells if not one.whole}
        torn |= {taxon for taxon, p in self.unheard.items() if p <= DRIFT_ALPHA}
        return tuple(sorted(torn | {one.taxon for one in self.totals if one.weak_bands}))

    @property
    def drifted(self) -> tuple[str, ...]:
        """Taxa that are right more often in one arm or period."""
        return tuple(sorted(taxon for taxon, p in self.drift.items() if p <= DRIFT_ALPHA))

    def validated(self, review: Review) -> dict[str, Validated]:
        """Clips, precision and threshold of each taxon, as a verdict takes them."""
        return {
            one.taxon: Validated(
                clips=one.decided,
                precision=one.cautious if one.precision.known else 0.0,
                threshold=review.taxa[one.taxon],
            )
            for one in self.totals
        }


def findings(
    listed: DrawnList, labels: Sequence[Label], unheard: Sequence[NotHeard], review: Review
) -> ReviewResult:
    """All of it; answers to detections that are not on the list are not looked at."""
    answers: dict[Key, dict[str, Answer]] = {}
    for label in labels:
        answers.setdefault(label.key, {})[label.listener] = label.answer
    missing = {one.key: one.unheard for one in unheard}
    wanted = {one.key for one in listed.drawn}
    twice = {key: given for key, given in answers.items() if key in wanted and len(given) > 1}
    erring = _erring(list(twice.values()))
    settled = outcomes(labels)
    alone = {key for key, given in answers.items() if len(given) == 1}
    weighed: dict[tuple[str, str, str], list[Counted]] = {}
    cells = []
    for taxon in review.taxa:
        for arm, period in CELLS:
            strata, found = _cell(listed, review, (taxon, arm, period), settled, missing, alone, erring)
            weighed[taxon, arm, period] = strata
            cells.append(found)
    totals = [_joined(taxon, cells, weighed, alone, erring) for taxon in review.taxa]
    return ReviewResult(
        tuple(cells),
        tuple(totals),
        _drift(review, weighed),
        {taxon: _unheard([one for one in cells if one.taxon == taxon]) for taxon in review.taxa},
        _kappa(list(twice.values())),
        erring,
        curves(listed, settled, review),
    )


def _cell(
    listed: DrawnList,
    review: Review,
    cell: tuple[str, str, str],
    settled: Mapping[Key, Outcome],
    missing: Mapping[Key, str],
    alone: set[Key],
    erring: float,
) -> tuple[list[Counted], CellPrecision]:
    least = round(review.taxa[cell[0]] * HUNDREDTHS)
    counts = np.zeros(HUNDREDTHS, dtype=np.int64)
    without_clip = 0
    for stratum in listed.population:
        if (stratum.taxon, stratum.arm, stratum.period) == cell:
            without_clip += stratum.without_clip
            counts[least:] += np.array(stratum.counts[least:], dtype=np.int64)
    bands = np.array([band_of(review, at) for at in range(HUNDREDTHS)])
    drawn = [
        one
        for one in listed.drawn
        if (one.taxon, one.arm, one.period) == cell and hundredth(one.score) >= least
    ]
    strata = []
    for band in range(len(review.bands) + 1):
        said = [settled.get(one.key, "") for one in drawn if band_of(review, hundredth(one.score)) == band]
        strata.append(
            Counted(
                int(counts[bands == band].sum()), said.count("yes"), said.count("no"), said.count("unsure")
            )
        )
    reasons: dict[str, int] = {}
    for one in drawn:
        if not settled.get(one.key):
            why = missing.get(one.key, UNANSWERED)
            reasons[why] = reasons.get(why, 0) + 1
    share = stratified(strata, erring=erring if _any(drawn, alone) else 0.0)
    return strata, CellPrecision(
        *cell,
        int(counts.sum()),
        len(drawn),
        sum(counted.right for counted in strata),
        sum(counted.wrong for counted in strata),
        sum(counted.doubtful for counted in strata),
        reasons,
        share,
        stratified(_cautious(strata)).value,
        without_clip,
        _weak([strata]),
    )


def _cautious(strata: Sequence[Counted]) -> list[Counted]:
    """With every unsure answer a wrong one."""
    return [Counted(one.weight, one.right, one.wrong + one.doubtful) for one in strata]


def _weak(cells: Sequence[Sequence[Counted]]) -> int:
    """How many bands have detections, and neither 20 decided answers nor one to each."""
    weak = 0
    for band in zip(*cells, strict=True):
        weight, decided = sum(one.weight for one in band), sum(one.right + one.wrong for one in band)
        weak += decided < min(LEAST_OF_A_CELL, weight)
    return weak


def _any(drawn: Sequence[Drawn], alone: set[Key]) -> bool:
    return any(one.key in alone for one in drawn)


def _joined(
    taxon: str,
    cells: Sequence[CellPrecision],
    weighed: Mapping[tuple[str, str, str], list[Counted]],
    alone: set[Key],
    erring: float,
) -> CellPrecision:
    own = [one for one in cells if one.taxon == taxon]
    strata = [one for arm, period in CELLS for one in weighed[taxon, arm, period]]
    reasons: dict[str, int] = {}
    for one in own:
        for why, n in one.unheard.items():
            reasons[why] = reasons.get(why, 0) + n
    return CellPrecision(
        taxon,
        "",
        "",
        sum(one.detections for one in own),
        sum(one.drawn for one in own),
        sum(one.yes for one in own),
        sum(one.no for one in own),
        sum(one.unsure for one in own),
        reasons,
        stratified(strata, erring=erring if any(key[2] == taxon for key in alone) else 0.0),
        stratified(_cautious(strata)).value,
        sum(one.without_clip for one in own),
        _weak([weighed[taxon, arm, period] for arm, period in CELLS]),
    )


def _drift(review: Review, weighed: Mapping[tuple[str, str, str], list[Counted]]) -> dict[str, float]:
    """Adjusted p of each taxon over the four pairs of neighbouring cells that were listened to; who is unsure
    does not hear it."""
    found = {}
    for taxon in review.taxa:
        groups = [_cautious(weighed[taxon, arm, period]) for arm, period in CELLS]
        enough = [sum(one.right + one.wrong for one in group) >= LEAST_OF_A_CELL for group in groups]
        pairs = [(i, j) for i, j in _NEIGHBOURS if enough[i] and enough[j]]
        if pairs:
            p = np.array([unequal([groups[i], groups[j]]) for i, j in pairs])
            found[taxon] = float(holm(p).min())
    return found


def _erring(twice: Sequence[Mapping[str, Answer]]) -> float:
    """How often two listeners who decided contradict each other: who errs alone errs that often."""
    pairs = [pair for given in twice for pair in combinations(given.values(), 2) if "unsure" not in pair]
    return sum(a != b for a, b in pairs) / len(pairs) if pairs else 0.0


def _unheard(cells: Sequence[CellPrecision]) -> float:
    """Adjusted p over the four pairs of neighbouring cells that as large a share of each was not heard."""
    groups = [[Counted(1, one.answered, one.drawn - one.answered)] for one in cells]
    return float(holm(np.array([unequal([groups[i], groups[j]]) for i, j in _NEIGHBOURS])).min())


def _kappa(twice: Sequence[Mapping[str, Answer]]) -> dict[tuple[str, str], float]:
    said: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for given in twice:
        for one, other in combinations(sorted(given), 2):
            said.setdefault((one, other), []).append((given[one], given[other]))
    return {pair: agreement(answers) for pair, answers in sorted(said.items())}
