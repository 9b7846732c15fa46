"""What ingest is held against: the bare store, and what one writes first.

1. ``limit``: bare SQLite with the store's own settings, the very rows that ingest writes, in
   the order in which they came, in its portions.  ``best`` writes them as ingest does, sorted
   and many a statement: what is left to checking, once writing is as fast.
2. ``plain``: batches through ``json.loads``, no checks, the same points, FULL a batch at a time.
3. ``naive``: paho's callback, influxdb-client, one synchronous write a message, then the
   acknowledgement; against Debian's victoria-metrics, over its HTTP write.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.gateway import session
from benchmarks.loads.batches import PER_MESSAGE
from contract.batch import decode_batch
from ecoviv.station.broker import RunningBroker, free_port
from ecoviv.station.child import spawn, stop
from ingest.service import CHUNK_RECORDS
from ingest.store.sqlite.rows import insert_many
from ingest.store.sqlite.schema import open_writer

Rows = dict[str, list[tuple[object, ...]]]
"""By table: what ingest wrote for the messages of the benchmark, in their order."""


def limit(folder: Path, rows: Rows, spent: list[float], *, best: bool = False) -> float:
    """Readings a second; ``spent`` gets the processor's microseconds a reading."""
    connection = open_writer(folder / "limit.db")
    portion = CHUNK_RECORDS * PER_MESSAGE
    began, busy = time.perf_counter(), time.process_time()
    for first in range(0, len(rows["points"]), portion):
        connection.execute("BEGIN IMMEDIATE")
        for table, share in (("points", portion), ("messages", portion // PER_MESSAGE)):
            at = first * share // portion
            part = rows[table][at : at + share]
            if best:
                insert_many(connection, f"INSERT INTO {table} VALUES", sorted(part), "ON CONFLICT DO NOTHING")
                continue
            marks = ", ".join("?" * len(part[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT DO NOTHING", part)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    spent.append(1e6 * (time.process_time() - busy) / len(rows["points"]))
    connection.close()
    return len(rows["points"]) / seconds


def plain(folder: Path, payloads: list[bytes]) -> float:
    """Readings a second."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE points (device, quantity, time, value, PRIMARY KEY (device, quantity, time))"
    )
    count = 0
    began = time.perf_counter()
    for payload in payloads:
        rows = []
        for one in decode_batch(payload).records:
            message = json.loads(one.payload)
            for reading in message["readings"]:
                rows.append((message["device"], reading["quantity"], message["time"], reading["value"]))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR IGNORE INTO points VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        count += len(rows)
    seconds = time.perf_counter() - began
    connection.close()
    return count / seconds


def naive(broker: RunningBroker, folder: Path, messages: int) -> float:
    """Messages a second that wait for the client ``naive``; needs victoria-metrics."""
    place = f"127.0.0.1:{free_port()}"
    files = ["-storageDataPath", str(folder / "vm"), "-retentionPeriod", "100y"]
    server = spawn(["victoria-metrics", "-httpListenAddr", place, *files], log=folder / "vm.log")
    try:
        _until_it_answers(f"http://{place}/health")
        with InfluxDBClient(f"http://{place}", token="t", org="o") as influx:
            return messages / _write_each(broker, influx.write_api(write_options=SYNCHRONOUS), messages)
    finally:
        stop(server)


def naive_is_possible() -> bool:
    return shutil.which("victoria-metrics") is not None


def _write_each(broker: RunningBroker, writer: Any, messages: int) -> float:
    done = 0

    def take(client: Any, _data: object, message: Any) -> None:
        nonlocal done
        said = json.loads(message.payload)
        points = [
            Point("ecoviv").tag("device", said["device"]).tag("quantity", reading["quantity"])
            .field("value", reading["value"]).time(said["time"])
            for reading in said["readings"]
        ]  # fmt: skip
        writer.write("bench", record=points)
        client.ack(message.mid, message.qos)
        done += 1

    client = paho.Client(
        CallbackAPIVersion.VERSION2, "naive", protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
    )
    client.on_message = take
    began = time.perf_counter()
    client.connect(broker.address.host, broker.address.port, clean_start=False, properties=session())
    while done < messages:
        client.loop(0.05)
    seconds = time.perf_counter() - began
    client.disconnect()
    return seconds


def _until_it_answers(address: str) -> None:
    for _ in range(200):
        try:
            urlopen(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{address} does not answer")
