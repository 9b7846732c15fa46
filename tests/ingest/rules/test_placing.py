"""What rows follow from a message: a doubted detection is marked, and health is stored as series."""

from __future__ import annotations

from datetime import UTC, datetime

from contract.instant import DAY, from_datetime, to_datetime
from contract.reading import Detection, Detections, Excerpt, Flag, Health, Model
from ingest.rules.clocks import Placement
from ingest.rules.placing import DETECTION, EFFORT, POINT, rows_of
from ingest.values import UNFIT

MORNING = datetime(2026, 5, 14, 3, tzinfo=UTC)
NOON = from_datetime(datetime(2026, 5, 1, 12, tzinfo=UTC))
FINE = Placement(NOON, 0, Flag(0))


def test_a_doubted_detection_is_stored_with_its_score_and_enters_nothing() -> None:
    heard = (
        Detection(taxon="Bubo bubo", score=0.8, offset_s=3, duration_s=3, doubt="unlikely at this site"),
        Detection(taxon="Turdus merula", score=0.9, offset_s=6, duration_s=3),
    )
    message = Detections(
        site="s", device="d", boot="b", seq=1, time=MORNING,
        excerpt=Excerpt(start=MORNING, duration_s=60, valid_s=60),
        model=Model(id="BirdNET", version="2.4", threshold=0.7), detections=heard,
    )  # fmt: skip
    at = from_datetime(MORNING)
    rows = list(rows_of(message, Placement(at, 0, Flag(0)), at))
    told = {key[3]: (value, Flag(flags)) for key, _, value, flags, _ in rows if key[0] == DETECTION}
    assert told == {"Bubo bubo": (0.8, Flag.DOUBTED), "Turdus merula": (0.9, Flag(0))}
    assert [flags for key, _, _, flags, _ in rows if key[0] == EFFORT] == [0]
    assert Flag.DOUBTED in UNFIT


def health(**more: object) -> Health:
    """A message of noon that says ``more``."""
    head = {"site": "woods", "device": "d1", "boot": "b", "seq": 1, "time": to_datetime(NOON)}
    return Health.model_validate(head | more)


def test_what_a_device_says_of_itself_becomes_series() -> None:
    """90,500 ms of uptime are 90.5 s; messages waiting and the gain are no quantities."""
    message = health(
        battery_voltage=3.6, battery_level=71.0, temperature=12.25, free_mb=812.0, uptime_ms=90_500,
        signal_strength=-107.0, signal_to_noise_ratio=-4.5, queued=3, gain_db=30.0,
    )  # fmt: skip
    rows = rows_of(message, FINE, NOON)
    assert {key[3]: value for key, _, value, _, _ in rows} == {
        "battery_voltage": 3.6, "battery_level": 71.0, "case_temperature": 12.25, "free_space": 812.0,
        "uptime": 90.5, "signal_strength": -107.0, "signal_to_noise_ratio": -4.5,
    }  # fmt: skip
    assert {(key[0], key[1], key[2], key[4], time, flags) for key, time, _, flags, _ in rows} == {
        (POINT, "woods", "d1", "", NOON, 0)
    }


def test_health_keeps_the_flags_of_its_clock_and_of_its_value() -> None:
    """A battery of 3.6 V told in mV lies out of every range, and fits another unit far better."""
    (row,) = rows_of(health(battery_voltage=3_600.0), Placement(NOON, DAY, Flag.CLOCK), NOON)
    assert Flag(row[3]) == Flag.CLOCK | Flag.RANGE | Flag.UNIT
    assert rows_of(health(battery_voltage=3.6), Placement(None, 0, Flag(0)), NOON) == []
