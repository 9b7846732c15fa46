"""``ecoviv gateway map --try`` on messages as stations, decoders and network servers send them.

What must come out is typed from the lists beside the samples (``expected`` of each line, ``expected.tsv``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import shared_path
from tests.strangers.conftest import Row, Run, case, territory

STATION = {"id": "d", "sensors": ["acoustic"], "timezone": "Europe/Paris", "address": "rtsp_ab12"}
RADIO = {"signal_strength", "signal_to_noise_ratio", "spreading_factor"}

HEARD = [
    ("Luscinia megarhynchos", 0.86, "2026-05-14T03:12:25.186938152Z", "BirdNET", "2.4", 0.75, None),
    ("Luscinia megarhynchos", 0.86, "2026-05-14T03:12:25Z", "Perch", "2.0", 0.75, None),
    ("Athene noctua", 0.9, "2026-10-25T01:30:00Z", "BirdNET", "2.4", 0.7, None),
    ("Turdus merula", 0.8, "2026-05-14T03:20:00Z", "BirdNET", "2.4", 0.7, None),
    ("Bubo bubo", 0.8, "2026-05-14T03:21:00Z", "BirdNET", "2.4", 0.7, "unlikely, says the station"),
    ("Turdus merula", 0.8, "2026-05-14T03:22:00Z", "BirdNET", "2.4", 0.7, None),
    ("power_tool", 0.8, "2026-05-14T03:23:00Z", "BirdNET", "2.4", 0.7, "no scientific name"),
]


def test_what_birdnet_go_publishes(run: Run, tmp_path: Path) -> None:
    """Seven messages, as they are and on a topic of the user's; 15 s where begin and end are said."""
    places = territory(tmp_path, STATION, more='topics = ["birds/hedge"]')
    code, said, talk = run("gateway", "map", "--try", case("birdnet_go.jsonl"), "--territory", places)
    assert (code, said["not_understood"]) == (0, []), talk
    keys = ("taxon", "score", "time", "model", "version", "threshold", "doubt")
    assert [tuple(row[key] for key in keys) for row in said["values"]] == HEARD
    assert [row["duration_s"] for row in said["values"]][:3] == [15.0, 15.0, 15.0]


def test_events_of_a_real_chirpstack(run: Run, tmp_path: Path) -> None:
    """35 uplinks, 27 with values, and health; none in 2007, a decoder's failure named with its text."""
    names = ("0001", "0002", "0003", "0004", "ffff")
    devices = [{"id": f"d{end}", "sensors": ["soil"], "address": f"a84041000381{end}"} for end in names]
    sample = case("chirpstack_4.20.jsonl")
    code, said, talk = run("gateway", "map", "--try", sample, "--territory", territory(tmp_path, *devices))
    assert code == 0, talk
    values = {
        name: sorted(row["value"] for row in said["values"] if row["quantity"] == name)
        for name in {row["quantity"] for row in said["values"]} - RADIO
    }
    assert values["soil_moisture"] == [step / 1000 for step in range(201, 229) if step != 206]
    assert values["soil_temperature"] == [step / 10 for step in range(101, 129) if step != 106]
    assert values["soil_electrical_conductivity"] == [step for step in range(101, 129) if step != 106]
    assert values["battery_voltage"] == [(3500 + step) / 1000 for step in range(1, 29) if step != 6]
    assert values["battery_level"] == pytest.approx([78.74], abs=0.001)
    assert values["link_margin"] == [7]
    assert len(values) == 6
    assert {str(row["time"])[:10] for row in said["values"]} == {"2026-11-28"}
    assert any("unknown frame" in row["reason"] for row in said["not_understood"])


WEEWX = [
    ("air_temperature", 0.37699, "Cel"),
    ("relative_humidity", 80.0, "%"),
    ("air_pressure", 1053.1667, "hPa"),
    ("wind_speed", 2.3e-9, "m/s"),
    ("wind_gust", 2.77e-9, "m/s"),
    ("wind_from_direction", 360.0, "deg"),
    ("precipitation_amount", 0.0, "mm"),
    ("shortwave_radiation", 0.0, "W/m2"),
]
METRIC = [
    ("air_temperature", 12.3, "Cel"),
    ("relative_humidity", 81.0, "%"),
    ("air_pressure", 1013.2, "hPa"),
    ("wind_speed", 1.5, "m/s"),
    ("wind_from_direction", 230.0, "deg"),
    ("precipitation_amount", 0.2, "mm"),
]


@pytest.mark.parametrize(
    ("file", "topic", "wanted", "times", "note"),
    [
        ("weewx_5.5_loop.jsonl", (), WEEWX, {"2026-11-28T19:42:41Z", "2026-11-28T19:42:43Z"}, ""),
        ("weewx_loop.json", (), METRIC, {"2026-05-14T03:12:33Z"}, "sea level"),
        ("weewx_loop.json", ("--topic", "weather/loop"), METRIC, {"2026-05-14T03:12:33Z"}, "sea level"),
    ],
)
def test_packets_of_weewx(
    file: str, topic: tuple[str, ...], wanted: list[tuple[str, float, str]], times: set[str], note: str,
    run: Run, tmp_path: Path,
) -> None:  # fmt: skip
    places = territory(tmp_path, {"id": "d", "sensors": ["weather"], "map": "weewx"})
    code, said, talk = run("gateway", "map", "--try", case(file), "--territory", places, *topic)
    assert (code, said["not_understood"]) == (0, []), talk
    first = [row for row in said["values"] if row["time"] == min(times)]
    assert Counter((row["quantity"], row["unit"]) for row in first) == Counter((n, u) for n, _, u in wanted)
    by_name = {row["quantity"]: row["value"] for row in first}
    assert by_name == pytest.approx({name: value for name, value, _ in wanted}, rel=1e-3, abs=1e-6)
    assert {row["time"] for row in said["values"]} == times
    assert any(note in one for one in said["notes"]) or not note


def published() -> list[Row]:
    lines = shared_path("lorawan/given.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def chirpstack(one: Row, eui: str) -> Row:
    """What the decoder made, behind ChirpStack 4."""
    payload = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d", "time": "2026-05-01T04:00:07Z",
        "deviceInfo": {"devEui": eui}, "devAddr": "00189440", "fCnt": 3, "fPort": one["f_port"],
        "object": one["decoded"],
    }  # fmt: skip
    return {"topic": f"application/a/device/{eui}/event/up", "payload": payload}


def things_stack(one: Row, eui: str) -> Row:
    """The same behind The Things Stack, with what the maker made of it in one schema."""
    heard = {"f_port": one["f_port"], "f_cnt": 4, "decoded_payload": one["decoded"]}
    if one["normalized"]:
        some = one["normalized"]
        heard["normalized_payload"] = some if isinstance(some, list) else [some]
    payload = {
        "end_device_ids": {"device_id": "x", "dev_eui": eui.upper(), "dev_addr": "00BCB929"},
        "received_at": "2026-05-01T04:00:07Z",
        "uplink_message": heard | {"received_at": "2026-05-01T04:00:07Z"},
    }
    return {"topic": f"v3/a@ttn/devices/{eui}/up", "payload": payload}


@pytest.mark.parametrize("named", [True, False], ids=["map named", "shape decides"])
@pytest.mark.parametrize("server", [chirpstack, things_stack])
def test_every_published_uplink_gives_what_is_listed(
    server: Callable[[Row, str], Row], named: bool, run: Run, tmp_path: Path
) -> None:
    """100 % of the values, none besides, and what is open is named: never silently missing."""
    uplinks = {f"{at:016x}": one for at, one in enumerate(published(), 1)}
    if not named:  # the maker's paste of another device's output, which has that one's shape
        uplinks = {eui: one for eui, one in uplinks.items() if one["id"] != "dragino-se01-lb"}
    devices = [device(eui, one, named) for eui, one in uplinks.items()]
    sample = tmp_path / "sample.jsonl"
    sample.write_text("\n".join(json.dumps(server(one, eui)) for eui, one in uplinks.items()))
    code, said, talk = run("gateway", "map", "--try", sample, "--territory", territory(tmp_path, *devices))
    assert code == 0, talk
    for eui, one in uplinks.items():
        found = {
            (row["quantity"], row["unit"], round(float(row["value"]), 6))
            for row in said["values"]
            if row["device"] == f"d-{eui}" and row["quantity"] not in RADIO
        }
        wanted = {(each["quantity"], each["unit"], round(each["value"], 6)) for each in one["expected"]}
        assert found == wanted, one["id"]
        missed = {row["field"] for row in said["not_understood"] if row["device"] == f"d-{eui}"}
        assert set(one["open"]) <= missed, one["id"]


def device(eui: str, one: Row, named: bool) -> Row:
    """As the territory has it; what measures more than soil is a weather station."""
    weather = any(not each["quantity"].startswith(("soil", "battery")) for each in one["expected"])
    made = {"id": f"d-{eui}", "sensors": ["weather" if weather else "soil"], "address": eui}
    return made | ({"map": one["id"]} if named else {})
