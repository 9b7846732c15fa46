"""Shipped maps: KNMI's hours are not its days, its codes no numbers; EMS titles state their units."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contract.places import Device, Territory
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.reader import Findings, Question
from tests.firmware_sim.replay.loggers.conftest import PLACE, Told

Read = Callable[..., Told]
HEAD = "# BRON: KONINKLIJK NEDERLANDS METEOROLOGISCH INSTITUUT (KNMI)\n#\n# HH : tijd\n"
HOURS = HEAD + "# STN,YYYYMMDD,   HH,   DD,   FH,    T,    Q,   RH,    P,    U\n#\n"


def hours(folder: Path, *rows: str) -> Path:
    path = folder / "uurgeg_344.txt"
    path.write_text(HOURS + "".join(f"  344,20260501,{row}\n" for row in rows))
    return path


def test_an_hour_ends_at_its_number_and_24_is_the_next_midnight(tmp_path: Path, told: Read) -> None:
    found = told(hours(tmp_path, "    1,  290,   30,  -15,    0,    0,10104,   74", "   24,,,5,,,,"), "blain")
    assert found.reader == "knmi-hourly"
    # Tenths: -15 is -1.5 Cel, 30 is 3.0 m/s, 10104 is 1010.4 hPa.
    assert found.values["air_temperature", "2026-05-01T01:00:00Z"] == (-1.5, 0, "point", None)
    assert found.values["wind_speed", "2026-05-01T01:00:00Z"] == (3.0, 3600, "mean", None)
    assert found.at("air_temperature", "2026-05-02T00:00:00Z") == 0.5
    assert "reduced to sea level" in found.said


def test_codes_are_no_numbers(tmp_path: Path, told: Read) -> None:
    found = told(hours(tmp_path, "1,0,0,,,-1,,", "2,990,10,,,34,,", "3,360,20,,250,0,,"), "blain")
    # -1: less than 0.05 mm; 0: calm, 990: variable, neither is a direction; 250 J/cm2 in 3,600 s.
    rain = [found.at("precipitation_amount", f"2026-05-01T0{hour}:00:00Z") for hour in (1, 2, 3)]
    assert rain == [0, 3.4, 0]
    directions = [found.at("wind_from_direction", f"2026-05-01T0{hour}:00:00Z") for hour in (1, 2, 3)]
    assert directions == [None, None, 360]
    assert found.values["shortwave_radiation", "2026-05-01T03:00:00Z"][:2] == (round(2.5e6 / 3600, 6), 3600)


def test_days_are_days_with_or_without_a_sign_before_the_header(tmp_path: Path, told: Read) -> None:
    for sign in ("# ", ""):
        path = tmp_path / "etmgeg_344.txt"
        path.write_text(HEAD + f"{sign}STN,YYYYMMDD,   TG,   RH,    Z\n  344,20260501,   92,   -1,    3\n")
        found = told(path, "blain")
        assert found.reader == "knmi-daily"
        assert found.values["air_temperature", "2026-05-01T00:00:00Z"] == (9.2, 86400, "mean", None)
        assert "not understood and not read: column 'Z'" in found.said


def test_a_title_alone_makes_no_knmi_file(tmp_path: Path) -> None:
    path = tmp_path / "uurgeg_344.txt"
    path.write_text(HEAD + "# STN,YYYYMMDD,   HH,    T\nfirst,of,May,warm\n")
    (source,) = discover([path], known_maps())
    assert source.reader is None


def test_weather_is_none_of_a_device_in_the_soil(tmp_path: Path) -> None:
    probe = Device(id="d", site="s", sensors=("soil",))
    place = Territory(id="t", zones=PLACE.zones, sites=PLACE.sites, devices=(probe,))
    (source,), findings = discover([hours(tmp_path, "1,290,30,92,0,0,10104,74")], known_maps()), Findings()
    assert list(source.open(Question(territory=place, given=("s", "d")), findings)) == []
    assert findings.problems[0].endswith("device d has no weather sensor")


def test_titles_state_the_units_and_na_is_an_absence(tmp_path: Path, told: Read) -> None:
    path = tmp_path / "00_2026_05_01.csv"
    path.write_text(
        "DATE TIME;1. SWP [-bar] GB Delm.;2. Temperature [oC];3. Humidity [%];\r\n"
        "2026-05-01 22:00:00;NA;9,5;84;\r\n2026-05-01 22:30:00;1,5;9,25;84;\r\n"
    )
    found = told(path, "probe")
    # A suction of 1.5 bar is a potential of -150 kPa.
    assert found.at("soil_water_potential", "2026-05-01T22:30:00Z") == -150
    assert found.at("soil_water_potential", "2026-05-01T22:00:00Z") is None
    assert found.at("soil_temperature", "2026-05-01T22:00:00Z") == 9.5
    assert "relative_humidity" not in found.quantities
    assert "device probe has no weather sensor" in found.said


def test_a_binary_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "00_2026_05_01.dcv"
    path.write_bytes(b"\x10\0\0\0d\0\0\0" + bytes(56))
    (source,) = discover([tmp_path], known_maps())
    assert source.reader is None
    assert "export it as text" in source.why
