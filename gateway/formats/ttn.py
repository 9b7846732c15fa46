"""The Things Stack 3: uplink messages of its MQTT server.

Field names follow its documented JSON format, which leaves out what is empty or 0.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from contract.places import Territory
from contract.wire import MAX_MESSAGE_BYTES
from gateway.formats.face import Translation
from gateway.formats.lorawan import translate, unreadable

_Hex = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}$")]


class _Ids(BaseModel):
    dev_eui: str
    dev_addr: _Hex


class _Message(BaseModel):
    received_at: AwareDatetime
    f_cnt: Annotated[int, Field(ge=0, le=2**32)] = 0
    decoded_payload: dict[str, object] = {}


class _Uplink(BaseModel):
    end_device_ids: _Ids
    uplink_message: _Message


class TheThingsStack:
    """One uplink, one ``readings`` message."""

    filters = ("v3/+/devices/+/up",)

    def read(self, topic: str, payload: bytes, territory: Territory) -> Translation:
        if len(payload) > MAX_MESSAGE_BYTES:
            raise unreadable(f"the uplink has {len(payload)} bytes, more than {MAX_MESSAGE_BYTES}")
        try:
            uplink = _Uplink.model_validate_json(payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise unreadable(f"no uplink of The Things Stack 3: {place}: {first['msg']}") from error
        return translate(
            territory,
            address=uplink.end_device_ids.dev_eui,
            session=uplink.end_device_ids.dev_addr,
            frame=uplink.uplink_message.f_cnt,
            time=uplink.uplink_message.received_at,
            fields=uplink.uplink_message.decoded_payload,
        )
