"""``gateway map --try``: what samples would become, as golden cases here and real ones beside the project."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ConfigurationError, UsageError
from contract.places import Territory
from gateway.trying import Tried, samples, tried

HEALTH = {"signal_strength", "signal_to_noise_ratio", "spreading_factor"}


def territory(*devices: dict[str, Any]) -> Territory:
    return Territory.model_validate(
        {
            "id": "t",
            "zones": [{"id": "z", "arm": "control", "land_use": "livestock"}],
            "sites": [{"id": "s1", "zone": "z", "latitude": 46, "longitude": 1}],
            "devices": [{"site": "s1", "sensors": ["soil"]} | one for one in devices],
        }
    )


def attempt(path: Path, places: Territory, topic: str = "", device: str = "") -> Tried:
    return tried(samples(path, topic), places, device)


def values(found: Tried) -> list[tuple[object, object]]:
    return [(row["quantity"], row["value"]) for row in found.values if row["quantity"] not in HEALTH]


def test_bare_payloads_are_of_the_only_device(tmp_path: Path) -> None:
    path = tmp_path / "sample.jsonl"
    path.write_text('{"water_SOIL": "20.80", "odd": 1}\n{"water_SOIL": "20.90"}\nno JSON\n')
    found = attempt(path, territory({"id": "d1", "map": "dragino-lse01"}))
    assert values(found) == [("soil_moisture", 0.208), ("soil_moisture", 0.209)]
    assert [(row["line"], row["field"]) for row in found.not_understood[:1]] == [(1, "odd")]
    assert found.not_understood[-1]["line"] == 3


def test_of_several_devices_one_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "sample.json"
    path.write_text('{"water_SOIL": "20.80"}')
    two = territory({"id": "d1"}, {"id": "d2"})
    with pytest.raises(UsageError, match="whose it is"):
        attempt(path, two)
    with pytest.raises(UsageError, match="no device"):
        attempt(path, two, device="d3")
    assert values(attempt(path, two, device="d2")) == [("soil_moisture", 0.208)]
    with pytest.raises(ConfigurationError, match="cannot be read"):
        attempt(tmp_path / "absent.json", two)


def test_a_list_and_a_topic_are_understood_too(tmp_path: Path) -> None:
    path = tmp_path / "sample.json"
    path.write_text(json.dumps([{"temperature": 13.25, "soil_moisture": 24}, {"soil_moisture": 25}]))
    places = territory({"id": "d1", "map": "zigbee2mqtt", "address": "meadow"})
    found = attempt(path, places, topic="zigbee2mqtt/meadow")
    assert values(found) == [("soil_temperature", 13.25), ("soil_moisture", 0.24), ("soil_moisture", 0.25)]


def cases(shared_data: Callable[[str], Path], name: str) -> Path:
    path = shared_data(".").parent / "cases" / "formats" / name
    if not path.exists():
        pytest.skip(f"cases absent: ../shared/cases/formats/{name}")
    return path


def test_events_of_a_real_chirpstack(shared_data: Callable[[str], Path]) -> None:
    """As the list of expected values beside the file has it, line by line."""
    ends = ("0001", "0002", "0003", "0004", "ffff")
    places = territory(*({"id": f"d{end}", "address": f"a84041000381{end}"} for end in ends))
    found = attempt(cases(shared_data, "chirpstack_4.20.jsonl"), places)
    counted = Counter(row["quantity"] for row in found.values)
    four = ("soil_moisture", "soil_temperature", "soil_electrical_conductivity", "battery_voltage")
    assert [counted[name] for name in four] == [27] * 4
    moist = sorted(row["value"] for row in found.values if row["quantity"] == "soil_moisture")
    assert moist == [step / 1000 for step in range(201, 229) if step != 206]
    assert all(str(row["time"]).startswith("2026-11-28T19:3") for row in found.values), (
        "never in 2007, nor at 21"
    )
    assert [(row["value"]) for row in found.values if row["quantity"] == "battery_level"] == [78.74016]
    assert [(row["value"]) for row in found.values if row["quantity"] == "link_margin"] == [7.0]
    failed = [row for row in found.not_understood if row["line"] == 10]
    assert "unknown frame" in str(failed[0]["reason"]), "with the text of the log of the same uplink"
    assert sum("server's own time" in note for note in found.notes) == 3


def test_packets_of_a_real_weewx(shared_data: Callable[[str], Path]) -> None:
    places = territory({"id": "wx", "map": "weewx", "sensors": ["weather"]})
    found = attempt(cases(shared_data, "weewx_5.5_loop.jsonl"), places)
    first = {row["quantity"]: row["value"] for row in found.values[:8]}
    assert first == pytest.approx(
        {
            "air_temperature": 0.37699, "relative_humidity": 80.0, "air_pressure": 1053.1667,
            "wind_speed": 2.3e-9, "wind_gust": 9.97384e-9 / 3.6, "wind_from_direction": 360.0,
            "precipitation_amount": 0.0, "shortwave_radiation": 0.0,
        },
        rel=1e-2, abs=1e-5,
    )  # fmt: skip
    assert {row["time"] for row in found.values} == {"2026-11-28T19:42:41Z", "2026-11-28T19:42:43Z"}
    assert found.not_understood == []
    old = attempt(cases(shared_data, "weewx_loop.json"), places)
    assert dict(values(old)) == {
        "air_temperature": 12.3, "relative_humidity": 81.0, "air_pressure": 1013.2, "wind_speed": 1.5,
        "wind_from_direction": 230.0, "precipitation_amount": 0.2,
    }  # fmt: skip
    assert ["sea level" in note for note in old.notes] == [True]


def published(shared_data: Callable[[str], Path]) -> list[dict[str, Any]]:
    lines = shared_data("lorawan/given.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if line]


def test_every_published_uplink_gives_what_is_listed_for_it(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    """100 % of the expected values, none besides, and every open field is named."""
    for one in published(shared_data):
        path = tmp_path / "one.json"
        path.write_text(json.dumps(one["decoded"]))
        weather = any(not e["quantity"].startswith(("soil", "battery")) for e in one["expected"])
        sensors = ["weather"] if weather else ["soil"]
        found = attempt(path, territory({"id": "d1", "map": one["id"], "sensors": sensors}))
        wanted = sorted({(e["quantity"], e["value"]) for e in one["expected"]})
        made = sorted(set(values(found)))  # a batch holds one value at several times
        assert made == [(name, pytest.approx(value)) for name, value in wanted], one["id"]
        named = {str(row["field"]) for row in found.not_understood}
        assert set(one["open"]) <= named, one["id"]
        known = {name.split(".")[0].split("[")[0] for name in one["not_expected"]}
        assert not {name.split("/")[0] for name in named} & (known - set(one["open"])), one["id"]
