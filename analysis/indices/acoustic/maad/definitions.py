"""The family of scikit-maad 1.5.2's scalars, from the table of their parameters.

``family`` makes the ``Definition`` of each index of ``definitions.toml``, which lies beside this file.
Whoever may read files reads it (``analysis.sound.measure.maad``): here is only the way from a table to
definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.indices.acoustic.definition import Definition, Parameter


@dataclass(frozen=True, slots=True)
class IndexFamily:
    """The definitions of a profile, and what computes each."""

    profile: str
    definitions: Mapping[str, Definition]
    """Name -> definition, in the table's order."""
    source: Mapping[str, str]
    """Name -> what its value is computed from: samples, core, spectrum, matrix or regions."""

    def computed_from(self, *sources: str) -> dict[str, Definition]:
        """The definitions that these sources give, in the table's order."""
        return {name: one for name, one in self.definitions.items() if self.source[name] in sources}


def family(table: Mapping[str, Any]) -> IndexFamily:
    """The family that a table describes; ``KeyError`` where an index uses what is not shared.

    ``table``: ``profile``; ``shared`` and ``index``, each name -> ``uses`` (names of ``shared``) and
    ``parameters``; an index also has ``from``, and its ``unit`` where it has one.
    """
    profile, shared, rows = table["profile"], table["shared"], table["index"]
    return IndexFamily(
        profile,
        {
            name: Definition(name, profile, _parameters(row, shared), row.get("unit", "1"))
            for name, row in rows.items()
        },
        {name: row["from"] for name, row in rows.items()},
    )


def _parameters(row: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Parameter]:
    """Those of what a row uses, then its own; a list of the table is a tuple."""
    found: dict[str, Parameter] = {}
    for name in row.get("uses", ()):
        found |= _parameters(shared[name], shared)
    own = row.get("parameters", {})
    return found | {key: tuple(v) if isinstance(v, list) else v for key, v in own.items()}
