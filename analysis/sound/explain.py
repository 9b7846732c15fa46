"""An index in words: what ``ecoviv indices explain NAME`` prints.

``explanations`` finds definitions by name, by name and profile, or by id;
``print_explanations`` writes them for people or as JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from analysis.indices.acoustic.definition import Definition
from analysis.indices.acoustic.voice import VOICE
from analysis.sound.measure.profiles import PROFILES
from analysis.words import Tongue, Words, keys, notation, words
from contract.errors import UnknownName


def all_definitions() -> list[Definition]:
    """Every definition of every profile, those on demand included, and that of the gate for voices."""
    families = [(*one.definitions.values(), *one.on_demand.values()) for one in PROFILES.values()]
    return [*(one for family in families for one in family), VOICE]


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


def print_explanations(found: list[Definition], *, as_json: bool, tongue: Tongue = "en") -> None:
    """To stdout, for people in their language or as JSON."""
    for definition in found:
        text = (
            json.dumps(as_record(definition, tongue), ensure_ascii=False)
            if as_json
            else as_text(definition, tongue)
        )
        sys.stdout.write(text + "\n")


@dataclass(frozen=True, slots=True)
class IndexWords:
    """What is said about one definition; ``reference`` values name their origin."""

    sentence: Words
    not_meaning: Words
    formula: str
    citation: str
    reference: tuple[str, ...]


def words_of(definition: Definition) -> IndexWords:
    """The words of a definition."""
    key = ("indices", definition.profile, definition.name)
    return IndexWords(
        words(*key, "sentence"),
        words(*key, "not_meaning"),
        notation(*key, "formula"),
        notation(*key, "citation"),
        notation(*key, "reference"),
    )


def as_record(definition: Definition, tongue: Tongue = "en") -> dict[str, Any]:
    """The definition as JSON sees it."""
    said = words_of(definition)
    return {
        "id": definition.id,
        "name": definition.name,
        "profile": definition.profile,
        "unit": definition.unit,
        "sentence": said.sentence.in_(tongue),
        "formula": said.formula,
        "parameters": dict(definition.parameters),
        "not_meaning": said.not_meaning.in_(tongue),
        "citation": said.citation,
        "reference": list(said.reference),
    }


def as_text(definition: Definition, tongue: Tongue = "en") -> str:
    """The definition as people read it."""
    said = words_of(definition)
    label = {key: words("explain", key).in_(tongue) for key in keys("explain")}
    lines = [
        f"{definition.id}  [{definition.unit}]",
        f"  {said.sentence.in_(tongue)}",
        f"  {label['formula']} {said.formula}",
        f"  {label['not_meaning']} {said.not_meaning.in_(tongue)}",
        f"  {label['source']} {said.citation}",
        *(f"  {label['reference']} {value}" for value in said.reference),
        f"  {label['parameters']}",
        *(f"    {name:<22} {_shown(value, label['to'])}" for name, value in definition.parameters.items()),
    ]
    return "\n".join(lines) + "\n"


def _shown(value: object, to: str) -> str:
    return f" {to} ".join(f"{part:g}" for part in value) if isinstance(value, tuple) else str(value)
