"""ChirpStack 4: uplink events of its MQTT integration, JSON encoding.

Field names follow the ``UplinkEvent`` of chirpstack_api 4 (integration.proto).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from contract.places import Territory
from contract.wire import MAX_MESSAGE_BYTES
from gateway.formats.face import Translation
from gateway.formats.lorawan import translate, unreadable

_Hex = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}$")]


class _DeviceInfo(BaseModel):
    devEui: str  # noqa: N815 - the wire's own name


class _Uplink(BaseModel):
    time: AwareDatetime
    deviceInfo: _DeviceInfo  # noqa: N815 - the wire's own name
    devAddr: _Hex  # noqa: N815 - the wire's own name
    fCnt: Annotated[int, Field(ge=0, le=2**32)] = 0  # noqa: N815 - the wire's own name
    decoded: Annotated[dict[str, object], Field(alias="object")] = {}


class ChirpStack:
    """One uplink, one ``readings`` message."""

    filters = ("application/+/device/+/event/up",)

    def read(self, topic: str, payload: bytes, territory: Territory) -> Translation:
        if len(payload) > MAX_MESSAGE_BYTES:
            raise unreadable(f"the uplink has {len(payload)} bytes, more than {MAX_MESSAGE_BYTES}")
        try:
            uplink = _Uplink.model_validate_json(payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise unreadable(f"no ChirpStack 4 uplink: {place}: {first['msg']}") from error
        return translate(
            territory,
            address=uplink.deviceInfo.devEui,
            session=uplink.devAddr,
            frame=uplink.fCnt,
            time=uplink.time,
            fields=uplink.decoded,
        )
