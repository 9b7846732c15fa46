"""One line a device: last message, battery and how long it lasts, link, clock, what failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from contract.instant import DAY, SECOND
from gateway.cli import register
from gateway.doctor.devices import days_left, device_lines, empty_at
from gateway.spool.status import read_status
from gateway.spool.watch.health import DeviceHealth
from tests.gateway.ends import NOON, Bench, reading, say
from tests.gateway.spool.test_health import health


def fell(quantity: str, *values: float) -> DeviceHealth:
    """A device whose lowest values of successive days these are."""
    lows = list(enumerate(values, start=20_000))
    return DeviceHealth("s1", "soil-1", values={quantity: values[-1]}, lows={quantity: lows})


@pytest.mark.parametrize(
    ("quantity", "values", "left"),
    [
        ("battery_level", (100, 98, 96, 94, 92), 46.0),
        ("battery_level", (30, 20, 10, 100, 99, 98), 98.0),
        ("battery_level", (100, 99.6, 99.2, 98.8), None),
        ("battery_level", (60, 64, 70), None),
        ("battery_level", (60, 50), None),
        ("battery_voltage", (4.1, 4.0, 3.9, 3.8), 6.0),
        ("battery_voltage", (12.8, 12.4, 12.0, 11.6), 0.0),
    ],
    ids=["2 % a day", "renewed", "hardly falls", "rises", "two days", "a lithium cell", "a lead battery"],
)
def test_days_left_follow_from_how_the_battery_fell(
    quantity: str, values: tuple[float, ...], left: float | None
) -> None:
    """92 % at 2 % a day: 46; after a new one 98 % at 1 %: 98; 3.8 V at 0.1 V a day, empty at 3.2: 6."""
    assert days_left(fell(quantity, *values)) == (left if left is None else pytest.approx(left))


@pytest.mark.parametrize(
    ("volts", "empty"),
    [(25.6, 23.0), (12.7, 11.6), (6.1, 3.6), (4.5, 3.6), (4.15, 3.2), (3.6, 3.2), (3.1, 2.2)],
)
def test_the_voltage_of_an_empty_battery_follows_from_that_of_a_full_one(volts: float, empty: float) -> None:
    assert empty_at(fell("battery_voltage", volts)) == empty


def test_a_line_says_what_is_known_and_marks_what_is_not(bench: Bench) -> None:
    say(bench.sensor, reading(1).replace(b"12:00:00Z", b"12:00:40Z"))
    link: dict[str, Any] = {"signal_strength": -107.0, "signal_to_noise_ratio": -4.6}
    say(bench.sensor, health(2, NOON, **link, battery_voltage=3.613, battery_level=71.0), kind="health")
    say(bench.sensor, reading(3).replace(b"soil_temperature", b"soil_warmth"))
    bench.sensor.publish("application/a/device/a1a2a3a4a5a6a7a8/event/up", b"\x0aprotobuf")
    bench.turn()
    air, soil = device_lines(read_status(bench.folder))
    assert soil.as_line(NOON + 90 * SECOND) == (
        "s1/soil-1: 90 s ago; battery 71 %, 3.61 V; signal -107 dBm, -5 dB; clock 40 s ahead;"
        " not understood 0, refused 1"
    )
    assert air.as_line(NOON + DAY).startswith("s1/air-1: never read; battery ?; signal ?; clock ?;")
    assert air.as_line(NOON).endswith("refused 1")


def test_status_shows_devices_and_gives_them_to_programs(bench: Bench) -> None:
    say(bench.sensor, health(1, battery_level=71.0, free_mb=812.0, text="sd slow"), kind="health")
    bench.turn()
    app = typer.Typer()
    register(app)
    options = ["gateway", "status", "--devices", "--state", str(bench.folder)]
    shown = CliRunner().invoke(app, options)
    assert shown.stdout.startswith("s1/soil-1: ")
    (told,) = json.loads(CliRunner().invoke(app, [*options, "--json"]).stdout)["devices"]
    assert told == {
        "site": "s1", "device": "soil-1", "last_heard": "2026-05-01T12:00:00Z", "battery_level": 71.0,
        "battery_voltage": None, "days_left": None, "signal_strength": None, "signal_to_noise_ratio": None,
        "free_space": 812.0, "clock_ahead_s": 0.0, "not_understood": 0, "undecoded": 0, "refused": 0,
            "refused_reason": "",
        "says": "sd slow",
    }  # fmt: skip


def test_frames_that_nobody_decoded_are_counted_with_the_next_step(bench: Bench) -> None:
    """A new device whose codec nobody set: two frames, how they were heard, and no value."""
    case = Path(__file__).resolve().parents[2] / "golden" / "formats" / "chirpstack" / "no-decoder"
    topic = (case / "topic.txt").read_text().strip()
    for frame in (b"41", b"42"):
        bench.sensor.publish(
            topic, (case / "uplink.json").read_bytes().replace(b'"fCnt": 41', b'"fCnt": ' + frame)
        )
    bench.turn()
    (line,) = device_lines(read_status(bench.folder))
    assert (line.undecoded, line.not_understood) == (2, 0)
    assert "undecoded 2: set a codec (ChirpStack) or a payload formatter" in line.as_line(NOON)
