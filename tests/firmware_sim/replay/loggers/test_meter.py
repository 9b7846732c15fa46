"""METER and Decagon loggers: three header rows say port, sensor, unit and quantity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contract.places import Device, Territory
from contract.reading import Readings
from contract.wire import decode
from firmware_sim.replay.readers.loggers.catalogue import pick_logger
from firmware_sim.replay.readers.reader import Findings, Question
from tests.firmware_sim.replay.loggers.conftest import PLACE, Told

Read = Callable[..., Told]


def file(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_meter_loggers_header_rows_say_port_sensor_and_unit(tmp_path: Path, told: Read) -> None:
    # 0.12 mS/cm is 120 uS/cm; RH in front is a share of 1; 8052 mV is 8.052 V
    text = (
        "z6-10460,Port1,Port1,Port1,Port3,Port3,Port7,Port8,Port8\n"
        "2 records,TEROS 12,TEROS 12,TEROS 12,ATMOS 41,ATMOS 41,Battery,Barometer,Barometer\n"
        "Timestamps, m³/m³ Water Content, degree_C Soil Temperature, mS/cm Bulk EC, RH Relative Humidity,"
        " mm Precipitation, mV Battery Voltage, kPa Reference Pressure, kg Salt\n"
        "08/23/2024 11:45:00 PM,0.251,18.2,0.12,0.65,0.2,8052,101.2,7\n"
        "08/24/2024 12:00:00 AM,0.252,#N/A,0.12,0.66,0.0,8052,101.2,7\n"
    )
    found = told(file(tmp_path, "zl6.csv", text))
    first = "2024-08-23T22:45:00Z"
    assert {name: found.values.get((name, first)) for name in found.quantities} == {
        "soil_moisture": (0.251, 900, "mean", None),
        "soil_temperature": (18.2, 900, "mean", None),
        "soil_electrical_conductivity": (120.0, 900, "mean", None),
        "relative_humidity": (65.0, 900, "mean", None),
        "precipitation_amount": (0.2, 900, "sum", None),
        "battery_voltage": (8.052, 0, "point", None),
    }
    assert found.at("soil_temperature", "2024-08-23T23:00:00Z") is None
    assert "not understood and not read: Port8 Barometer: kg Salt" in found.findings.notes
    assert "kPa Reference Pressure (inside the logger)" in found.said


def test_an_em50_says_temp_and_its_sensor_says_of_what(tmp_path: Path, told: Read) -> None:
    text = (
        "Em50-1,Port 1,Port 1,Port 2,Port 3\nRecords: 2,5TM 10cm,5TM 10cm,VP-3 Humidity/Temp,Unknown\n"
        "Measurement Time,m³/m³ VWC,°C Temp,°C Temp,°C Temp\n"
        "8/31/2009 11:40 PM,0.136,13.4,15.5,9\n9/1/2009 12:00 AM,0.136,13.4,***,9\n"
    )
    found = told(file(tmp_path, "em50.csv", text, "cp1252"))
    assert {name: row for (name, time), row in found.values.items() if time == "2009-08-31T22:40:00Z"} == {
        "soil_moisture": (0.136, 1200, "mean", 0.1),
        "soil_temperature": (13.4, 1200, "mean", 0.1),
        "air_temperature": (15.5, 1200, "mean", None),
    }
    assert "not understood and not read: Port 3 Unknown: °C Temp" in found.findings.notes


def test_ports_without_depth_are_not_mixed_unless_the_territory_has_a_device_for_each(tmp_path: Path) -> None:
    text = (
        "z6-10460,Port1,Port2\n2 records,TEROS 11,TEROS 11\n"
        "Timestamps, m³/m³ Water Content, m³/m³ Water Content\n08/23/2024 11:45:00 PM,0.25,0.35\n"
    )
    path = file(tmp_path, "zl6.csv", text)

    def read(*devices: Device) -> tuple[list[tuple[str, float]], str]:
        place = Territory(id="t", zones=PLACE.zones, sites=PLACE.sites, devices=devices)
        reader, findings = pick_logger(path), Findings()
        assert reader is not None
        messages = [decode(one.payload) for one in reader.read(path, Question(place), findings)]
        told = [(one.device, one.readings[0].value) for one in messages if isinstance(one, Readings)]
        return told, "\n".join(findings.notes)

    whole = Device(id="zl6", site="s", sensors=("soil",), serial="z6-10460", timezone="UTC")
    found, said = read(whole)
    assert found == []
    assert "nothing tells them apart" in said
    deep = Device(id="deep", site="s", sensors=("soil",), serial="z6-10460 Port 2", timezone="UTC")
    assert read(whole, deep)[0] == [("deep", 0.35), ("zl6", 0.25)]
    found, said = read(deep)  # nobody has the rest
    assert found == [("deep", 0.35)]
    assert "not read, no device of the territory has the serial z6-10460: Port1 TEROS 11" in said
