"""The messages of network servers and stations around what their decoders made, before they are damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.faults.damage.decoders import DECODED, FORM, NORMALIZED, OWN, STATIONS, eui
from benchmarks.faults.damage.good import Spoken

_TIME = "2026-05-01T04:00:07.25Z"


def sent() -> dict[str, Spoken]:
    """By format, and by map where topics are its own: topics and payloads."""
    made = {
        "ChirpStack 4": list(_chirpstack()),
        "ChirpStack 3": list(_chirpstack_3()),
        "The Things Stack 3": list(_things_stack()),
        "LORIOT": list(_loriot()),
        "Actility": list(_actility()),
        "BirdNET-Go": list(_birdnet_go()),
    }
    made |= {name: [(topic, _plain(body)) for topic, body in those] for name, those in STATIONS.items()}
    made["a map of one's own"] = [(topic, _plain(body)) for topic, body in OWN]
    made["pushes"] = [("push/push/b1/7/1777608001000000000", FORM.encode())]
    return made


def _plain(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _chirpstack() -> Iterator[tuple[str, bytes]]:
    for frame, (name, decoded) in enumerate(DECODED.items(), 1):
        body = {
            "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
            "time": _TIME,
            "deviceInfo": {"devEui": eui(name), "deviceName": name, "tags": {}},
            "devAddr": "00189440",
            "adr": True,
            "dr": 5,
            "fCnt": frame,
            "fPort": 2,
            "confirmed": False,
            "data": "DhB//xHYCSgDIA==",
            "object": decoded,
            "rxInfo": [
                {"gatewayId": "0016c001f153a14c", "rssi": -36, "snr": 10.5, "nsTime": _TIME, "gwTime": _TIME}
            ],
            "txInfo": {"frequency": 867100000, "modulation": {"lora": {"spreadingFactor": 7}}},
        }
        yield f"application/a/device/{eui(name)}/event/up", _plain(body)
    first = eui("dragino-lse01")
    status = {
        "deduplicationId": "x",
        "time": _TIME,
        "deviceInfo": {"devEui": first},
        "margin": 7,
        "batteryLevel": 78.74,
    }
    yield f"application/a/device/{first}/event/status", _plain(status)
    log = {
        "time": _TIME,
        "deviceInfo": {"devEui": first},
        "level": "ERROR",
        "code": "UPLINK_CODEC",
        "description": "é",
    }
    yield f"application/a/device/{first}/event/log", _plain(log)


def _chirpstack_3() -> Iterator[tuple[str, bytes]]:
    for frame, (name, decoded) in enumerate(DECODED.items(), 1):
        body = {
            "applicationID": "1",
            "applicationName": "a",
            "deviceName": name,
            "devEUI": eui(name),
            "rxInfo": [{"gatewayID": "a84041", "time": _TIME, "rssi": -57, "loRaSNR": 10}],
            "txInfo": {"frequency": 868100000, "dr": 5},
            "adr": True,
            "fCnt": frame,
            "fPort": 2,
            "data": "DhB/",
            "publishedAt": _TIME,
        } | ({"object": decoded} if frame % 2 else {"objectJSON": json.dumps(decoded)})
        yield f"application/1/device/{eui(name)}/event/up", _plain(body)


def _things_stack() -> Iterator[tuple[str, bytes]]:
    for frame, (name, decoded) in enumerate(DECODED.items(), 1):
        body = {
            "end_device_ids": {"device_id": name, "dev_eui": eui(name).upper(), "dev_addr": "00BCB929"},
            "received_at": _TIME,
            "uplink_message": {
                "f_port": 2,
                "f_cnt": frame,
                "frm_payload": "DhB/",
                "decoded_payload": decoded,
                "normalized_payload": NORMALIZED,
                "rx_metadata": [{"rssi": -35, "snr": 9.25}],
                "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}}},
                "received_at": _TIME,
            },
        }
        yield f"v3/a@ttn/devices/{name}/up", _plain(body)


def _loriot() -> Iterator[tuple[str, bytes]]:
    for frame, (name, decoded) in enumerate(DECODED.items(), 1):
        body = {
            "cmd": "gw",
            "seqno": frame,
            "EUI": eui(name).upper(),
            "ts": 1777608007250,
            "fcnt": frame,
            "port": 2,
            "dr": "SF7 BW125 4/5",
            "data": "0e10",
            "bat": 200,
            "gws": [{"rssi": -60, "snr": 8.5, "ts": 1777608007250}],
            "decoded": {"data": decoded},
        }
        yield "loriot/a", _plain(body)


def _actility() -> Iterator[tuple[str, bytes]]:
    for frame, (name, decoded) in enumerate(DECODED.items(), 1):
        body = {
            "DevEUI_uplink": {
                "Time": _TIME,
                "DevEUI": eui(name).upper(),
                "FPort": "2",
                "FCntUp": str(frame),
                "LrrRSSI": "-60.0",
                "LrrSNR": "8.5",
                "SpFact": "7",
                "DevAddr": "00BCB929",
                "payload_hex": "0e10",
                "payload": decoded,
                "points": {"batteryLevel": {"unitId": "%", "record": 88}},
            }
        }
        yield f"mqtt/things/{eui(name).upper()}/uplink", _plain(body)


def _birdnet_go() -> Iterator[tuple[str, bytes]]:
    for number in range(4):
        body = {
            "SourceNode": "N1",
            "Date": "2026-05-14",
            "Time": "05:12:33",
            "Model": {"Name": "BirdNET", "Version": "2.4", "Variant": "default"},
            "BeginTime": "2026-05-14T05:12:25.186938152+02:00",
            "EndTime": "2026-05-14T05:12:40.186938152+02:00",
            "ScientificName": "Turdus merula",
            "CommonName": "Merle noir",
            "Confidence": 0.87,
            "Threshold": 0.75,
            "Sensitivity": 1,
            "Unlikely": bool(number % 2),
            "Verified": "",
            "sourceId": "mic_north",
            "Results": None,
        } | ({"detectionId": 3000 + number} if number < 3 else {"ID": 0})
        yield "birdnet", _plain(body)
