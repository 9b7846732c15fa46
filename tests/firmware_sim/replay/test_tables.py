"""Logger files: what each column means, whose file it is, and what is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.errors import TimeWithoutZone, UnknownName
from contract.instant import format_instant, parse_zone
from contract.places import Calibration, Device, Site, Territory, Zone
from contract.reading import Readings
from contract.wire import decode
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import ColumnMap, known_maps
from firmware_sim.replay.readers.reader import Findings, Question

TOMST = """\
0;2020.10.06 09:00;4;10.875;10.5;12.375;1257;202;0
1;2020.10.06 09:15;4;-200;10.625;11;1262;202;0
2;2020.10.06 09:30;4;10.875;10.75;10.875;1263;202;1
3;2020.10.06 at ten;4;10.875;10.75;10.875;1263;202;0
4;2020.10.06 10:00;4;wet;10.75;10.875;1263;202;0
5;2020.10.06 10:15;4;10.875;10.75;10.875;1263;202;0
"""
PLACE = Territory(
    id="t",
    zones=(Zone(id="z", arm="control", land_use="forestry"),),
    sites=(Site(id="s", zone="z", latitude=50, longitude=14),),
    devices=(
        Device(id="tms", site="s", sensors=("soil",), serial="94184102", soil_calibration="loam"),
        Device(id="hobo", site="s", sensors=("weather",), serial="20024354"),
        Device(id="knmi", site="s", sensors=("weather",), serial="260"),
    ),
    calibrations=(Calibration(id="loam", a=-1e-8, b=2e-4, c=-0.05, source="hand-made for this test"),),
)


def _read(path: Path, question: Question) -> tuple[list[Readings], Findings]:
    (source,) = discover([path], known_maps())
    assert source.reader is not None, source.why
    findings = Findings()
    messages = []
    for outgoing in source.open(question, findings):
        message = decode(outgoing.payload)
        assert isinstance(message, Readings)
        assert (message.boot, message.seq) == (outgoing.boot, outgoing.seq)
        messages.append(message)
    return messages, findings


@pytest.fixture
def tomst(tmp_path: Path) -> Path:
    path = tmp_path / "data_94184102_0.csv"
    path.write_text(TOMST)
    return path


def test_tomst_counts_become_moisture_only_by_the_territorys_calibration(tomst: Path) -> None:
    calibrated, _ = _read(tomst, Question(territory=PLACE))
    raw, _ = _read(tomst, Question(given=("s", "tms")))
    by_name = {r.quantity: r for r in calibrated[0].readings}
    # -1e-8 x 1257² + 2e-4 x 1257 - 0.05, by hand.
    assert by_name["soil_moisture"].value == pytest.approx(0.1855995, abs=1e-6)
    assert "soil_moisture_count" not in by_name
    assert {r.quantity: r.value for r in raw[0].readings}["soil_moisture_count"] == 1257
    assert calibrated[0].boot != raw[0].boot


def test_tomst_rows_that_are_wrong_are_said_and_the_rest_goes_on(tomst: Path) -> None:
    messages, findings = _read(tomst, Question(territory=PLACE))
    assert [m.seq for m in messages] == [1, 2, 3]
    assert [format_instant(m.instant or 0)[11:16] for m in messages] == ["09:00", "09:15", "10:15"]
    assert findings.unread == 2
    assert "line 4" in findings.problems[0]
    assert "'wet' is not a number for soil_temperature" in findings.problems[1]
    assert findings.notes["rows that the logger marks as erroneous, not sent"] == 1
    assert any("-200" in note for note in findings.notes)
    assert all(r.quantity != "soil_temperature" for r in messages[1].readings)


def test_reading_a_file_twice_gives_the_same_messages(tomst: Path) -> None:
    first, _ = _read(tomst, Question(territory=PLACE))
    second, _ = _read(tomst, Question(territory=PLACE))
    assert first == second


def test_a_file_of_nobody_is_refused_with_the_remedy(tomst: Path) -> None:
    stranger = tomst.rename(tomst.with_name("data_90000000_0.csv"))
    with pytest.raises(UnknownName, match="serial '90000000'") as caught:
        _read(stranger, Question(territory=PLACE))
    assert "--as SITE/DEVICE" in caught.value.help
    with pytest.raises(UnknownName, match="no device 'x'"):
        _read(stranger, Question(territory=PLACE, given=("s", "x")))


def test_a_thermometer_is_not_a_soil_sensor(tmp_path: Path) -> None:
    path = tmp_path / "data_91184101_0.csv"
    path.write_text("0;2020.10.28 08:45;4;9.875;-200;-200;65336;204;0\n")
    messages, _ = _read(path, Question(given=("s", "x")))
    assert [(r.quantity, r.value) for r in messages[0].readings] == [("air_temperature", 9.875)]


HOBO = "Plot Title:  7\n" + (
    '"#","Date Time{zone}","Temp, °C (LGR S/N: 20024354, SEN S/N: 2)","RH, % (LGR S/N: 20024354)","Stopped"\n'
)


def _hobo(tmp_path: Path, zone: str, *rows: str) -> Path:
    path = tmp_path / "hobo.csv"
    path.write_text(HOBO.format(zone=zone) + "\n".join(rows) + "\n", encoding="utf-8-sig")
    return path


def test_hobo_takes_its_zone_from_the_header_and_skips_events(tmp_path: Path) -> None:
    path = _hobo(
        tmp_path, ", GMT+02:00", "1,21.04.08 23:00:00,18.771,43.792,", "2,21.04.08 23:07:00,,,Logged"
    )
    messages, findings = _read(path, Question(territory=PLACE))
    assert [m.device for m in messages] == ["hobo"]
    assert format_instant(messages[0].instant or 0) == "2021-04-08T21:00:00Z"
    assert findings.unread == 0
    assert findings.notes["rows without a value, not sent"] == 1
    assert findings.notes["known and left: Stopped (events of the logger)"] == 1


def test_local_times_take_the_stated_zone_and_are_refused_without_one(tmp_path: Path) -> None:
    path = _hobo(tmp_path, "", "1,21.07.01 12:00:00,18.771,43.792,")
    with pytest.raises(TimeWithoutZone, match="no zone"):
        _read(path, Question(territory=PLACE))
    messages, _ = _read(path, Question(territory=PLACE, zone=parse_zone("Europe/Prague")))
    assert format_instant(messages[0].instant or 0) == "2021-07-01T10:00:00Z"


def test_the_hour_that_autumn_repeats_is_read_twice(tmp_path: Path) -> None:
    rows = [f"{i},21.10.31 {t}:00,1,50," for i, t in enumerate(("01:30", "02:30", "02:30", "03:30"), 1)]
    messages, _ = _read(
        _hobo(tmp_path, "", *rows), Question(territory=PLACE, zone=parse_zone("Europe/Paris"))
    )
    # Summer time ends at 01:00 UTC on 31 October 2021.
    assert [format_instant(m.instant or 0)[11:16] for m in messages] == ["23:30", "00:30", "01:30", "02:30"]


def test_fahrenheit_becomes_celsius(tmp_path: Path) -> None:
    path = _hobo(tmp_path, ", GMT+00:00", "1,21.07.01 12:00:00,50,43.792,")
    path.write_text(path.read_text(encoding="utf-8-sig").replace("°C", "°F"), encoding="utf-8")
    messages, _ = _read(path, Question(territory=PLACE))
    assert messages[0].readings[0].value == pytest.approx(10, abs=1e-5)


def test_both_hobo_exports_of_one_logger_hold_the_same_values(shared_data: Callable[[str], Path]) -> None:
    comma, _ = _read(shared_data("loggers/20024354_comma.csv"), Question(territory=PLACE))
    semicolon, _ = _read(
        shared_data("loggers/20024354.txt"), Question(territory=PLACE, zone=parse_zone("UTC"))
    )
    assert [(m.time, m.readings) for m in comma] == [(m.time, m.readings) for m in semicolon]
    assert len(comma) == 20_881


def test_knmi_tenths_traces_and_radiation(shared_data: Callable[[str], Path]) -> None:
    messages, findings = _read(shared_data("loggers/etmgeg_260.txt"), Question(territory=PLACE))
    assert findings.unread == 0
    first = {(r.quantity, r.method): r.value for r in messages[0].readings}
    # 1 January 1980 in the file: TG 9, TN -8, TX 23, RH 58 (tenths), Q 253 J/cm2, UG 93.
    assert first["air_temperature", "mean"] == pytest.approx(0.9)
    assert first["air_temperature", "min"] == pytest.approx(-0.8)
    assert first["precipitation_amount", "sum"] == pytest.approx(5.8)
    assert first["shortwave_radiation", "mean"] == pytest.approx(253 * 10_000 / 86_400, rel=1e-6)
    assert first["relative_humidity", "mean"] == 93
    # 11 January: RH -1, less than 0.05 mm.
    eleventh = {(r.quantity, r.method): r.value for r in messages[10].readings}
    assert eleventh["precipitation_amount", "sum"] == 0


def test_every_real_logger_file_is_read_whole(shared_data: Callable[[str], Path]) -> None:
    zone = parse_zone("UTC")
    for name in ("data_94184102_0.csv", "data_91184101_0.csv", "et_coagmet.txt", "klima_daily.csv"):
        path = shared_data(f"loggers/{name}")
        (source,), findings = discover([path], known_maps()), Findings()
        question = Question(given=("s", "x"), zone=zone)
        count = sum(1 for _ in source.open(question, findings))
        assert findings.unread == 0
        rows = len(path.read_text().splitlines())
        assert count == rows - (0 if name.startswith("data_") else 1), name


def test_a_map_without_header_must_give_column_numbers(tmp_path: Path) -> None:
    fields = {
        "name": "x", "title": "x", "source": "x", "sensor": "soil", "delimiter": ";", "first_lines": "x",
        "time": {"column": "Time", "format": "%Y"}, "columns": [{"column": 1, "quantity": "soil_ph"}],
    }  # fmt: skip
    with pytest.raises(ValueError, match="give their numbers"):
        ColumnMap.model_validate(fields)


def test_a_header_without_a_known_column_asks_for_a_map(tmp_path: Path) -> None:
    path = tmp_path / "hobo.csv"
    path.write_text('"Nr","Wann","Wassertemp"\n1,21.07.01 12:00:00,5\n')
    (source,) = discover([path], known_maps())
    assert source.reader is None
    assert "--map" in source.why
