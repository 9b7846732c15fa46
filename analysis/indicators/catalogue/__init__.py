"""The catalogue of indicators: one frozen record each, by subject, read from top to bottom.

1. A record says in keywords what an indicator is; its words stand under its id in ``analysis.words``.
2. ``PRIMARY`` indicators may stand in an analysis plan; supporting ones are only shown.
3. ``named`` finds one, or says which there are; ``entry`` finds models too.

A changed definition gets a new version: values of two versions are never compared.  An id that a
frozen plan may name never changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from analysis.indicators.catalogue.acoustic import ACOUSTIC
from analysis.indicators.catalogue.community import COMMUNITY
from analysis.indicators.catalogue.models import MODELS_OF_SITES
from analysis.indicators.catalogue.soil import SOIL
from analysis.indicators.catalogue.weather import WEATHER
from analysis.indicators.indicator import CatalogueEntry, Indicator, ModelIndicator
from contract.errors import UnknownName

Entry = TypeVar("Entry", bound=CatalogueEntry)


def by_id(*subjects: Iterable[Entry]) -> dict[str, Entry]:
    """Id -> record, in the order of the subjects; ``ValueError`` where an id is there twice."""
    found: dict[str, Entry] = {}
    for one in (one for subject in subjects for one in subject):
        if one.id in found:
            raise ValueError(f"the catalogue holds {one.id} twice")
        found[one.id] = one
    return found


INDICATORS: dict[str, Indicator] = by_id(COMMUNITY, ACOUSTIC, SOIL, WEATHER)
"""Those with one value a site and season."""

MODELS: dict[str, ModelIndicator] = by_id(MODELS_OF_SITES)

CATALOGUE: dict[str, CatalogueEntry] = by_id(INDICATORS.values(), MODELS.values())
"""Models too."""

PRIMARY = tuple(name for name, one in INDICATORS.items() if one.role == "primary")


def named(name: str) -> Indicator:
    """The indicator of sites and seasons with this id; ``UnknownName`` with the list otherwise."""
    try:
        return INDICATORS[name]
    except KeyError:
        raise _unknown(name, tuple(INDICATORS)) from None


def entry(name: str) -> CatalogueEntry:
    """The indicator or model with this id; ``UnknownName`` with the list otherwise."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise _unknown(name, tuple(CATALOGUE)) from None


def _unknown(name: str, known: tuple[str, ...]) -> UnknownName:
    return UnknownName(f"{name!r} is not an indicator", help=f"Use one of: {', '.join(known)}")
