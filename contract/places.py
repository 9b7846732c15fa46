"""Places: a territory holds zones, a zone holds sites, a site holds devices.

1. The models below are the shape of the territory file; unknown keys are errors.
2. ``Territory`` checks what one table alone cannot: duplicate ids, dangling references.
3. Look-ups answer what gateway and ingest ask: whose serial, whose address, which site, and
   whether a device may have spoken from there.

Reading the file itself, with errors that name file, key and remedy: ``contract.config``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from contract.errors import ConfigurationError
from contract.instant import parse_zone
from contract.maps import Map
from contract.maps import Sensor as Sensor

SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,39}$"
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Span = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Arm = Literal["restored", "control", "reference"]
LandUse = Literal["agriculture", "livestock", "forestry"]
Texture = Literal[
    "sand", "loamy-sand", "sandy-loam", "loam", "silt-loam", "silt", "silty-clay-loam", "silty-clay", "clay"
]
"""Texture classes of the USDA for which FAO-56 tabulates water contents."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Calibration(_Table):
    """Raw count x -> soil_moisture = a x² + b x + c [m3/m3], for one soil type."""

    id: Slug
    a: float
    b: float
    c: float
    source: str = Field(min_length=3)
    """Where the curve comes from, with DOI if published."""


class Zone(_Table):
    """Land under one treatment."""

    id: Slug
    arm: Arm
    land_use: LandUse
    restored_on: date | None = None
    """First day of restoration; required where ``arm`` is restored."""

    @model_validator(mode="after")
    def _restored_has_a_date(self) -> Self:
        if (self.arm == "restored") != (self.restored_on is not None):
            raise ValueError("restored_on is required in a restored zone and only there")
        return self


class Soil(_Table):
    """Between which water contents plants can take water: as measured, or as a texture class has them."""

    texture: Texture | None = None
    field_capacity: float | None = Field(default=None, gt=0, lt=1)
    """Water content that drained soil holds [m3/m3]."""
    wilting_point: float | None = Field(default=None, ge=0, lt=1)
    """Water content that plants cannot take [m3/m3]."""

    @model_validator(mode="after")
    def _bounds_or_texture(self) -> Self:
        low, high = self.wilting_point, self.field_capacity
        if (low is None) != (high is None):
            raise ValueError("field_capacity and wilting_point come together")
        if (low is None) == (self.texture is None):
            raise ValueError("give either texture, or field_capacity and wilting_point")
        if low is not None and high is not None and low >= high:
            raise ValueError(f"wilting_point {low} must lie below field_capacity {high}")
        return self


class Site(_Table):
    """One sampling place: the unit of inference."""

    id: Slug
    zone: Slug
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str = ""
    soil: Soil | None = None
    """Without it nothing is said of the water that plants can take."""


class Device(_Table):
    """One instrument at one site."""

    id: Slug
    site: Slug
    sensors: tuple[Sensor, ...] = Field(min_length=1)
    serial: str = ""
    """As written in its files' headers or names."""
    address: str = ""
    """As foreign networks write it (LoRaWAN DevEUI, station name …)."""
    timezone: str = ""
    """Zone of the local times that it writes; empty: its times must carry their zone."""
    cadence_s: float = Field(default=3600, gt=0)
    """Expected seconds between messages: what makes silence visible."""
    listens: tuple[Span, ...] = ()
    """Of a station that says what it heard and not when it listened: its local hours, ``04:00-10:00``;
    ``00:00-24:00`` is always.  Empty: nothing is said, and its detections enter no rate."""
    soil_calibration: Slug | None = None
    depth_m: float | None = Field(default=None, ge=0, le=100)
    """How deep its probe is buried [m], for files that do not say it."""
    height_m: float | None = Field(default=None, ge=0, le=200)
    """How high its probe hangs above the ground [m], for files that do not say it."""
    map: str = Field(default="", max_length=64)
    """Which map reads its messages (``dragino-lse01``); empty: their shape decides."""

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, text: str) -> str:
        try:
            if text:
                parse_zone(text)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        return text

    @field_validator("listens")
    @classmethod
    def _spans_end_after_they_start(cls, spans: tuple[str, ...]) -> tuple[str, ...]:
        for span in spans:
            if span[:5] >= span[6:]:
                raise ValueError(f"{span} ends before it starts; write two spans around midnight")
        return spans


class Territory(_Table):
    """The whole file."""

    id: Slug
    name: str = ""
    zones: tuple[Zone, ...] = Field(min_length=1)
    sites: tuple[Site, ...] = Field(min_length=1)
    devices: tuple[Device, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    maps: tuple[Map, ...] = ()
    """What foreign messages mean here, before what is shipped."""
    topics: tuple[str, ...] = ()
    """Where network servers publish, if not on their usual topics (MQTT filters)."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        _unique("zones", (zone.id for zone in self.zones))
        _unique("sites", (site.id for site in self.sites))
        _unique("devices", (device.id for device in self.devices))
        _unique("calibrations", (calibration.id for calibration in self.calibrations))
        _unique("maps", (one.id for one in self.maps))
        _unique("devices.serial", (d.serial for d in self.devices if d.serial))
        _unique("devices.address", (d.address for d in self.devices if d.address))
        for site in self.sites:
            _known("sites", site.id, "zone", site.zone, self.zone_by_id)
        for device in self.devices:
            _known("devices", device.id, "site", device.site, self.site_by_id)
            if device.soil_calibration is not None:
                known = {calibration.id: calibration for calibration in self.calibrations}
                _known("devices", device.id, "soil_calibration", device.soil_calibration, known)
        for one in self.maps:
            if one.device:
                _known("maps", one.id, "device", one.device, self.device_by_id)
        return self

    @cached_property
    def zone_by_id(self) -> dict[str, Zone]:
        """Every zone by its id."""
        return {zone.id: zone for zone in self.zones}

    @cached_property
    def site_by_id(self) -> dict[str, Site]:
        """Every site by its id."""
        return {site.id: site for site in self.sites}

    @cached_property
    def device_by_id(self) -> dict[str, Device]:
        """Every device by its id."""
        return {device.id: device for device in self.devices}

    @cached_property
    def device_by_serial(self) -> dict[str, Device]:
        """Devices that have one, by the serial in their files."""
        return {device.serial: device for device in self.devices if device.serial}

    @cached_property
    def device_by_address(self) -> dict[str, Device]:
        """Devices that have one, by the address that a foreign network gives them."""
        return {device.address: device for device in self.devices if device.address}

    def misplaced(self, site: str, device: str) -> str:
        """Why ``device`` cannot have spoken from ``site``, as one sentence; empty where it can."""
        known = self.device_by_id.get(device)
        if known is None:
            return f"device {device!r} is not in the territory"
        if known.site != site:
            return f"device {device!r} is at site {known.site!r} in the territory, not {site!r}"
        return ""

    def zone_of(self, site: str) -> Zone:
        """The zone that the site with this id lies in; ``KeyError`` for an unknown site."""
        return self.zone_by_id[self.site_by_id[site].zone]

    def calibration_of(self, device: Device) -> Calibration | None:
        """The soil calibration named for the device, if any."""
        return next((c for c in self.calibrations if c.id == device.soil_calibration), None)


def _unique(table: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{table}: {name!r} appears twice; give each its own")
        seen.add(name)


def _known(table: str, owner: str, key: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        choice = ", ".join(names) or "none"
        raise ValueError(f"{table}.{owner}.{key}: {name!r} is not defined; use one of {choice}")
