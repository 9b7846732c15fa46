"""Panels from an imported table: one line an indicator, site and season.

Columns: ``indicator, site, season, value, effort``; instead of ``value``, ``successes`` and ``trials``
make a rate.  ``scale`` says what a value is on (``tables.scales``).  What an indicator is comes from the
catalogue, or from the plan's ``imported`` table.  Provenance, where known, has the columns of
``Provenance``, where ``n/a`` says that something does not apply; ``species`` holds labels separated by
``;``.  An empty cell is an absence.

What ``indicators compute --csv`` prints is read as it is: ``on_scale`` is the value, ``effort_min`` the
effort, and indicators of the catalogue that the plan does not name are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.plan.panel import NUMBERS, TEXTS, Group, Panel, Provenance, Scale, rate
from analysis.plan.plan import Plan
from analysis.verdict.tables.lines import UNKNOWN, Line, read_lines
from analysis.verdict.tables.scales import NATURAL, on_scale, possible, stated
from contract.errors import ConfigurationError, UnknownName

_NEEDED = ("indicator", "site", "season", "effort")
_COUNTS = ("successes", "trials")
_ALL = {*_NEEDED, *NUMBERS, *TEXTS, *_COUNTS, "value", "scale", "species"}
_COMPUTED = ("on_scale", "effort_min")
_BESIDE = {"arm", "period", "unit", "code", "reason", "low", "high", "class"}
"""Columns of computed values that a panel does not need."""


def read_panels(path: Path, plan: Plan) -> list[Panel]:
    """The panels of ``plan``'s primaries in the table ``path``; the table's order does not matter."""
    lines = read_lines(path, {*NUMBERS, *_COUNTS, *_COMPUTED, "value", "effort"})
    computed = set(_COMPUTED) <= set(lines[0].cells)
    if computed:
        lines = _of_catalogue(lines, plan)
    _check_header(path, lines)
    wanted = [primary.id for primary in plan.primaries]
    seasons = [season.id for season in plan.seasons]
    sites = [site.id for site in plan.sites]
    for line in lines:
        for name, known in (("indicator", wanted), ("season", seasons), ("site", sites)):
            if line.cells[name] not in known:
                raise UnknownName(
                    f"{path}, line {line.line}: {name} {line.cells[name]!r} is not in the plan",
                    help=f"Write one of the plan's {name}s, or leave the line out",
                )
    groups = {name: [line for line in lines if line.cells["indicator"] == name] for name in wanted}
    return [_panel(path, name, rows, plan, computed) for name, rows in groups.items() if rows]


def _check_header(path: Path, lines: Sequence[Line]) -> None:
    header = list(lines[0].cells)
    missing = [name for name in _NEEDED if name not in header]
    unknown = [name for name in header if name not in _ALL]
    if not (missing or unknown) and ("value" in header or set(_COUNTS) <= set(header)):
        return
    what = "neither a value nor successes and trials"
    if unknown:
        what = f"an unknown column {unknown[0]!r}"
    if missing:
        what = f"no column {missing[0]!r}"
    raise ConfigurationError(
        f"{path}, line 1: the header has {what}", help=f"The columns are {', '.join(sorted(_ALL))}"
    )


def _of_catalogue(lines: Sequence[Line], plan: Plan) -> list[Line]:
    """Computed lines as those of an imported table, without indicators that the plan does not name."""
    from analysis.indicators.catalogue import CATALOGUE

    wanted = {primary.id for primary in plan.primaries}
    kept = []
    for line in lines:
        name = line.cells.get("indicator", "").partition("@")[0]
        if name not in wanted and name in CATALOGUE:
            continue
        if name in CATALOGUE and CATALOGUE[name].definition != line.cells["indicator"]:
            raise line.wrong(
                "indicator",
                f"is {line.cells['indicator']!r}, and the one of today is {CATALOGUE[name].definition}",
                "Compute the table again with this version",
            )
        cells = {key: text for key, text in line.cells.items() if key not in _BESIDE}
        cells["value"], cells["effort"] = cells.pop("on_scale"), cells.pop("effort_min")
        kept.append(Line(line.path, line.line, cells | {"indicator": name}))
    if not kept:
        raise ConfigurationError(
            f"{lines[0].path} has no line of the plan's primary indicators",
            help="Compute it with --plan, and the plan's indicators",
        )
    return kept


@dataclass(frozen=True, slots=True)
class _Grid:
    """The lines of one indicator in their places, and its columns as arrays of sites x seasons."""

    sites: tuple[str, ...]
    seasons: tuple[str, ...]
    place: Mapping[tuple[str, str], Line]

    def _each(self, read: Callable[[Line], Any], absent: Any) -> list[list[Any]]:
        def cell(site: str, season: str) -> Any:
            line = self.place.get((site, season))
            return absent if line is None else read(line)

        return [[cell(site, season) for season in self.seasons] for site in self.sites]

    def numbers(self, column: str, *, least: float = -math.inf) -> Floats:
        return self.read(lambda line: line.number(column, least=least))

    def measured(self, column: str) -> Floats:
        return self.read(lambda line: line.measured(column))

    def read(self, read: Callable[[Line], float]) -> Floats:
        return np.array(self._each(read, np.nan), dtype=np.float64)

    def texts(self, column: str) -> np.ndarray[Any, np.dtype[np.str_]]:
        return np.array(self._each(lambda line: _known(line.cells[column]), ""), dtype=np.str_)


def _known(text: str) -> str:
    return "" if text == UNKNOWN else text


def _panel(path: Path, name: str, lines: Sequence[Line], plan: Plan, computed: bool) -> Panel:
    present = {line.cells["site"] for line in lines}
    sites = tuple(site.id for site in plan.sites if site.arm != "reference" or site.id in present)
    grid = _Grid(sites, tuple(season.id for season in plan.seasons), _places(name, lines))
    scale, polarity, group, source = _description(path, name, plan)
    return Panel(
        name,
        scale,
        polarity,
        group,
        grid.sites,
        grid.seasons,
        _values(path, name, lines, grid, scale),
        grid.numbers("effort", least=0),
        _provenance(lines, grid, computed),
        source,
    )


def _places(name: str, lines: Sequence[Line]) -> dict[tuple[str, str], Line]:
    place: dict[tuple[str, str], Line] = {}
    for line in lines:
        key = (line.cells["site"], line.cells["season"])
        if key in place:
            raise ConfigurationError(
                f"{line.path}, line {line.line}: {name}, site {key[0]}, season {key[1]} is there already, "
                f"in line {place[key].line}",
                help="Keep one line an indicator, site and season",
            )
        place[key] = line
    return place


def _values(path: Path, name: str, lines: Sequence[Line], grid: _Grid, scale: Scale) -> Floats:
    if "value" not in lines[0].cells:
        counts = [grid.numbers(column, least=0) for column in _COUNTS]
        try:
            return rate(counts[0], counts[1])
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}: {name}: {error.message}", help=error.help) from error
    said = stated(lines, name, scale)
    if said == NATURAL:
        return grid.read(lambda line: on_scale(line, name, line.number("value"), scale))
    values = grid.numbers("value")
    possible(lines, name, values, scale, is_stated=said is not None)
    return values


def _description(path: Path, name: str, plan: Plan) -> tuple[Scale, int, Group, str]:
    """Scale, polarity, group and source: from the plan's ``imported`` table, else from the catalogue."""
    from analysis.indicators.catalogue import INDICATORS

    known = plan.imported.get(name) or INDICATORS.get(name)
    if known is None:
        raise UnknownName(
            f"{path}: {name} is not in the catalogue and the plan does not say what it is",
            help=f"Add [imported.{name}] with scale, polarity and group to the plan before it is frozen",
        )
    return known.scale, known.polarity, known.group, known.source


def _provenance(lines: Sequence[Line], grid: _Grid, computed: bool) -> Provenance:
    """Of the columns that the table has; a computed table says ``NA`` for what was looked for in vain."""
    given = [name for name in lines[0].cells if not computed or any(line.cells[name] for line in lines)]
    arrays: dict[str, Any] = {name: grid.measured(name) for name in NUMBERS if name in given}
    arrays |= {name: grid.texts(name) for name in TEXTS if name in given}
    labels = (label.strip() for line in lines for label in line.cells.get("species", "").split(";"))
    once = [label for label in dict.fromkeys(labels) if label]
    return Provenance(**arrays, species=tuple(once if computed else sorted(once)))
