"""Effort of stations that only say what they heard: stated hours, while there are signs of life."""

from __future__ import annotations

import pytest

from analysis.study.listening import listen
from analysis.study.series import open_for_reading
from analysis.study.stated import stated_efforts
from contract.instant import HOUR, Window, format_instant, parse_instant, to_datetime
from contract.places import Device, Territory
from contract.reading import Detection, Detections, Excerpt, Health, Model
from tests.analysis.conftest import Shelf, territory

MAY = Window(parse_instant("2025-05-10T00:00:00Z"), parse_instant("2025-05-14T00:00:00Z"))


def station(*spans: str, cadence_h: float = 4, zone: str = "UTC") -> Territory:
    place = territory(["control"], zone=zone)
    device = place.devices[0].model_copy(update={"listens": spans, "cadence_s": cadence_h * 3600})
    return place.model_copy(update={"devices": (device,)})


def bird(at: str, taxon: str = "Turdus merula", seq: int = 1, doubt: str = "") -> Detections:
    """As a station says it: without effort."""
    start = to_datetime(parse_instant(at))
    return Detections(
        site="s1", device="d1", boot=f"go-{start:%d%H%M%S}", seq=seq, time=start,
        excerpt=Excerpt(start=start, duration_s=3, valid_s=0),
        model=Model(id="BirdNET", version="2.4", threshold=0.7),
        detections=(Detection(taxon=taxon, score=0.9, offset_s=0, duration_s=3, doubt=doubt),),
    )  # fmt: skip


def says(at: str, text: str) -> Health:
    start = to_datetime(parse_instant(at))
    return Health(site="s1", device="d1", boot=f"st-{start:%d%H%M%S}", seq=1, time=start, text=text)


def spans(shelf: Shelf, place: Territory) -> list[tuple[str, float]]:
    """(start, hours) of each effort."""
    with open_for_reading(shelf.url) as archive:
        found = list(stated_efforts(archive, place, "s1", MAY))
    assert all((one.method, one.threshold) == ("BirdNET@2.4", 0.7) for one in found)
    return [(format_instant(one.start), one.valid_s * 1e9 / HOUR) for one in found]


def test_between_signs_of_life_the_stated_hours_are_effort(shelf: Shelf) -> None:
    """Cadence 4 h: a silence of up to 12 h is none."""
    shelf.put(bird("2025-05-10T02:00:00Z"), bird("2025-05-10T11:00:00Z"), bird("2025-05-12T08:00:00Z"))
    assert spans(shelf, station("00:00-24:00")) == [("2025-05-10T02:00:00Z", 9)]
    assert spans(shelf, station("04:00-06:00", "10:00-20:00")) == [
        ("2025-05-10T04:00:00Z", 2),
        ("2025-05-10T10:00:00Z", 1),
    ]
    assert spans(shelf, station()) == [], "nobody said anything"


def test_hours_are_those_of_the_device_s_zone(shelf: Shelf) -> None:
    shelf.put(bird("2025-05-10T02:00:00Z"), bird("2025-05-10T11:00:00Z"))
    assert spans(shelf, station("05:00-07:00", zone="Europe/Paris")) == [("2025-05-10T03:00:00Z", 2)]


def test_what_is_online_is_alive_however_silent_until_it_is_offline(shelf: Shelf) -> None:
    shelf.put(
        bird("2025-05-10T00:00:00Z"), says("2025-05-10T06:00:00Z", "online"), bird("2025-05-12T06:00:00Z"),
        says("2025-05-12T12:00:00Z", "offline"), says("2025-05-12T13:00:00Z", "online"),
        bird("2025-05-12T14:00:00Z"),
    )  # fmt: skip
    assert spans(shelf, station("00:00-24:00")) == [
        ("2025-05-10T00:00:00Z", 24),
        ("2025-05-11T00:00:00Z", 24),
        ("2025-05-12T00:00:00Z", 12),
        ("2025-05-12T13:00:00Z", 1),
    ]


def test_a_station_with_stated_hours_enters_a_rate_and_its_doubted_birds_do_not(shelf: Shelf) -> None:
    hours = [f"2025-05-{day}T{hour:02d}:00:00Z" for day in (10, 11) for hour in range(0, 24, 6)]
    shelf.put(*(bird(at) for at in hours), bird("2025-05-11T20:00:00Z", "Bubo bubo", doubt="unlikely"))
    with open_for_reading(shelf.url) as archive:
        silent = listen(archive, station(), ["s1"], [("may", MAY)])["s1", "may"]
        stated = listen(archive, station("00:00-24:00"), ["s1"], [("may", MAY)])["s1", "may"]
    assert (silent.taxa, len(silent.days)) == ((), 0)
    assert stated.taxa == ("Turdus merula",)
    # from midnight to midnight, and from there to the last sign at 20:00
    assert stated.minutes.tolist() == pytest.approx([24 * 60, 20 * 60])
    assert stated.heard.tolist() == [[True], [True]]


@pytest.mark.parametrize("span", ["4:00-6:00", "06:00-04:00", "06:00-06:00", "00:00-25:00", "always"])
def test_a_span_that_is_none_is_refused(span: str) -> None:
    with pytest.raises(ValueError, match="listens"):
        Device(id="d", site="s", sensors=("acoustic",), listens=(span,))
