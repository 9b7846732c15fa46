"""All that people read of the analysis, in English and in French, and the one way to it.

1. ``words`` gives one sentence in both languages, its figures filled in; ``keys`` lists a section.
2. ``notation`` is what is read alike in every language: formulas, citations, reference values.
3. ``en.toml`` and ``fr.toml`` have the same keys; nothing that people read stands in a program.

Saying it better makes no other indicator, index or verdict: words enter no version and no hash.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from contract.errors import UnknownName

Tongue = Literal["en", "fr"]


@dataclass(frozen=True, slots=True)
class Words:
    """The same in English and in French."""

    en: str
    fr: str

    def in_(self, language: str) -> str:
        """In French for ``fr``, else in English."""
        return self.fr if language == "fr" else self.en


def words(*key: str, **figures: object) -> Words:
    """What stands under a key, as ``words("indicators", "rain", "title")``; ``{figures}`` filled in.

    ``UnknownName`` names the key and the file where it is missing.
    """
    said = _said(key)
    return Words(said.en.format(**figures), said.fr.format(**figures)) if figures else said


def keys(*section: str) -> tuple[str, ...]:
    """The keys of a section, in the file's order; ``UnknownName`` where there is no such section."""
    found = _at("en", section)
    if not isinstance(found, dict):
        raise _missing("en", section)
    return tuple(found)


def typeset(text: str, tongue: Tongue) -> str:
    """French marks keep to their word: no line begins with a colon or a per cent sign."""
    if tongue == "en":
        return text
    return re.sub(r" (?=[:;?!%»])|(?<=«) ", "\u00a0", text)


def notation(*key: str) -> Any:
    """A formula, a citation or a tuple of reference values; ``UnknownName`` where it is missing."""
    found = _at("notation", key)
    return tuple(found) if isinstance(found, list) else found


@cache
def _said(key: tuple[str, ...]) -> Words:
    en, fr = (_at(tongue, key) for tongue in ("en", "fr"))
    for tongue, text in (("en", en), ("fr", fr)):
        if not isinstance(text, str):
            raise _missing(tongue, key)
    return Words(en, fr)


def _at(file: str, key: tuple[str, ...]) -> Any:
    found: Any = _table(file)
    for part in key:
        if not isinstance(found, dict) or part not in found:
            raise _missing(file, key)
        found = found[part]
    return found


@cache
def _table(file: str) -> dict[str, Any]:
    with resources.files(__name__).joinpath(f"{file}.toml").open("rb") as stream:
        return tomllib.load(stream)


def _missing(file: str, key: tuple[str, ...]) -> UnknownName:
    return UnknownName(
        f"{'.'.join(key)} is not in analysis/words/{file}.toml", help="Add it there, in every language"
    )
