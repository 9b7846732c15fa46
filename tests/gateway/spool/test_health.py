"""What each device says of itself is remembered beside the spool, cheaply, and survives a power cut."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract import topics
from contract.instant import DAY, HOUR, MINUTE, SECOND, format_instant
from gateway.spool.status import read_status
from gateway.spool.watch.health import DAYS, DeviceHealth
from tests.gateway.ends import NOON, Bench, reading, say


def health(seq: int, at: int = NOON, *, boot: str = "b1", **more: Any) -> bytes:
    """A ``health`` message of ``soil-1``, said at ``at`` [ns UTC]."""
    head = {"v": 1, "kind": "health", "site": "s1", "device": "soil-1", "boot": boot, "seq": seq}
    return json.dumps(head | {"time": format_instant(at), "clock": "gps"} | more).encode()


def of(bench: Bench, device: str = "soil-1") -> DeviceHealth:
    return next(one for one in read_status(bench.folder).health if one.device == device)


def test_what_a_device_says_of_itself_is_kept_through_a_power_cut(bench: Bench) -> None:
    say(bench.sensor, health(1, battery_voltage=3.61, signal_strength=-101.0, text="sd slow"), kind="health")
    bench.turn()
    bench.reopen()
    say(bench.sensor, health(2, free_mb=12.5, uptime_ms=7_000), kind="health")
    bench.turn()
    kept = of(bench)
    assert kept.values == {
        "battery_voltage": 3.61, "signal_strength": -101.0, "free_space": 12.5, "uptime": 7.0,
    }  # fmt: skip
    assert kept.words == "", "its later message says nothing"


def test_readings_of_health_count_as_well(bench: Bench) -> None:
    """As foreign formats write them: beside what was measured."""
    message = json.loads(reading(1))
    message["readings"].append({"quantity": "battery_level", "value": 42.0})
    say(bench.sensor, json.dumps(message).encode())
    bench.turn()
    assert of(bench).values == {"battery_level": 42.0}


def test_of_a_day_the_lowest_battery_is_kept_for_a_month(bench: Bench) -> None:
    """Two messages a day, 40 days: at noon 50 - day, an hour later 90 (a panel in the sun)."""
    for day in range(40):
        for half, level in ((0, 50.0 - day), (1, 90.0)):
            message = health(2 * day + half + 1, bench.clock.now(), battery_level=level)
            say(bench.sensor, message, kind="health")
            bench.turn(1)
            bench.clock.advance((HOUR if half == 0 else DAY - HOUR) - 30_000_000)
    lows = of(bench).lows["battery_level"]
    assert len(lows) == DAYS
    assert [level for _, level in lows] == [50.0 - day for day in range(10, 40)]


def test_what_cannot_be_read_is_counted_with_its_reason_and_repeats_count_once(bench: Bench) -> None:
    say(bench.sensor, reading(1))
    say(bench.sensor, reading(1))
    bad = reading(2).replace(b"soil_temperature", b"soil_warmth")
    say(bench.sensor, bad)
    say(bench.sensor, b"{")
    say(bench.sensor, reading(3, device="soil-9"), device="soil-9")
    bench.turn()
    assert (of(bench).refused, of(bench).last) == (2, NOON)
    assert [one.device for one in read_status(bench.folder).health] == ["soil-1"], "no stranger"


def test_an_unreadable_uplink_is_its_device_s_by_the_address_in_its_topic(bench: Bench) -> None:
    bench.sensor.publish("application/a/device/a1a2a3a4a5a6a7a8/event/up", b"\x0a\x00protobuf")
    bench.turn()
    assert (of(bench, "air-1").refused, of(bench, "air-1").last) == (1, 0)


@pytest.mark.parametrize(
    ("boots", "turns"), [("aaaa", 0), ("aabb", 0), ("abab", 2), ("ababab", 4), ("abcd", 0), ("aab", 0)]
)
def test_boots_that_take_turns_are_two_devices(bench: Bench, boots: str, turns: int) -> None:
    """Each letter a message of that boot, a minute after the one before: a, b, a, b turns twice back."""
    for seq, boot in enumerate(boots, start=1):
        said = format_instant(NOON + seq * MINUTE)
        say(bench.sensor, reading(seq, boot=f"boot{boot}").replace(b"2026-05-01T12:00:00Z", said.encode()))
        bench.turn()
        bench.clock.advance(MINUTE)
    assert of(bench).turns == turns


def test_a_backlog_of_an_earlier_boot_is_no_second_device(bench: Bench) -> None:
    """After its restart a device sends new messages and, in between, old ones of the boot before."""
    for seq, (boot, said) in enumerate([("x", 0), ("y", 5), ("x", 1), ("y", 6), ("x", 2), ("y", 7)], start=1):
        text = format_instant(NOON + said * MINUTE)
        say(bench.sensor, reading(seq, boot=boot).replace(b"2026-05-01T12:00:00Z", text.encode()))
        bench.turn()
    assert of(bench).turns == 0


def test_the_clock_s_error_is_the_largest_of_a_day_for_lateness_only_lowers_it(bench: Bench) -> None:
    """A clock 30 s ahead, messages 0 s, 1 h and 10 min late."""
    for seq, late in enumerate((0, HOUR, 10 * MINUTE), start=1):
        at = format_instant((bench.clock.now() + 30 * SECOND - late) // SECOND * SECOND)
        say(bench.sensor, reading(seq).replace(b"2026-05-01T12:00:00Z", at.encode()))
        bench.turn()
    ahead = of(bench).ahead
    assert ahead is not None
    assert 29 * SECOND <= ahead <= 30 * SECOND


def test_a_spool_without_the_table_still_tells_its_status(bench: Bench) -> None:
    bench.gateway.spool.connection.execute("DROP TABLE health")
    assert read_status(bench.folder).health == ()


def test_a_burst_is_written_down_with_the_receipt_that_follows(bench: Bench) -> None:
    for seq in range(1, 200):
        say(bench.sensor, reading(seq))
    say(bench.sensor, health(200, battery_level=9.0), kind="health")
    bench.turn()
    assert of(bench).values == {"battery_level": 9.0}


def test_names_of_services_are_no_devices(bench: Bench) -> None:
    bench.sensor.publish(topics.status("soil-1"), b'{"online":true}')
    bench.turn()
    assert read_status(bench.folder).health == ()
