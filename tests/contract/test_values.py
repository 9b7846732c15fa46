"""What a message says, one row a value."""

from __future__ import annotations

from datetime import UTC, datetime

from contract.instant import from_datetime
from contract.reading import Detection, Detections, Excerpt, Health, Model, Reading, Readings
from contract.values import HEARD_KEYS, VALUE_KEYS, values_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HEAD = {"site": "woods", "device": "d1", "boot": "b", "seq": 1}


def test_rows_of_readings_have_unit_time_period_and_depth() -> None:
    later = NOON.replace(hour=13)
    message = Readings(
        **HEAD,
        time=NOON,
        readings=(
            Reading(quantity="soil_moisture", value=0.2, depth_m=0.1),
            Reading(quantity="precipitation_amount", value=3.4, period_s=3600, method="sum", time=later),
        ),
    )
    first, second = values_of(message)
    assert tuple(first) == VALUE_KEYS
    assert tuple(first.values()) == (
        "woods", "d1", "soil_moisture", 0.2, "m3/m3", "2026-05-01T12:00:00Z", 0, "point", 0.1,
    )  # fmt: skip
    assert (second["time"], second["period_s"], second["method"]) == ("2026-05-01T13:00:00Z", 3600, "sum")


def test_a_message_without_time_is_of_its_receipt_or_of_none() -> None:
    message = Health(**HEAD, battery_voltage=3.6, temperature=12.25)
    assert [row["time"] for row in values_of(message)] == [None, None]
    rows = list(values_of(message, from_datetime(NOON)))
    assert [(row["quantity"], row["value"], row["unit"]) for row in rows] == [
        ("battery_voltage", 3.6, "V"),
        ("case_temperature", 12.25, "Cel"),
    ]
    assert rows[0]["time"] == "2026-05-01T12:00:00Z"


def test_rows_of_detections_have_model_threshold_and_effort() -> None:
    message = Detections(
        **HEAD,
        excerpt=Excerpt(start=NOON, duration_s=60, valid_s=55),
        model=Model(id="BirdNET", version="2.4", threshold=0.1),
        detections=(
            Detection(taxon="Turdus merula", score=0.92, offset_s=3, duration_s=3),
            Detection(taxon="Bubo", score=0.74, offset_s=0, duration_s=3, det_prob=0.77, doubt="no species"),
        ),
    )
    row, doubted = values_of(message)
    assert tuple(row) == HEARD_KEYS
    assert (doubted["score"], doubted["det_prob"], doubted["doubt"]) == (0.74, 0.77, "no species")
    assert tuple(row.values()) == (
        "woods", "d1", "Turdus merula", 0.92, "2026-05-01T12:00:03Z", 3, "BirdNET", "2.4", 0.1, 55,
        None, None,
    )  # fmt: skip
