"""The catalogue of indicators: one frozen record each, in one dict, read from top to bottom.

1. A record says, in this order: id, version, class, role, scale, polarity, unit; inputs, least
   data, taxa; source and job.  ``indicator_words`` says what it means and does not mean.
2. Those of what is heard stand in ``indicators_heard``, of soil and weather in ``indicators_ground``,
   models of many sites in ``models``.
3. ``PRIMARY`` indicators may stand in an analysis plan; supporting ones are only shown.
4. ``named`` finds one, or says which there are; ``entry`` finds models too.

A changed definition gets a new version: values of two versions are never compared.
"""

from __future__ import annotations

from analysis.indicators.ground import GROUND
from analysis.indicators.heard import HEARD
from analysis.indicators.indicator import CatalogueEntry, Indicator
from analysis.indicators.models import MODELS
from contract.errors import UnknownName

INDICATORS: dict[str, Indicator] = HEARD | GROUND

PRIMARY = tuple(name for name, one in INDICATORS.items() if one.role == "primary")

CATALOGUE: dict[str, CatalogueEntry] = {**INDICATORS, **MODELS}
"""Models too."""


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
