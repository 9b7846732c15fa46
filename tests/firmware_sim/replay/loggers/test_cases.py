"""Files that nobody of the project wrote, with the values that must come out (cases/formats)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.places import Device, Territory
from contract.values import values_of
from contract.wire import decode
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.reader import Findings, Question
from tests.firmware_sim.replay.loggers.conftest import PLACE

CASES = {
    ("data_94000001_2026_05_01_0.csv", "soil", None): {
        ("soil_temperature", 9.5, "2026-05-01T12:00:00Z", 0.06),
        ("air_temperature", 10.25, "2026-05-01T12:00:00Z", -0.02),
        ("air_temperature", 11.0, "2026-05-01T12:00:00Z", -0.15),
        ("soil_moisture_count", 1500.0, "2026-05-01T12:00:00Z", 0.07),
        ("soil_moisture_count", 1501.0, "2026-05-01T12:15:00Z", 0.07),
    },
    ("uurgeg_260.txt", "weather", None): {
        ("air_temperature", 9.2, "2026-05-01T01:00:00Z", None),
        ("shortwave_radiation", 694.444444, "2026-05-01T12:00:00Z", None),
        ("precipitation_amount", 3.4, "2026-05-01T18:00:00Z", None),
        ("relative_humidity", 54.0, "2026-05-01T12:00:00Z", None),
        ("air_pressure", 1010.4, "2026-05-01T18:00:00Z", None),
        ("wind_speed", 3.0, "2026-05-01T01:00:00Z", None),
        ("wind_gust", 6.0, "2026-05-01T01:00:00Z", None),
        ("wind_from_direction", 290.0, "2026-05-01T01:00:00Z", None),
    },
    ("hobo_buried.csv", "soil", 0.1): {("soil_temperature", 8.4, "2026-05-01T21:00:00Z", 0.1)},
    ("hobo_en_us_default.csv", "weather", None): {
        ("air_temperature", 10.22222222, "2026-05-02T03:00:00Z", None),  # 50.4 degF
        ("relative_humidity", 84.9, "2026-05-02T03:00:00Z", None),
        ("relative_humidity", 85.0, "2026-05-02T03:15:00Z", None),
    },
    ("hobo_two_temps.csv", "soil weather", None): {
        ("air_temperature", 10.4, "2026-05-01T21:00:00Z", None),
        ("soil_temperature", 8.2, "2026-05-01T21:00:00Z", 0.1),
        ("soil_moisture", 0.31, "2026-05-01T21:00:00Z", None),
    },
}  # fmt: skip


@pytest.mark.parametrize(("case", "expected"), list(CASES.items()), ids=[name for name, *_ in CASES])
def test_the_values_beside_each_case_come_out(
    case: tuple[str, str, float | None],
    expected: set[tuple[object, ...]],
    shared_data: Callable[[str], Path],
) -> None:
    name, sensors, depth = case
    path = shared_data("loggers").parents[1] / "cases" / "formats" / name
    device = Device.model_validate(
        {"id": "d", "site": "s", "sensors": sensors.split(), "timezone": "UTC", "depth_m": depth}
    )
    place = Territory(id="t", zones=PLACE.zones, sites=PLACE.sites, devices=(device,))
    (source,), findings = discover([path], known_maps()), Findings()
    sent = source.open(Question(territory=place, given=("s", "d")), findings)
    rows = [row for message in sent for row in values_of(decode(message.payload))]
    found = {(row["quantity"], row["value"], row["time"], row["depth_m"]) for row in rows}
    assert expected <= found
    assert findings.problems == []


def test_a_stem_is_no_soil(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("loggers").parents[1] / "cases" / "formats" / "data_92000001_0.csv"
    (source,) = discover([path], known_maps())
    sent = source.open(Question(given=("s", "d")), Findings())
    first, second = (row for message in sent for row in values_of(decode(message.payload)))
    assert first["quantity"] == second["quantity"] == "stem_radius_change"
    # Four counts of 8,890 / 32,721 um.
    assert float(str(second["value"])) - float(str(first["value"])) == pytest.approx(1.0868, abs=1e-4)
