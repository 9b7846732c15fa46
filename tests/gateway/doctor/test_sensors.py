"""A sensor is judged by its own cadence; strangers are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.instant import HOUR, SECOND
from gateway.doctor.sensors import check_sensors
from gateway.spool.status import read_status
from tests.gateway.ends import NOON, Bench, reading, say


@pytest.mark.parametrize(
    ("silence", "level"),
    [(0, "ok"), (3 * HOUR, "ok"), (3 * HOUR + SECOND, "warn"), (24 * HOUR, "warn"), (25 * HOUR, "fail")],
)
def test_a_silent_sensor_is_judged_by_its_cadence(bench: Bench, silence: int, level: str) -> None:
    """The cadence of the test territory is the default, one hour."""
    say(bench.sensor, reading(1))
    bench.turn()
    heard_at = read_status(bench.folder).last_heard["s1", "soil-1"]
    diagnoses = check_sensors(bench.territory, read_status(bench.folder), heard_at + silence)
    assert {diagnosis.name: diagnosis.level for diagnosis in diagnoses}["sensor s1/soil-1"] == level


def test_strangers_and_sensors_never_heard_are_named(bench: Bench) -> None:
    say(bench.sensor, reading(1, device="soil-9"), device="soil-9")
    bench.turn()
    texts = {f.name: f for f in check_sensors(bench.territory, read_status(bench.folder), NOON)}
    assert texts["stranger s1/soil-9"].level == "warn"
    assert "never heard" in texts["sensor s2/soil-2"].text
    assert "1 messages could not be read" in texts["unreadable"].text


def test_names_made_up_without_end_are_counted_not_listed(bench: Bench) -> None:
    made_up = replace(read_status(bench.folder), last_heard={("s1", f"x-{n}"): NOON for n in range(5_000)})
    diagnoses = [f for f in check_sensors(bench.territory, made_up, NOON) if f.name.startswith("stranger")]
    assert len(diagnoses) == 21
    assert diagnoses[-1].text == "4980 more, not in the territory, speak here"
