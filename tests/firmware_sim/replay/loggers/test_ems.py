"""EMS Minikin: text exports are read, their binary files are named with the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from firmware_sim.replay.discover import discover
from firmware_sim.replay.readers.columns import known_maps
from tests.firmware_sim.replay.loggers.conftest import Told

Read = Callable[..., Told]


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
