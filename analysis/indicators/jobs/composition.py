"""Composition: how the species heard differ from those of before, of references, of the arm.

1. ``temporal``: dissimilarity of a season from the site's seasons before, whole or one of its parts.
2. ``to_references``: the same from the reference sites; ``likeness`` is 1 minus the whole.
3. ``distinctness``: mean dissimilarity from the other sites of the arm in the same season.

The parts are replacement of species by others and loss (or gain) without replacement; they add up to
Sørensen's dissimilarity (Baselga 2010).  Presence is on T0 evenly spread valid days, T0 the fewest of any
site and season: dissimilarity rises with unequal effort.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from analysis.arrays import Bools
from analysis.indicators.jobs.community import LEAST_DAYS, cell, fewest_days, lacking
from analysis.indicators.jobs.grid import Cell, Grid, each
from analysis.indices.community.beta import Family, between, to_reference
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent, absent

Job = Callable[[Study, float | None], Grid]
Part = Literal["total", "turnover", "nestedness"]

LEAST_REFERENCES = 3
LEAST_NEIGHBOURS = 3
"""Other sites of the arm that must have data [1]."""


def temporal(part: Part, family: Family = "sorensen") -> Job:
    """The job for the dissimilarity from the site's other seasons before, taken together [1]."""

    def compute(study: Study, coverage: float | None = None) -> Grid:
        labels, days = study.labels(), fewest_days(study, LEAST_DAYS)
        before = [season for season in study.seasons if season.period == "before"]

        def measure(site: str, season: StudySeason) -> Cell | Absent:
            heard = study.listening(site, season)
            lack = lacking(heard, labels, LEAST_DAYS)
            if lack is not None:
                return lack
            past = [study.listening(site, one) for one in before if one.id != season.id]
            seen = [one.present(labels, days) for one in past if len(one.days) >= LEAST_DAYS]
            if not seen:
                return absent("no_baseline")
            parts = between([np.any(seen, axis=0)], [heard.present(labels, days)], family=family)
            value = float(getattr(parts, part)[0])
            return cell(heard, value) if np.isfinite(value) else absent("no_species")

        return each(study, measure, species=labels)

    return compute


def to_references(part: Part, family: Family = "sorensen") -> Job:
    """The job for the mean dissimilarity from each reference site [1].

    A reference site is the union of its seasons, so that it does not move under the sites that approach it.
    """

    def compute(study: Study, coverage: float | None = None) -> Grid:
        return _against_references(study, lambda here, refs: _mean_part(here, refs, part, family))

    return compute


def likeness(study: Study, coverage: float | None = None) -> Grid:
    """1 - mean Sørensen dissimilarity to each reference site [1]."""
    return _against_references(
        study, lambda here, refs: 1.0 - float(to_reference(here[None, :], refs).total[0])
    )


def distinctness(study: Study, coverage: float | None = None) -> Grid:
    """Mean Sørensen dissimilarity from the arm's other sites in the season [1]."""
    labels, days = study.labels(), fewest_days(study, LEAST_DAYS)
    seen = {
        (site, season.id): study.listening(site, season).present(labels, days)
        for site in study.sites
        for season in study.seasons
        if len(study.listening(site, season).days) >= LEAST_DAYS
    }

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        heard = study.listening(site, season)
        lack = lacking(heard, labels, LEAST_DAYS)
        if lack is not None:
            return lack
        others = [
            seen[one, season.id]
            for one in study.of_arm(study.arms[site])
            if one != site and (one, season.id) in seen
        ]
        if len(others) < LEAST_NEIGHBOURS:
            return absent("few_neighbours", n=len(others), least=LEAST_NEIGHBOURS)
        here = np.repeat(seen[site, season.id][None, :], len(others), axis=0)
        value = float(between(here, np.array(others)).total.mean())
        return cell(heard, value) if np.isfinite(value) else absent("no_species")

    return each(study, measure, species=labels)


def _mean_part(here: Bools, references: Bools, part: Part, family: Family) -> float:
    return float(getattr(to_reference(here[None, :], references, family=family), part)[0])


def _against_references(study: Study, compare: Callable[[Bools, Bools], float]) -> Grid:
    labels, days = study.labels(), fewest_days(study, LEAST_DAYS)
    references = []
    for site in study.of_arm("reference"):
        cells = [study.listening(site, season) for season in study.seasons]
        seen = [one.present(labels, days) for one in cells if len(one.days) >= LEAST_DAYS]
        if seen and np.any(seen):
            references.append(np.any(seen, axis=0))

    def measure(site: str, season: StudySeason) -> Cell | Absent:
        heard = study.listening(site, season)
        lack = lacking(heard, labels, LEAST_DAYS)
        if lack is not None:
            return lack
        if len(references) < LEAST_REFERENCES:
            return absent("few_references", n=len(references), least=LEAST_REFERENCES)
        value = compare(heard.present(labels, days), np.array(references))
        return cell(heard, value) if np.isfinite(value) else absent("no_species")

    return each(study, measure, species=labels)
