"""ChirpStack 4: uplink events of its MQTT integration, JSON encoding.

Field names follow the ``UplinkEvent`` of chirpstack_api 4 (integration.proto).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from contract.places import Territory
from contract.reading import Moment
from gateway.formats.format import Translation, parsed
from gateway.formats.lorawan import translate

_Hex = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8}$")]


class _DeviceInfo(BaseModel):
    devEui: str  # noqa: N815 - the wire's own name


class _Uplink(BaseModel):
    time: Moment
    deviceInfo: _DeviceInfo  # noqa: N815 - the wire's own name
    devAddr: _Hex  # noqa: N815 - the wire's own name
    fCnt: Annotated[int, Field(ge=0, le=2**32)] = 0  # noqa: N815 - the wire's own name
    decoded: Annotated[dict[str, object], Field(alias="object")] = {}


class ChirpStack:
    """One uplink, one ``readings`` message."""

    filters = ("application/+/device/+/event/up",)

    def read(self, topic: str, payload: bytes, territory: Territory) -> Translation:
        """The uplink in our units; ``UnreadableMessage`` says what is wanting."""
        uplink = parsed(_Uplink, payload, "ChirpStack 4 uplink")
        return translate(
            territory,
            address=uplink.deviceInfo.devEui,
            session=uplink.devAddr,
            frame=uplink.fCnt,
            time=uplink.time,
            fields=uplink.decoded,
        )
