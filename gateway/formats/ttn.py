"""The Things Stack 3: uplink messages of its MQTT server.

1. ``decoded_payload`` is read by a map; ``normalized_payload``, one schema with units, gives what that lacks.
2. ``simulated`` messages were made up in its console: kept as unreadable, never measured.

Field names follow its documented JSON format, which leaves out what is empty or 0.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from contract.instant import from_datetime
from contract.places import Territory
from contract.reading import Moment
from gateway.formats.format import NoMeasurement, Translation, parsed, unreadable
from gateway.formats.lorawan import Uplink, translate

_Hex = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}$")]


class _Ids(BaseModel):
    dev_eui: str
    dev_addr: _Hex


class _Message(BaseModel):
    received_at: Moment
    f_cnt: Annotated[int, Field(ge=0, le=2**32)] = 0
    f_port: int = 0
    frm_payload: str = ""
    decoded_payload: dict[str, object] = {}
    normalized_payload: Any = None
    rx_metadata: list[dict[str, Any]] = []
    settings: dict[str, Any] = {}
    last_battery_percentage: Any = None


class _Uplink(BaseModel):
    end_device_ids: _Ids
    uplink_message: _Message
    simulated: bool = False


class TheThingsStack:
    """One uplink, one ``readings`` message."""

    filters = ("v3/+/devices/+/up", "v3/+/devices/+/up/normalized")

    def read(
        self, topic: str, payload: bytes, territory: Territory, received: int | None = None
    ) -> Translation | NoMeasurement:
        """The uplink in our units; ``UnreadableMessage`` says what is wanting."""
        if topic.endswith("/normalized"):
            return NoMeasurement()  # the same once more
        uplink = parsed(_Uplink, payload, "uplink of The Things Stack 3")
        if uplink.simulated:
            raise unreadable("it was simulated in the console of The Things Stack, and measured by nobody")
        said = uplink.uplink_message
        heard = max(said.rx_metadata, key=_strength, default={})
        battery = said.last_battery_percentage
        return translate(
            territory,
            Uplink(
                address=uplink.end_device_ids.dev_eui,
                session=uplink.end_device_ids.dev_addr,
                frame=said.f_cnt,
                time=from_datetime(said.received_at),
                fields=said.decoded_payload,
                normalized=said.normalized_payload,
                heard=(
                    ("signal_strength", heard.get("rssi")),
                    ("signal_to_noise_ratio", heard.get("snr")),
                    ("spreading_factor", _spreading(said.settings)),
                    ("battery_level", battery.get("value") if isinstance(battery, dict) else None),
                ),
                carries=f"{said.frm_payload[:40]!r} (fPort {said.f_port})"
                if said.frm_payload and said.f_port
                else "",
            ),
            received,
        )


def _strength(heard: dict[str, Any]) -> float:
    value = heard.get("rssi")
    return float(value) if isinstance(value, int | float) and abs(value) < 1e6 else -1e6


def _spreading(settings: dict[str, Any]) -> object:
    rate = settings.get("data_rate")
    lora = rate.get("lora") if isinstance(rate, dict) else None
    return lora.get("spreading_factor") if isinstance(lora, dict) else None
