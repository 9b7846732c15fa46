"""Faults, staged on real folders, gateways and brokers: what the table in ``test_faults`` names.

Each function is one fault; it brings the ``Stage`` into the state that a technician would find.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contract import topics
from contract.config import BrokerAddress
from contract.instant import DAY, HOUR, MINUTE, SECOND, SystemClock, format_instant
from contract.line.bus import MqttBus
from gateway.upstream.budget import Budget
from tests.gateway.ends import NOON, Bench, clip_messages, reading, say


@dataclass(slots=True)
class DoctorClock(SystemClock):
    """The bench's date; waiting takes real time, for the broker is real."""

    bench: Bench

    def now(self) -> int:
        """As the bench has it [ns UTC]."""
        return self.bench.clock.now()


@dataclass(slots=True)
class Stage:
    """A gateway on a bench, and the broker that the doctor is sent to."""

    bench: Bench
    small: Bench
    """Its spool holds 1 MiB."""
    address: BrokerAddress
    gateway: str = ""
    config: Path | None = None
    buses: list[MqttBus] = field(default_factory=list)
    patch: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)

    def at_the_broker(self, name: str, **more: Any) -> MqttBus:
        """A client at the real broker, ended with the stage."""
        bus = MqttBus(self.address, name, **more)
        bus.connect()
        self.buses.append(bus)
        return bus

    def end(self) -> None:
        """Leave the real broker, and let the machine be what it is."""
        self.patch.undo()
        for bus in self.buses:
            bus.close()


def told(seq: int, at: int, **more: Any) -> bytes:
    """A ``health`` message of ``soil-1``."""
    head = {"v": 1, "kind": "health", "site": "s1", "device": "soil-1", "boot": "h", "seq": seq}
    return json.dumps(head | {"time": format_instant(at), "clock": "gps"} | more).encode()


def said(seq: int, at: str, **more: Any) -> bytes:
    """A ``readings`` message said at ``at``."""
    return reading(seq, **more).replace(b"2026-05-01T12:00:00Z", at.encode())


def health_of(**more: Any) -> Any:
    """A stage: ``soil-1`` says so of itself."""

    def stage(on: Stage) -> None:
        say(on.bench.sensor, told(1, NOON, **more), kind="health")
        on.bench.turn()

    return stage


def recorder_card_full(on: Stage) -> None:
    message = told(1, NOON, free_mb=14.0).replace(b"soil-1", b"mic-1")
    say(on.bench.sensor, message, device="mic-1", kind="health")
    on.bench.turn()


def battery_falls(on: Stage) -> None:
    """From 90 % by 12 % a day: 54 % after three days, 4.5 days left."""
    for day in range(4):
        message = told(day + 1, on.bench.clock.now(), battery_level=90.0 - 12 * day)
        say(on.bench.sensor, message, kind="health")
        on.bench.turn(1)
        if day < 3:
            on.bench.clock.advance(DAY)


def lithium_cell_empty(on: Stage) -> None:
    """4.1 V when it was new; such a cell is empty at 3.2 V."""
    for seq, volts in ((1, 4.1), (2, 3.1)):
        say(on.bench.sensor, told(seq, on.bench.clock.now(), battery_voltage=volts), kind="health")
        on.bench.turn()
        on.bench.clock.advance(DAY * (2 - seq))


def two_of_one_name(on: Stage) -> None:
    for seq, boot in enumerate("abababa", start=1):
        say(on.bench.sensor, said(seq, format_instant(NOON + seq * MINUTE), boot=boot))
        on.bench.turn()
        on.bench.clock.advance(MINUTE)


def wrong_site(on: Stage) -> None:
    say(on.bench.sensor, reading(1, site="s2"), site="s2")
    on.bench.turn()


def stranger(on: Stage) -> None:
    say(on.bench.sensor, reading(1, device="soil-9"), device="soil-9")
    on.bench.turn()


def clock_ahead(on: Stage) -> None:
    say(on.bench.sensor, said(1, "2026-05-01T14:00:00Z"))
    on.bench.turn()


def clock_never_set(on: Stage) -> None:
    say(on.bench.sensor, said(1, "1970-01-01T00:01:00Z"))
    on.bench.turn()


def clock_months_behind(on: Stage) -> None:
    for seq in range(1, 4):
        say(on.bench.sensor, said(seq, f"2026-01-01T00:{6 * seq:02}:00Z"))
        on.bench.turn()
        on.bench.clock.advance(6 * MINUTE)


def every_clock_ahead(on: Stage) -> None:
    say(on.bench.sensor, said(1, "2026-05-01T12:37:00Z"))
    say(on.bench.sensor, said(1, "2026-05-01T12:37:00Z", device="air-1"), device="air-1")
    on.bench.turn()


def gateway_clock_set_back(on: Stage) -> None:
    say(on.bench.sensor, reading(1))
    on.bench.turn()
    on.bench.clock.advance(-3 * DAY)


def ingest_left(on: Stage) -> None:
    """It has been there, its connection broke: the broker publishes its last will."""
    gone = on.at_the_broker("ingest-1", announce=True)
    gone.close()
    on.bench.ingest.mute = True
    say(on.bench.sensor, reading(1))
    on.bench.turn()
    on.bench.clock.advance(5 * MINUTE)


def ingest_never_came(on: Stage) -> None:
    on.bench.ingest.mute = True
    say(on.bench.sensor, reading(1))
    on.bench.turn()
    on.bench.clock.advance(5 * MINUTE)


def store_locked(on: Stage) -> None:
    """Ingest is connected and takes batches, and its store commits none."""
    on.at_the_broker("ingest-1", announce=True)
    ingest_never_came(on)


def budget_spent(on: Stage) -> None:
    """1 KiB a day; one batch and the heartbeats are more."""
    on.bench.gateway.upstream._budget = Budget(on.bench.gateway.spool, on.bench.clock, 1_024)
    for seq in range(1, 30):
        say(on.bench.sensor, reading(seq))
        on.bench.turn(2)
        on.bench.clock.advance(MINUTE)


def other_id(on: Stage) -> None:
    say(on.bench.sensor, reading(1))
    on.bench.turn()
    on.gateway = "south"


def uplinks_unreadable(on: Stage) -> None:
    for _ in range(3):
        on.bench.sensor.publish("application/a/device/a1a2a3a4a5a6a7a8/event/up", b"\x0a\x10protobuf")
    on.bench.turn()


def unreadable(on: Stage) -> None:
    say(on.bench.sensor, b"{")
    on.bench.turn()


def fits_nothing(on: Stage) -> None:
    on.bench.sensor.publish("application/a/device/ffffffffffffffff/event/up", b"{}")
    on.bench.turn()


def _uplink(on: Stage, **more: object) -> None:
    uplink = {
        "deviceInfo": {"devEui": "0102030405060708"}, "time": "2026-05-01T12:00:00Z", "fCnt": 1,
        "deduplicationId": "d1", "devAddr": "00189440", "fPort": 2, "rxInfo": [{"rssi": -101, "snr": -3.5}],
    } | more  # fmt: skip
    on.bench.sensor.publish("application/a/device/0102030405060708/event/up", json.dumps(uplink).encode())
    on.bench.turn()


def not_understood(on: Stage) -> None:
    _uplink(on, object={"gremlins": 3})


def undecoded(on: Stage) -> None:
    _uplink(on, data="DhB//xHYCSgDIA==")


def repeats(on: Stage) -> None:
    for _ in range(5):
        say(on.bench.sensor, reading(1))
        on.bench.turn()
        on.bench.clock.advance(20 * SECOND)


def silent(on: Stage) -> None:
    say(on.bench.sensor, reading(1))
    on.bench.turn()
    on.bench.clock.advance(25 * HOUR)


def never_heard(on: Stage) -> None:
    on.bench.turn()


def spool_full(on: Stage) -> None:
    """A message of 12 kB each, 200 of them, into a spool of 1 MiB that nobody empties."""
    on.bench = on.small
    on.small.ingest.mute = True
    long = ",".join(f'{{"quantity":"soil_temperature","value":{n},"channel":"c{n}"}}' for n in range(200))
    for seq in range(1, 201):
        head = f'{{"v":1,"kind":"readings","site":"s1","device":"soil-1","boot":"b","seq":{seq},"readings":['
        say(on.small.sensor, f"{head}{long}]}}".encode())
        on.small.turn(1)


def clips_unheard(on: Stage) -> None:
    """A ring of 1 MiB, and two clips of 600 kB that no edge worker takes."""
    for number in (1, 2):
        sha256, manifest, parts = clip_messages(bytes([number]) * 600_000, boot=f"m{number}", piece=60_000)
        say(on.bench.sensor, manifest, device="mic-1", kind="clip")
        for part in parts:
            on.bench.sensor.publish(topics.audio("s1", "mic-1", sha256), part)
        on.bench.turn(10)


def retained(on: Stage) -> None:
    bus = on.at_the_broker("soil-1")
    bus.publish(topics.sensor("s1", "soil-1", "readings"), reading(1), retain=True)
    assert bus.flush(5)


def no_broker(on: Stage) -> None:
    on.address = BrokerAddress(port=1)


def wrong_name(on: Stage) -> None:
    on.address = BrokerAddress(host="no-such-host.invalid")


def open_folder(on: Stage) -> None:
    on.bench.folder.chmod(0o755)


def nobody_works(on: Stage) -> None:
    """The bench holds no lock, as a gateway that has ended."""


def all_speak(on: Stage) -> None:
    """Every device of the territory says something well."""
    for site, device in (("s1", "soil-1"), ("s1", "mic-1"), ("s1", "air-1"), ("s2", "soil-2")):
        say(on.bench.sensor, reading(1, device=device, site=site), device=device, site=site)
    on.bench.turn()
