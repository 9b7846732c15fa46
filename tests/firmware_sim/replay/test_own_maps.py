"""A column map of one's own: date and time apart, several header lines, a line of units."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.config import load_toml
from contract.errors import ConfigurationError
from contract.places import Device, Site, Territory, Zone
from contract.values import values_of
from contract.wire import decode
from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import ColumnMap, known_maps
from firmware_sim.replay.readers.reader import Findings, Question

PLACE = Territory(
    id="t",
    zones=(Zone(id="z", arm="control", land_use="forestry"),),
    sites=(Site(id="s", zone="z", latitude=50, longitude=14),),
    devices=(Device(id="d", site="s", sensors=("soil", "weather"), timezone="UTC", depth_m=0.2),),
)
MAP = """
name = "station"
title = "Our station"
source = "its manual"
sensor = "weather"
delimiter = ";"
decimal = ","
missing = ["n/a"]
header = '^Day;'
header_lines = 4
units_line = 2

[time]
column = '^Day$'
format = "%d/%m/%Y"
time_column = '^Hour$'
time_format = "%H:%M"

[[columns]]
column = '^Air$'
quantity = "air_temperature"

[[columns]]
column = '^Ground$'
quantity = "soil_temperature"

[[columns]]
column = '^Wind$'
quantity = "wind_speed"
period_s = 600
method = "mean"

[[columns]]
column = '^Sun$'
quantity = "shortwave_radiation"

[[known]]
column = '^Dew$'
why = "computed"
"""
FILE = """\
Report of the station
Day;Hour;Air;Ground;Wind;Sun;Dew;Extra
;;°F;°C;km/h;lux;°C;V
;;avg;avg;avg;avg;avg;avg
--------
01/05/2026;23:45;50,0;8,4;36;1200;5;1
01/05/2026;24:00;n/a;8,5;0;1100;5;1
"""


def rows_of(
    tmp_path: Path, text: str, table: str = MAP, encoding: str = "utf-8"
) -> tuple[list[tuple[object, ...]], Findings]:
    (tmp_path / "map.toml").write_text(table)
    path = tmp_path / "report.csv"
    path.write_text(text, encoding=encoding)
    own = load_toml(ColumnMap, tmp_path / "map.toml")
    (source,), findings = discover([path], (own, *known_maps())), Findings()
    assert source.reader is not None, source.why
    sent = source.open(Question(territory=PLACE, given=("s", "d")), findings)
    rows = [row for message in sent for row in values_of(decode(message.payload))]
    return [(row["time"], row["quantity"], row["value"], row["depth_m"]) for row in rows], findings


def test_date_and_time_apart_four_header_lines_and_units(tmp_path: Path) -> None:
    rows, findings = rows_of(tmp_path, FILE)
    # 50 degF are 10 Cel, 36 km/h are 10 m/s; 24:00 is the next midnight.
    assert rows == [
        ("2026-05-01T23:45:00Z", "air_temperature", 10.0, None),
        ("2026-05-01T23:45:00Z", "soil_temperature", 8.4, 0.2),
        ("2026-05-01T23:45:00Z", "wind_speed", 10.0, None),
        ("2026-05-02T00:00:00Z", "soil_temperature", 8.5, 0.2),
        ("2026-05-02T00:00:00Z", "wind_speed", 0.0, None),
    ]
    said = "\n".join(findings.notes)
    # Lux is no W/m2: which it would be only by the light's spectrum.
    assert "not understood and not read: column 'Sun': shortwave_radiation cannot be had" in said
    assert "known and left: column 'Dew' (computed)" in said
    assert "not understood and not read: column 'Extra'" in said
    assert findings.problems == []


def test_a_file_that_a_spreadsheet_saved_as_unicode_is_read_alike(tmp_path: Path) -> None:
    """UTF-16 with its mark, in either order of bytes: the map says nothing of it."""
    rows, _ = rows_of(tmp_path, FILE)
    for order, mark in (("utf-16-le", "\ufeff"), ("utf-16-be", "\ufeff")):
        again, findings = rows_of(tmp_path, mark + FILE, encoding=order)
        assert again == rows
        assert findings.problems == []


def test_a_unit_that_nobody_states_is_not_guessed(tmp_path: Path) -> None:
    rows, findings = rows_of(tmp_path, FILE.replace("°F;°C", ";°C"))
    assert {row[1] for row in rows} == {"soil_temperature", "wind_speed"}
    assert any("column 'Air'" in note for note in findings.notes)


def test_the_map_may_state_the_unit(tmp_path: Path) -> None:
    table = MAP.replace('quantity = "air_temperature"', 'quantity = "air_temperature"\nunit = "K"')
    rows, _ = rows_of(tmp_path, FILE.replace("°F", "").replace("50,0", "283,15"), table)
    assert ("2026-05-01T23:45:00Z", "air_temperature", 10.0, None) in rows


def test_an_hour_that_spring_leaves_out_is_refused(tmp_path: Path) -> None:
    # Paris goes from 2:00 to 3:00 on 29 March 2026.
    text = FILE.replace("01/05/2026;23:45", "29/03/2026;02:30").replace(
        "01/05/2026;24:00", "29/03/2026;03:00"
    )
    rows, findings = rows_of(tmp_path, text, MAP.replace("[time]", '[time]\nzone = "Europe/Paris"'))
    assert {row[0] for row in rows} == {"2026-03-29T01:00:00Z"}
    assert "never show 2026-03-29 02:30" in findings.problems[0]


def test_columns_by_number_need_no_line_of_names(tmp_path: Path) -> None:
    table = MAP.replace(
        "header = '^Day;'\nheader_lines = 4\nunits_line = 2", "first_lines = '^Report'\nheader_lines = 5"
    )
    for number, name in enumerate(("Day", "Hour", "Air", "Ground", "Wind", "Sun", "Dew")):
        table = table.replace(f"'^{name}$'", str(number))
    rows, _ = rows_of(tmp_path, FILE, table)
    assert rows[0] == ("2026-05-01T23:45:00Z", "air_temperature", 50.0, None)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("units_line = 2", "units_line = 5", "units_line is one of the header lines"),
        ('quantity = "wind_speed"', 'quantity = "wind_speed"\nunit = "lux"', "cannot be had"),
        ('quantity = "wind_speed"', 'quantity = "wind"', "not a quantity"),
        ("header = '^Day;'\n", "", "no header line"),
        ("header_lines = 4", "header_lines = 0", "at least 1"),
    ],
)
def test_a_map_that_cannot_be_is_refused_with_its_reason(
    tmp_path: Path, old: str, new: str, word: str
) -> None:
    (tmp_path / "map.toml").write_text(MAP.replace(old, new))
    with pytest.raises(ConfigurationError, match=word):
        load_toml(ColumnMap, tmp_path / "map.toml")
