"""Composition: how the species heard differ from those of before, of references, of the arm.

1. ``community_turnover`` is the dissimilarity of a season from the site's seasons before;
   ``community_replacement`` and ``community_loss`` are its parts.
2. ``reference_replacement`` and ``reference_loss`` are the parts of that from the reference sites;
   ``likeness_to_reference`` is 1 minus the whole.
3. ``distinctness``: mean dissimilarity from the other sites of the arm in the same season.

The parts are replacement of species by others and loss (or gain) without replacement; they add up to
Sørensen's dissimilarity (Baselga 2010).  Presence is on T0 evenly spread valid days, T0 the fewest of any
site and season: dissimilarity rises with unequal effort.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from analysis.indicators.jobs.community import LEAST_DAYS, each_heard, fewest_days
from analysis.indicators.jobs.grid import Grid
from analysis.indices.community.beta import Family, Partition, between, to_reference
from analysis.study.listening import Listening
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent

Part = Literal["total", "turnover", "nestedness"]

LEAST_REFERENCES = 3
LEAST_NEIGHBOURS = 3
"""Other sites of the arm that must have data [1]."""


def community_turnover(study: Study, coverage: float | None = None, *, family: Family = "sorensen") -> Grid:
    """Dissimilarity from the site's other seasons before, taken together [1]."""
    return _from_before(study, "total", family)


def community_replacement(study: Study, coverage: float | None = None) -> Grid:
    """The part of ``community_turnover`` that is replacement of species by others [1]."""
    return _from_before(study, "turnover")


def community_loss(study: Study, coverage: float | None = None) -> Grid:
    """The part of ``community_turnover`` that is loss or gain without replacement [1]."""
    return _from_before(study, "nestedness")


def reference_replacement(study: Study, coverage: float | None = None) -> Grid:
    """The part of the mean dissimilarity from each reference site that is replacement [1]."""
    return _from_references(study, lambda parts: float(parts.turnover[0]))


def reference_loss(study: Study, coverage: float | None = None) -> Grid:
    """The part of the mean dissimilarity from each reference site that is loss or gain [1]."""
    return _from_references(study, lambda parts: float(parts.nestedness[0]))


def likeness_to_reference(study: Study, coverage: float | None = None) -> Grid:
    """1 - mean Sørensen dissimilarity to each reference site [1]."""
    return _from_references(study, lambda parts: 1.0 - float(parts.total[0]))


def distinctness(study: Study, coverage: float | None = None) -> Grid:
    """Mean Sørensen dissimilarity from the arm's other sites in the season [1]."""
    labels, days = study.labels(), fewest_days(study, LEAST_DAYS)
    seen = {
        (site, season.id): study.listening(site, season).present(labels, days)
        for site in study.sites
        for season in study.seasons
        if len(study.listening(site, season).days) >= LEAST_DAYS
    }

    def mean(site: str, season: StudySeason, heard: Listening) -> float | Absent:
        others = [
            seen[one, season.id]
            for one in study.of_arm(study.arms[site])
            if one != site and (one, season.id) in seen
        ]
        if len(others) < LEAST_NEIGHBOURS:
            return absent("few_neighbours", n=len(others), least=LEAST_NEIGHBOURS)
        here = np.repeat(seen[site, season.id][None, :], len(others), axis=0)
        return _known(float(between(here, np.array(others)).total.mean()))

    return each_heard(study, labels, mean)


def _from_before(study: Study, part: Part, family: Family = "sorensen") -> Grid:
    labels, days = study.labels(), fewest_days(study, LEAST_DAYS)
    before = [season for season in study.seasons if season.period == "before"]

    def dissimilarity(site: str, season: StudySeason, heard: Listening) -> float | Absent:
        past = [study.listening(site, one) for one in before if one.id != season.id]
        seen = [one.present(labels, days) for one in past if len(one.days) >= LEAST_DAYS]
        if not seen:
            return absent("no_baseline")
        parts = between([np.any(seen, axis=0)], [heard.present(labels, days)], family=family)
        return _known(float(getattr(parts, part)[0]))

    return each_heard(study, labels, dissimilarity)


def _from_references(study: Study, part: Callable[[Partition], float]) -> Grid:
    """A reference site is the union of its seasons: it must not move under sites that approach it."""
    labels, days = study.labels(), fewest_days(study, LEAST_DAYS)
    references = []
    for site in study.of_arm("reference"):
        cells = [study.listening(site, season) for season in study.seasons]
        seen = [one.present(labels, days) for one in cells if len(one.days) >= LEAST_DAYS]
        if seen and np.any(seen):
            references.append(np.any(seen, axis=0))

    def dissimilarity(site: str, season: StudySeason, heard: Listening) -> float | Absent:
        if len(references) < LEAST_REFERENCES:
            return absent("few_references", n=len(references), least=LEAST_REFERENCES)
        return _known(part(to_reference(heard.present(labels, days)[None, :], np.array(references))))

    return each_heard(study, labels, dissimilarity)


def _known(value: float) -> float | Absent:
    return value if np.isfinite(value) else absent("no_species")
