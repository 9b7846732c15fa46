"""Météo-France, Ecowitt and WeatherLink: shapes of public files, values of our own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_sim.replay.readers.loggers.catalogue import pick_logger
from tests.firmware_sim.replay.loggers.conftest import Told

Read = Callable[..., Told]
CASES = Path(__file__).resolve().parents[5] / "shared" / "cases" / "formats"


def file(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


HOURLY = (
    "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJHH;RR1;QRR1;FF;QFF;DD;QDD;T;QT;TX;QTX;HTX;T10;U;PMER;PSTAT;TSV;"
    "GLO;KELP\n"
)


def test_an_hour_of_meteo_france_in_the_units_of_its_field_description(tmp_path: Path, told: Read) -> None:
    text = HOURLY + (
        "44015001;BLAIN;47.472833;-1.771667;13;2024010100;0.8;1;3.2;1;0;1;6.8;2;7.4;1;2351;8;81;1010.4;1008.8;9;250;"
        "4\n29075001;BREST;48.4;-4.4;94;2024010100;5;1;9;1;250;1;9;1;9;1;2351;8;81;1010.4;1008.8;9;250;4\n"
    )
    found = told(file(tmp_path, "H_44_latest.csv", text), None)
    # 250 J/cm2 in 3,600 s are 694.44 W/m2; 9 hPa are 0.9 kPa; the extreme of 23:51 lies in hour 00
    time = "2024-01-01T00:00:00Z"
    assert found.values["precipitation_amount", time] == (0.8, 3600, "sum", None)
    assert found.values["wind_speed", time] == (3.2, 600, "mean", None)
    assert found.at("shortwave_radiation", time) == pytest.approx(694.4444, abs=1e-4)
    assert found.values["shortwave_radiation", time][1:3] == (3600, "mean")
    assert found.values["soil_temperature", time] == (8.0, 0, "point", 0.1)
    assert found.values["air_temperature", time] == (6.8, 0, "point", None)
    assert (found.at("air_pressure", time), found.at("vapour_pressure", time)) == (1008.8, 0.9)
    assert "wind_from_direction" not in found.quantities  # 0 says calm
    notes = found.findings.notes
    assert notes["T: marked doubtful by Météo-France, sent"] == 1
    assert "1 rows of stations that no device of the territory has, not read" in notes
    assert "not understood and not read: KELP" in notes
    assert "known and left: PMER (reduced to sea level)" in notes


def test_a_day_of_meteo_france_is_stamped_with_its_beginning(tmp_path: Path, told: Read) -> None:
    text = "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJ;RR;QRR;TN;TX;TM;FFM;UM;GLOT;PMERM;ETPMON\n"
    text += "44015001;BLAIN;47.4;-1.7;13;20240101;10.4;1;-1.5;7.4;3.2;2.1;84;864;1010.4;0.7\n"
    found = told(file(tmp_path, "Q_44_latest.csv", text), None)
    time = "2024-01-01T00:00:00Z"
    assert found.values["precipitation_amount", time] == (10.4, 86400, "sum", None)
    assert found.values["shortwave_radiation", time] == (100.0, 86400, "mean", None)  # 864 J/cm2 in 86,400 s
    assert found.at("relative_humidity", time) == 84
    assert "PMERM is read as air_pressure: it is reduced to sea level" in found.findings.notes
    assert "RR runs from 06 UTC to 06 UTC of the next day" in found.findings.notes
    assert "ETPMON (no quantity of ours)" in found.said


def test_the_same_fields_from_the_climatological_api(tmp_path: Path, told: Read) -> None:
    text = "POSTE;DATE;RR1;QRR1;T;QT\n44015001;2024010101;0,8;1;-6,8;1\n"
    found = told(file(tmp_path, "api.csv", text), None)
    assert found.at("air_temperature", "2024-01-01T01:00:00Z") == -6.8
    assert found.at("precipitation_amount", "2024-01-01T01:00:00Z") == 0.8


def test_a_monthly_file_of_meteo_france_is_no_daily_one(tmp_path: Path) -> None:
    path = file(tmp_path, "M.csv", "NUM_POSTE;NOM_USUEL;AAAAMM;RR;TX\n44015001;BLAIN;202401;80;7\n")
    assert pick_logger(path) is None


def test_several_stations_and_none_known_are_named(tmp_path: Path, told: Read) -> None:
    row = "{};X;47;-1;13;2024010100;0.8;1;;;;;;;;;;;;;;;;\n"
    found = told(file(tmp_path, "H.csv", HOURLY + row.format("01234001") + row.format("01234002")), "mast")
    assert not found.values
    assert "01234001, 01234002" in found.said


def test_an_ecowitt_gateways_columns_outdoors(tmp_path: Path, told: Read) -> None:
    # 50 degF are 10 Cel, 10 mph 4.4704 m/s, 29.92 inHg 1013.207 hPa
    text = (
        "Time,Timestamp,Indoor Temperature(℉),Outdoor Temperature(℉),Outdoor Humidity(%),Wind(mph),Gust(mph),"
        "Wind Direction(deg),ABS Pressure(inHg),REL Pressure(inHg),Solar Rad(Klux),UV-Index,Rain Rate(in/Hr),"
        "Daily Rain(in),CH1 Soil moisture(%),CH1 Soil AD,WH57 Lightning(km)\n"
        "2026-05-01 14:00,1777636800,70,50,57,10,20,224,29.92,30.1,12.5,2,0.1,0.5,31,180,3\n"
    )
    found = told(file(tmp_path, "202605A.csv", text), "paris")
    time = "2026-05-01T12:00:00Z"
    assert {name: found.at(name, time) for name in found.quantities} == pytest.approx(
        {
            "air_temperature": 10.0, "relative_humidity": 57, "wind_speed": 4.4704, "wind_gust": 8.9408,
            "wind_from_direction": 224, "air_pressure": 1013.207489, "illuminance": 12_500,
            "soil_moisture_count": 180,
        }
    )  # fmt: skip
    assert "not understood and not read: WH57 Lightning(km)" in found.findings.notes
    for known in (
        "Indoor Temperature(℉) (indoors)",
        "Daily Rain(in) (a rate or running total",
        "CH1 Soil moisture(%) (between the sensor's dry and wet",
    ):
        assert known in found.said


def test_an_older_console_with_a_decimal_comma_and_letters(tmp_path: Path, told: Read) -> None:
    text = (
        "No;Time;Interval;Indoor Temperature(°C);Outdoor Temperature(°C);Outdoor Humidity(%);"
        "Relative Pressure(hpa);Absolute Pressure(mmHg);Wind Speed(km/h);Wind Direction;"
        "24 Hour Rainfall(mm)\n"
        "1;2026/05/01 14:00;5;21,3;10,4;84;1020;760;7,2;SO;1,2\n"
        "2;2026/05/01 14:05;5;21,3;--;84;1020;760;7,2;E;1,2\n"
    )
    found = told(file(tmp_path, "easyweather.csv", text), "paris")
    time = "2026-05-01T12:00:00Z"
    assert (found.at("air_temperature", time), found.at("wind_speed", time)) == (10.4, 2.0)
    assert found.at("air_pressure", time) == pytest.approx(1013.25, abs=1e-3)  # 760 mmHg is one atmosphere
    assert "wind_from_direction" not in found.quantities  # its title states no unit
    assert "not understood and not read: Wind Direction: its unit is stated nowhere" in found.findings.notes


def test_the_second_file_of_a_consoles_card_names_channels_and_not_what_hangs_on_them(
    tmp_path: Path, told: Read
) -> None:
    text = (
        "Time,CH1 Temperature(℃),CH1 Dew point(℃),CH1 Humidity(%),SoilMoisture CH1(%),WN34 CH1(℃),"
        "Thunder count,\n"
        "2024-09-18 14:25,24.5,--.-,53,69,11.5,0,\n"
    )
    found = told(file(tmp_path, "202409Allsensors_A.csv", text), "paris")
    assert found.reader == "ecowitt"
    assert not found.values
    for named in ("CH1 Temperature(℃)", "CH1 Humidity(%)", "WN34 CH1(℃)", "Thunder count"):
        assert f"not understood and not read: {named}" in found.findings.notes
    assert "CH1 Dew point" not in found.said  # no such sensor in any row
    assert "none of its columns can be read" in found.said


def test_an_export_of_ecowitt_net_has_its_groups_in_a_row_of_its_own(tmp_path: Path, told: Read) -> None:
    text = (
        "Time,Außen,,Solar und UVI,Regenfall,,Wind,,Luftdruck,,Innen\n"
        ",Temperature(℃),Humidity(%),Solar(W/m²),Rain Rate(mm/hr),Daily(mm),Wind Speed(knots),"
        "Wind Direction(º),Relative(hPa),Absolute(hPa),Temperature(℃)\n"
        "2026-05-01 14:00,24.5,53,250,0.0,1.2,18,225,1013,1000,21\n"
    )
    found = told(file(tmp_path, "net.csv", text), "paris")
    assert {name: found.at(name, "2026-05-01T12:00:00Z") for name in found.quantities} == pytest.approx(
        {"air_temperature": 24.5, "relative_humidity": 53, "shortwave_radiation": 250, "wind_speed": 9.26,
         "wind_from_direction": 225, "air_pressure": 1000}  # 18 kn x 1,852 m / 3,600 s
    )  # fmt: skip
    assert "Indoor Temperature(℃) (indoors)" in found.said


def test_the_given_console(told: Read) -> None:
    if not CASES.exists():
        pytest.skip("reference data absent: ../shared/cases/formats/ecowitt_display.csv")
    found = told(CASES / "ecowitt_display.csv", "paris")
    time = "2026-05-01T21:00:00Z"
    assert {name: found.at(name, time) for name in found.quantities} == {
        "air_temperature": 10.4, "relative_humidity": 84, "shortwave_radiation": 0, "wind_speed": 1.2,
    }  # fmt: skip


DAVIS = (
    "\t\tTemp\tHi\tLow\tOut\tDew\tWind\tWind\tHi\tHi\t\t\tRain\tSolar\tIn\tArc.\n"
    "Date\tTime\tOut\tTemp\tTemp\tHum\tPt.\tSpeed\tDir\tSpeed\tDir\tBar  \tRain\tRate\tRad.\tTemp\tInt.\n"
)
ROWS = (
    "13/05/26\t11:45p\t10.4\t11\t10\t84\t8\t18\tSSW\t36\tSW\t1013.2\t0.20\t0.0\t250\t21.0\t15\n"
    "14/05/26\t12:00a\t10.4\t11\t10\t84\t8\t18\t---\t36\tSW\t1013.2\t0.20\t0.0\t250\t21.0\t15\n"
)


def test_a_weatherlink_text_states_no_unit_of_temperature_wind_rain_or_pressure(
    tmp_path: Path, told: Read
) -> None:
    found = told(file(tmp_path, "davis.txt", DAVIS + ROWS), "paris")
    time = "2026-05-13T21:45:00Z"
    assert {name: found.values.get((name, time)) for name in found.quantities} == {
        "relative_humidity": (84.0, 900, "mean", None),
        "wind_from_direction": (202.5, 900, "mean", None),
        "shortwave_radiation": (250.0, 900, "mean", None),
    }
    for title in ("Temp Out", "Hi Temp", "Wind Speed", "Bar", "Rain"):
        assert f"not understood and not read: {title}: its unit is stated nowhere" in found.findings.notes


@pytest.mark.parametrize("way", ["a row", "titles"])
def test_units_in_a_weatherlink_texts_header_count(way: str, tmp_path: Path, told: Read) -> None:
    units = "\t\t°C\t°C\t°C\t%\t°C\tkm/h\t\tkm/h\t\thPa\tmm\tmm/h\tW/m²\t°C\tmin\n"
    head = DAVIS + units if way == "a row" else DAVIS.replace("\tOut\tTemp", "\tOut °C\tTemp"
    ).replace("Speed\tDir\tSpeed", "Speed km/h\tDir\tSpeed km/h"
    ).replace("Bar  \tRain", "Bar hPa\tRain mm")  # fmt: skip
    found = told(file(tmp_path, "davis.txt", head + ROWS), "paris")
    time = "2026-05-13T21:45:00Z"
    assert found.values["air_temperature", time] == (10.4, 900, "mean", None)
    assert (found.at("wind_speed", time), found.at("wind_gust", time)) == (5.0, 10.0)  # 18 and 36 km/h
    assert found.values["precipitation_amount", time] == (0.2, 900, "sum", None)
    assert "Bar" in found.said
    assert found.at("air_pressure", time) == 1013.2


def test_weatherlink_com_states_each_unit(tmp_path: Path, told: Read) -> None:
    text = (
        '"My station"\n\n"Date & Time","Barometer - inHg","Absolute Pressure - hPa","Temp - °F",'
        '"High Temp - °F",'
        '"Hum - %","Avg Wind Speed - mph","Prevailing Wind Direction","Rain - in","High Rain Rate - in/h",'
        '"Soil Moisture 1 - cb","Temp 1 - °F","Inside Temp - °F"\n'
        '"5/13/26 11:45 PM","29.92","1000.2","50","59","84","10","O","0.1","1.2","30","48","70"\n'
        '"5/14/26 12:00 AM","29.92","1000.2","50","59","84","10","--","0","1.2","30","48","70"\n'
    )
    found = told(file(tmp_path, "wl.csv", text), "mast")
    time = "2026-05-13T22:45:00Z"
    assert {name: found.at(name, time) for name in found.quantities} == {
        "air_pressure": 1000.2, "air_temperature": 10.0, "relative_humidity": 84, "wind_speed": 4.4704,
        "wind_from_direction": 270, "precipitation_amount": 2.54, "soil_water_potential": -30,
    }  # fmt: skip
    assert "not understood and not read: Temp 1 - °F" in found.findings.notes
    german = told(file(tmp_path, "de.csv", text.replace('"--"', '"W"')), "mast")
    assert "wind_from_direction" not in german.quantities
    assert "Prevailing Wind Direction: O may be east" in german.said


def test_an_hour_that_no_clock_of_the_zone_shows_is_named(tmp_path: Path, told: Read) -> None:
    text = "Time,Outdoor Temperature(℃),Outdoor Humidity(%),Wind(m/s)\n"
    text += "2026-03-29 02:30,9,80,1\n2026-03-29 03:30,9,80,1\n"
    found = told(file(tmp_path, "spring.csv", text), "paris")
    assert set(found.values) == {(name, "2026-03-29T01:30:00Z") for name in found.quantities}
    assert "clocks of Europe/Paris never show 2026-03-29 02:30:00" in found.said


def test_the_hour_that_comes_twice_is_told_by_its_order(tmp_path: Path, told: Read) -> None:
    rows = [
        f"2026-10-25 0{hour}:{minute},9,80,1" for hour, minute in ((2, 0), (2, 30), (2, 0), (2, 30), (3, 0))
    ]
    text = "Time,Outdoor Temperature(℃),Outdoor Humidity(%),Wind(m/s)\n" + "\n".join(rows).replace(
        ":0,", ":00,"
    )
    found = told(file(tmp_path, "autumn.csv", text), "paris")
    times = sorted(time for name, time in found.values if name == "air_temperature")
    assert times == [f"2026-10-25T0{hour}:{minute}:00Z" for hour, minute in
                     ((0, "00"), (0, "30"), (1, "00"), (1, "30"), (2, "00"))]  # fmt: skip
