"""Indicators of what is heard: communities from detections, and soundscapes."""

from __future__ import annotations

from analysis.indicators.indicator import Indicator
from analysis.indicators.jobs import acoustic, community, composition, nights

VOCAL = "the labels that the plan names and that were validated: vocal animals only"
NONE = "none"
DETECTIONS = ("detections", "effort")

_LISTENED = "10 valid days of listening"
_HILL_LEAST = "20 valid days, 100 incidences, sample coverage 0.70"
_HILL = "Chao et al. 2014, doi:10.1890/13-0133.1; Chao & Jost 2012, doi:10.1890/11-1952.1"
_BETA = "Baselga 2010, doi:10.1111/j.1466-8238.2009.00490.x"
_SOUND = "Alcocer et al. 2022, doi:10.1111/brv.12890; Sethi et al. 2023, doi:10.1038/s41559-023-02148-z"

# fmt: off
HEARD: dict[str, Indicator] = {
    "species-detection-rate": Indicator(
        "species-detection-rate", 1, "community", "primary", "logit", +1, "1",
        DETECTIONS, _LISTENED, VOCAL,
        ("Haldane 1956, doi:10.1111/j.1469-1809.1955.tb01285.x; "
         "MacKenzie et al. 2002, doi:10.1890/0012-9658(2002)083[2248:ESORWD]2.0.CO;2"),
        community.detection_rate),
    "hill-q1": Indicator(
        "hill-q1", 1, "community", "primary", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        _HILL, community.hill(1)),
    "hill-q0": Indicator(
        "hill-q0", 1, "community", "primary", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        _HILL, community.hill(0)),
    "hill-q2": Indicator(
        "hill-q2", 1, "community", "primary", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        _HILL, community.hill(2)),
    "species-expected": Indicator(
        "species-expected", 1, "community", "supporting", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        _HILL, community.expected(0)),
    "likeness-to-reference": Indicator(
        "likeness-to-reference", 1, "community", "primary", "identity", +1, "1",
        DETECTIONS, "10 valid days of listening; 3 reference sites", VOCAL,
        "Baselga 2010, doi:10.1111/j.1466-8238.2009.00490.x", composition.likeness),
    "community-turnover": Indicator(
        "community-turnover", 1, "community", "supporting", "identity", +1, "1",
        DETECTIONS, _LISTENED, VOCAL,
        "Baselga 2010, doi:10.1111/j.1466-8238.2009.00490.x", composition.temporal("total")),
    "community-replacement": Indicator(
        "community-replacement", 1, "community", "supporting", "identity", +1, "1",
        DETECTIONS, _LISTENED, VOCAL,
        _BETA, composition.temporal("turnover")),
    "community-loss": Indicator(
        "community-loss", 1, "community", "supporting", "identity", +1, "1",
        DETECTIONS, _LISTENED, VOCAL,
        _BETA, composition.temporal("nestedness")),
    "community-turnover-jaccard": Indicator(
        "community-turnover-jaccard", 1, "community", "supporting", "identity", +1, "1",
        DETECTIONS, _LISTENED, VOCAL,
        "Baselga 2012, doi:10.1111/j.1466-8238.2011.00756.x", composition.temporal("total", "jaccard")),
    "reference-replacement": Indicator(
        "reference-replacement", 1, "community", "supporting", "identity", +1, "1",
        DETECTIONS, "10 valid days of listening; 3 reference sites", VOCAL,
        _BETA, composition.to_references("turnover")),
    "reference-loss": Indicator(
        "reference-loss", 1, "community", "supporting", "identity", +1, "1",
        DETECTIONS, "10 valid days of listening; 3 reference sites", VOCAL,
        _BETA, composition.to_references("nestedness")),
    "distinctness": Indicator(
        "distinctness", 1, "community", "supporting", "identity", +1, "1",
        DETECTIONS, "10 valid days of listening; 3 other sites of the arm", VOCAL,
        ("Baselga 2010, doi:10.1111/j.1466-8238.2009.00490.x; "
         "McKinney & Lockwood 1999, doi:10.1016/S0169-5347(99)01679-1"), composition.distinctness),
    "hill-q0-by-size": Indicator(
        "hill-q0-by-size", 1, "community", "supporting", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        _HILL, community.by_size(0)),
    "hill-q1-by-size": Indicator(
        "hill-q1-by-size", 1, "community", "supporting", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        _HILL, community.by_size(1)),
    "hill-q2-by-size": Indicator(
        "hill-q2-by-size", 1, "community", "supporting", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        _HILL, community.by_size(2)),
    "common-species-expected": Indicator(
        "common-species-expected", 1, "community", "supporting", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        "Chao, Wang & Jost 2013, doi:10.1111/2041-210X.12108", community.expected(1)),
    "dominant-species-expected": Indicator(
        "dominant-species-expected", 1, "community", "supporting", "log", +1, "1",
        DETECTIONS, _HILL_LEAST, VOCAL,
        _HILL, community.expected(2)),
    "vocal-activity": Indicator(
        "vocal-activity", 1, "acoustic", "primary", "log", +1, "h-1",
        DETECTIONS, _LISTENED, VOCAL,
        "Pérez-Granados & Traba 2021, doi:10.1111/ibi.12944", community.voices),
    "acoustic-activity": Indicator(
        "acoustic-activity", 1, "acoustic", "supporting", "log", +1, "1",
        acoustic.ACTIVITY, "10 valid days of sound", NONE,
        _SOUND, acoustic.activity),
    "dawn-chorus-onset": Indicator(
        "dawn-chorus-onset", 1, "acoustic", "supporting", "identity", +1, "min",
        acoustic.ACTIVITY, "5 mornings, a recording at least every 30 min around sunrise", NONE,
        "Bruni, Mennill & Foote 2014, doi:10.1007/s10336-014-1071-7", acoustic.dawn),
    "soundscape-change": Indicator(
        "soundscape-change", 1, "acoustic", "supporting", "identity", +1, "1",
        acoustic.SOUNDSCAPE, "20 days of sound in the baseline and in the season", NONE,
        _SOUND, acoustic.change),
    "bat-passes": Indicator(
        "bat-passes", 1, "acoustic", "supporting", "log", +1, "h-1",
        DETECTIONS, "10 valid days of listening; 60 valid minutes of night", VOCAL,
        "Barré et al. 2019, doi:10.1111/2041-210X.13198", nights.bat_passes),
    "dawn-chorus-duration": Indicator(
        "dawn-chorus-duration", 1, "acoustic", "supporting", "identity", +1, "min",
        acoustic.ACTIVITY, "5 mornings, a recording at least every 30 min around sunrise", NONE,
        "Farina et al. 2015, doi:10.1080/09524622.2015.1070282", acoustic.dawn_duration),
    "soundscape-cover": Indicator(
        "soundscape-cover", 1, "acoustic", "supporting", "log", +1, "1",
        (acoustic.COVER,), "10 valid days of sound", NONE,
        ("Towsey et al. 2014, doi:10.1016/j.ecoinf.2013.11.007; "
         "Burivalova et al. 2018, doi:10.1111/cobi.12968"), acoustic.cover),
}
# fmt: on
