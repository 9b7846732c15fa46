"""An index in words: what ``ecoviv indices explain NAME`` prints.

``explanations`` finds definitions by name, by name and profile, or by id;
``print_explanations`` writes them for people or as JSON.
"""

from __future__ import annotations

import json
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from analysis.indices.acoustic.definition import Definition
from analysis.sound.measure.profiles import PROFILES
from contract.errors import UnknownName


def all_definitions() -> list[Definition]:
    """Every definition of every profile, those on demand included."""
    return [
        one
        for profile in PROFILES.values()
        for one in (*profile.definitions.values(), *profile.on_demand.values())
    ]


def explanations(name: str) -> list[Definition]:
    """The definitions called ``name``; ``UnknownName`` with the names that exist otherwise."""
    known = all_definitions()
    found = [one for one in known if name in (one.name, f"{one.name}@{one.profile}", one.id)]
    if not found:
        found = [one for one in known if one.name.lower() == name.lower()]
    if not found:
        names = ", ".join(sorted({one.name for one in known}))
        raise UnknownName(f"{name!r} is not an acoustic index", help=f"Use one of: {names}")
    return found


def print_explanations(found: list[Definition], *, as_json: bool) -> None:
    """To stdout."""
    for definition in found:
        text = json.dumps(as_record(definition), ensure_ascii=False) if as_json else as_text(definition)
        sys.stdout.write(text + "\n")


@dataclass(frozen=True, slots=True)
class IndexWords:
    """What ``words.toml`` says about one definition; ``reference`` values name their origin."""

    sentence: str
    formula: str
    not_meaning: str
    citation: str
    reference: tuple[str, ...]


@cache
def _table() -> dict[str, dict[str, Any]]:
    with resources.files("analysis.sound").joinpath("words.toml").open("rb") as stream:
        return tomllib.load(stream)


def words_of(definition: Definition) -> IndexWords:
    """The words of a definition."""
    said = _table()[definition.profile][definition.name]
    return IndexWords(**(said | {"reference": tuple(said["reference"])}))


def as_record(definition: Definition) -> dict[str, Any]:
    """The definition as JSON sees it."""
    words = words_of(definition)
    return {
        "id": definition.id,
        "name": definition.name,
        "profile": definition.profile,
        "unit": definition.unit,
        "sentence": words.sentence,
        "formula": words.formula,
        "parameters": dict(definition.parameters),
        "not_meaning": words.not_meaning,
        "citation": words.citation,
        "reference": list(words.reference),
    }


def as_text(definition: Definition) -> str:
    """The definition as people read it."""
    words = words_of(definition)
    lines = [
        f"{definition.id}  [{definition.unit}]",
        f"  {words.sentence}",
        f"  formula: {words.formula}",
        f"  does not mean: {words.not_meaning}",
        f"  source: {words.citation}",
        *(f"  reference: {value}" for value in words.reference),
        "  parameters:",
        *(f"    {name:<22} {_shown(value)}" for name, value in definition.parameters.items()),
    ]
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    return " to ".join(f"{part:g}" for part in value) if isinstance(value, tuple) else str(value)
