"""What people say of detections beside the file: model, threshold, start, length, names, what was analysed.

1. ``Told`` is all of it; ``told_of`` reads the options of ``replay``.
2. ``read_names`` reads a list that makes scientific names of others: of each line the cell that
   is a species, and every other cell as a name of it.  Lists of labels, of eBird and own ones fit.
3. ``read_analysed`` reads which recordings were analysed: a folder, or a text of names and lengths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract.errors import ConfigurationError, UsageError
from contract.instant import parse_instant
from contract.recording.stamp import END_OF_INSTANTS, FIRST_INSTANT
from contract.taxa import is_species, looks_latin
from firmware_sim.replay.readers.detections.listing import cells_of, decoded, number, plain
from firmware_sim.replay.readers.detections.table import scientific_column

SOUND = frozenset({".wav", ".flac"})


@dataclass(frozen=True, slots=True)
class Told:
    """What the file itself may not say; None or empty where nobody said it."""

    model: tuple[str, str] | None = None
    """(name, version)"""
    threshold: float | None = None
    start: int | None = None
    """Of the one recording that says none [ns UTC]."""
    duration_s: float | None = None
    """Of each recording whose length nothing else tells [s]."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Any other name, as ``plain`` writes it -> scientific name."""
    analysed: Mapping[str, float | None] = field(default_factory=dict)
    """Recordings that were analysed -> length [s], if stated."""
    folder: Path | None = None
    """Where these recordings lie."""


NOBODY = Told()
"""Nobody said anything."""


def told_of(
    model: str, threshold: float | None, start: str, duration_s: float | None, names: Path | None,
    analysed: Path | None,
) -> Told:  # fmt: skip
    """From the options of ``replay``; raises ``UsageError`` or ``ConfigurationError`` for what is wrong."""
    lengths = {} if analysed is None else read_analysed(analysed)
    return Told(
        _model(model) if model else None,
        threshold,
        _instant(start) if start else None,
        duration_s,
        {} if names is None else read_names(names),
        lengths,
        None if analysed is None else analysed if analysed.is_dir() else analysed.parent,
    )


def _model(text: str) -> tuple[str, str]:
    name, at, version = text.rpartition("@")
    if not at or not name.strip() or not version.strip() or max(len(name), len(version)) > 120:
        raise UsageError(
            f"--model {text!r} names no version", help="Write NAME@VERSION, such as --model BirdNET@2.4"
        )
    return name.strip(), version.strip()


def _instant(text: str) -> int:
    start = parse_instant(text)
    if not FIRST_INSTANT <= start < END_OF_INSTANTS:
        raise UsageError(f"--start {text} is of no recorder", help="Write --start 2026-05-14T05:00:00+02:00")
    return start


def read_names(path: Path) -> dict[str, str]:
    """Any other name -> scientific name; a name of two species is none.

    Raises ``ConfigurationError`` where the file cannot be read or names no species.
    """
    found: dict[str, set[str]] = {}
    lines = _text(path).splitlines()
    separator = next((one for one in "\t;," if any(one in line for line in lines[:20])), ",")
    column = scientific_column(lines[0], separator) if lines else None
    for cells in (_cells(line, separator) for line in lines):
        species = _species(cells, column)
        for cell in cells:
            if species and plain(cell):
                found.setdefault(plain(cell), set()).add(species)
    if not found:
        raise ConfigurationError(
            f"{path} names no species", help="Write a line each: Turdus merula,Merle noir,eurbla"
        )
    return {name: next(iter(species)) for name, species in found.items() if len(species) == 1 and name}


def _cells(line: str, separator: str) -> list[str]:
    left, mark, right = line.partition("_")
    if mark and is_species(left.strip()):
        return [left.strip(), right.strip()]
    return cells_of(line, separator)


def _species(cells: list[str], column: int | None) -> str:
    """The scientific name of a line: in the column of that name, else the one in Latin, else the first."""
    if column is not None:
        return cells[column] if column < len(cells) and is_species(cells[column]) else ""
    latin = [cell for cell in cells if looks_latin(cell)]
    first = cells[0] if cells and is_species(cells[0]) else ""
    return latin[0] if len(set(latin)) == 1 else first


def read_analysed(path: Path) -> dict[str, float | None]:
    """Recordings of a folder, or of a text: a name a line, its length [s] behind it if known."""
    if path.is_dir():
        sounds = (one for one in sorted(path.rglob("*")) if one.suffix.lower() in SOUND)
        return {str(one): None for one in sounds if not one.name.startswith("._")}
    found: dict[str, float | None] = {}
    for line in _text(path).splitlines():
        separator = next((one for one in "\t;" if one in line), ",")
        cells = [cell.strip().strip('"') for cell in line.split(separator, 2)]
        if re.search(r"\.[A-Za-z0-9]{2,4}$", cells[0]):
            found[cells[0]] = number(cells[1]) if len(cells) > 1 else None
    if not found:
        raise ConfigurationError(
            f"{path} names no recording", help="Write the name of a recording a line, with its ending"
        )
    return found


def _text(path: Path) -> str:
    try:
        return decoded(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", help="Check the path") from error
