"""The Things Stack 3: uplink messages of its MQTT server.

Field names follow its documented JSON format, which leaves out what is empty or 0.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from contract.places import Territory
from contract.reading import Moment
from gateway.formats.format import Translation, parsed
from gateway.formats.lorawan import translate

_Hex = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}$")]


class _Ids(BaseModel):
    dev_eui: str
    dev_addr: _Hex


class _Message(BaseModel):
    received_at: Moment
    f_cnt: Annotated[int, Field(ge=0, le=2**32)] = 0
    decoded_payload: dict[str, object] = {}


class _Uplink(BaseModel):
    end_device_ids: _Ids
    uplink_message: _Message


class TheThingsStack:
    """One uplink, one ``readings`` message."""

    filters = ("v3/+/devices/+/up",)

    def read(self, topic: str, payload: bytes, territory: Territory) -> Translation:
        """The uplink in our units; ``UnreadableMessage`` says what is wanting."""
        uplink = parsed(_Uplink, payload, "uplink of The Things Stack 3")
        return translate(
            territory,
            address=uplink.end_device_ids.dev_eui,
            session=uplink.end_device_ids.dev_addr,
            frame=uplink.uplink_message.f_cnt,
            time=uplink.uplink_message.received_at,
            fields=uplink.uplink_message.decoded_payload,
        )
