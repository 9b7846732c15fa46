"""What originals of foreign messages cost: upstream, beside the values they gave; and in the store, a year.

    python -m benchmarks.loads.originals

Uplinks of ten devices as a ChirpStack server publishes them, one each ten minutes; radio and values vary.
Measured with the batches and the store as they are.  Limits: 1 MB a device and month upstream, 20 MB a
device and year in the store.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

from contract import topics
from contract.batch import RAW, BatchHeader, Gave, Record, encode_batch
from contract.instant import MINUTE, SECOND, format_instant, parse_instant
from contract.line.bus import Delivery
from contract.places import Territory
from contract.reading import Flag
from gateway.intake import take_foreign
from gateway.spool.entry import Entry
from gateway.upstream.budget import OVERHEAD_BYTES
from ingest.store import open_store
from ingest.values import Arrival, Portion

DEVICES, UPLINKS, COMPANY = 10, 200, 50
BEGIN = parse_instant("2026-05-01T00:00:00Z")
UPSTREAM_MB_A_MONTH, STORE_MB_A_YEAR = 1.0, 20.0
A_YEAR = 365 * 144


def territory() -> Territory:
    """Ten soil probes at one site."""
    devices = [
        {"id": f"d{n}", "site": "s1", "sensors": ["soil"], "address": f"a84041000000{n:04x}"}
        for n in range(DEVICES)
    ]
    return Territory.model_validate(
        {
            "id": "demo",
            "zones": [{"id": "meadow", "arm": "control", "land_use": "agriculture"}],
            "sites": [{"id": "s1", "zone": "meadow", "latitude": 45, "longitude": 3}],
            "devices": devices,
        }
    )


def uplink(device: int, frame: int, chance: random.Random) -> bytes:
    """As ChirpStack 4 publishes it, heard by two gateways."""
    time = format_instant(BEGIN + frame * 10 * MINUTE + device * 7 * SECOND)
    heard = [
        {
            "gatewayId": f"0016c001f153a14{gateway}", "uplinkId": chance.randrange(2**32), "nsTime": time,
            "rssi": chance.randint(-120, -60), "snr": chance.randint(-40, 40) / 4,
            "channel": chance.randrange(8),
            "location": {"latitude": 45.1, "longitude": 3.2}, "context": f"{chance.randrange(2**32):08x}",
            "metadata": {"region_common_name": "EU868", "region_config_id": "eu868"}, "crcStatus": "CRC_OK",
        }
        for gateway in range(2)
    ]  # fmt: skip
    return json.dumps(
        {
            "deduplicationId": f"{chance.randrange(2**128):032x}", "time": time,
            "deviceInfo": {
                "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242", "tenantName": "park",
                "applicationId": "ca739e26-7b67-4f14-b69e-d568c22a5a75", "applicationName": "soil",
                "deviceProfileId": "605d08d4-65f5-4d2c-8a5a-3d2457662f79", "deviceProfileName": "LSE01",
                "deviceName": f"probe {device}", "devEui": f"a84041000000{device:04x}", "tags": {},
            },
            "devAddr": f"0018{device:04x}", "adr": True, "dr": 5, "fCnt": frame, "fPort": 2,
            "confirmed": False,
            "data": f"{chance.randrange(2**88):022x}",
            "object": {
                "BatV": 3.6 + chance.randint(0, 9) / 1000, "temp_SOIL": f"{chance.uniform(8, 20):.2f}",
                "water_SOIL": f"{chance.uniform(20, 40):.2f}", "conduct_SOIL": chance.randint(50, 400),
                "TempC_DS18B20": "0.0", "Interrupt_flag": 0, "Message_type": 1,
            },
            "rxInfo": heard,
            "txInfo": {
                "frequency": 868300000,
                "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 7, "codeRate": "CR_4_5"}},
            },
        }
    ).encode()  # fmt: skip


def sent(entries: list[Entry], at_once: int) -> int:
    """Bytes upstream of ``entries`` in batches of ``at_once``, what MQTT, TLS and TCP add included."""
    total = 0
    for first in range(0, len(entries), at_once):
        part = entries[first : first + at_once]
        records = [Record(n, e.received, e.topic, e.reason, e.payload) for n, e in enumerate(part, 1)]
        header = BatchHeader(epoch="0123456789abcdef", highest=len(entries), records=len(records))
        total += len(encode_batch(header, records)) + OVERHEAD_BYTES
    return total


def stored(originals: list[Entry]) -> int:
    """Bytes that the store grows by."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        store = open_store(f"sqlite:{path}")
        store.verify()
        before = path.stat().st_size
        for number, one in enumerate(originals, 1):
            record = Record(number, one.received, one.topic, one.reason, one.payload)
            header = BatchHeader(epoch="0123456789abcdef", highest=number, records=1)
            store.commit_all([Portion("gw", RAW, header, [Arrival(record, None, one.reason, Flag(0))])])
        store.close()
        return path.stat().st_size - before


def main() -> int:
    """Print each figure beside its limit; 1 if one is passed."""
    chance, places = random.Random(1), territory()
    made, originals = list[Entry](), list[Entry]()
    for frame in range(UPLINKS):
        for device in range(DEVICES):
            topic = f"application/ca739e26/device/a84041000000{device:04x}/event/up"
            delivery = Delivery(topic, uplink(device, frame, chance), False, 1, 1, topics.parse(topic))
            value, original = take_foreign(delivery, BEGIN + frame * 10 * MINUTE, places)
            assert Gave.parse(original.reason)
            made.append(value)
            originals.append(original)
    count = len(made)
    ten, fifty = sent(made, 10) / count, sent(originals, COMPANY) / count
    alone = sent(originals, 1) / count
    raw = sum(len(one.payload) for one in originals) / count
    store = stored(originals) / count
    month, year = fifty * 144 * 30 / 1e6, store * A_YEAR / 1e6
    print(f"an uplink {raw:.0f} bytes; its values {ten:.0f} upstream, ten together; its original {fifty:.0f},"
          f" {COMPANY} together: {fifty / ten:.1f} times (alone {alone:.0f})")  # fmt: skip
    print(f"upstream {month:.2f} MB a device and month at 144 a day (at most {UPSTREAM_MB_A_MONTH})")
    print(f"store {store:.0f} bytes an original, {year:.1f} MB a device and year (at most {STORE_MB_A_YEAR})")
    return int(month > UPSTREAM_MB_A_MONTH or year > STORE_MB_A_YEAR)


if __name__ == "__main__":
    sys.exit(main())
