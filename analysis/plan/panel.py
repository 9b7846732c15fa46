"""One primary indicator over sites and seasons, with what the gates must know about it.

1. A job (or an imported table) puts one value on its scale in each site-season.
2. Absent cells are nan: too little data is an absence, never a zero.
3. Effort and provenance travel in arrays of the same shape.
4. ``rate`` is the one way in which counts become a value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.arrays import Floats
from contract.errors import ConfigurationError

Scale = Literal["logit", "log", "identity"]
Group = Literal["acoustic", "community", "soil", "weather"]
LIVING: frozenset[Group] = frozenset({"acoustic", "community"})
"""Groups of indicators about living beings; soil and weather alone never make a territory recover."""
Texts = NDArray[np.str_]

NOT_APPLICABLE = "n/a"
FEW_CALLS = 120
"""Detections at any hour below which no dawn need be placed: twice what places one [1]."""
_SINCE_TWO = {"depth", "height", "calibration", "schedule", "weather", "calls"}
"""Columns that older panels have not: absent ones leave their digest as it was."""
MICRO = 1_000_000
ABSENT = -(2**62)


@dataclass(frozen=True, slots=True, eq=False)
class Provenance:
    """What made each value; every array has the panel's shape, "" or nan where unknown.

    What does not apply, as the firmware of a person's ears, is ``n/a``: ``NOT_APPLICABLE`` in texts, inf in
    numbers.  That is not unknown, if it holds in every cell.
    """

    definition: Texts | None = None
    """detector, model version or parameters' hash"""
    device: Texts | None = None
    """device model or serial number"""
    firmware: Texts | None = None
    threshold: Floats | None = None
    """detection threshold [1]"""
    noise_floor: Floats | None = None
    """stored noise floor of the recordings [dB]"""
    dawn_offset: Floats | None = None
    """centre of the dawn chorus minus sunrise [min]"""
    schedule: Texts | None = None
    """shares of valid minutes by half hours of the sun's day (``analysis.verdict.gates.listened``)"""
    weather: Texts | None = None
    """weather of the days listened to against that of the season (``analysis.verdict.gates.listened``)"""
    calls: Floats | None = None
    """detections at any hour by which a dawn could be placed [1]"""
    depth: Floats | None = None
    """of the probe below the surface [m]"""
    height: Floats | None = None
    """of the sensor above the ground [m]"""
    calibration: Texts | None = None
    """whose curve made the values: one of the territory's, or the device's own"""
    coverage: Floats | None = None
    """sample coverage of the site-season [1]"""
    flagged: Floats | None = None
    """share of readings with a quality flag [1]"""
    species: tuple[str, ...] = ()
    """labels whose detections enter the value"""


TEXTS = tuple(field.name for field in fields(Provenance) if str(field.type).startswith("Texts"))
"""Of ``Provenance``: what is a text in each cell."""
NUMBERS = tuple(field.name for field in fields(Provenance) if str(field.type).startswith("Floats"))
"""Of ``Provenance``: what is a number in each cell."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One primary indicator; ``values`` has shape (sites, seasons) and no polarity applied."""

    indicator: str
    scale: Scale
    polarity: int
    """+1 where more is better, -1 where less is better"""
    group: Group
    sites: tuple[str, ...]
    seasons: tuple[str, ...]
    """in time order"""
    values: Floats
    effort: Floats
    """valid minutes or valid days; 0 or nan where nothing was measured"""
    provenance: Provenance = Provenance()
    source: str = ""
    """where its data come from (``analysis.plan.source``); empty: a line of evidence of its own"""

    def measured_sites(self) -> tuple[str, ...]:
        """Sites with a value in any season."""
        return tuple(
            site for site, row in zip(self.sites, self.values, strict=True) if np.isfinite(row).any()
        )

    @property
    def evidence(self) -> str:
        """The line of evidence that it belongs to: its source, else itself."""
        return self.source or self.indicator

    def __post_init__(self) -> None:
        shape = (len(self.sites), len(self.seasons))
        for name, array in self._arrays():
            if array is not None and array.shape != shape:
                raise ConfigurationError(
                    f"Indicator {self.indicator}: {name} is {array.shape}, not sites x seasons {shape}",
                    help="Give a cell for each site and season; nan or an empty text where unknown",
                )
        if self.polarity not in (-1, 1):
            raise ConfigurationError(
                f"Indicator {self.indicator}: polarity {self.polarity} is neither 1 nor -1",
                help="Use 1 or -1",
            )
        for name, labels in (("site", self.sites), ("season", self.seasons)):
            if len(set(labels)) != len(labels):
                raise ConfigurationError(
                    f"Indicator {self.indicator}: a {name} is listed twice", help=f"List each {name} once"
                )
        if np.isinf(self.values).any():
            raise ConfigurationError(
                f"Indicator {self.indicator}: an infinite value",
                help="A rate of zero is logit((x + 1/2) / (T + 1)), an absent value is empty",
            )
        if (self.effort < 0).any():
            raise ConfigurationError(
                f"Indicator {self.indicator}: a negative effort", help="Effort is valid minutes or valid days"
            )

    def _arrays(self) -> Iterable[tuple[str, NDArray[np.generic] | None]]:
        yield "values", self.values
        yield "effort", self.effort
        source = self.provenance
        for name in (
            "definition",
            "device",
            "firmware",
            "threshold",
            "noise_floor",
            "dawn_offset",
            "depth",
            "height",
            "calibration",
            "coverage",
            "flagged",
            "schedule",
            "weather",
            "calls",
        ):
            yield name, getattr(source, name)

    def rows(self, sites: Iterable[str]) -> NDArray[np.intp]:
        """The row of each named site."""
        place = {site: row for row, site in enumerate(self.sites)}
        return np.array([place[site] for site in sites], dtype=np.intp)

    def digest(self) -> str:
        """SHA-256 of everything the verdict reads; numbers are rounded to 10⁻⁶ first."""
        total = hashlib.sha256()
        head = (
            self.indicator,
            self.scale,
            str(self.polarity),
            self.group,
            *self.sites,
            "|",
            *self.seasons,
            "|",
            *self.provenance.species,
        )
        total.update("\x1f".join(head).encode())
        for name, array in self._arrays():
            if array is None and name in _SINCE_TWO:
                continue
            total.update(b"\x1e" + name.encode() + b"\x1e")
            if array is None:
                continue
            if array.dtype.kind == "U":
                total.update("\x1f".join(array.ravel().tolist()).encode())
            else:
                numbers = np.asarray(array, dtype=np.float64)
                total.update(micro(numbers).astype("<i8").tobytes())
                if np.isinf(numbers).any():
                    total.update(np.isinf(numbers).tobytes())
        return total.hexdigest()


def micro(values: Floats) -> NDArray[np.int64]:
    """Integers in units of 10⁻⁶, half away from zero; absent cells become one fixed number."""
    present = np.isfinite(values)
    scaled = np.where(present, values, 0.0) * MICRO
    rounded = np.where(scaled >= 0, np.floor(scaled + 0.5), np.ceil(scaled - 0.5)).astype(np.int64)
    return np.where(present, rounded, ABSENT)


def rate(successes: Floats, trials: Floats) -> Floats:
    """logit((x + 1/2) / (T + 1)): a rate whose zeros never drop a site.

    ``successes`` x of ``trials`` T, equal shapes, at equalised effort.  nan where T is 0 or nan.
    Source: the empirical logit, Haldane 1956, doi:10.1111/j.1469-1809.1955.tb01285.x.
    It is not a probability of occupancy: imperfect detection stays inside.
    """
    wrong = (successes < 0) | (successes > trials)
    if np.any(wrong):
        raise ConfigurationError(
            "A count is negative or above its number of trials", help="Correct the counted table"
        )
    known = np.isfinite(trials) & (trials > 0) & np.isfinite(successes)
    x, total = np.where(known, successes, 0.0), np.where(known, trials, 1.0)
    return np.where(known, np.log((x + 0.5) / (total - x + 0.5)), np.nan)
