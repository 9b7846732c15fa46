"""Community: which species detectors heard, at equal effort.

1. ``hill``: log Hill numbers of incidence at one sample coverage for all.
2. ``hill_by_size`` and ``species_expected``: the same in equally many days, and from endless listening.
3. ``each_heard`` asks one function for the value of every site and season that was listened to enough.

All days are valid days (``analysis.study.listening``); all species are those that count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.arrays import Floats
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.community.hill import (
    Assemblage,
    asymptotic,
    common_coverage,
    hill_by_coverage,
    incidence,
    sample_coverage,
)
from analysis.indices.community.hill import hill_by_size as hill_in_days
from analysis.study.listening import Listening
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent

Samples = dict[tuple[str, str], Assemblage | Absent]
"""(site, season) -> incidences of its valid days, or why there are too few."""

LEAST_DAYS = 10
"""Valid days below which a season has no rate [1]."""
HILL_DAYS, HILL_INCIDENCES, HILL_COVERAGE = 20, 100, 0.70
"""Least valid days, incidences and sample coverage for Hill numbers [1]."""
_HIGHEST_COVERAGE = 1 - 1e-6
"""Coverage 1 can be reached but not standardised to."""


def each_heard(
    study: Study,
    labels: tuple[str, ...],
    value: Callable[[str, StudySeason, Listening], float | Absent],
) -> Grid:
    """``value(site, season, what was heard)`` where there was listening enough, else why not."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        heard = study.listening(site, season)
        lack = lacking(heard, labels, LEAST_DAYS)
        if lack is not None:
            return lack
        found = value(site, season, heard)
        return found if isinstance(found, Absent) else cell(heard, found)

    return each(study, measure, species=labels)


def hill(study: Study, coverage: float | None = None, *, order: int) -> Grid:
    """Log Hill number of order 0, 1 or 2 at one sample coverage [log 1].

    ``coverage`` C*, or None: then from the seasons before (all, where none is before).
    """
    samples = _samples(study)
    if coverage is None:
        before = [s.id for s in study.seasons if s.period == "before"] or [s.id for s in study.seasons]
        kept = [s for (_, name), s in samples.items() if name in before and isinstance(s, Assemblage)]
        coverage = common_coverage(kept)
    target = min(coverage, _HIGHEST_COVERAGE)

    def numbers(sample: Assemblage) -> Floats | Absent:
        return hill_by_coverage(sample, target) if np.isfinite(target) else absent("no_coverage")

    none = absent("no_hill", n=order, least=f"{target:.3f}")
    return _of_samples(study, samples, order, numbers, none)


def hill_by_size(study: Study, coverage: float | None = None, *, order: int) -> Grid:
    """Log Hill number of order 0, 1 or 2 in T0 valid days [log 1].

    T0 are the fewest valid days of any site and season that has enough of them.
    """
    days = float(fewest_days(study, HILL_DAYS))
    none = absent("no_estimate", n=order)
    return _of_samples(study, _samples(study), order, lambda sample: hill_in_days(sample, days), none)


def species_expected(study: Study, coverage: float | None = None, *, order: int) -> Grid:
    """Log Hill number of order 0, 1 or 2 expected from endless listening [log 1].

    Of order 0 it is a lower bound.
    """
    return _of_samples(study, _samples(study), order, asymptotic, absent("no_estimate", n=order))


def fewest_days(study: Study, least: int) -> int:
    """T0: the fewest valid days of any site and season that has at least ``least``."""
    cells = [study.listening(site, season) for site in study.sites for season in study.seasons]
    return min((len(one.days) for one in cells if len(one.days) >= least), default=least)


def cell(heard: Listening, value: float, coverage: float = float("nan")) -> Cell:
    """A value with the effort and the instruments behind it."""
    return Cell(
        value,
        float(heard.minutes.sum()),
        definition="+".join(heard.models),
        device="+".join(heard.devices),
        firmware=" ".join((*heard.firmware, *heard.models)) if heard.firmware_known else "",
        threshold=heard.thresholds[0] if len(heard.thresholds) == 1 else float("nan"),
        coverage=coverage,
        flagged=heard.doubted,
    )


def _samples(study: Study) -> Samples:
    return {
        (site, season.id): _sample(study.listening(site, season), study.labels())
        for site in study.sites
        for season in study.seasons
    }


def _of_samples(
    study: Study,
    samples: Samples,
    order: int,
    numbers: Callable[[Assemblage], Floats | Absent],
    none: Absent,
) -> Grid:
    """Log of the number of an order; ``none`` where a sample gives no finite one."""

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        sample = samples[site, season.id]
        if isinstance(sample, Absent):
            return sample
        found = numbers(sample)
        if isinstance(found, Absent):
            return found
        value = float(np.log(found[order]))
        if not np.isfinite(value):
            return none
        return cell(study.listening(site, season), value, sample_coverage(sample))

    return each(study, measure, species=study.labels())


def _sample(heard: Listening, labels: tuple[str, ...]) -> Assemblage | Absent:
    lack = lacking(heard, labels, HILL_DAYS)
    if lack is not None:
        return lack
    sample = incidence(heard.days_with(labels), len(heard.days))
    if sample.total < HILL_INCIDENCES:
        return absent("few_incidences", n=f"{sample.total:.0f}", least=HILL_INCIDENCES)
    covered = sample_coverage(sample)
    if covered < HILL_COVERAGE:
        return absent("low_coverage", n=f"{covered:.2f}", least=HILL_COVERAGE)
    return sample


def lacking(heard: Listening, labels: tuple[str, ...], least: int) -> Absent | None:
    """Why a site and season has too little listening; None where it has enough."""
    if not labels:
        return absent("nothing_heard")
    if len(heard.days) < least:
        return absent("few_days_heard", n=len(heard.days), least=least)
    return None
