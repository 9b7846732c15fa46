"""weewx: its database, also while it is written, and tables with its field names."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from contract.places import Device
from firmware_sim.replay.readers.loggers.catalogue import pick_logger
from firmware_sim.replay.readers.reader import Findings, Question
from tests.firmware_sim.replay.loggers.conftest import PLACE, Told

Read = Callable[..., Told]
CASE = Path(__file__).resolve().parents[5] / "shared" / "cases" / "formats" / "weewx_5.5.sdb"
FIELDS = ("dateTime", "usUnits", "interval", "outTemp", "pressure", "windSpeed", "rain", "soilMoist1", "kelp")
NOON = 1_777_636_800  # 2026-05-01T12:00:00Z
TIME = "2026-05-01T12:00:00Z"


def archive(path: Path, rows: Sequence[Sequence[object]], fields: Sequence[str] = FIELDS) -> Path:
    """A database as weewx lays one out."""
    with sqlite3.connect(path) as database:
        columns = ", ".join(f'"{field}" REAL' for field in fields[3:])
        database.execute(
            "CREATE TABLE archive (dateTime INTEGER NOT NULL PRIMARY KEY, usUnits INTEGER NOT NULL,"
            f" interval INTEGER NOT NULL, {columns})"
        )
        database.executemany(f"INSERT INTO archive VALUES ({', '.join('?' * len(fields))})", rows)
    database.close()
    return path


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        # 50 degF = 10 Cel; 29.92 inHg x 33.8638866667; 10 mph x 0.44704; 0.1 in = 2.54 mm
        (1, (10.0, 1013.207489, 4.4704, 2.54)),
        (16, (50.0, 29.92, 10 / 3.6, 1.0)),  # cm and km/h
        (17, (50.0, 29.92, 10.0, 0.1)),  # mm and m/s
    ],
)
def test_each_of_the_three_unit_systems(
    system: int, expected: tuple[float, ...], tmp_path: Path, told: Read
) -> None:
    path = archive(tmp_path / "weewx.sdb", [(NOON, system, 10, 50, 29.92, 10, 0.1, 30, None)])
    found = told(path, "paris")
    names = ("air_temperature", "air_pressure", "wind_speed", "precipitation_amount")
    assert [found.at(name, TIME) for name in names] == pytest.approx(expected)
    assert found.values["precipitation_amount", TIME][1:3] == (600, "sum")
    # a suction of 30 cb is a potential of -30 kPa
    assert found.at("soil_water_potential", TIME) == -30


def test_a_field_that_nobody_knows_is_named(tmp_path: Path, told: Read) -> None:
    found = told(archive(tmp_path / "weewx.sdb", [(NOON, 17, 5, 11, None, None, None, None, 3)]))
    assert found.values == {("air_temperature", TIME): (11.0, 300, "mean", None)}
    assert "not understood and not read: kelp" in found.findings.notes
    assert "soilMoist1" not in found.said  # it holds nothing


def test_sea_level_stands_in_only_where_the_station_has_no_own_pressure(tmp_path: Path, told: Read) -> None:
    fields = ("dateTime", "usUnits", "interval", "barometer", "pressure")
    own = told(archive(tmp_path / "own.sdb", [(NOON, 17, 5, 1020, 960)], fields))
    assert own.at("air_pressure", TIME) == 960
    assert "known and left: barometer (reduced to sea level)" in own.findings.notes
    other = told(archive(tmp_path / "other.sdb", [(NOON, 17, 5, 1020, None)], fields))
    assert other.at("air_pressure", TIME) == 1020
    assert "barometer is read as air_pressure: it is reduced to sea level" in other.findings.notes


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_weewx_goes_on_writing_while_its_database_is_read(mode: str, tmp_path: Path) -> None:
    rows = [(NOON + 300 * number, 17, 5, 11, 960, 1, 0, 10, None) for number in range(1_200)]
    path = archive(tmp_path / "weewx.sdb", rows)
    writer = sqlite3.connect(path, timeout=0, isolation_level=None)
    writer.execute(f"PRAGMA journal_mode = {mode}")
    last = NOON + 300 * 1_200  # committed; in WAL mode it stands beside the file only
    writer.execute(
        "INSERT INTO archive (dateTime, usUnits, interval, outTemp) VALUES (?, 17, 5, 12)", (last,)
    )
    writer.execute("BEGIN IMMEDIATE")  # weewx is in the middle of a record
    writer.execute(
        "INSERT INTO archive (dateTime, usUnits, interval, outTemp) VALUES (?, 17, 5, 99)", (NOON - 300,)
    )
    reader = pick_logger(path)
    assert reader is not None
    sent = reader.read(path, Question(PLACE, ("s", "mast")), Findings())
    first = next(sent)
    writer.execute("COMMIT")  # timeout 0: it must find the file free
    later = NOON + 300 * 2_000
    writer.execute(
        "INSERT INTO archive (dateTime, usUnits, interval, outTemp) VALUES (?, 17, 5, 99)", (later,)
    )
    writer.close()
    assert first.instant == NOON * 1_000_000_000
    assert len([first, *sent]) == 1_201


def test_the_same_archive_is_the_same_replay_and_a_longer_one_another(tmp_path: Path) -> None:
    def boot(path: Path) -> str:
        reader = pick_logger(path)
        assert reader is not None
        return next(iter(reader.read(path, Question(PLACE, ("s", "mast")), Findings()))).boot

    row = (NOON, 17, 5, 11, 960, 1, 0, 10, None)
    one, copy = archive(tmp_path / "a.sdb", [row]), archive(tmp_path / "b.sdb", [row])
    longer = archive(tmp_path / "c.sdb", [row, (NOON + 300, *row[1:])])
    assert boot(one) == boot(copy) != boot(longer)


def test_a_database_of_something_else_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "birds.sdb"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE detections (Date, Time, Sci_Name)")
    database.close()
    assert pick_logger(path) is None
    path.write_bytes(b"SQLite format 3\x00" + b"torn" * 100)
    assert pick_logger(path) is None


def test_a_station_is_not_read_as_a_device_without_weather(tmp_path: Path, told: Read) -> None:
    found = told(archive(tmp_path / "weewx.sdb", [(NOON, 17, 5, 11, 960, 1, 0, 30, None)]), "probe")
    assert found.quantities == {"soil_water_potential"}
    assert "not read: outTemp: device probe has no weather sensor" in found.findings.notes
    assert isinstance(PLACE.device_by_id["probe"], Device)


def test_a_table_of_the_archive_states_time_and_units_in_each_row(tmp_path: Path, told: Read) -> None:
    path = tmp_path / "weewx.csv"
    path.write_text(
        "# dateTime,usUnits,interval,outTemp,rain,kelp\n"
        f"{NOON},16,10,11.5,0.02,7\n{NOON + 600},16,10,None,0,7\n"
    )
    found = told(path, "paris")
    assert found.values == {
        ("air_temperature", TIME): (11.5, 600, "mean", None),
        ("precipitation_amount", TIME): (0.2, 600, "sum", None),
        ("precipitation_amount", "2026-05-01T12:10:00Z"): (0.0, 600, "sum", None),
    }
    path.write_text(f"dateTime,usUnits,outTemp\n{NOON},16,11.5\n{NOON + 600},1,50\n")
    assert "usUnits must be 1, 16 or 17 and the same in all rows, not 1, 16" in told(path, "paris").said


@pytest.mark.parametrize("name", ["weewx_import_csv_1.csv", "weewx_import_csv_2.csv"])
def test_a_table_for_the_importer_states_no_unit(
    name: str, shared_data: Callable[[str], Path], told: Read
) -> None:
    found = told(shared_data(f"payloads/{name}"), "paris")
    assert not found.values
    assert "not understood and not read: Temp: its unit is stated nowhere" in found.findings.notes
    assert found.findings.unread == 1


def test_the_given_database(told: Read) -> None:
    if not CASE.exists():
        pytest.skip("reference data absent: ../shared/cases/formats/weewx_5.5.sdb")
    found = told(CASE, "paris")
    assert found.at("air_temperature", "2026-10-24T12:25:00Z") == pytest.approx(-0.12051, abs=1e-5)
    assert found.at("air_pressure", "2026-10-24T12:25:00Z") == pytest.approx(1053.12592, abs=1e-5)
    last = "2026-10-24T12:30:00Z"
    expected = {"air_temperature": 10.0, "relative_humidity": 81, "air_pressure": 1032.8485,
                "wind_speed": 2.2352, "wind_gust": 4.02336, "wind_from_direction": 225,
                "precipitation_amount": 0.508, "shortwave_radiation": 250}  # fmt: skip
    assert {name: found.at(name, last) for name in found.quantities} == pytest.approx(expected, abs=1e-4)
    assert found.values["wind_speed", last][1:3] == (300, "mean")
