"""Messages of a small territory, a bench without network, and ends of the road to talk to."""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contract import topics, wire
from contract.batch import RAW, Batch, DeviceReceipt, Receipt, decode_batch
from contract.instant import parse_instant
from contract.line.bus import Bus, Delivery, MqttBus
from contract.places import Territory
from contract.reading import AudioPart
from contract.testing.fixed_clock import FixedClock
from contract.testing.memory_bus import MemoryBroker, MemoryBus
from ecoviv.station.broker import RunningBroker
from ecoviv.station.child import spawn
from gateway.clips import ClipRing
from gateway.intake import take, take_foreign
from gateway.service import Gateway, filters
from gateway.spool.entry import Entry
from gateway.spool.spool import Spool

GATEWAY = "north"


NOON = parse_instant("2026-05-01T12:00:00Z")


TERRITORY = """
[territory]
id = "valley"
[[zones]]
id = "meadow"
arm = "control"
land_use = "livestock"
[[sites]]
id = "s1"
zone = "meadow"
latitude = 45.0
longitude = 5.0
[[sites]]
id = "s2"
zone = "meadow"
latitude = 45.1
longitude = 5.0
[[devices]]
id = "soil-1"
site = "s1"
sensors = ["soil"]
address = "0102030405060708"
[[devices]]
id = "mic-1"
site = "s1"
sensors = ["acoustic"]
address = "mic_north"
[[devices]]
id = "air-1"
site = "s1"
sensors = ["weather"]
address = "a1a2a3a4a5a6a7a8"
[[devices]]
id = "soil-2"
site = "s2"
sensors = ["soil"]
"""


def reading(
    seq: int, *, device: str = "soil-1", site: str = "s1", boot: str = "b1", value: float = 12.5
) -> bytes:
    """One valid ``readings`` message."""
    text = (
        f'{{"v":1,"kind":"readings","site":"{site}","device":"{device}","boot":"{boot}","seq":{seq},'
        f'"time":"2026-05-01T12:00:00Z","clock":"gps",'
        f'"readings":[{{"quantity":"soil_temperature","value":{value},"depth_m":0.1}}]}}'
    )
    return text.encode()


def say(
    bus: Bus, payload: bytes, *, device: str = "soil-1", site: str = "s1", kind: str = "readings"
) -> None:
    bus.publish(topics.sensor(site, device, kind), payload)


def clip_messages(
    sound: bytes, *, boot: str = "m1", first_seq: int = 1, piece: int = 1000
) -> tuple[str, bytes, list[bytes]]:
    """(SHA-256, manifest, parts) of a clip of ``mic-1``."""
    sha256 = hashlib.sha256(sound).hexdigest()
    pieces = [sound[at : at + piece] for at in range(0, len(sound), piece)]
    manifest = (
        f'{{"v":1,"kind":"clip","site":"s1","device":"mic-1","boot":"{boot}","seq":{first_seq},'
        f'"sha256":"{sha256}","size":{len(sound)},"parts":{len(pieces)},"name":"20260501_040000.WAV",'
        f'"start":"2026-05-01T04:00:00Z","start_source":"name"}}'
    ).encode()
    parts = [
        wire.encode_part(AudioPart(boot, first_seq + 1 + index, sha256, index, len(pieces), content))
        for index, content in enumerate(pieces)
    ]
    return sha256, manifest, parts


def features(sha256: str, *, boot: str = "edge", seq: int = 1) -> bytes:
    return (
        f'{{"v":1,"kind":"features","site":"s1","device":"mic-1","boot":"{boot}","seq":{seq},'
        f'"excerpt":{{"start":"2026-05-01T04:00:00Z","duration_s":1,"valid_s":1,"clip":"{sha256}"}},'
        f'"values":{{"ACI@maad-1.5.2#1a2b3c4d":2.5}}}}'
    ).encode()


def taken(delivery: Delivery, received: int, territory: Territory) -> Entry:
    """What the gateway makes of ``delivery``, without the original of a foreign one."""
    if isinstance(delivery.place, topics.SensorTopic):
        return take(delivery, delivery.place, received, territory)
    return take_foreign(delivery, received, territory)[0]


@dataclass(slots=True)
class StandIn:
    """The far end: keeps records by number and answers every batch, as ingest promises to."""

    bus: Bus
    records: dict[tuple[str, str], dict[int, bytes]] = field(default_factory=dict)
    batches: list[tuple[str, Batch]] = field(default_factory=list)
    dropped: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    mute: bool = False

    def step(self, timeout_s: float = 0.0) -> None:
        deliveries = self.bus.poll(timeout_s)
        for delivery in deliveries:
            assert isinstance(delivery.place, topics.UpTopic)
            batch = decode_batch(delivery.payload)
            self.batches.append((delivery.place.stream, batch))
            if not self.mute:
                self._keep(delivery.place.gateway, delivery.place.stream, batch)
        self.bus.acknowledge(deliveries)

    def _keep(self, gateway: str, stream: str, batch: Batch) -> None:
        key = (batch.header.epoch, stream)
        kept = self.records.setdefault(key, {})
        for record in batch.records:
            kept.setdefault(record.number, record.payload)
        gone = self.dropped.setdefault(key, set())
        for drop in batch.header.dropped:
            gone.update(range(drop.first, drop.last + 1))
        numbers = kept.keys() | gone | set(range(1, batch.header.floor))
        committed = 0
        while committed + 1 in numbers:
            committed += 1
        absent = [n for n in range(committed + 1, batch.header.highest + 1) if n not in numbers]
        receipt = Receipt(
            epoch=key[0], committed=committed, missing=tuple(_ranges(absent)), opening=batch.header.opening
        )
        self.bus.publish(topics.receipt(gateway, stream), receipt.model_dump_json().encode())

    def payloads(self) -> list[bytes]:
        """Of all streams but that of originals."""
        return [one for (_, stream), kept in self.records.items() if stream != RAW for one in kept.values()]

    def originals(self) -> list[bytes]:
        return [one for (_, stream), kept in self.records.items() if stream == RAW for one in kept.values()]


def _ranges(numbers: list[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges[:100]


@dataclass(slots=True)
class Bench:
    """A gateway without process or network, its sensor and its far end."""

    folder: Path
    territory: Territory
    broker: MemoryBroker
    clock: FixedClock
    gateway: Gateway
    ingest: StandIn
    sensor: MemoryBus
    cap_bytes: int

    def turn(self, times: int = 5) -> None:
        for _ in range(times):
            self.gateway.step(0)
            self.ingest.step()
            self.clock.advance(30_000_000)

    def reopen(self) -> None:
        """As after a power cut: nothing is said goodbye to."""
        self.gateway.spool.close()
        self.gateway = make_gateway(self.folder, self.territory, self.broker, self.clock, self.cap_bytes)

    def heard(self) -> dict[str, tuple[int, int]]:
        """Receipts since the last call: boot → (spooled, stored)."""
        said: dict[str, tuple[int, int]] = {}
        deliveries = self.sensor.poll(0, 10_000)
        self.sensor.acknowledge(deliveries)
        for delivery in deliveries:
            receipt = DeviceReceipt.model_validate_json(delivery.payload)
            said[receipt.boot] = (receipt.spooled, receipt.stored)
        return said


def make_gateway(
    folder: Path,
    territory: Territory,
    broker: MemoryBroker,
    clock: FixedClock,
    cap_bytes: int,
    clips_cap: int = 2**20,
) -> Gateway:
    spool = Spool.open(folder / "spool.db", clock, cap_bytes=cap_bytes)
    clips = ClipRing(folder / "clips", spool, clock, cap_bytes=clips_cap)
    return Gateway(
        GATEWAY, territory, broker.client("gateway", filters(GATEWAY, territory)), spool, clips, clock
    )


def make_bench(folder: Path, territory: Territory, cap_bytes: int) -> Iterator[Bench]:
    broker, clock = MemoryBroker(), FixedClock(NOON)
    gateway = make_gateway(folder, territory, broker, clock, cap_bytes)
    ingest = StandIn(broker.client("ingest", [topics.UP_FILTER]))
    sensor = broker.client("sensor", [topics.SENSOR_RECEIPT_FILTER])
    bench = Bench(folder, territory, broker, clock, gateway, ingest, sensor, cap_bytes)
    yield bench
    bench.gateway.spool.close()


PROGRAM = "import typer; from gateway.cli import register;app = typer.Typer(); register(app); app()"


@dataclass(slots=True)
class Process:
    """``gateway run`` as a process of its own."""

    argv: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        before = self.log.stat().st_size if self.log.exists() else 0
        self.process = spawn(self.argv, log=self.log)
        for _ in range(300):
            if b" ready on " in self.log.read_bytes()[before:]:
                return
            if self.process.poll() is not None:
                break
            threading.Event().wait(0.05)
        raise AssertionError(self.log.read_text())

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(10)


def client(broker: RunningBroker, name: str, *names: str) -> MqttBus:
    bus = MqttBus(broker.address, name, names)
    bus.connect()
    return bus
