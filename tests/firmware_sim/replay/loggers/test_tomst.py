"""TOMST files: the columns say which instrument wrote them; UTC whatever its owner's zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.places import Calibration, Device, Territory
from contract.values import values_of
from contract.wire import decode
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.loggers.spelling.date_order import order_of
from firmware_sim.replay.readers.reader import Findings, Question
from tests.firmware_sim.replay.loggers.conftest import PLACE

CURVE = Calibration(id="loam", a=0, b=1e-4, c=0, source="hand-made for this test")


def rows_of(
    path: Path, findings: Findings, *, sensors: tuple[str, ...] = ("soil",)
) -> list[tuple[object, ...]]:
    """(time, quantity, value, depth [m]) of all values, sent by a calibrated device of these sensors."""
    device = Device.model_validate(
        {"id": "d", "site": "s", "sensors": sensors, "timezone": "UTC", "soil_calibration": "loam"}
    )
    place = Territory(id="t", zones=PLACE.zones, sites=PLACE.sites, devices=(device,), calibrations=(CURVE,))
    (source,) = discover([path], known_maps())
    assert source.reader is not None, source.why
    sent = source.open(Question(territory=place, given=("s", "d")), findings)
    rows = (row for message in sent for row in values_of(decode(message.payload)))  # type: ignore[arg-type]
    return [(row["time"], row["quantity"], row["value"], row["depth_m"]) for row in rows]


def written(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.write_bytes("\r\n".join(rows).encode() + b"\r\n")
    return path


PROBE = [
    ("2026-05-01T12:00:00Z", "soil_temperature", 9.5, 0.06),
    ("2026-05-01T12:00:00Z", "air_temperature", 10.25, -0.02),
    ("2026-05-01T12:00:00Z", "air_temperature", 11.0, -0.15),
    ("2026-05-01T12:00:00Z", "soil_moisture", 0.15, 0.07),  # 1,500 counts x 1e-4
]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("data_94000001_0.csv", "1;2026.05.01 12:00;4;9.5;10.25;11;1500;202;0"),
        ("data_94000001_2026_05_01_0.csv", "1;2026.05.01 12:00;8;9.5;10.25;11;1500;202;0;"),
        ("data_94000001_2026_05_01_0.csv", "1;2026.05.01 12:00;4;9,5;10,25;11;1500;202;0;"),
        ("data_93000001_202605.csv", "1;01.05.2026 12:00;4;9.5;10.25;11;1500;1;0;"),
        ("data_94000001_0.dcv", "1;01.05.2026 12:00:00;-4;9,5;10,25;11;1500;202;0;"),
        ("meadow 94000001.csv", "1;2026-05-01 12:00:00;0;9.5;10.25;11;1500;202;0;"),
    ],
)
def test_every_spelling_of_a_probes_file_is_the_same(tmp_path: Path, name: str, row: str) -> None:
    findings = Findings()
    assert rows_of(written(tmp_path, name, row), findings) == PROBE
    assert (findings.notes, findings.problems) == ({}, [])


@pytest.mark.parametrize("name", ["data_92000001_0.csv", "data_80000001_2026_05_01_0.csv"])
def test_a_dendrometer_tells_of_a_stem_and_of_no_soil(tmp_path: Path, name: str) -> None:
    findings = Findings()
    path = written(
        tmp_path, name,
        "0;2026.05.01 12:00;4;14.5;-200;-200;8000;205;0", "1;2026.05.01 12:15;4;14.25;-200;-200;8004;205;0",
    )  # fmt: skip
    (at, first, low, depth), (_, _, high, _) = rows_of(path, findings)
    assert (at, first, depth) == ("2026-05-01T12:00:00Z", "stem_radius_change", None)
    # 8,890 um of travel are 32,721 counts: four of them are 1.0868 um.
    assert float(str(high)) - float(str(low)) == pytest.approx(4 * 8890 / 32721, abs=1e-5)
    assert any("inside a dendrometer" in note for note in findings.notes)


def test_a_serial_of_dendrometers_is_enough(tmp_path: Path) -> None:
    path = written(tmp_path, "data_92000001_0.csv", "0;2026.05.01 12:00;4;14.5;3.5;-200;8000;205;0")
    findings = Findings()
    assert [row[1] for row in rows_of(path, findings)] == ["stem_radius_change"]


@pytest.mark.parametrize("count", ["65336", "-200"])
@pytest.mark.parametrize(
    ("sensors", "quantity"), [(("weather",), "air_temperature"), (("soil",), "soil_temperature")]
)
def test_a_thermometer_measures_where_it_is(
    tmp_path: Path, count: str, sensors: tuple[str, ...], quantity: str
) -> None:
    path = written(tmp_path, "data_91000001_0.csv", f"0;2026.05.01 12:00;4;9.875;-200;-200;{count};204;0;")
    assert [row[1:3] for row in rows_of(path, Findings(), sensors=sensors)] == [(quantity, 9.875)]


def test_a_broken_sensor_of_a_probe_makes_no_other_instrument(tmp_path: Path) -> None:
    path = written(
        tmp_path, "data_94000001_0.csv",
        "1;2026.05.01 12:00;4;9.5;-200;-200;1500;202;0", "2;2026.05.01 12:15;4;9.5;10;-200;1500;202;0",
    )  # fmt: skip
    assert {row[1] for row in rows_of(path, Findings())} == {
        "soil_temperature",
        "soil_moisture",
        "air_temperature",
    }


def test_dates_with_strokes_are_read_only_where_the_rows_decide(tmp_path: Path) -> None:
    clear = written(
        tmp_path, "data_94000001_0.csv",
        "1;04/05/2026 23:45;4;1;2;3;1500;202;0;", "2;05/05/2026 00:00;4;1;2;3;1500;202;0;",
    )  # fmt: skip
    # From day to day as day and month, from month to month the other way: a logger writes at even steps.
    assert {row[0] for row in rows_of(clear, Findings())} == {"2026-05-04T23:45:00Z", "2026-05-05T00:00:00Z"}
    # Twelve May or five December: one row decides nothing.
    open_file = written(tmp_path, "data_94000002_0.csv", "1;04/05/2026 12:00;4;1;2;3;1500;202;0;")
    (source,) = discover([open_file], known_maps())
    assert source.reader is None


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (("26.05.01",), "YMD"),  # May 2001 would be before 2005
        (("04.08.21", "04.09.21"), "MDY"),  # one day, and no month, between two rows
        (("30/09/2012",), "DMY"),
        (("2026-05-01",), "YMD"),
        (("31.05.31", "x"), "DMY"),
        (("13.13.13",), None),
    ],
)
def test_the_order_of_a_date_is_told_by_the_rows(dates: tuple[str, ...], order: str | None) -> None:
    found = order_of(dates, ("DMY", "YMD", "MDY"), since=2005)
    assert (found and found.order) == order


@pytest.mark.parametrize("year", ["0908", "2924"])
def test_a_time_that_no_clock_could_mean_is_one_row_less(tmp_path: Path, year: str) -> None:
    rows = [f"{n};{y}.05.01 12:00;4;9.5;10.25;11;1500;202;0;" for n, y in enumerate(("2026", year))]
    findings = Findings()
    assert rows_of(written(tmp_path, "data_94000001_0.csv", *rows), findings) == PROBE
    assert findings.problems[0].endswith("its time lies beyond the years that a message can state")


def test_a_date_alone_is_midnight(tmp_path: Path) -> None:
    """As the maker's program writes it in some languages."""
    rows = ("1;30.04.2026 23:45:00;4;9.5;10.25;11;1500;202;0;", "2;01.05.2026;4;9.5;10.25;11;1500;202;0;")
    found = rows_of(written(tmp_path, "data_94000001_0.csv", *rows), Findings())
    assert {row[0] for row in found} == {"2026-04-30T23:45:00Z", "2026-05-01T00:00:00Z"}


def test_only_a_mark_of_the_clock_drops_a_row(tmp_path: Path) -> None:
    # Files of 2018 mark the sensors that a thermometer has not by 22; 20 stands beside a failed -100.
    rows = [f"{n};2026.05.01 12:0{n};4;9.5;-100;11;1500;202;{mark};" for n, mark in enumerate((22, 20, 1, 0))]
    findings = Findings()
    found = rows_of(written(tmp_path, "data_94000001_0.csv", *rows), findings)
    assert {str(row[0])[14:16] for row in found} == {"00", "01", "03"}
    assert -100 not in {row[2] for row in found}
    assert findings.notes["rows that the logger marks as erroneous, not sent"] == 1
