"""HOBO exports: titles say what and in which unit, labels where; the rows tell the order of dates.

The spellings are those of public exports: HOBOware in English, French, Swedish and Czech, HOBOconnect.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import TimeWithoutZone
from contract.places import Device, Territory
from contract.values import values_of
from contract.wire import decode
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.loggers.hobo.placing import place_in
from firmware_sim.replay.readers.loggers.hobo.titles import title_of
from firmware_sim.replay.readers.reader import Findings, Question
from tests.firmware_sim.replay.loggers.conftest import PLACE

WEATHER, SOIL, BOTH = ["weather"], ["soil"], ["soil", "weather"]
Values = set[tuple[object, ...]]


def read(path: Path, sensors: list[str], **more: object) -> tuple[Values, Findings]:
    """(time, quantity, value, depth [m]) of a device with these sensors."""
    device = Device.model_validate({"id": "d", "site": "s", "sensors": sensors, **more})
    place = Territory(id="t", zones=PLACE.zones, sites=PLACE.sites, devices=(device,))
    (source,), findings = discover([path], known_maps()), Findings()
    assert source.reader is not None, source.why
    assert source.reader.name == "hobo"
    sent = source.open(Question(territory=place, given=("s", "d")), findings)
    rows = [row for message in sent for row in values_of(decode(message.payload))]
    return {(row["time"], row["quantity"], row["value"], row["depth_m"]) for row in rows}, findings


def export(folder: Path, *lines: str, encoding: str = "utf-8-sig") -> Path:
    path = folder / "export.csv"
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return path


AT = "2026-05-01T21:00:00Z"
AIR = {(AT, "air_temperature", 10.0, None), (AT, "relative_humidity", 84.9, None)}
TITLES = '"#","Date Time, GMT{zone}","Temp, {unit} (LGR S/N: 7, SEN S/N: 7)","RH, % (LGR S/N: 7, SEN S/N: 7)"'
FRENCH = '"#";"Date Heure, GMT+02:00";"Temp., °C (LGR S/N: 7, SEN S/N: 7)";"HR, % (LGR S/N: 7, SEN S/N: 7)"'


@pytest.mark.parametrize(
    "lines",
    [
        # 50 degF are 10 Cel by definition; 11 PM at GMT+02:00 is 21:00 UTC.
        ("Plot Title: a", TITLES.format(zone="+02:00", unit="°F"), "1,05/01/26 11:00:00 PM,50.0,84.9"),
        ("Plot Title: a", TITLES.format(zone="-04:00", unit="°C"), "1,05/01/26 05:00:00 PM,10.00,84.9"),
        ("Plot Title: a", TITLES.format(zone="+02:00", unit="°C"), "1,26.05.01 23:00:00,10.0,84.9"),
        ("Plot Title: a", TITLES.format(zone="+02:00", unit="°C"), "1,05/01/26 11:00:00 em,10.0,84.9"),
        (TITLES.format(zone="+02:00", unit="°C").replace(",\"", "\t\""), "1\t26.05.01 23:00:00\t10.0\t84.9"),
        ("Titre de tracé : a", FRENCH, "1;01/05/26 23:00:00;10,0;84,9"),
        ("Titre de tracé : a", FRENCH, "1;01/05/2026 23:00:00;10,0;84,9"),
        (FRENCH.replace(";", ","), "1,05/01/26 11:00:00 PM,10.0,84.9"),
        (
            "Plot-Titel: 7", '"Anz.","Datum Zeit, GMT+02:00","Temp., °C","rF, %","TauPkt, °C (LGR S/N: 7)"',
            "1,05.01.26 11:00:00 PM,10.0,84.9,7.6",
        ),
        (
            '"Titre de tracé : 7"', '"#";"Date";"Heure, GMT+02:00";"Température, °C";"HR, %"',
            "1;01/05/2026;23:00:00;10,0;84,9",
        ),
        ("Date Time;Temp (°C) LGR S/N: 7,  #7;RH (%) LGR S/N: 7,  #7", "01.05.2026 21:00:00;10,000;84,900"),
        ("Plot Title: 7", "Date,Time,Temp (°C) c:1,RH (%) c:1 2", "26.05.01,21:00:00,10.0,84.9"),
        ("#,Date-Time (CEST),Ch: 1 - Temperature   (°C ),Ch: 2 - RH   (%)", "1,05/01/2026 23:00:00,10,84.9"),
        ('"#","Date-Time (CEST)","Temperature , °F","RH , %"', "1,05/01/2026 23:00:00,50.0,84.9"),
        ('"#";"Date-heure (CEST)";"Température , °C";"HR , %"', "1;01/05/2026 23:00:00;10,0;84,9"),
    ],
)  # fmt: skip
def test_every_spelling_says_the_same(tmp_path: Path, lines: tuple[str, ...]) -> None:
    values, findings = read(export(tmp_path, *lines), WEATHER, timezone="UTC")
    assert values == AIR
    assert findings.problems == []


def test_letters_beside_ascii_may_be_of_windows_or_lost(tmp_path: Path) -> None:
    lines = ("Plot Title: a", TITLES.format(zone="+02:00", unit="°C"), "1,26.05.01 23:00:00,10.0,84.9")
    assert read(export(tmp_path, *lines, encoding="cp1252"), WEATHER)[0] == AIR
    assert read(export(tmp_path, *lines, encoding="utf-16"), WEATHER)[0] == AIR
    lost = export(tmp_path, *(line.replace("°", "?") for line in lines))
    assert read(lost, WEATHER)[0] == AIR


def test_a_buried_logger_is_no_weather_station(tmp_path: Path) -> None:
    lines = ('"#","Date Time, GMT+02:00","Temp, °C (LGR S/N: 5, SEN S/N: 5)"', "1,26.05.01 23:00:00,8.4")
    path = export(tmp_path, *lines)
    assert read(path, SOIL, depth_m=0.1)[0] == {(AT, "soil_temperature", 8.4, 0.1)}
    assert read(path, WEATHER, height_m=1.5)[0] == {(AT, "air_temperature", 8.4, -1.5)}
    assert read(path, BOTH, depth_m=0.1)[0] == {(AT, "soil_temperature", 8.4, 0.1)}
    nothing, findings = read(path, BOTH)
    assert nothing == set()
    assert any("not understood and not read: Temp, °C" in note for note in findings.notes)
    assert findings.unread == 1


def test_labels_decide_where_a_sensor_is(tmp_path: Path) -> None:
    about = "(LGR S/N: 7, SEN S/N: {}, LBL: {})"
    titles = [
        "#", "Date Time, GMT+02:00", f"Temp, °C {about.format(1, 'air')}",
        f"Temp, °C {about.format(2, 'soil 10cm')}", f"Temp, °C {about.format(3, 'sol -0,3 m')}",
        "Water Content, m³/m³ (LGR S/N: 7, SEN S/N: 4)", f"Water Content, % {about.format(5, 'soil 30 cm')}",
    ]  # fmt: skip
    path = export(tmp_path, "\t".join(titles), "1\t26.05.01 23:00:00\t10.4\t8.2\t7.9\t0.31\t25")
    assert read(path, BOTH)[0] == {
        (AT, "air_temperature", 10.4, None),
        (AT, "soil_temperature", 8.2, 0.1),
        (AT, "soil_temperature", 7.9, 0.3),
        (AT, "soil_moisture", 0.31, None),
        (AT, "soil_moisture", 0.25, 0.3),
    }


def test_of_two_temperatures_without_a_word_neither_is_guessed(tmp_path: Path) -> None:
    title = '"Temp, °C (LGR S/N: 7, SEN S/N: {}, LBL: plot 4)"'
    head = f'"#","Date Time, GMT+02:00",{title.format(1)},{title.format(2)}'
    values, findings = read(export(tmp_path, head, "1,26.05.01 23:00:00,10.4,8.2"), BOTH)
    assert values == set()
    assert sum("not understood and not read" in note for note in findings.notes) == 2
    beside = head + ',"RH, % (LGR S/N: 7, SEN S/N: 1)"'
    values, findings = read(export(tmp_path, beside, "1,26.05.01 23:00:00,10.4,8.2,84.9"), WEATHER)
    # The sensor that measures humidity hangs in the air; where the other is nobody says.
    assert {row[1:3] for row in values} >= {("air_temperature", 10.4), ("relative_humidity", 84.9)}


def test_what_is_not_read_is_known_or_named(tmp_path: Path) -> None:
    head = TITLES.format(zone="+02:00", unit="°C")
    head += ',"DewPt, °C (LGR S/N: 7)","Abs Pres, kPa (LGR S/N: 7)","Coupler Detached (LGR S/N: 7)","Temp"'
    path = export(tmp_path, head, "1,26.05.01 23:00:00,10.0,84.9,7.6,101.3,Logged,3")
    values, findings = read(path, WEATHER)
    assert values == AIR
    said = "\n".join(findings.notes)
    assert "DewPt, °C (LGR S/N: 7) (computed from others)" in said
    assert "Coupler Detached (LGR S/N: 7) (events of the logger)" in said
    assert "not understood and not read: Abs Pres, kPa" in said
    assert "not understood and not read: Temp" in said


def test_a_day_that_may_be_a_month_is_told_by_the_rows_or_said(tmp_path: Path) -> None:
    head = TITLES.format(zone="+00:00", unit="°C")
    _, findings = read(export(tmp_path, head, "1,05/06/26 11:00:00 PM,1.0,2.0"), WEATHER)
    assert any("no row tells the order" in note for note in findings.notes)
    values, findings = read(
        export(tmp_path, head, "1,04.09.21 23:45:00,1.0,2.0", "2,04.10.21 00:00:00,1.0,2.0"), WEATHER
    )
    assert {str(row[0])[:10] for row in values} == {"2021-04-09", "2021-04-10"}
    assert not any("order" in note for note in findings.notes)


def test_statistics_of_an_interval_are_no_points(tmp_path: Path) -> None:
    head = (
        '"Titre de tracé : 7"',
        '"Date";"Heure, GMT+00:00";"Max. : Température, °C";"Moy. : Température, °C"',
    )
    path = export(tmp_path, *head, "30/09/2012;10:00:00;26,2;21,2", "30/09/2012;10:30:00;26,3;22,5")
    device = Device(id="d", site="s", sensors=("weather",))
    place = Territory(id="t", zones=PLACE.zones, sites=PLACE.sites, devices=(device,))
    (source,), findings = discover([path], known_maps()), Findings()
    sent = source.open(Question(territory=place, given=("s", "d")), findings)
    rows = [row for message in sent for row in values_of(decode(message.payload))]
    assert [(row["value"], row["method"], row["period_s"]) for row in rows[:2]] == [
        (26.2, "max", 1800),
        (21.2, "mean", 1800),
    ]


def test_a_running_total_is_no_amount(tmp_path: Path) -> None:
    head = '"#","Date Time, GMT+00:00","Rain, mm (LGR S/N: 7)","Temp, °C (LGR S/N: 7)"'
    rows = [f"{n},26.05.01 1{n}:00:00,{rain},10.0" for n, rain in enumerate((0.2, 0.4, 0.6))]
    values, findings = read(export(tmp_path, head, *rows), WEATHER)
    assert {row[1] for row in values} == {"air_temperature"}
    assert any("a running total" in note for note in findings.notes)


def test_a_zone_in_letters_that_mean_several_is_not_taken(tmp_path: Path) -> None:
    path = export(tmp_path, '#,Date-Time (IST),"Temperature , °C"', "1,05/01/2026 23:00:00,10.0")
    with pytest.raises(TimeWithoutZone):
        read(path, WEATHER)
    values, findings = read(path, WEATHER, timezone="Europe/Paris")
    assert {row[0] for row in values} == {AT}
    assert any("no single meaning" in note for note in findings.notes)


@pytest.mark.parametrize(
    ("label", "soil", "distance"),
    [("soil 10cm", True, 0.1), ("Sol -0,3 m", True, 0.3), ("Air 2 m", False, 2.0), ("100", None, None),
     ("Rb1", None, None), ("40 cm", None, 0.4), ("air and soil", None, None), ("Luft", False, None)],
)  # fmt: skip
def test_what_labels_say(label: str, soil: bool | None, distance: float | None) -> None:
    place = place_in(label)
    assert (place.soil, place.distance_m) == (soil, distance)


@pytest.mark.parametrize(
    ("text", "quantity", "unit"),
    [
        ("Temp, °C (LGR S/N: 1234, SEN S/N: 1234, LBL: Rb1)", "temperature", "°C"),
        ("Temp, ?F (LGR S/N: 10360568, SEN S/N: 10360568)", "temperature", "°F"),
        ("Water Content, m³/m³ (LGR S/N: 21152731, SEN S/N: 21153846)", "soil_moisture", "m3/m3"),
        ("PAR, uE (LGR S/N: 1, SEN S/N: 2, LBL: mast)", "photosynthetic_photon_flux_density", "umol/m2/s"),
        ("Solar Radiation, W/m² (LGR S/N: 1, SEN S/N: 3)", "shortwave_radiation", "W/m2"),
        ("Wind Direction, ø (LGR S/N: 1, SEN S/N: 3)", "wind_from_direction", "°"),
        ("Ch: 1 - Temperature Avg : Avg (°C )", "temperature", "°C"),
        ("Full Range, μS/cm (LGR S/N: 21362347, SEN S/N: 21362347)", "", "μS/cm"),
        ("Light , lux", "illuminance", "lux"),
        ("Vitesse des rafales, m/s (LGR S/N: 1, SEN S/N: 2)", "wind_gust", "m/s"),
        ("Böengeschwindigkeit, m/s", "wind_gust", "m/s"),
        ("Rayonnement solaire, W/m²", "shortwave_radiation", "W/m2"),
        ("PtRosée, °C (LGR S/N: 20020514, SEN S/N: 20020514)", "", "°C"),
        ("Pres. abs., kPa (LGR S/N: 10279777, SEN S/N: 10279777)", "", "kPa"),
        ("Pile, V (LGR S/N: 20020514, SEN S/N: 20020514)", "battery_voltage", "V"),
        ("Teor de Água, m³/m³ (LGR S/N: 20205293, SEN S/N: 20316216)", "soil_moisture", "m3/m3"),
    ],
)
def test_what_titles_say(text: str, quantity: str, unit: str) -> None:
    title = title_of(text)
    assert (title.quantity, title.unit) == (quantity, unit)


def test_a_zone_beyond_the_earth_is_none(tmp_path: Path) -> None:
    head = TITLES.format(zone="+99:99", unit="°C")
    values, findings = read(export(tmp_path, head, "1,26.05.01 23:00:00,10.0,84.9"), WEATHER, timezone="UTC")
    assert {row[0] for row in values} == {"2026-05-01T23:00:00Z"}
    assert any("no single meaning" in note for note in findings.notes)
