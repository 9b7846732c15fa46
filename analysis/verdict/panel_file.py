"""Panels from an imported table, and back: one line an indicator, site and season.

Columns: ``indicator, site, season, value, effort``; instead of ``value``, ``successes`` and ``trials``
make a rate.  What an indicator is comes from the catalogue, or from the plan's ``imported`` table.
Provenance, where known: ``definition, device, firmware, threshold, noise_floor, dawn_offset, depth, height,
calibration, coverage, flagged``; ``species`` holds labels separated by ``;``.  An empty cell is an absence;
``n/a`` in a column of provenance says that it does not apply.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.plan.panel import NOT_APPLICABLE, Group, Panel, Provenance, Scale, rate
from analysis.plan.plan import Plan
from contract.errors import ConfigurationError, UnknownName

_NEEDED = ("indicator", "site", "season", "effort")
_NUMBERS = ("threshold", "noise_floor", "dawn_offset", "depth", "height", "coverage", "flagged")
_TEXTS = ("definition", "device", "firmware", "calibration")
_ALL = {*_NEEDED, *_NUMBERS, *_TEXTS, "value", "successes", "trials", "species"}


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: Mapping[str, str]


def read_panels(path: Path, plan: Plan) -> list[Panel]:
    """The panels of ``plan``'s primaries in the table ``path``; the table's order does not matter."""
    lines = _lines(path)
    wanted = [primary.id for primary in plan.primaries]
    seasons = [season.id for season in plan.seasons]
    arms = [site.id for site in plan.sites]
    for line in lines:
        for name, known in (("indicator", wanted), ("season", seasons), ("site", arms)):
            if line.cells[name] not in known:
                raise UnknownName(
                    f"{path}, line {line.number}: {name} {line.cells[name]!r} is not in the plan",
                    help=f"Write one of the plan's {name}s, or leave the line out",
                )
    groups = {name: [line for line in lines if line.cells["indicator"] == name] for name in wanted}
    return [_panel(path, name, rows, plan) for name, rows in groups.items() if rows]


def _lines(path: Path) -> list[_Line]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as source:
            reader = csv.DictReader(source)
            header = [name.strip() for name in reader.fieldnames or ()]
            rows = [
                _Line(
                    number,
                    {
                        name: (row[key] or "").strip()
                        for name, key in zip(header, reader.fieldnames or (), strict=True)
                    },
                )
                for number, row in enumerate(reader, start=2)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(
            f"{path} cannot be read as a table: {error}", help="Give a CSV in UTF-8"
        ) from error
    missing = [name for name in _NEEDED if name not in header]
    unknown = [name for name in header if name not in _ALL]
    if missing or unknown or not ("value" in header or {"successes", "trials"} <= set(header)):
        what = (
            f"no column {missing[0]!r}"
            if missing
            else (
                f"an unknown column {unknown[0]!r}" if unknown else "neither a value nor successes and trials"
            )
        )
        raise ConfigurationError(f"{path} has {what}", help=f"The columns are {', '.join(sorted(_ALL))}")
    if not rows:
        raise ConfigurationError(f"{path} has no lines", help="Give one line an indicator, site and season")
    return rows


def _panel(path: Path, name: str, lines: Sequence[_Line], plan: Plan) -> Panel:
    sites = tuple(
        site.id
        for site in plan.sites
        if site.arm != "reference" or site.id in {line.cells["site"] for line in lines}
    )
    seasons = tuple(season.id for season in plan.seasons)
    place: dict[tuple[str, str], _Line] = {}
    for line in lines:
        key = (line.cells["site"], line.cells["season"])
        if key in place:
            raise ConfigurationError(
                f"{path}, line {line.number}: {name}, site {key[0]}, season {key[1]} is there already, "
                f"in line {place[key].number}",
                help="Keep one line an indicator, site and season",
            )
        place[key] = line

    def grid(column: str) -> Floats:
        return np.array(
            [[_number(path, place.get((site, season)), column) for season in seasons] for site in sites]
        )

    scale, polarity, group, source = _description(path, name, plan)
    values = grid("value") if "value" in lines[0].cells else _rates(path, name, grid)
    return Panel(
        name,
        scale,
        polarity,
        group,
        sites,
        seasons,
        values,
        grid("effort"),
        _provenance(lines, place, sites, seasons, grid),
        source,
    )


def _rates(path: Path, name: str, grid: Callable[[str], Floats]) -> Floats:
    successes, trials = grid("successes"), grid("trials")
    try:
        return rate(successes, trials)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {name}: {error.message}", help=error.help) from error


def _number(path: Path, line: _Line | None, column: str) -> float:
    text = "" if line is None else line.cells.get(column, "")
    if text == "":
        return float("nan")
    if text.casefold() == NOT_APPLICABLE and column in _NUMBERS:
        return float("inf")
    try:
        value = float(text)
    except ValueError:
        value = float("inf")
    if not np.isfinite(value) or (value < 0 and column in ("effort", "successes", "trials")):
        number = 0 if line is None else line.number
        raise ConfigurationError(
            f"{path}, line {number}: {column} is {text!r}",
            help="Write a plain number, or nothing where it is absent",
        )
    return value


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


def _provenance(
    lines: Sequence[_Line],
    place: Mapping[tuple[str, str], _Line],
    sites: Sequence[str],
    seasons: Sequence[str],
    grid: Callable[[str], Floats],
) -> Provenance:
    header = lines[0].cells
    arrays: dict[str, Any] = {name: grid(name) for name in _NUMBERS if name in header}
    for name in _TEXTS:
        if name in header:
            arrays[name] = np.array(
                [
                    [place[site, season].cells[name] if (site, season) in place else "" for season in seasons]
                    for site in sites
                ],
                dtype=np.str_,
            )
    labels = {label.strip() for line in lines for label in line.cells.get("species", "").split(";")} - {""}
    return Provenance(**arrays, species=tuple(sorted(labels)))
