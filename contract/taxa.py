"""Whether a name is that of a species: what a detector says beside species enters no indicator.

A scientific name is a genus with a capital and an epithet without.  Detectors also have classes that
look like one ("Power tools", "Human vocal"): those of BirdNET V2.4 and of batdetect2 are named here.

Source of the classes: labels of BirdNET V2.4 (https://github.com/birdnet-team/BirdNET-Analyzer).
"""

from __future__ import annotations

import re

NO_SPECIES = "no scientific name"
"""The doubt about a detection of what is no species, or is named in another language."""

_BINOMIAL = re.compile(r"[A-Z][a-z]+(?:-[a-z]+)? (?:x |× )?[a-z]{2,}(?:-[a-z]+)*(?: [a-z]{2,}(?:-[a-z]+)*)?")
_CLASSES = frozenset(
    {
        "human vocal",
        "human non-vocal",
        "human whistle",
        "power tools",
        "no call",
        "not bat",
        "background noise",
    }
)


def is_species(name: str) -> bool:
    """True for a scientific name: *Turdus merula*, *Corvus corone cornix*, *Anas x rubripes*."""
    return _BINOMIAL.fullmatch(name) is not None and name.casefold() not in _CLASSES
