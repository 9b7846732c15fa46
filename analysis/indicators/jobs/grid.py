"""Sites x seasons: values where there are enough data, a reason where there are not.

1. ``each`` asks one function for every site and season.
2. A ``Cell`` is a value with its effort and provenance; an ``Absent`` is a reason.
3. Both become the columns of a ``Grid``, which a job turns into a ``Panel``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Floats
from analysis.plan.panel import Provenance
from analysis.study.study import Study, StudySeason
from analysis.words.absence import Absent


@dataclass(frozen=True, slots=True)
class Cell:
    """One site and season.  Texts are empty and numbers nan where unknown."""

    value: float
    """On the indicator's scale."""
    effort: float
    """Valid minutes or valid days."""
    definition: str = ""
    device: str = ""
    firmware: str = ""
    threshold: float = float("nan")
    coverage: float = float("nan")
    flagged: float = float("nan")
    """Share of excerpts or hours left out for their flags [1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Arrays of shape (sites, seasons)."""

    values: Floats
    """nan where absent."""
    effort: Floats
    provenance: Provenance
    reasons: dict[tuple[str, str], Absent]
    """(site, season) -> why there is no value."""
    part: str = ""
    """What the data added to the definition, as the hours that all cells share: a hash; empty for most."""


def each(
    study: Study, measure: Callable[[str, StudySeason], Cell | Absent], *, species: tuple[str, ...] = ()
) -> Grid:
    """One cell for every site and season."""
    cells = [[measure(site, season) for season in study.seasons] for site in study.sites]
    reasons = {
        (site, season.id): cell
        for site, row in zip(study.sites, cells, strict=True)
        for season, cell in zip(study.seasons, row, strict=True)
        if isinstance(cell, Absent)
    }
    return Grid(
        _numbers(cells, "value"),
        np.nan_to_num(_numbers(cells, "effort")),
        Provenance(
            definition=_texts(cells, "definition"),
            device=_texts(cells, "device"),
            firmware=_texts(cells, "firmware"),
            threshold=_numbers(cells, "threshold"),
            coverage=_numbers(cells, "coverage"),
            flagged=_numbers(cells, "flagged"),
            species=species,
        ),
        reasons,
    )


def _numbers(cells: list[list[Cell | Absent]], name: str) -> Floats:
    rows = [[float("nan") if isinstance(c, Absent) else getattr(c, name) for c in row] for row in cells]
    return np.array(rows, dtype=np.float64)


def _texts(cells: list[list[Cell | Absent]], name: str) -> NDArray[np.str_]:
    return np.array(
        [["" if isinstance(c, Absent) else getattr(c, name) for c in row] for row in cells], dtype=np.str_
    )
