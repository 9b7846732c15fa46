"""How fast the sensor leg is, beside its peers, in one run, taken in turn.

Single messages of 4 readings wait at a real Mosquitto in a session of their own; each
contender drains them.  Medians of the rounds:

1. *ours*: read, checked, spooled (FULL), acknowledged; at 20 devices' receipts too.
2. *plain loop*: paho callback, ``json.loads``, one row, committed FULL every 100 ms, then
   acknowledged; no checks, no receipts.
3. *mosquitto_sub*: reads and forgets.  The limit.

    python -m benchmarks.gateway [--rounds 5] [--messages 20000]
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from benchmarks.loads.batches import record, territory
from contract import topics
from contract.instant import SystemClock
from contract.line.bus import MqttBus
from contract.places import Territory
from ecoviv.station.broker import RunningBroker, mosquitto_path, start_broker
from gateway.clips import ClipRing
from gateway.service import POLL_LIMIT, Gateway, filters
from gateway.spool.spool import Spool

DEVICES = 20


def ours(broker: RunningBroker, folder: Path, messages: int) -> float:
    """Messages a second until the last is committed."""
    gc.set_threshold(100_000, 50, 100)
    clock = SystemClock()
    spool = Spool.open(folder / "spool.db", clock)
    bus = MqttBus(broker.address, "ours", filters("bench"), window=POLL_LIMIT)
    ring = ClipRing(folder / "clips", spool, clock)
    gateway = Gateway("bench", Territory.model_validate(territory(DEVICES)), bus, spool, ring, clock)
    began = time.perf_counter()
    bus.connect()
    while spool.highest["readings"] < messages:
        gateway.step()
    seconds = time.perf_counter() - began
    bus.close()
    spool.close()
    return messages / seconds


def plain_loop(broker: RunningBroker, folder: Path, messages: int) -> float:
    """What one writes first, done carefully."""
    database = sqlite3.connect(folder / "plain.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE m(device, boot, seq, payload, PRIMARY KEY(device, boot, seq))")
    waiting: list[Any] = []

    def take(_client: object, _data: object, message: Any) -> None:
        waiting.append(message)

    client = paho.Client(
        CallbackAPIVersion.VERSION2, "plain", protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
    )
    client.on_message = take
    client.max_inflight_messages_set(100)
    began = time.perf_counter()
    client.connect(broker.address.host, broker.address.port, clean_start=False, properties=session())
    done, committed_at = 0, time.perf_counter()
    while done < messages:
        client.loop(0.01)
        if len(waiting) < 50 and time.perf_counter() < committed_at + 0.1:
            continue
        rows = [
            (d["device"], d["boot"], d["seq"], m.payload) for m in waiting for d in [json.loads(m.payload)]
        ]
        database.execute("BEGIN")
        database.executemany("INSERT OR IGNORE INTO m VALUES(?,?,?,?)", rows)
        database.execute("COMMIT")
        for message in waiting:
            client.ack(message.mid, message.qos)
        done += len(waiting)
        waiting.clear()
        committed_at = time.perf_counter()
    seconds = time.perf_counter() - began
    client.disconnect()
    database.close()
    return messages / seconds


def subscriber(broker: RunningBroker, folder: Path, messages: int) -> float:
    began = time.perf_counter()
    subprocess.run(
        ["mosquitto_sub", "-V", "mqttv5", "-p", str(broker.address.port), "-i", "sub", "-c", "-q", "1", "-t",
         topics.SENSOR_FILTER, "-C", str(messages), "-x", "3600"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return messages / (time.perf_counter() - began)


def session() -> Any:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval, properties.ReceiveMaximum = 3600, 100
    return properties


def prepare(broker: RunningBroker, client_id: str, messages: int) -> None:
    """A session of ``client_id`` in which all messages wait."""
    listener = MqttBus(broker.address, client_id, (topics.SENSOR_FILTER,))
    listener.connect()
    listener.close()
    sender = MqttBus(broker.address, "sender")
    sender.connect()
    for number in range(messages):
        one = record(number, DEVICES)
        sender.publish(one.topic, one.payload)
        if number % 80 == 79:
            sender.flush(30)
    sender.flush(30)
    sender.close()


CONTENDERS: dict[str, Callable[[RunningBroker, Path, int], float]] = {
    "ours": ours, "plain loop": plain_loop, "mosquitto_sub": subscriber,
}  # fmt: skip
CLIENT_IDS = {"ours": "ours", "plain loop": "plain", "mosquitto_sub": "sub"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=20_000)
    asked = parser.parse_args()
    if mosquitto_path() is None or shutil.which("mosquitto_sub") is None:
        raise SystemExit("This benchmark needs Debian's mosquitto and mosquitto-clients")
    rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for _ in range(asked.rounds):
        for name, contender in CONTENDERS.items():
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                with start_broker(folder / "broker", engine="mosquitto") as broker:
                    prepare(broker, CLIENT_IDS[name], asked.messages)
                    rates[name].append(contender(broker, folder, asked.messages))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    print(f"sensor leg, {asked.messages} messages of 4 readings, medians of {asked.rounds} rounds")
    for name, rate in medians.items():
        spread = f"{min(rates[name]):,.0f} … {max(rates[name]):,.0f}"
        print(f"{name:<14}{rate:>10,.0f} messages/s   ({spread})")
    print(f"ours / plain loop: {medians['ours'] / medians['plain loop']:.2f}")


if __name__ == "__main__":
    main()
