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


_GENUS_ENDS = re.compile(r"(?:us|a|is|o|x|er|es|as|on|os|ops|um|yx|ys|i|or|uta|ax|^Athene|^Poecile)$")
_EPITHET_ENDS = re.compile(
    r"(?:us|a|is|um|i|ae|o|x|os|ops|es|er|or|as|ans|ens|oides|yx|ys|on|colchicus|anser|coelebs|turtur|e)$"
)
_FRENCH = re.compile(r"(?:ette|elle|eille|ienne|onne|ique|ouse|euse|enne|ée|ère|ire|ois|ais|gris)$")


def is_species(name: str) -> bool:
    """True for a scientific name: *Turdus merula*, *Corvus corone cornix*, *Anas x rubripes*."""
    return _BINOMIAL.fullmatch(name) is not None and name.casefold() not in _CLASSES


def looks_latin(name: str) -> bool:
    """True for a scientific name in a place where other languages stand, too: its words end as Latin does.

    *Merle noir* and *Blue tit* have the shape of one; a rare *Cettia cetti* of another language passes.
    """
    if not is_species(name):
        return False
    genus, *epithets = name.replace(" x ", " ").replace(" × ", " ").split(" ")
    return _GENUS_ENDS.search(genus) is not None and all(
        _EPITHET_ENDS.search(one) and not _FRENCH.search(one) for one in epithets
    )
