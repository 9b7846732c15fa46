"""The species of the page: a row each, and the multi-species index of each arm."""

from __future__ import annotations

import math

import numpy as np

from analysis.indicators.species import ARMS, SpeciesRow, Trend
from analysis.plan.review.checked import Checked
from analysis.report import figures
from analysis.report.content import Content
from analysis.report.figures import Band
from analysis.report.sections import Row, Section, number
from analysis.report.words import phrase
from analysis.words import Tongue, words
from analysis.words.absence import Absent


def species_head(tongue: Tongue) -> Row:
    """Column names of ``species_table``."""
    heard, trend = phrase("heard_share", tongue), phrase("trend", tongue)
    arms = [phrase(arm, tongue) for arm in ARMS]
    return (
        phrase("taxon", tongue),
        *(f"{heard}, {arm}" for arm in arms),
        *(f"{trend}, {arm}" for arm in arms),
        *(phrase(key, tongue) for key in ("occupancy", "clips", "precision", "score_from")),
    )


def species_table(content: Content, known: Checked | None, tongue: Tongue) -> tuple[Row, ...]:
    """One row a species that counts; one that was not checked well enough says so."""
    rows = []
    for row in content.species:
        checked = None if known is None else known.labels.get(row.label)
        clips, precision, score = ("–",) * 3
        if checked is not None:
            clips, precision = str(checked.clips), f"{checked.precision:.3f}"
            score = f"{checked.threshold:g}" if checked.threshold else "–"
        occupancy = "–" if isinstance(row.occupancy, Absent) else f"{row.occupancy:.2f}"
        rows.append(
            (
                row.label if row.validated else f"{row.label} ({phrase('unvalidated', tongue)})",
                *(_share(row, arm) for arm in ARMS),
                *(_trend(row.trend[arm], tongue) for arm in ARMS),
                occupancy,
                clips,
                precision,
                score,
            )
        )
    return tuple(rows)


def index_figure(content: Content, tongue: Tongue, command: str) -> Section | None:
    """The multi-species index by arm, where there is one."""
    known = {arm: one for arm, one in content.indices.items() if not isinstance(one, Absent)}
    if not known:
        return None
    seasons = [season.id for season in content.study.seasons]
    periods = [season.period for season in content.study.seasons]
    split = periods.index("after") if "after" in periods and "before" in periods else None
    bands = [Band(arm, phrase(arm, tongue), one.value, one.lower, one.upper) for arm, one in known.items()]
    head = tuple(phrase(key, tongue) for key in ("season", "arm", "mean", "low", "high", "species"))
    rows = tuple(
        (season, phrase(arm, tongue), number(float(one.value[i]), 4), number(float(one.lower[i]), 4),
         number(float(one.upper[i]), 4), str(int(np.asarray(one.species)[i])))
        for arm, one in known.items()
        for i, season in enumerate(seasons)
    )  # fmt: skip
    title = phrase("index", tongue)
    svg = figures.series(bands, seasons, title, split)
    return Section("species-index", title, phrase("index_note", tongue), svg, head, rows, command)


def _share(row: SpeciesRow, arm: str) -> str:
    before, after = row.share[arm]
    shown = [f"{value:.0%}" for value in (before, after) if math.isfinite(value)]
    return " → ".join(shown) or "–"


def _trend(trend: Trend | Absent, tongue: Tongue) -> str:
    if isinstance(trend, Absent):
        return f"– ({trend.in_(tongue)})"
    slope = trend.slope
    name = words("trends", slope.label).in_(tongue)
    return f"{name} ({slope.rate - 1:+.1%}; {slope.lower - 1:+.1%} … {slope.upper - 1:+.1%})"
