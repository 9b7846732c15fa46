"""Maps: paths, numbers, units, histories, and that nothing vanishes or is guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.instant import from_datetime, parse_instant
from contract.maps import Map
from contract.places import Device, Territory
from gateway.formats.maps.choice import decoded, named
from gateway.formats.maps.numbers import is_absent
from gateway.formats.maps.paths import leaves
from gateway.formats.maps.reading import Understood, read_by
from gateway.formats.maps.shipped import shipped_maps

GOLDEN = Path(__file__).resolve().parents[3] / "golden" / "formats" / "decoded" / "published.jsonl"
PUBLISHED = [json.loads(line) for line in GOLDEN.read_text().splitlines()]


def device(*sensors: str, **more: Any) -> Device:
    return Device.model_validate({"id": "d", "site": "s", "sensors": sensors or ("soil",), **more})


def field(path: str, quantity: str = "soil_moisture", **more: Any) -> dict[str, Any]:
    return {"path": path, "quantity": quantity, "unit": "%"} | more


def read(
    message: object, *fields: dict[str, Any], sensors: tuple[str, ...] = ("soil",), **more: Any
) -> Understood:
    one = Map.model_validate({"id": "m", "fields": fields} | more)
    return read_by(one, message, device(*sensors))


def said(found: Understood) -> list[tuple[str, float, str]]:
    return [(one.quantity, one.value, one.qualifier) for one in found.readings]


def missed(found: Understood) -> list[str]:
    return [one.field for one in found.not_understood]


TERRITORY = Territory.model_validate(
    {
        "id": "t",
        "zones": [{"id": "z", "arm": "control", "land_use": "forestry"}],
        "sites": [{"id": "s", "zone": "z", "latitude": 0, "longitude": 0}],
    }
)


def test_a_number_in_percent_is_no_neighbour_of_itself() -> None:
    """20.8 x 0.01 is 0.20800000000000002 in binary."""
    assert said(read({"w": "20.80"}, field("w"))) == [("soil_moisture", 0.208, "")]


@pytest.mark.parametrize(
    ("value", "row", "expected"),
    [
        (50.4, field("x", "air_temperature", unit="°F"), 10.22222222),  # (50.4 - 32) / 1.8
        ("50.4 °F", field("x", "air_temperature", unit="°C"), 10.22222222),  # the text's own unit counts
        (1.8, field("x", "soil_electrical_conductivity", unit="dS/m"), 1800.0),
        (101_325, field("x", "air_pressure", unit="Pa"), 1013.25),
        (3521, field("x", "battery_voltage", unit="mV"), 3.521),
        (123, field("x", "air_temperature", unit="°C", scale=0.1), 12.3),
        (40, field("x", "soil_water_potential", unit="kPa", scale=-1), -40.0),  # centibars of suction
    ],
)
def test_units_are_those_that_are_stated(value: object, row: dict[str, Any], expected: float) -> None:
    (reading,) = read({"x": value}, row).readings
    assert reading.value == expected


def test_the_message_may_say_unit_depth_and_period_beside_the_value() -> None:
    message = {
        "soil": {"value": 25, "unit": "%", "depth": 20},
        "rain": {"value": 0.4, "unit": "mm"},
        "every": 600,
    }
    found = read(
        message,
        field("soil/value", unit="", unit_at="unit", depth_at="depth", depth_unit="cm"),
        field("rain/value", "precipitation_amount", unit="", unit_at="unit", method="sum", period_at="every"),
    )
    assert said(found) == [
        ("soil_moisture", 0.25, "depth_m=0.2"),
        ("precipitation_amount", 0.4, "period_s=600;method=sum"),
    ]
    assert missed(found) == []


def test_what_is_neither_read_nor_known_is_named() -> None:
    message = {"w": 20, "flag": 1, "new": {"a": 1, "b": "x"}, "list": [{"id": 1, "v": 2}], "gone": None}
    found = read(message, field("w"), known=["flag"])
    assert missed(found) == ["new", "list"]
    assert read({"w": "wet"}, field("w")).not_understood == [("w", "'wet' is no number")]
    assert missed(read({"w": "20 bananas"}, field("w"))) == ["w"]
    assert missed(read({"w": "0x10"}, field("w"))) == ["w"]


def test_a_history_becomes_points_of_their_own_time() -> None:
    message = {
        "w": 20,
        "history": [{"w": 18, "ts": 1692507109}, {"w": 19, "ts": "2023-08-20T05:10:00Z"}, {"w": 1}],
    }
    found = read(message, field("w"), history=[{"path": "history", "time_at": "ts"}])
    times = [one.time and from_datetime(one.time) for one in found.readings]
    assert times == [None, 1_692_507_109 * 10**9, parse_instant("2023-08-20T05:10:00Z")]
    assert [one.value for one in found.readings] == [0.2, 0.18, 0.19]
    assert missed(found) == ["history/*/w"], "without a time it is no point"


def test_the_newest_of_a_batch_that_stands_on_top_as_well_is_one_reading() -> None:
    batch = [{"w": 18, "t": "2023-07-19T07:50:34Z"}, {"w": 19, "t": "2023-07-19T07:50:44Z"}]
    found = read(
        {"w": 19, "samples": batch},
        field("w"),
        history=[{"path": "samples", "time_at": "t", "repeats": True}],
    )
    assert [one.value for one in found.readings] == [0.18, 0.19]
    assert all(one.time for one in found.readings)


def test_a_running_total_is_kept_as_one() -> None:
    found = read(
        {"rain": 50.6}, field("rain", "precipitation_amount", unit="mm", method="total", modulus=655.36)
    )
    assert said(found) == [("precipitation_amount", 50.6, "period_s=0;method=total")]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (field("x", unit=""), "its unit is not stated"),
        (field("x", "wetness"), "is not a quantity"),
        (field("x", "illuminance", unit="W/m2"), "cannot be had"),
        (field("x", unit="furlong"), "is not a unit"),
        (field("x", depth_m=0.1, height_m=2), "not both"),
        (field("x", modulus=5), "modulus belongs"),
    ],
)
def test_a_map_that_cannot_be_right_is_refused(row: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Map.model_validate({"id": "m", "fields": [row]})


def test_a_device_that_names_its_map_is_read_by_that_alone() -> None:
    message = {"battery": 92, "temperature": 30.8, "humidity": 50.5}
    soil = decoded(message, device("weather", map="milesight-em500-smtc"), TERRITORY)
    assert {one.quantity for one in soil.readings} == {"battery_level", "soil_temperature", "soil_moisture"}
    air = decoded(message, device("weather"), TERRITORY)
    assert {one.quantity for one in air.readings} == {"battery_level", "air_temperature", "relative_humidity"}


def test_a_field_of_which_maps_differ_is_named_and_never_guessed() -> None:
    found = decoded(
        {"temperature": 12.5, "humidity": 40, "battery": 80}, device("soil", "weather"), TERRITORY
    )
    assert [one.quantity for one in found.readings] == ["battery_level"]
    assert set(missed(found)) == {"temperature", "humidity"}
    assert "soil_temperature 12.5" in dict(found.not_understood)["temperature"]
    assert "milesight-em500-smtc" in dict(found.not_understood)["temperature"]


def test_one_map_cannot_say_what_a_name_means_for_a_device_with_both_sensors() -> None:
    found = decoded({"temperature_3": 12.5}, device("soil", "weather", map="cayenne-lpp"), TERRITORY)
    assert (found.readings, missed(found)) == ([], ["temperature_3"])


def test_an_unknown_map_is_named_and_the_shape_decides() -> None:
    found = decoded({"water_SOIL": "20.80", "Bat": 3.5}, device("soil", map="dragon-99"), TERRITORY)
    assert {one.quantity for one in found.readings} == {"soil_moisture", "battery_voltage"}
    assert missed(found) == ["map"]


def test_the_territorys_own_map_counts_first() -> None:
    own = {
        "id": "mine",
        "shape": ["water_SOIL"],
        "fields": [field("TempC_DS18B20", "soil_temperature", unit="°C", depth_m=0.3)],
    }
    territory = Territory.model_validate(TERRITORY.model_dump() | {"maps": [own]})
    found = decoded({"water_SOIL": "20.8", "TempC_DS18B20": "9.50"}, device("soil"), territory)
    assert said(found) == [("soil_temperature", 9.5, "depth_m=0.3")]


def test_every_shipped_name_is_one_maps() -> None:
    names = [name for one in shipped_maps() for name in (one.id, *one.names)]
    assert len(names) == len(set(names))
    assert all(one.source for one in shipped_maps())
    found = named("dragino-lse01-114", TERRITORY)
    assert found is not None
    assert found.id == "dragino-lse01"


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: str(case["map"]))
def test_what_makers_publish_is_read_by_their_map(case: dict[str, Any]) -> None:
    """Published examples of decoders, shortened: names, numbers and units as their makers have them."""
    soil = "soil" if any(quantity.startswith("soil") for quantity in case["values"]) else "weather"
    found = decoded(case["decoded"], device(soil, map=case["map"]), TERRITORY)
    assert {one.quantity: one.value for one in found.readings} == pytest.approx(case["values"])
    assert missed(found) == case["not_understood"]


def test_every_shipped_map_stands_in_the_page_of_devices() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "devices.md").read_text()
    assert [one.id for one in shipped_maps() if f"| `{one.id}` |" not in page] == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.integers(-(2**70), 2**70)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["temperature", "battery", "messages", "measurementId", "history", "soil", "value", "unit"]
            )
            | st.text(max_size=6),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(message=JSON, sensors=st.sampled_from([("soil",), ("weather",), ("soil", "weather")]))
def test_no_message_raises_anything_and_every_field_is_accounted_for(
    message: object, sensors: tuple[str, ...]
) -> None:
    """Each leaf is read, known, empty of meaning, or under something that is named."""
    for one in shipped_maps():
        found = read_by(one, message, device(*sensors))
        told = len(found.not_understood) + found.accounted
        empty = sum(is_absent(value) for _, value in leaves(message))
        assert told or not [*leaves(message)] or empty


def test_what_neither_message_nor_map_says_the_territory_says_of_the_device() -> None:
    """A probe at 20 cm, a sensor at 2 m; a map's own depth goes first, of several probes nobody knows."""
    rows = [
        field("a"), field("b", depth_m=0.05), field("c", channel="c"),
        field("t", "air_temperature", unit="Cel"), field("p", "air_pressure", unit="hPa"),
    ]  # fmt: skip
    one = Map.model_validate({"id": "m", "fields": rows})
    message = {"a": 20, "b": 30, "c": 40, "t": 9, "p": 1000}
    found = read_by(one, message, device("soil", "weather", depth_m=0.2))
    assert {at[0]: reading.depth_m for at, reading in found.places.items()} == {
        "a": 0.2, "b": 0.05, "c": None, "t": None, "p": None,
    }  # fmt: skip
    found = read_by(one, message, device("weather", height_m=2.0))
    assert {at[0]: reading.depth_m for at, reading in found.places.items()} == {
        "a": None, "b": 0.05, "c": None, "t": -2.0, "p": None,
    }  # fmt: skip
