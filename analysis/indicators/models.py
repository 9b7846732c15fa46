"""Indicators that one site cannot have: models of a species, or of all of them, over many sites.

They are fitted, so they rest on assumptions that a verdict may not rest on: always supporting.
``analysis.indicators.species_models`` holds the jobs.
"""

from __future__ import annotations

from analysis.indicators import species_models as fitted
from analysis.indicators.indicator import ModelIndicator

_VOCAL = "the labels that the plan names and that were validated: vocal animals only"
_DETECTIONS = ("detections", "effort")

# fmt: off
MODELS: dict[str, ModelIndicator] = {
    "species-trend": ModelIndicator(
        "species-trend", 1, "community", "supporting", "identity", +1, "1",
        _DETECTIONS, "5 sites of the arm with the species, 4 seasons", _VOCAL,
        ("Pannekoek & van Strien 2001, TRIM 3 Manual; "
         "van Strien, Pannekoek & Gibbons 2001, doi:10.1080/00063650109461219"), fitted.trends),
    "multi-species-index": ModelIndicator(
        "multi-species-index", 1, "community", "supporting", "identity", +1, "%",
        _DETECTIONS, "10 species with a trend in the arm", _VOCAL,
        ("Buckland et al. 2011, doi:10.1890/ES11-00186.1; "
         "Soldaat et al. 2017, doi:10.1016/j.ecolind.2017.05.033"), fitted.indices),
    "species-occupancy": ModelIndicator(
        "species-occupancy", 1, "community", "supporting", "identity", +1, "1",
        _DETECTIONS, "15 sites visited on 3 valid days, 5 with the species", _VOCAL,
        "MacKenzie et al. 2002, doi:10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2", fitted.occupancy),
    "species-occupancy-false-positive": ModelIndicator(
        "species-occupancy-false-positive", 1, "community", "supporting", "identity", +1, "1",
        _DETECTIONS, "15 sites visited on 10 valid days, 5 with the species", _VOCAL,
        "Royle & Link 2006, doi:10.1890/0012-9658(2006)87[835:GSOMAF]2.0.CO;2", fitted.occupancy_with_errors),
    "species-occupancy-dynamic": ModelIndicator(
        "species-occupancy-dynamic", 1, "community", "supporting", "identity", +1, "1",
        _DETECTIONS, "3 seasons, 30 sites visited on 3 valid days, 5 with the species", _VOCAL,
        "MacKenzie et al. 2003, doi:10.1890/02-3090", fitted.occupancy_dynamic),
}
# fmt: on
