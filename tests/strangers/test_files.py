"""``ecoviv replay FILE --dry-run --json`` on every small file of the cases: each value, and nothing besides.

What must come out is typed from the table beside the files (``expected.tsv``): value, unit, time, period,
method, depth.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.strangers.conftest import Row, Run, case, territory

MEASURED = ("quantity", "value", "unit", "time", "period_s", "method", "depth_m")
HEARD = (
    "taxon",
    "score",
    "time",
    "duration_s",
    "model",
    "version",
    "threshold",
    "effort_s",
    "det_prob",
    "doubt",
)
BIRDNET = ("--model", "BirdNET@2.4", "--threshold", "0.5", "--duration", "60")
RECORDER = {"sensors": ["acoustic"], "timezone": "Europe/Paris", "serial": "WOO"}
STATION = ("--as", "s/d")
"""Files that name no instrument."""


class Case(NamedTuple):
    """A file, whose it is, what is typed besides, and what must come out."""

    file: str
    device: Row
    words: tuple[str, ...]
    values: list[tuple[object, ...]]


def hour(
    hour: int, temperature: float, light: float, rain: float, humidity: float
) -> list[tuple[object, ...]]:
    """A row of KNMI: T, Q / 0.36 (1 J/cm2 an hour is 2.7778 W/m2), RH, U; the others are the same in all."""
    time = f"2026-05-01T{hour:02}:00:00Z"
    return [
        ("air_temperature", temperature, "Cel", time, 0, "point", None),
        ("relative_humidity", humidity, "%", time, 0, "point", None),
        ("air_pressure", 1010.4, "hPa", time, 0, "point", None),
        ("wind_speed", 3.0, "m/s", time, 3600, "mean", None),
        ("wind_gust", 6.0, "m/s", time, 3600, "max", None),
        ("wind_from_direction", 290.0, "deg", time, 600, "mean", None),
        ("precipitation_amount", rain, "mm", time, 3600, "sum", None),
        ("shortwave_radiation", light, "W/m2", time, 3600, "mean", None),
    ]


def toms(time: str, soil: float, low: float, high: float, count: float) -> list[tuple[object, ...]]:
    return [
        ("soil_temperature", soil, "Cel", time, 0, "point", 0.06),
        ("air_temperature", low, "Cel", time, 0, "point", -0.02),
        ("air_temperature", high, "Cel", time, 0, "point", -0.15),
        ("soil_moisture_count", count, "1", time, 0, "point", 0.07),
    ]


def station(time: str, *values: tuple[str, float, str, str]) -> list[tuple[object, ...]]:
    """Five minutes of a weewx database."""
    return [(name, value, unit, time, 300, method, None) for name, value, unit, method in values]


NINE, TEN = "2026-05-01T21:00:00Z", "2026-05-01T22:00:00Z"
THREE, ELEVEN = "2026-05-02T03:00:00Z", "2026-05-01T23:00:00Z"
BLACKBIRD = (0.92, "2026-05-14T03:00:00Z", 3.0, "BirdNET", "2.4", 0.5, 60.0, None)

CASES = [
    Case(
        "data_94000001_2026_05_01_0.csv",
        {"sensors": ["soil"], "timezone": "UTC", "serial": "94000001"},
        (),
        toms("2026-05-01T12:00:00Z", 9.5, 10.25, 11, 1500)
        + toms("2026-05-01T12:15:00Z", 9.5, 10.5, 11.25, 1501),
    ),
    Case(
        "uurgeg_260.txt",
        {"sensors": ["weather"], "serial": "260"},
        (),
        hour(1, 9.2, 0, 0, 74) + hour(12, 15.2, 694.44444, 0, 54) + hour(18, 13.2, 138.88889, 3.4, 84),
    ),
    Case(
        "hobo_buried.csv",
        {"sensors": ["soil"], "depth_m": 0.1, "serial": "5"},
        (),
        [("soil_temperature", 8.4, "Cel", NINE, 0, "point", 0.1)],
    ),
    Case(
        "hobo_en_us_default.csv",
        {"sensors": ["weather"], "serial": "20000001"},
        (),
        [
            ("air_temperature", 10.22222, "Cel", THREE, 0, "point", None),
            ("relative_humidity", 84.9, "%", THREE, 0, "point", None),
            ("air_temperature", 10.05556, "Cel", "2026-05-02T03:15:00Z", 0, "point", None),
            ("relative_humidity", 85.0, "%", "2026-05-02T03:15:00Z", 0, "point", None),
        ],
    ),
    Case(
        "hobo_two_temps.csv",
        {"sensors": ["soil", "weather"], "serial": "20000001"},
        (),
        [
            ("air_temperature", 10.4, "Cel", NINE, 0, "point", None),
            ("soil_temperature", 8.2, "Cel", NINE, 0, "point", 0.1),
            ("soil_moisture", 0.31, "m3/m3", NINE, 0, "point", None),
        ],
    ),
    Case(
        "toa5.dat",
        {"sensors": ["weather"], "timezone": "UTC+1", "serial": "E0001"},
        (),
        [
            ("air_temperature", 10.4, "Cel", TEN, 3600, "mean", None),
            ("relative_humidity", 84.9, "%", TEN, 0, "point", None),
            ("wind_speed", 1.2, "m/s", TEN, 3600, "mean", None),
            ("precipitation_amount", 0, "mm", TEN, 3600, "sum", None),
            ("shortwave_radiation", 0, "W/m2", TEN, 3600, "mean", None),
            ("relative_humidity", 85, "%", ELEVEN, 0, "point", None),
            ("wind_speed", 1.1, "m/s", ELEVEN, 3600, "mean", None),
            ("precipitation_amount", 0.2, "mm", ELEVEN, 3600, "sum", None),
            ("shortwave_radiation", 0, "W/m2", ELEVEN, 3600, "mean", None),
        ],
    ),
    Case(
        "ecowitt_display.csv",
        {"sensors": ["weather"], "timezone": "Europe/Paris"},
        STATION,
        [
            ("air_temperature", 10.4, "Cel", NINE, 0, "point", None),
            ("relative_humidity", 84, "%", NINE, 0, "point", None),
            ("shortwave_radiation", 0, "W/m2", NINE, 0, "point", None),
            ("wind_speed", 1.2, "m/s", NINE, 0, "point", None),
        ],
    ),
    Case(
        "SM3_Summary.txt",
        {"sensors": ["acoustic"], "timezone": "Europe/Paris", "serial": "SM3"},
        (),
        [
            ("battery_voltage", 5.9, "V", "2026-05-14T03:00:00Z", 0, "point", None),
            ("case_temperature", 12.25, "Cel", "2026-05-14T03:00:00Z", 0, "point", None),
        ],
    ),
    Case("birdnet_analyzer.csv", RECORDER, BIRDNET, [("Turdus merula", *BLACKBIRD, None)]),
    Case("kaleidoscope.csv", RECORDER, BIRDNET, [("Turdus merula", *BLACKBIRD, None)]),
    Case(
        "raven.selection.table.txt",
        RECORDER,
        BIRDNET,
        [("Eurasian Blackbird", *BLACKBIRD, "no scientific name")],
    ),
    Case(
        "batdetect2.json",
        {"sensors": ["acoustic"]},
        ("--model", "batdetect2@1.3", "--threshold", "0.3", "--start", "2026-05-14T22:00:00+02:00", *STATION),
        [
            (
                "Pipistrellus pipistrellus", 0.74, "2026-05-14T20:00:00.05Z", 0.01,
                "batdetect2", "1.3", 0.3, 2.0, 0.77, None,
            )
        ],
    ),
    Case(
        "weewx_5.5.sdb",
        {"sensors": ["weather"], "timezone": "UTC"},
        STATION,
        # 1 inHg is 33.86389 hPa at 32 degF: the usual factor of weewx.
        station(
            "2026-10-24T12:30:00Z",
            ("air_temperature", 10.0, "Cel", "mean"),
            ("relative_humidity", 81.0, "%", "mean"),
            ("air_pressure", 1032.8485, "hPa", "mean"),
            ("wind_speed", 2.2352, "m/s", "mean"),
            ("wind_gust", 4.02336, "m/s", "max"),
            ("wind_from_direction", 225.0, "deg", "mean"),
            ("precipitation_amount", 0.508, "mm", "sum"),
            ("shortwave_radiation", 250.0, "W/m2", "mean"),
        ),
    ),
]  # fmt: skip


def rows(said: Row) -> list[tuple[object, ...]]:
    """What came out, as the cases have it."""
    return [tuple(row[key] for key in (HEARD if "taxon" in row else MEASURED)) for row in said["values"]]


def same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """All cells; numbers to six digits."""
    return len(one) == len(other) and all(
        mine == pytest.approx(theirs, rel=1e-6, abs=1e-6) if isinstance(theirs, float) else mine == theirs
        for mine, theirs in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("one", CASES, ids=[one.file for one in CASES])
def test_every_value_and_nothing_besides(one: Case, run: Run, tmp_path: Path) -> None:
    path, places = case(one.file), territory(tmp_path, {"id": "d"} | one.device)
    code, said, talk = run("replay", path, "--territory", places, "--dry-run", *one.words)
    assert code == 0, talk
    found = rows(said)
    if one.file.endswith(".sdb"):  # its first row is what the simulator of weewx made
        assert ("air_temperature", -0.1205084684, "Cel", "2026-10-24T12:25:00Z", 300, "mean", None) in found
        found = [row for row in found if row[3] != "2026-10-24T12:25:00Z"]
    assert [row for row in one.values if not any(same(other, row) for other in found)] == []
    assert [row for row in found if not any(same(row, other) for other in one.values)] == []
    assert {(row["site"], row["device"]) for row in said["values"]} == {("s", "d")}


def test_a_stem_is_no_soil_whatever_calibration_there_is(run: Run, tmp_path: Path) -> None:
    """Four counts of 8890 / 32721 um; its temperature is named and left."""
    device = {
        "id": "d",
        "sensors": ["soil"],
        "timezone": "UTC",
        "serial": "92000001",
        "soil_calibration": "loam",
    }
    curve = '[[calibrations]]\nid = "loam"\na = 0.0\nb = 0.0001\nc = 0.0\nsource = "made up"'
    places = territory(tmp_path, device, more=curve)
    code, said, talk = run("replay", case("data_92000001_0.csv"), "--territory", places, "--dry-run")
    assert code == 0, talk
    assert [(row["quantity"], row["unit"], row["time"]) for row in said["values"]] == [
        ("stem_radius_change", "um", "2026-05-01T12:00:00Z"),
        ("stem_radius_change", "um", "2026-05-01T12:15:00Z"),
    ]
    first, second = (row["value"] for row in said["values"])
    assert second - first == pytest.approx(4 * 8890 / 32721, abs=1e-4)
    assert "temperature inside a dendrometer" in talk


@pytest.mark.parametrize(
    ("file", "words", "wanting"),
    [
        ("birdnet_analyzer.csv", (), ("--model", "--threshold")),
        ("raven.selection.table.txt", ("--threshold", "0.5"), ("--model",)),
        ("kaleidoscope.csv", ("--model", "BirdNET@2.4"), ("--threshold",)),
        ("batdetect2.json", ("--model", "b@1", "--threshold", "0.5", *STATION), ("--start",)),
    ],
)
def test_what_a_file_does_not_say_is_asked_for_by_name(
    file: str, words: tuple[str, ...], wanting: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    places = territory(tmp_path, {"id": "d"} | RECORDER)
    code, said, talk = run("replay", case(file), "--territory", places, "--dry-run", *words)
    assert (code, said["values"]) == (1, [])
    assert all(option in talk for option in wanting)


def test_a_position_in_a_summary_and_a_pressure_reduced_to_the_sea_are_said(run: Run, tmp_path: Path) -> None:
    places = territory(tmp_path, {"id": "d", "sensors": ["acoustic", "weather"], "timezone": "Europe/Paris"})
    _, said, _ = run("replay", case("SM3_Summary.txt"), "--territory", places, "--dry-run", *STATION)
    assert said["files"][0]["position"] == [46.501, 1.483]
    _, _, talk = run("replay", case("uurgeg_260.txt"), "--territory", places, "--dry-run", *STATION)
    assert "reduced to sea level" in talk
