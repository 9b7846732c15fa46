"""What the local store costs in bytes and answers in milliseconds, beside bare engines.

Weather stations with 8 quantities a minute: the simulator's weather at sensor resolution.

    python -m benchmarks.store [--stations 10] [--days 14] [--seed 1] [--folder DIR]

The stated goal, 42 million points, is ``--days 365``.  With ``--folder`` what is there is
used again: a year that was interrupted goes on, and each figure is kept in ``figures.jsonl``.

1. A year of sealed days is made (``loads.store_year``), and two hot days go in as batches do.
2. While another process commits as fast as it can: one day of one series, in turn with the
   bare engine over the same rows.
3. Hourly means of everything, in turn with bare DuckDB over the same files.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb
import numpy as np

from benchmarks.loads.store_year import MINUTES, QUANTITIES, START, Year, fill, series_of
from contract import topics
from contract.batch import BatchHeader, Record
from contract.instant import DAY, MINUTE, Window, to_datetime
from contract.reading import Flag, Reading, Readings
from contract.wire import encode
from ingest.store.sqlite.care import HOT, SEALED
from ingest.store.sqlite.store import SqliteStore
from ingest.values import Arrival, Series

Answer = TypeVar("Answer")
EPOCH = "0" * 16
HOT_DAYS = 2
TURNS = 300
ROUNDS = 5
Waits = tuple[list[tuple[float, float]], list[tuple[float, float]]]
"""Ours, bare: (wall, processor) time [s]."""


def opened(folder: Path, *, read_only: bool = False) -> SqliteStore:
    return SqliteStore(folder / HOT, sealed=folder / SEALED, read_only=read_only)


def message(station: int, minute: int, values: list[float]) -> Arrival:
    moment = START + minute * MINUTE
    sent = Readings(
        site=f"s{station}", device=f"d{station}", boot="b1", seq=minute + 1, time=to_datetime(moment),
        clock="ntp", uptime_ms=minute * 60_000, firmware="1.0",
        readings=tuple(
            Reading(quantity=row[0], value=value) for row, value in zip(QUANTITIES, values, strict=True)
        ),
    )  # fmt: skip
    topic = topics.sensor(f"s{station}", f"d{station}", "readings")
    return Arrival(Record(minute + 1, moment, topic, "", encode(sent)), sent, "", Flag(0))


def commit_days(store: SqliteStore, year: Year, days: int) -> None:
    """Batches of three hours of a station, as a backlog arrives."""
    for day in range(days):
        for station in range(year.stations):
            values = year.minutes(station, day).T.tolist()
            for first in range(0, MINUTES, 180):
                batch = [message(station, day * MINUTES + at, values[at]) for at in range(first, first + 180)]
                header = BatchHeader(epoch=EPOCH, highest=days * MINUTES, records=len(batch))
                store.commit(f"gw{station}", "readings", header, batch)


def write_without_end(folder: Path, year: Year, minute: int) -> None:
    """Commit twenty messages at a time as fast as possible, in a process of its own."""
    store = opened(folder)
    values = year.minutes(0, 0).T.tolist()
    while True:
        batch = [message(0, minute + n, values[n]) for n in range(20)]
        store.commit("late", "readings", BatchHeader(epoch=EPOCH, highest=minute, records=20), batch)
        minute += 20


def one_day_while_writing(folder: Path, year: Year, days: int, bare: Callable[[Series, int], int]) -> Waits:
    """One day of one series at random, through the store and bare, in turn."""
    last = (year.days + 400) * MINUTES
    writer = multiprocessing.get_context("spawn").Process(target=write_without_end, args=(folder, year, last))
    writer.start()
    store, chance = opened(folder, read_only=True), random.Random(year.seed)
    waits: Waits = ([], [])
    try:
        time.sleep(3)
        store.points(series_of(0, QUANTITIES[0][0]), Window(START, START + DAY))  # loads pyarrow
        for _ in range(TURNS):
            series = series_of(chance.randrange(year.stations), chance.choice(QUANTITIES)[0])
            start = START + chance.randrange(days) * DAY
            points, wait = timed(lambda: store.points(series, Window(start, start + DAY)))  # noqa: B023
            waits[0].append(wait)
            rows, wait = timed(lambda: bare(series, start))  # noqa: B023
            waits[1].append(wait)
            assert len(points.time) == rows == MINUTES
    finally:
        writer.kill()
        writer.join()
        store.close()
    return waits


def bare_sqlite(folder: Path) -> Callable[[Series, int], int]:
    connection = sqlite3.connect(f"{(folder / HOT).resolve().as_uri()}?mode=ro", uri=True)
    ids = {(site, name): one for one, site, name in connection.execute("SELECT id, site, name FROM series")}
    statement = "SELECT time, value, flags FROM points WHERE series_id=? AND time>=? AND time<? ORDER BY time"

    def read(series: Series, start: int) -> int:
        key = ids[series.site, series.quantity]
        return len(connection.execute(statement, (key, start, start + DAY)).fetchall())

    return read


def bare_duckdb(folder: Path) -> Callable[[Series, int], int]:
    connection = duckdb.connect(":memory:", config={"threads": 2})
    files = {path.name[:10]: str(path) for path in (folder / SEALED).glob("*.parquet")}
    statement = (
        "SELECT epoch_ns(time), value, flags FROM read_parquet(?) WHERE site=? AND device=? AND quantity=?"
        " AND qualifier='' ORDER BY time"
    )

    def read(series: Series, start: int) -> int:
        file = files[to_datetime(start).date().isoformat()]
        values = [file, series.site, series.device, series.quantity]
        return int(connection.sql(statement, params=values).to_arrow_table().num_rows)

    return read


def hourly(folder: Path, year: Year) -> tuple[float, float]:
    """Medians [s]: hourly means by the store, and by bare DuckDB over the same files."""
    connection = duckdb.connect(":memory:", config={"threads": 2})
    statement = (
        "SELECT site, quantity, epoch_ns(time) // 3600000000000 AS hour, avg(value) AS mean, count(*) AS n"
        f" FROM read_parquet('{folder / SEALED}/*.parquet') GROUP BY site, device, quantity, qualifier, hour"
    )
    series = [series_of(station, name) for station in range(year.stations) for name, _, _ in QUANTITIES]
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        store = opened(folder, read_only=True)
        means = []
        for one in series:
            hours = store.hours(one, Window(START, START + year.days * DAY))
            n = np.frombuffer(hours.n, np.int64)
            means.append((n, np.frombuffer(hours.total) / np.maximum(n, 1)))
        store.close()
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        table = connection.sql(statement).to_arrow_table()
        bare.append(time.perf_counter() - began)
    assert table.num_rows == sum(len(n) for n, _ in means) == len(series) * year.days * 24
    assert sum(table.column("n").to_pylist()) >= sum(int(n.sum()) for n, _ in means)
    return statistics.median(ours), statistics.median(bare)


def timed(act: Callable[[], Answer]) -> tuple[Answer, tuple[float, float]]:
    began, worked = time.perf_counter(), time.process_time()
    done = act()
    return done, (time.perf_counter() - began, time.process_time() - worked)


def spread(waits: list[tuple[float, float]]) -> str:
    """p50 / p99 [ms], and p99 of the processor time alone: what a quiet machine comes close to."""
    wall, worked = (sorted(one) for one in zip(*waits, strict=True))
    at = int(len(waits) * 0.99)
    return f"{wall[len(wall) // 2] * 1000:.1f} / {wall[at] * 1000:.1f}; {worked[at] * 1000:.1f}"


def figures(folder: Path, year: Year) -> list[tuple[str, str, str, str]]:
    """(figure, ours, the bare engine's, bound)."""
    sealed, hot = folder / "sealed-year", folder / "hot-days"
    store = opened(sealed)
    fill(store, year)
    points, size = store._writing.connection.execute("SELECT sum(rows), sum(bytes) FROM sealed").fetchone()
    kept = store._writing.connection.execute("SELECT sum(length(hours)) FROM sealed_series").fetchone()[0]
    store.close()
    out = [(f"points in {year.days} sealed days", f"{points:,}", "", "")]
    if not hot.exists():
        store = opened(hot)
        commit_days(store, year, HOT_DAYS)
        store._writing.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (hot / "bytes").write_text(str((hot / HOT).stat().st_size))
        store.close()
    hot_points = HOT_DAYS * MINUTES * len(QUANTITIES) * year.stations
    hot_bytes = int((hot / "bytes").read_text()) / hot_points
    out.append(("bytes a point, hot, messages included", f"{hot_bytes:.1f}", "", "48"))
    out.append(("bytes a point, sealed, flags and identity included", f"{size / points:.2f}", "", "8"))
    out.append(("… and its hours in the manifest", f"{kept / points:.2f}", "", ""))
    ours, bare = hourly(sealed, year)
    ratio = f"{ours:.2f} s = {ours / bare:.2f} ×"
    out.append(("hourly means of everything, flags honoured", ratio, f"{bare:.2f} s (DuckDB)", "1.5 ×"))
    for where, place, days, engine, bound in (
        ("hot", hot, HOT_DAYS, bare_sqlite, "5"),
        ("sealed", sealed, year.days, bare_duckdb, "20"),
    ):
        waits = one_day_while_writing(place, year, days, engine(place))
        figure = f"one day of one series, {where}, while writing: p50 / p99; processor p99 [ms]"
        out.append((figure, spread(waits[0]), f"{spread(waits[1])} ({engine.__name__[5:]})", bound))
    return out


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--stations", type=int, default=10)
    options.add_argument("--days", type=int, default=14)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    year = Year(chosen.seed, chosen.stations, chosen.days)
    with tempfile.TemporaryDirectory() as made:
        folder = chosen.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        found = figures(folder, year)
        with (folder / "figures.jsonl").open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    print("| figure | ours | bare | bound |\n|---|---|---|---|")
    for row in found:
        print(f"| {' | '.join(row)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
