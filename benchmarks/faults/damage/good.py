"""Valid messages of every kind that anybody may send, before they are damaged."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.loads.batches import record, territory
from contract import topics, wire
from contract.places import Territory
from contract.reading import (
    AudioPart,
    ClipManifest,
    Detection,
    Detections,
    Excerpt,
    Features,
    Finding,
    Health,
    Model,
)

DEVICES = 4
VARIANTS = 64
_SOUND = (bytes(range(256)), bytes(range(255, -1, -1)))
"""The two parts of a clip."""
_SHA = hashlib.sha256(b"".join(_SOUND)).hexdigest()
_START = datetime(2026, 5, 1, 4, tzinfo=UTC)

Spoken = list[tuple[str, bytes]]
"""Topics and payloads."""


def places() -> Territory:
    """Four weather stations, one LoRaWAN device and one BirdNET-Go station."""
    known: dict[str, Any] = territory(DEVICES)
    known["devices"] += [
        {"id": "soil", "site": "s1", "sensors": ["soil"], "address": "0102030405060708"},
        {
            "id": "mic", "site": "s1", "sensors": ["acoustic"], "address": "mic_north",
            "timezone": "Europe/Paris",
        },
    ]  # fmt: skip
    return Territory.model_validate(known)


def spoken() -> dict[str, Spoken]:
    """By source: what sensors and foreign networks send."""
    return {
        "readings": [(one.topic, one.payload) for one in map(_readings, range(VARIANTS))],
        "features": [_native(_features(number)) for number in range(VARIANTS)],
        "detections": [_native(_detections(number)) for number in range(VARIANTS)],
        "clip manifests": [_native(_manifest(number)) for number in range(VARIANTS)],
        "health": [_native(_health(number)) for number in range(VARIANTS)],
        "audio parts": [_part(number) for number in range(VARIANTS)],
        "ChirpStack 4": [_chirpstack(number) for number in range(VARIANTS)],
        "The Things Stack 3": [_the_things_stack(number) for number in range(VARIANTS)],
        "BirdNET-Go": [("birdnet", _birdnet_go(number)) for number in range(VARIANTS)],
    }


def _readings(number: int) -> Any:
    return record(number, DEVICES)


def _native(message: wire.WireMessage) -> tuple[str, bytes]:
    return topics.sensor(message.site, message.device, message.kind), wire.encode(message)


def _head(number: int) -> dict[str, Any]:
    return {
        "site": "s1", "device": f"d{number % DEVICES}", "boot": f"b{number % 3}", "seq": number + 100,
        "time": _START + timedelta(minutes=number), "clock": ("gps", "ntp", "rtc", "none")[number % 4],
        "uptime_ms": number * 60_000, "firmware": "1.0",
    }  # fmt: skip


def _excerpt(number: int) -> Excerpt:
    return Excerpt(
        start=_START + timedelta(minutes=number),
        duration_s=60.0,
        valid_s=58.5,
        clip=_SHA,
        sample_rate_hz=48_000,
    )


def _features(number: int) -> Features:
    return Features(
        **_head(number),
        excerpt=_excerpt(number),
        values={"ACI@maad-1.5.2#1a2b3c4d": 150.5 + number, "NDSI@ecoviv-1#0badcafe": 0.25},
        absent={"BI@ecoviv-1#0badcafe": "the microphone is dead: één constante waarde"},
        quality={"clipped": Finding(value=0.001, threshold=0.01, flagged=False)},
    )


def _detections(number: int) -> Detections:
    heard = tuple(
        Detection(taxon="Turdus merula", score=0.5 + place / 10, offset_s=3.0 * place, duration_s=3.0)
        for place in range(number % 4)
    )
    model = Model(id="BirdNET", version="2.4", threshold=0.5)
    return Detections(**_head(number), excerpt=_excerpt(number), model=model, detections=heard)


def _manifest(number: int) -> ClipManifest:
    return ClipManifest(
        **_head(number),
        sha256=_SHA, size=512, parts=2, name="20260501_040000.wav", start=_START,
        start_source="file name", header={"gain": "medium", "battery": "4.2 V"},
    )  # fmt: skip


def _health(number: int) -> Health:
    return Health(
        **_head(number), battery_voltage=3.7, temperature=21.5, free_mb=900.0, last_seq=number, text="fine"
    )


def _part(number: int) -> tuple[str, bytes]:
    part = AudioPart(f"b{number % 3}", number + 1, _SHA, number % 2, 2, _SOUND[number % 2])
    return topics.audio("s1", f"d{number % DEVICES}", _SHA), wire.encode_part(part)


def _decoded(number: int) -> dict[str, object]:
    as_text: dict[str, object] = {"BatV": "3.6 V", "temp_SOIL": "23.44 °C", "water_SOIL": "45.6 %"}
    as_numbers: dict[str, object] = {
        "BatV": 3.6, "water_SOIL": 45.6 - number / 10, "temp_SOIL": 23.44, "conduct_SOIL": 800
    }  # fmt: skip
    return as_text if number % 4 == 0 else as_numbers


def _chirpstack(number: int) -> tuple[str, bytes]:
    uplink = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2026-05-01T04:00:07.123456Z",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242", "tenantName": "meadow",
            "applicationId": "ca739e26-7b67-4f14-b69e-d568c22a5a75", "applicationName": "soil",
            "deviceProfileName": "soil", "deviceName": "soil one", "devEui": "0102030405060708", "tags": {},
        },
        "devAddr": "00189440", "adr": True, "dr": 1, "fCnt": number, "fPort": 2, "confirmed": False,
        "data": "DhB//xHYCSgDIA==", "object": _decoded(number),
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -36, "snr": 10.5}],
        "txInfo": {"frequency": 867100000, "modulation": {"lora": {"spreadingFactor": 7}}},
    }  # fmt: skip
    topic = "application/ca739e26-7b67-4f14-b69e-d568c22a5a75/device/0102030405060708/event/up"
    return topic, json.dumps(uplink, ensure_ascii=False).encode()


def _the_things_stack(number: int) -> tuple[str, bytes]:
    uplink = {
        "end_device_ids": {
            "device_id": "soil-one", "application_ids": {"application_id": "meadow"},
            "dev_eui": "0102030405060708", "join_eui": "800000000000000C", "dev_addr": "00BCB929",
        },
        "correlation_ids": ["as:up:01"],
        "received_at": "2026-05-01T04:00:08.5Z",
        "uplink_message": {
            "session_key_id": "AXA50", "f_port": 2, "f_cnt": number, "frm_payload": "DhB//xHYCSgDIA==",
            "decoded_payload": _decoded(number),
            "rx_metadata": [{"gateway_ids": {"gateway_id": "north"}, "rssi": -35, "snr": 9.2}],
            "settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}}},
            "received_at": "2026-05-01T04:00:07.123456Z",
        },
    }  # fmt: skip
    return "v3/meadow@ttn/devices/soil-one/up", json.dumps(uplink, ensure_ascii=False).encode()


def _birdnet_go(number: int) -> bytes:
    heard = {
        "Date": "2026-05-14", "Time": "05:12:33", "BeginTime": "2026-05-14T05:12:25.186938152+02:00",
        "EndTime": "2026-05-14T05:12:40+02:00" if number % 2 else "0001-01-01T00:00:00Z",
        "ScientificName": "Turdus merula", "CommonName": "Merle noir", "Confidence": 0.87, "Threshold": 0.75,
        "Model": {"Name": "BirdNET", "Version": "2.4", "Variant": "default"}, "Unlikely": False,
        "detectionId": number + 1, "sourceId": "mic_north", "ProcessingTime": 182000000,
    }  # fmt: skip
    return json.dumps(heard).encode()
