"""Campbell TOA5: the units row decides the unit, the processing row the method."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_sim.replay.readers.loggers.spelling.names import depth_named, quantity_named
from firmware_sim.replay.readers.loggers.toa5 import table_period
from tests.firmware_sim.replay.loggers.conftest import Told

Read = Callable[..., Told]
HEAD = '"TOA5","N1","CR1000","E0001","CR1000.Std.32","CPU:n1.CR1","0001","{table}"\n'
CASE = Path(__file__).resolve().parents[5] / "shared" / "cases" / "formats" / "toa5.dat"


def write(folder: Path, columns: list[tuple[str, str, str]], rows: list[str], table: str = "Hourly") -> Path:
    names, units, ways = zip(("TIMESTAMP", "TS", ""), *columns, strict=True)
    path = folder / "n1_Table1.dat"
    lines = [",".join(f'"{cell}"' for cell in row) for row in (names, units, ways)]
    path.write_text(HEAD.format(table=table) + "\n".join([*lines, *rows]) + "\n")
    return path


def test_units_and_methods_are_those_of_the_header_rows(tmp_path: Path, told: Read) -> None:
    columns = [
        ("AirTF_Avg", "Deg F", "Avg"),  # 50 degF is 10 Cel by definition
        ("RH", "%", "Smp"),
        ("WS_ms_S_WVT", "meters/second", "WVc"),
        ("WindDir_D1_WVT", "Deg", "WVc"),
        ("WindDir_SD1_WVT", "Deg", "WVc"),
        ("Rain_in_Tot", "inch", "Tot"),  # 0.1 inch is 2.54 mm
        ("SlrMJ_Tot", "MJ/m^2", "Tot"),  # 1.8 MJ/m2 in 1,800 s is 1,000 W/m2
        ("BattV_Min", "Volts", "Min"),
        ("VWC_10cm_Avg", "m^3/m^3", "Avg"),
        ("SoilT_10cm_Avg", "Deg C", "Avg"),
    ]
    rows = [
        '"2026-05-01 23:00:00",50,81,1.5,225,12,0.1,1.8,12.6,0.31,9.5',
        '"2026-05-01 23:30:00",50,81,1.5,225,12,0,0,12.6,0.31,9.5',
    ]
    found = told(write(tmp_path, columns, rows))
    at = {name: found.values[name, "2026-05-01T22:00:00Z"] for name in found.quantities}
    assert at == {
        "air_temperature": (10.0, 1800, "mean", None),
        "relative_humidity": (81.0, 0, "point", None),
        "wind_speed": (1.5, 1800, "mean", None),
        "wind_from_direction": (225.0, 1800, "mean", None),
        "precipitation_amount": (2.54, 1800, "sum", None),
        "shortwave_radiation": (1000.0, 1800, "mean", None),
        "battery_voltage": (12.6, 1800, "min", None),
        "soil_moisture": (0.31, 1800, "mean", 0.1),
        "soil_temperature": (9.5, 1800, "mean", 0.1),
    }
    assert "WindDir_SD1_WVT [Deg, WVc] (a spread)" in found.said
    assert not found.findings.problems


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (("AirTC_Avg", "", "Avg"), "AirTC_Avg [no unit, Avg]"),
        (("AirTC_Avg", "furlong", "Avg"), "'furlong' is not a unit"),
        (("AirTC", "Deg C", ""), "AirTC [Deg C, no method]"),
        (("Temp_C_Avg", "Deg C", "Avg"), "Temp_C_Avg"),  # air or soil?
        (("Rain_mm_Smp", "mm", "Smp"), "Rain_mm_Smp"),  # may be a running total
        (("SWout_Avg", "W/m^2", "Avg"), "SWout_Avg"),
        (("DewPoint_Avg", "Deg C", "Avg"), "DewPoint_Avg"),
        (("SolarV_Avg", "Volts", "Avg"), "SolarV_Avg"),
    ],
)
def test_what_is_not_stated_is_named_and_not_read(
    column: tuple[str, str, str], why: str, tmp_path: Path, told: Read
) -> None:
    rows = ['"2026-05-01 23:00:00",5,81', '"2026-05-02 00:00:00",5,82']
    found = told(write(tmp_path, [column, ("RH", "%", "Smp")], rows))
    assert found.quantities == {"relative_humidity"}
    assert any(why in note and "not understood and not read" in note for note in found.findings.notes)


def test_columns_that_nothing_tells_apart_are_named(tmp_path: Path, told: Read) -> None:
    columns = [("AirTC_1_Avg", "Deg C", "Avg"), ("AirTC_2_Avg", "Deg C", "Avg"), ("RH", "%", "Smp")]
    found = told(write(tmp_path, columns, ['"2026-05-01 23:00:00",5,6,81', '"2026-05-01 23:10:00",5,6,81']))
    assert found.quantities == {"relative_humidity"}
    assert (
        "nothing tells them apart, not even a depth: AirTC_1_Avg [Deg C, Avg], AirTC_2_Avg [Deg C, Avg]"
        in found.said
    )


def test_one_bad_cell_leaves_the_rest_of_its_row(tmp_path: Path, told: Read) -> None:
    columns = [("AirTC_Avg", "Deg C", "Avg"), ("RH", "%", "Smp"), ("WS", "m/s", "Smp")]
    found = told(write(tmp_path, columns, ['"2026-05-01 23:00:00",wet,81,7999', "torn,1,2,3"], "FiveMin"))
    assert found.values == {("relative_humidity", "2026-05-01T22:00:00Z"): (81.0, 0, "point", None)}
    assert [problem.split(", line ")[1] for problem in found.findings.problems] == [
        "5: AirTC_Avg [Deg C, Avg]: 'wet' is not a number",
        "6: 'torn' is not a date and time",
    ]


def test_a_header_that_comes_again_is_passed_over_and_another_table_is_refused(
    tmp_path: Path, told: Read
) -> None:
    path = write(tmp_path, [("RH", "%", "Smp")], ['"2026-05-01 23:00:00",81'])
    once = path.read_text()
    path.write_text(once + once.replace("23:00:00", "23:10:00"))
    assert len(told(path).values) == 2
    path.write_text(once + once.replace('"RH"', '"WS"'))
    assert "another table begins in line 6" in told(path).said


@pytest.mark.parametrize(
    ("table", "seconds"),
    [("Hourly", 3600), ("FiveMin", 300), ("Table_15min", 900), ("min10", 600), ("Daily", 86400),
     ("Table1", None), ("acemocca_1hr", 3600), ("Administration", None)],
)  # fmt: skip
def test_a_tables_name_may_say_how_long_its_rows_last(table: str, seconds: float | None) -> None:
    assert table_period(table) == seconds


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        # names of public CR1000, CR300, CR6 and CR1000X programs
        ("AirTC_Avg", "air_temperature"), ("air_temp_0200", "air_temperature"),
        ("Temp_Air", "air_temperature"),
        ("AirTemp_HC2S3_S01", "air_temperature"), ("RelHum_HC2S3_S01", "relative_humidity"),
        ("PTemp_C_Avg", "case_temperature"), ("BattV_Min", "battery_voltage"),
        ("Batt_Volt", "battery_voltage"), ("WindSpeed_ms", "wind_speed"),
        ("SlrFD_W_Avg", "shortwave_radiation"),
        ("SolarRad_Avg", "shortwave_radiation"), ("BP_mbar", "air_pressure"),
        ("T_soil_5cm", "soil_temperature"),
        ("VW_Avg", "soil_moisture"), ("PAR_Den_Avg", "photosynthetic_photon_flux_density"),
        ("LeafTemp1_Avg", ""), ("Fruit1Diameter_Avg", ""), ("Ts_50_Avg", ""), ("TC1", ""), ("TdC_Avg", ""),
        ("VPD_kPa", ""), ("Nivel_m", ""), ("MOD_TEMP_Avg", ""), ("Tv", ""), ("SWnet", ""),
        ("PressureRaw", ""), ("Wspeed_Max", "wind_speed"), ("RelHumid_Avg(3)", "relative_humidity"),
        ("CaseT", "case_temperature"), ("Bat12V", "battery_voltage"), ("LWin_Avg", ""),
        ("Batt_Min", "battery_voltage"),
    ],
)  # fmt: skip
def test_a_name_says_what_is_measured_only_where_it_leaves_no_doubt(name: str, quantity: str) -> None:
    assert quantity_named(name) == quantity


def test_a_depth_is_read_where_the_name_states_its_unit() -> None:
    assert depth_named("VWC_10cm_Avg", "soil_moisture") == 0.1
    assert depth_named("SoilT_1m_Avg", "soil_temperature") == 1.0
    assert depth_named("SoilT_50_Avg", "soil_temperature") is None
    assert depth_named("Rain_10mm", "precipitation_amount") is None


def test_the_given_case(told: Read) -> None:
    if not CASE.exists():
        pytest.skip("reference data absent: ../shared/cases/formats/toa5.dat")
    found = told(CASE)
    first, second = "2026-05-01T22:00:00Z", "2026-05-01T23:00:00Z"
    assert found.values["air_temperature", first] == (10.4, 3600, "mean", None)
    assert found.values["wind_speed", first] == (1.2, 3600, "mean", None)
    assert (found.at("relative_humidity", first), found.at("shortwave_radiation", first)) == (84.9, 0)
    assert (found.at("precipitation_amount", first), found.at("precipitation_amount", second)) == (0, 0.2)
    assert found.at("air_temperature", second) is None
    assert not found.findings.problems
