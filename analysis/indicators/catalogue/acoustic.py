"""Indicators of voices and soundscapes; an acoustic index alone never judges."""

from __future__ import annotations

from analysis.indicators.indicator import DETECTIONS, Indicator
from analysis.indicators.jobs import acoustic, voices

_SOUND = "Alcocer et al. 2022, doi:10.1111/brv.12890; Sethi et al. 2023, doi:10.1038/s41559-023-02148-z"

ACOUSTIC: tuple[Indicator, ...] = (
    Indicator(
        id="vocal-activity",
        version=2,
        group="acoustic",
        source="detections",
        role="primary",
        scale="log",
        polarity=+1,
        unit="h-1",
        inputs=DETECTIONS,
        taxa="vocal",
        citation=(
            "Pérez-Granados & Traba 2021, doi:10.1111/ibi.12944; Wimmer et al. 2013, doi:10.1890/12-2088.1"
        ),
        job=voices.vocal_activity,
    ),
    Indicator(
        id="acoustic-activity",
        version=1,
        group="acoustic",
        source="soundscape",
        scale="log",
        unit="1",
        inputs=acoustic.ACTIVITY,
        citation=_SOUND,
        job=acoustic.acoustic_activity,
    ),
    Indicator(
        id="dawn-chorus-onset",
        version=1,
        group="acoustic",
        source="soundscape",
        unit="min",
        inputs=acoustic.ACTIVITY,
        citation="Bruni, Mennill & Foote 2014, doi:10.1007/s10336-014-1071-7",
        job=acoustic.dawn_chorus_onset,
    ),
    Indicator(
        id="soundscape-change",
        version=1,
        group="acoustic",
        source="soundscape",
        unit="1",
        inputs=acoustic.SOUNDSCAPE,
        citation=_SOUND,
        job=acoustic.soundscape_change,
    ),
    Indicator(
        id="bat-passes",
        version=2,
        group="acoustic",
        source="detections",
        scale="log",
        unit="h-1",
        inputs=DETECTIONS,
        taxa="vocal",
        citation="Barré et al. 2019, doi:10.1111/2041-210X.13198",
        job=voices.bat_passes,
    ),
    Indicator(
        id="dawn-chorus-duration",
        version=1,
        group="acoustic",
        source="soundscape",
        unit="min",
        inputs=acoustic.ACTIVITY,
        citation="Farina et al. 2015, doi:10.1080/09524622.2015.1070282",
        job=acoustic.dawn_chorus_duration,
    ),
    Indicator(
        id="soundscape-cover",
        version=1,
        group="acoustic",
        source="soundscape",
        scale="log",
        unit="1",
        inputs=(acoustic.COVER,),
        citation=(
            "Towsey et al. 2014, doi:10.1016/j.ecoinf.2013.11.007; "
            "Burivalova et al. 2018, doi:10.1111/cobi.12968"
        ),
        job=acoustic.soundscape_cover,
    ),
    Indicator(
        id="human-voice",
        version=1,
        group="acoustic",
        source="soundscape",
        unit="s/h",
        inputs=acoustic.VOICES,
        citation=(
            "Cretois et al. 2022, doi:10.1111/2041-210X.14005; "
            "Bötsch et al. 2018, doi:10.3389/fevo.2018.00175"
        ),
        job=acoustic.human_voice,
    ),
)
