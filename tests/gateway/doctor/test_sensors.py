"""A sensor is judged by its own cadence; strangers are named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from contract.instant import HOUR, MINUTE, SECOND
from gateway.doctor.diagnosis import Diagnosis
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


def clock_found(bench: Bench) -> Diagnosis:
    found = check_sensors(bench.territory, read_status(bench.folder), bench.clock.now())
    return next(one for one in found if one.name == "clock s1/soil-1")


def said_at(time: str, seq: int, own: str = "") -> bytes:
    """A message said at ``time``, or, without it, with a reading of the time ``own``."""
    message = json.loads(reading(seq)) | {"time": time or None}
    message["readings"][0] |= {"time": own} if own else {}
    return json.dumps(message).encode()


@pytest.mark.parametrize(
    ("time", "own", "text", "step"),
    [
        ("2026-05-01T14:00:00Z", "", "2 h ahead: local time sent as UTC?", "keep UTC"),
        ("2026-05-01T17:30:00Z", "", "5 h 30 min ahead: local time sent as UTC?", "keep UTC"),
        ("2026-05-01T12:37:00Z", "", "37 min ahead (", "Set the device's clock"),
        ("", "2026-05-01T13:00:00Z", "1 h ahead: local time sent as UTC?", "keep UTC"),
        ("2026-07-01T12:00:00+00:00", "", "61 days ahead (", "Set the device's clock"),
    ],
    ids=["Paris in summer", "India", "wrong", "readings with times of their own", "months"],
)
def test_a_device_ahead_of_its_gateway_is_named_with_the_likely_cause(
    bench: Bench, time: str, own: str, text: str, step: str
) -> None:
    """It is noon UTC at the bench; 1 May to 1 July are 61 days."""
    say(bench.sensor, said_at(time, 1, own))
    bench.turn()
    found = clock_found(bench)
    assert (found.level, found.text.startswith(text)) == ("warn", True), found.text
    assert step in found.next


def test_a_device_that_stays_hours_behind_is_named_after_three_messages(bench: Bench) -> None:
    for seq, minute in enumerate((0, 6, 12), start=1):
        say(bench.sensor, said_at(f"2026-05-01T07:{minute:02}:00Z", seq))
        bench.turn()
        bench.clock.advance(6 * MINUTE)
    assert clock_found(bench).text.startswith("5 h behind: a wrong zone")


def test_where_every_sensor_is_ahead_the_gateway_s_clock_is_asked_about_first(bench: Bench) -> None:
    say(bench.sensor, said_at("2026-05-01T12:37:00Z", 1))
    say(bench.sensor, said_at("2026-05-01T12:37:00Z", 1).replace(b"soil-1", b"air-1"), device="air-1")
    bench.turn()
    assert clock_found(bench).next.startswith("All sensors differ from this gateway")
