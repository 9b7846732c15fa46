"""What the local store costs in bytes and answers in milliseconds, beside bare DuckDB.

Weather stations with 8 quantities a minute, at sensor resolution (a station's day has
diurnal course, noise, and the resolution of a cheap sensor).

    python -m benchmarks.store [--stations 10] [--days 14]

The row count of the stated goal (42 million) is 10 stations and 365 days; bytes a row and
the time of one day of one series do not depend on it, hourly means are compared with bare
DuckDB over the same files.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

from contract import topics
from contract.batch import BatchHeader, Record
from contract.instant import DAY, MINUTE, Window, parse_instant, to_datetime
from contract.reading import Flag, Reading, Readings
from contract.wire import encode
from ingest.store.care import HOT, SEALED
from ingest.store.face import Arrival, Series
from ingest.store.sqlite import SqliteStore

START = parse_instant("2026-05-01T00:00:00Z")
EPOCH = "0" * 16
NO_FLAG = Flag(0)
QUANTITIES = (
    # name, mean, daily swing, noise, decimals
    ("air_temperature", 15.0, 8.0, 0.15, 1),
    ("relative_humidity", 65.0, 25.0, 0.6, 1),
    ("air_pressure", 1008.0, 3.0, 0.05, 1),
    ("wind_speed", 2.5, 1.5, 0.8, 1),
    ("wind_from_direction", 180.0, 60.0, 15.0, 0),
    ("shortwave_radiation", 250.0, 250.0, 5.0, 0),
    ("soil_temperature", 12.0, 3.0, 0.02, 2),
    ("soil_moisture", 0.25, 0.01, 0.001, 3),
)


def minute(chance: random.Random, station: int, at: int) -> Arrival:
    course = math.sin(2 * math.pi * (at % 1440) / 1440)
    values = tuple(
        Reading(
            quantity=name, value=max(0.0, round(mean + swing * course + chance.gauss(0, noise), decimals))
        )
        for name, mean, swing, noise, decimals in QUANTITIES
    )
    moment = START + at * MINUTE
    message = Readings(
        site=f"s{station}", device=f"d{station}", boot="b1", seq=at + 1, time=to_datetime(moment),
        clock="ntp", uptime_ms=at * 60_000, firmware="1.0", readings=values,
    )  # fmt: skip
    topic = topics.sensor(f"s{station}", f"d{station}", "readings")
    return Arrival(Record(at + 1, moment, topic, "", encode(message)), message, "", NO_FLAG)


def fill(store: SqliteStore, stations: int, days: int) -> int:
    """One commit for each station's hours, as a backlog would arrive; the number of points."""
    chance = random.Random(1)
    for first in range(0, days * 1440, 180):
        for station in range(stations):
            arrivals = [minute(chance, station, at) for at in range(first, first + 180)]
            header = BatchHeader(epoch=EPOCH, highest=days * 1440, records=len(arrivals))
            store.commit(f"gw{station}", "readings", header, arrivals)
    return stations * days * 1440 * len(QUANTITIES)


def p50_p99(waits: list[float]) -> tuple[float, float]:
    ordered = sorted(waits)
    return ordered[len(waits) // 2] * 1000, ordered[int(len(waits) * 0.99)] * 1000


def one_day(store: SqliteStore, days: int, stations: int, turns: int = 200) -> tuple[float, float]:
    """p50 and p99 [ms] of one day of one series."""
    chance = random.Random(2)
    waits = []
    for _ in range(turns):
        station, day = chance.randrange(stations), chance.randrange(days)
        series = Series(f"s{station}", f"d{station}", chance.choice(QUANTITIES)[0], "")
        start = START + day * DAY
        began = time.perf_counter()
        points = store.points(series, Window(start, start + DAY))
        waits.append(time.perf_counter() - began)
        assert len(points.time) == 1440
    return p50_p99(waits)


def write_without_end(folder: Path, at: int) -> None:
    """Commit twenty messages at a time as fast as possible, in a process of its own."""
    store, chance = SqliteStore(folder / HOT, sealed=folder / SEALED), random.Random(3)
    while True:
        arrivals = [minute(chance, 0, at + n) for n in range(20)]
        store.commit("late", "readings", BatchHeader(epoch=EPOCH, highest=at, records=20), arrivals)
        at += 20


def while_writing(folder: Path, days: int, stations: int, at: int) -> tuple[float, float]:
    """p50 and p99 [ms] of one day of one series while another process writes."""
    writer = multiprocessing.get_context("spawn").Process(target=write_without_end, args=(folder, at))
    writer.start()
    store = SqliteStore(folder / HOT, sealed=folder / SEALED, read_only=True)
    try:
        return one_day(store, days, stations)
    finally:
        writer.kill()
        writer.join()
        store.close()


def hourly(folder: Path, store: SqliteStore, series: list[Series], rounds: int = 3) -> tuple[float, float]:
    """Seconds: hourly means through the store's columns, and by bare DuckDB over the files."""
    connection = duckdb.connect(":memory:", config={"threads": 2})
    files = f"{folder / SEALED}/*.parquet"
    ours, bare = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        for one in series:
            points = store.points(one)
            hour = np.frombuffer(points.time, np.int64) // (60 * MINUTE)
            first = np.flatnonzero(np.diff(hour, prepend=-1))
            np.add.reduceat(np.frombuffer(points.value), first) / np.diff(first, append=len(hour))
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        connection.execute(
            "SELECT site, device, quantity, qualifier, epoch_ns(time) // 3600000000000 AS hour, avg(value)"
            f" FROM read_parquet('{files}') GROUP BY ALL"
        ).fetchall()
        bare.append(time.perf_counter() - began)
    return statistics.median(ours), statistics.median(bare)


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--stations", type=int, default=10)
    options.add_argument("--days", type=int, default=14)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = SqliteStore(folder / HOT, sealed=folder / SEALED)
        rows = fill(store, chosen.stations, chosen.days)
        store._writing.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        hot_bytes = (folder / HOT).stat().st_size
        hot = while_writing(folder, chosen.days, chosen.stations, 10_000_000)
        began = time.perf_counter()
        days = store.seal(START + chosen.days * DAY)
        sealing = time.perf_counter() - began
        sealed_bytes = sum(day.bytes for day in days)
        sealed = while_writing(folder, chosen.days, chosen.stations, 20_000_000)
        ours, bare = hourly(folder, store, store.series()[: len(QUANTITIES) * chosen.stations])
        store.close()
    assert sum(day.rows for day in days) == rows
    print("| figure | measured | limit |\n|---|---|---|")
    print(f"| bytes a point, hot, messages included | {hot_bytes / rows:.1f} | 48 |")
    print(f"| bytes a point, sealed, flags and identity included | {sealed_bytes / rows:.2f} | 8 |")
    for where, (middle, slow), most in (("hot", hot, 5), ("sealed", sealed, 20)):
        figure = f"one day of one series, {where}, while writing, p50 / p99 [ms]"
        print(f"| {figure} | {middle:.1f} / {slow:.1f} | {most} |")
    print(f"| sealing, points/s | {rows / sealing:,.0f} | |")
    print(f"| hourly means of everything, judged, of bare DuckDB's time | {ours / bare:.1f} | 1.5 |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
