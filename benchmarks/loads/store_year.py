"""A year of ten weather stations in a local store: quick to make, as sealing would leave it.

1. ``Year`` draws the simulator's weather and soil once, by hours, and gives each station's
   minutes at the resolution of a cheap sensor (``QUANTITIES``), with the noise of one.
2. ``fill`` hands each day to the store's own ``Sealer``, which writes its file, names it and
   works out its hours; ingest and SQLite are left out, and with them the messages' bytes.
   Days that are sealed already are left as they are: what was interrupted goes on.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.arrays import Floats
from contract.instant import DAY, MINUTE, parse_instant
from firmware_sim.world.nature.soil import soil_of_sites
from firmware_sim.world.nature.weather import SPIN_UP_DAYS, Weather, draw_weather
from firmware_sim.world.scenario import Scale, WorldSettings, scenario_named, stream
from ingest.store.sealed.archive import Day
from ingest.store.sqlite.elsewhere.sealed_days import SealedDays
from ingest.store.sqlite.elsewhere.sealing import Sealer
from ingest.store.sqlite.points import PointReader
from ingest.store.sqlite.store import SqliteStore
from ingest.values import Series

START = parse_instant("2025-01-01T00:00:00Z")
MINUTES = 1440
QUANTITIES = (
    # name, noise of a reading, decimals
    ("air_temperature", 0.05, 1),
    ("relative_humidity", 0.3, 1),
    ("air_pressure", 0.05, 1),
    ("wind_speed", 0.4, 1),
    ("wind_from_direction", 12.0, 0),
    ("shortwave_radiation", 3.0, 0),
    ("soil_temperature", 0.02, 2),
    ("soil_moisture", 0.0005, 3),
)


def series_of(station: int, quantity: str) -> Series:
    return Series(f"s{station}", f"d{station}", quantity, "")


@dataclass(frozen=True)
class Year:
    """What ``stations`` stations measure on each of ``days`` days."""

    seed: int
    stations: int
    days: int

    @cached_property
    def weather(self) -> Weather:
        settings = WorldSettings(self.seed, scenario_named("recovery"), Scale(days=self.days + 1))
        return draw_weather(settings, 2021)

    @cached_property
    def hours(self) -> dict[str, Floats]:
        """By quantity, hourly values [shape=(stations, h)], the spring's warming bent into a year."""
        weather, rng = self.weather, stream(self.seed, "benchmark", self.stations)
        hour = np.arange(weather.hours)
        season = -0.10 * (hour / 24 - SPIN_UP_DAYS) + 9 * np.sin(2 * np.pi * (hour / 24 - 110) / 365)
        air = weather.temperature + season + rng.normal(0, 0.8, self.stations)[:, None]
        flat = np.zeros(self.stations)
        soil = soil_of_sites(weather, air, capacity=flat + 0.32, spared=flat, offset=flat, rng=rng)
        sun = np.clip(np.cos(2 * np.pi * (hour % 24 - 12) / 24), 0, None)
        wander = np.cumsum(rng.normal(0, 0.4, (self.stations, weather.hours)), axis=1)
        shape = np.ones((self.stations, 1))
        return {
            "air_temperature": air,
            "relative_humidity": weather.humidity * shape,
            "air_pressure": 1008 + 12 * np.sin(wander / 12),
            "wind_speed": weather.wind * shape,
            "wind_from_direction": 180 + 150 * np.sin(wander / 9),
            "shortwave_radiation": 800 * sun * np.clip(1.2 - weather.humidity / 120, 0.1, 1) * shape,
            "soil_temperature": soil.shallow,
            "soil_moisture": soil.moisture,
        }

    def minutes(self, station: int, day: int) -> Floats:
        """[shape=(8, 1440)], in the order of ``QUANTITIES``."""
        rng = stream(self.seed, "minutes", station, day)
        first = (SPIN_UP_DAYS + day) * 24
        at, known = np.arange(MINUTES) / 60, np.arange(25)
        out = np.empty((len(QUANTITIES), MINUTES))
        for row, (name, noise, decimals) in enumerate(QUANTITIES):
            course = np.interp(at, known, self.hours[name][station, first : first + 25])
            most = 100.0 if name == "relative_humidity" else np.inf
            quiet = (course == 0) & (name == "shortwave_radiation")
            read = np.where(quiet, 0.0, course + rng.normal(0, noise, MINUTES))
            floor = -60.0 if name.endswith("temperature") else 0.0
            out[row] = np.clip(read, floor, most).round(decimals) + 0.0
        return out


def fill(store: SqliteStore, year: Year) -> None:
    """Seal the days that are not sealed yet, and work out their hours."""
    writer = store._writing
    sealer = writer._elsewhere
    assert isinstance(sealer, Sealer)
    reader = PointReader(writer.connection, SealedDays(writer.connection, sealer.archive))
    done = {day for (day,) in writer.connection.execute("SELECT day FROM sealed")}
    for number in range(year.days):
        day = START // DAY + number
        if day in done:
            continue
        columns = _columns(year, number)
        with writer._transaction():
            sealer.put_away(day, columns, ())
        with writer._transaction():
            reader.work_out_hours(day)
        if number % 10 == 0:
            print(f"day {number} of {year.days} {time.strftime('%H:%M:%S')}", file=sys.stderr, flush=True)


def _columns(year: Year, number: int) -> Day:
    """All stations' points of one day, sorted as a file is; one message a minute and station."""
    times = START + number * DAY + np.arange(MINUTES) * MINUTE
    found = []
    for station in range(year.stations):
        messages = (number * year.stations + station) * MINUTES + 1 + np.arange(MINUTES)
        for (name, _, _), values in zip(QUANTITIES, year.minutes(station, number), strict=True):
            found.append(((f"s{station}", f"d{station}", name, ""), values, messages))
    found.sort(key=lambda one: one[0])
    count = len(found)
    return Day(
        [(name, MINUTES) for name, _, _ in found],
        np.tile(times, count),  # type: ignore[arg-type]
        np.concatenate([values for _, values, _ in found]),  # type: ignore[arg-type]
        np.zeros(count * MINUTES, np.int16),  # type: ignore[arg-type]
        ["b1"] * (count * MINUTES),
        np.tile(number * MINUTES + 1 + np.arange(MINUTES), count),  # type: ignore[arg-type]
        np.concatenate([messages for _, _, messages in found]),  # type: ignore[arg-type]
    )
