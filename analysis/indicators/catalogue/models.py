"""Indicators that one site cannot have: models of a species, or of all of them, over many sites.

They are fitted, so they rest on assumptions that a verdict may not rest on: always supporting.
"""

from __future__ import annotations

from analysis.indicators import species_models
from analysis.indicators.indicator import DETECTIONS, ModelIndicator

MODELS_OF_SITES: tuple[ModelIndicator, ...] = (
    ModelIndicator(
        id="species-trend",
        version=1,
        group="community",
        source="detections",
        unit="1",
        inputs=DETECTIONS,
        taxa="vocal",
        citation=(
            "Pannekoek & van Strien 2001, TRIM 3 Manual; "
            "van Strien, Pannekoek & Gibbons 2001, doi:10.1080/00063650109461219"
        ),
        job=species_models.species_trend,
    ),
    ModelIndicator(
        id="multi-species-index",
        version=1,
        group="community",
        source="detections",
        unit="%",
        inputs=DETECTIONS,
        taxa="vocal",
        citation=(
            "Buckland et al. 2011, doi:10.1890/ES11-00186.1; "
            "Soldaat et al. 2017, doi:10.1016/j.ecolind.2017.05.033"
        ),
        job=species_models.multi_species_index,
    ),
    ModelIndicator(
        id="species-occupancy",
        version=1,
        group="community",
        source="detections",
        unit="1",
        inputs=DETECTIONS,
        taxa="vocal",
        citation="MacKenzie et al. 2002, doi:10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2",
        job=species_models.species_occupancy,
    ),
    ModelIndicator(
        id="species-occupancy-false-positive",
        version=1,
        group="community",
        source="detections",
        unit="1",
        inputs=DETECTIONS,
        taxa="vocal",
        citation="Royle & Link 2006, doi:10.1890/0012-9658(2006)87[835:GSOMAF]2.0.CO;2",
        job=species_models.species_occupancy_false_positive,
    ),
    ModelIndicator(
        id="species-occupancy-dynamic",
        version=1,
        group="community",
        source="detections",
        unit="1",
        inputs=DETECTIONS,
        taxa="vocal",
        citation="MacKenzie et al. 2003, doi:10.1890/02-3090",
        job=species_models.species_occupancy_dynamic,
    ),
)
