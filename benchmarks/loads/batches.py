"""The load of the ingest benchmarks: batches of weather readings at sensor resolution."""

from __future__ import annotations

from contract import topics
from contract.batch import BatchHeader, Record, encode_batch
from contract.instant import MINUTE, parse_instant, to_datetime
from contract.reading import Reading, Readings
from contract.wire import encode

START = parse_instant("2026-05-01T00:00:00Z")
BATCH = 1_000
PER_MESSAGE = 4
EPOCH = "0" * 16


def territory(devices: int) -> dict[str, object]:
    return {
        "id": "bench",
        "zones": [{"id": "z", "arm": "control", "land_use": "forestry"}],
        "sites": [{"id": "s1", "zone": "z", "latitude": 1, "longitude": 1}],
        "devices": [{"id": f"d{n}", "site": "s1", "sensors": ["weather"]} for n in range(devices)],
    }


def record(number: int, devices: int, now: int | None = None) -> Record:
    """Four quantities of one of ``devices``, a minute apart, at sensor resolution."""
    device, seq = f"d{number % devices}", number // devices + 1
    moment = START + seq * MINUTE
    values = (
        ("air_temperature", 10 + number % 70 / 10),
        ("relative_humidity", 50 + number % 300 / 10),
        ("air_pressure", 1000 + number % 30 / 10),
        ("wind_speed", number % 50 / 10),
    )
    message = Readings(
        site="s1", device=device, boot="b1", seq=seq, time=to_datetime(moment), clock="ntp",
        uptime_ms=seq * 60_000, firmware="1.0",
        readings=tuple(Reading(quantity=name, value=value) for name, value in values),
    )  # fmt: skip
    return Record(number + 1, now or moment, topics.sensor("s1", device, "readings"), "", encode(message))


def batches(count: int, devices: int) -> list[bytes]:
    out = []
    for first in range(0, count, BATCH):
        records = [record(number, devices) for number in range(first, min(first + BATCH, count))]
        header = BatchHeader(epoch=EPOCH, highest=count, records=len(records))
        out.append(encode_batch(header, records))
    return out
