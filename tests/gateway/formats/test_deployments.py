"""An address belongs to whom it was given then; a moved device may speak from each site of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contract import topics
from contract.errors import UnreadableMessage
from contract.places import Territory
from gateway.enrol.acl import rights
from gateway.formats import FORMATS
from gateway.formats.format import Translation

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "formats" / "chirpstack" / "soil-as-numbers"
"""An uplink of 2026-05-01T04:00:07Z from 0102030405060708."""
TOPIC = (GOLDEN / "topic.txt").read_text().strip()
EUI = "0102030405060708"
PLACE = Territory.model_validate(
    {
        "id": "t",
        "zones": [{"id": "z", "arm": "control", "land_use": "forestry"}],
        "sites": [{"id": name, "zone": "z", "latitude": 50, "longitude": 14} for name in ("n1", "n2", "n3")],
        "devices": [
            {
                "id": "a", "sensors": ["soil"], "address": EUI,
                "deployment": [
                    {"site": "n1", "until": "2026-04-01"},
                    {"site": "n2", "from": "2026-04-01", "until": "2026-06-01"},
                ],
            },
            {
                "id": "b", "sensors": ["soil"], "address": EUI,
                "deployment": [{"site": "n3", "from": "2026-07-01"}],
            },
        ],
    }
)  # fmt: skip


def uplink(time: str) -> bytes:
    told = json.loads((GOLDEN / "uplink.json").read_text())
    return json.dumps(told | {"time": time}).encode()


@pytest.mark.parametrize(
    ("time", "whose"),
    [
        ("2026-03-31T23:59:59Z", ("n1", "a")),
        ("2026-05-01T04:00:07Z", ("n2", "a")),
        ("2026-07-01T00:00:00Z", ("n3", "b")),
    ],
)
def test_an_uplink_belongs_to_who_had_the_address_then(time: str, whose: tuple[str, str]) -> None:
    found = FORMATS["chirpstack"].read(TOPIC, uplink(time), PLACE)
    assert (found.site, found.device) == whose
    assert found.topic == topics.sensor(*whose, "readings")


def test_while_nobody_has_the_address_it_is_unreadable() -> None:
    with pytest.raises(UnreadableMessage, match=f"'{EUI}' belongs to no device"):
        FORMATS["chirpstack"].read(TOPIC, uplink("2026-06-15T00:00:00Z"), PLACE)


def test_a_moved_device_may_write_under_each_site_of_its_own_and_no_other() -> None:
    lines = rights(["a"], PLACE)
    assert {f"topic write ecoviv/1/{site}/a/readings" in lines for site in ("n1", "n2")} == {True}
    assert {f"topic read {topics.sensor_receipt(site, 'a')}" in lines for site in ("n1", "n2")} == {True}
    assert "/n3/" not in lines


def test_a_probe_was_as_deep_as_its_deployment_says() -> None:
    table = PLACE.model_dump(mode="json", by_alias=True)
    table["devices"][0]["deployment"][0]["depth_m"] = 0.1
    table["devices"][0]["deployment"][1]["depth_m"] = 0.3
    place = Territory.model_validate(table)
    for time, depth in (("2026-03-31T23:59:59Z", 0.1), ("2026-05-01T04:00:07Z", 0.3)):
        found = FORMATS["chirpstack"].read(TOPIC, uplink(time), place)
        assert isinstance(found, Translation)
        told = {one["quantity"]: one.get("depth_m") for one in json.loads(found.payload)["readings"]}
        assert {told[name] for name in told if name.startswith("soil_")} == {depth}
        assert told["signal_strength"] is None


def passed_on(address: str, **more: object) -> Territory:
    """One address: of ``a`` at n1, then at n2, then of ``b`` at n3."""
    table = PLACE.model_dump(mode="json", by_alias=True)
    for device in table["devices"]:
        device |= {"address": address, "sensors": ["weather", "acoustic"], **more}
        for one in device["deployment"]:
            one["address"] = address
    return Territory.model_validate(table)


def mapped(time: str) -> tuple[str, bytes, Territory]:
    said = {"Time": time, "AM2301": {"Temperature": 12.5}}
    return "tele/pole/SENSOR", json.dumps(said).encode(), passed_on("tele/pole/SENSOR", map="tasmota")


def pushed(time: str) -> tuple[str, bytes, Territory]:
    form = f"PASSKEY=&dateutc={time[:10]}+{time[11:19]}&tempf=50".encode()
    return "push/3a6f1e9c/http-1/1/1777636800000000000", form, passed_on("3a6f1e9c")


def heard(time: str) -> tuple[str, bytes, Territory]:
    note = {
        "BeginTime": time, "EndTime": time, "ScientificName": "Turdus merula", "Confidence": 0.9,
        "detectionId": 7, "sourceId": "x",
    }  # fmt: skip
    return "birdnet", json.dumps(note).encode(), passed_on("birdnet")


WHOSE = [
    ("2026-03-31T21:59:59Z", ("n1", "a")),
    ("2026-05-01T04:00:07Z", ("n2", "a")),
    ("2026-07-02T00:00:00Z", ("n3", "b")),
]


@pytest.mark.parametrize(("name", "say"), [("mapped", mapped), ("push", pushed), ("birdnet-go", heard)])
@pytest.mark.parametrize(("time", "whose"), WHOSE)
def test_every_other_format_knows_who_had_the_address_then_too(
    name: str, say: Callable[[str], tuple[str, bytes, Territory]], time: str, whose: tuple[str, str]
) -> None:
    found = FORMATS[name].read(*say(time))
    assert (found.site, found.device) == whose


@pytest.mark.parametrize(("name", "say"), [("mapped", mapped), ("push", pushed), ("birdnet-go", heard)])
def test_between_two_owners_it_is_nobodys(
    name: str, say: Callable[[str], tuple[str, bytes, Territory]]
) -> None:
    with pytest.raises(UnreadableMessage):
        FORMATS[name].read(*say("2026-06-15T00:00:00Z"))
