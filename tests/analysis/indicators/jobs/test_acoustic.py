"""Supporting evidence from acoustic indices: one definition, valid minutes, no direction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.indicators.jobs import acoustic
from analysis.indicators.jobs.excerpts import excerpts
from analysis.indices.acoustic.voice import VOICE
from analysis.indices.sun import sunrise_and_sunset
from analysis.study.series import open_for_reading
from analysis.study.study import Study, StudySeason
from contract.instant import DAY, MINUTE, Window, format_instant, parse_instant
from tests.analysis.conftest import Shelf, territory

ACTIVITY = "ACTtFraction@maad-1.5.2#00000001"
OTHER = "ACTtFraction@maad-1.5.2#00000002"
SOUNDSCAPE = [f"{name}@ecoviv-1#00000003" for name in ("ACI", "ADI", "AEI", "BI", "NDSI", "Hf", "Ht")]


def study(shelf: Shelf, sites: int = 1) -> Study:
    arms = ["control"] * sites
    place = territory(arms)
    names = tuple(place.site_by_id)
    years = (("2021", "before"), ("2022", "before"), ("2023", "after"))
    seasons = tuple(
        StudySeason(
            y,
            Window(parse_instant(f"{y}-01-01T00:00:00Z"), parse_instant(f"{int(y) + 1}-01-01T00:00:00Z")),
            p,
        )  # type: ignore[arg-type]
        for y, p in years
    )
    return Study(open_for_reading(shelf.url), place, names, dict(zip(names, arms, strict=True)), seasons)


def days(shelf: Shelf, values: dict[str, list[float]], *, year: str = "2021", site: int = 1) -> None:
    """One excerpt a day at 05:00."""
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    shelf.put(
        *(shelf.measured(site, f"{year}-05-{day:02d}T05:00:00Z", row) for day, row in enumerate(rows, 1))
    )


def test_activity_is_the_log_of_the_mean_of_valid_days(shelf: Shelf) -> None:
    days(shelf, {ACTIVITY: [0.2] * 6 + [0.4] * 6})
    assert acoustic.acoustic_activity(study(shelf)).values[0, 0] == pytest.approx(math.log(0.3))


def test_an_excerpt_at_the_border_of_two_seasons_belongs_to_the_later(shelf: Shelf) -> None:
    for day in (1, 2, 3):
        shelf.put(shelf.measured(1, f"2021-05-0{day}T00:00:00Z", {ACTIVITY: 0.2}))
    found = excerpts(study(shelf), ([ACTIVITY],))["s1"]
    first, second, third, end = (parse_instant(f"2021-05-0{day}T00:00:00Z") for day in (1, 2, 3, 4))
    assert found.within(Window(first, third)).time.tolist() == [first, second]
    assert found.within(Window(third, end)).time.tolist() == [third]


def test_too_few_days_of_sound_are_an_absence(shelf: Shelf) -> None:
    days(shelf, {ACTIVITY: [0.2] * 9})
    grid = acoustic.acoustic_activity(study(shelf))
    assert grid.reasons["s1", "2021"].reason == "9 valid days of sound, 10 needed"


def test_two_definitions_of_one_index_are_never_mixed(shelf: Shelf) -> None:
    days(shelf, {ACTIVITY: [0.2] * 12}, site=1)
    days(shelf, {ACTIVITY: [0.2] * 12}, site=2)
    days(shelf, {OTHER: [0.9] * 12}, site=3)
    found = excerpts(study(shelf, 3), (acoustic.ACTIVITY,))
    assert sorted(found) == ["s1", "s2"]
    assert found["s1"].definitions == (ACTIVITY,)


def test_the_chorus_is_timed_against_the_sun(shelf: Shelf) -> None:
    place = territory(["control"]).site_by_id["s1"]
    said = []
    for day in range(6):
        midnight = parse_instant("2021-05-01T00:00:00Z") + day * DAY
        rise = float(sunrise_and_sunset(midnight, place.latitude, place.longitude)[0])
        for step in range(-26, 20):  # every ten minutes; loud from 40 minutes before sunrise
            start = midnight + round((rise + 10 * step) * MINUTE)
            loud = 0.8 if -4 <= step < 9 else 0.1
            said.append(shelf.measured(1, format_instant(start), {ACTIVITY: loud}))
    shelf.put(*said)
    grid = acoustic.dawn_chorus_onset(study(shelf))
    # half of the rise lies between the last quiet excerpt (middle at -49.5) and the first loud (-39.5)
    assert grid.values[0, 0] == pytest.approx(-44.5, abs=0.1)


def test_a_sparse_schedule_times_no_chorus(shelf: Shelf) -> None:
    days(shelf, {ACTIVITY: [0.5] * 20})
    assert acoustic.dawn_chorus_onset(study(shelf)).reasons["s1", "2021"].reason.startswith("0 mornings")


def test_a_soundscape_that_moved_is_far_and_one_that_did_not_is_near(shelf: Shelf) -> None:
    rng = np.random.default_rng(3)
    for year, shift in (("2021", 0.0), ("2022", 0.0), ("2023", 5.0)):
        values = {name: (rng.normal(0, 1, 25) + shift).round(6).tolist() for name in SOUNDSCAPE}
        days(shelf, values, year=year)
    grid = acoustic.soundscape_change(study(shelf))
    assert grid.values[0, 1] < 1.0
    assert grid.values[0, 2] == pytest.approx(5.0, abs=1.5)  # shifted by five standard deviations


def test_without_a_baseline_nothing_changed(shelf: Shelf) -> None:
    days(shelf, {name: [1.0] * 25 for name in SOUNDSCAPE}, year="2023")
    grid = acoustic.soundscape_change(study(shelf))
    assert grid.reasons["s1", "2023"].code == "SHORT_BASELINE"


def test_a_season_before_is_not_compared_with_itself(shelf: Shelf) -> None:
    rng = np.random.default_rng(5)
    days(shelf, {name: rng.normal(0, 1, 25).round(6).tolist() for name in SOUNDSCAPE}, year="2021")
    grid = acoustic.soundscape_change(study(shelf))
    assert grid.reasons["s1", "2021"].reason.startswith("0 days of sound in the baseline")


def test_human_voice_is_seconds_an_hour_of_valid_listening(shelf: Shelf) -> None:
    # a minute a day on twelve days, six of them with 5 s of voice: 30 s in 0.2 h
    days(shelf, {VOICE.id: [5.0] * 6 + [0.0] * 6})
    grid = acoustic.human_voice(study(shelf))
    assert grid.values[0, 0] == pytest.approx(150.0)
    assert grid.effort[0, 0] == pytest.approx(12.0)


def test_without_a_gate_nobody_knows_how_long_people_spoke(shelf: Shelf) -> None:
    days(shelf, {ACTIVITY: [0.2] * 12})
    reason = acoustic.human_voice(study(shelf)).reasons["s1", "2021"].reason
    assert reason == "seconds of human voice are not counted: the gate for voices has no model"


def test_few_days_of_voices_are_an_absence(shelf: Shelf) -> None:
    days(shelf, {VOICE.id: [0.0] * 9})
    assert (
        acoustic.human_voice(study(shelf)).reasons["s1", "2021"].reason == "9 valid days of sound, 10 needed"
    )


def test_days_on_which_the_microphone_was_dead_are_no_days_of_listening(shelf: Shelf) -> None:
    for day in range(1, 13):
        start, minutes = f"2021-05-{day:02d}T05:00:00Z", 1.0 if day < 9 else 0.0
        shelf.put(shelf.measured(1, start, {VOICE.id: 0.0}, minutes=minutes))
    assert (
        acoustic.human_voice(study(shelf)).reasons["s1", "2021"].reason == "8 valid days of sound, 10 needed"
    )
