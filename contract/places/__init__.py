"""Places: a territory holds zones, a zone holds sites, a site holds devices.

1. The models below are the shape of the territory file; unknown keys are errors.
2. ``Territory`` checks what one table alone cannot: duplicate ids, dangling references.
3. Look-ups answer what gateway and ingest ask: whose serial, whose address, which site, when, and
   whether a device may have spoken from there.  Deployments: ``contract.places.deployments``.

Reading the file itself, with errors that name file, key and remedy: ``contract.config``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from contract.errors import ConfigurationError
from contract.instant import parse_zone
from contract.maps import Map
from contract.maps import Sensor as Sensor
from contract.places.deployments import SHARED, Deployment, Records, Stay, bounds, disorder, filled, stay_at
from contract.places.ground import Calibration as Calibration
from contract.places.ground import Soil as Soil
from contract.places.ground import Texture as Texture
from contract.places.references import Contradictions, repeated, undefined
from contract.places.slug import SLUG_PATTERN as SLUG_PATTERN
from contract.places.slug import Slug as Slug

Span = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Arm = Literal["restored", "control", "reference"]
LandUse = Literal["agriculture", "livestock", "forestry"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    """One instrument at one site, or at one after the other: then its own keys are those of its last one."""

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
    replicate: bool = False
    """One of several of the same kind, side by side at the same depth or height: their mean is the site's."""
    soil_calibration: Slug | None = None
    depth_m: float | None = Field(default=None, ge=0, le=100)
    """How deep its probe is buried [m], for files and messages that do not say it."""
    height_m: float | None = Field(default=None, ge=0, le=200)
    """How high its probe hangs above the ground [m], for files and messages that do not say it."""
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

    deployment: tuple[Deployment, ...] = Field(
        default=(), validation_alias=AliasChoices("deployment", "deployments")
    )
    """Where it was when, in order of time; empty: it is always here."""

    @model_validator(mode="before")
    @classmethod
    def _deployments_told_in_full(cls, table: object) -> object:
        return filled(table) if isinstance(table, Mapping) else table

    @cached_property
    def spans(self) -> tuple[tuple[int | None, int | None], ...]:
        """[begin, end) of each deployment [ns UTC]; None: without limit."""
        return tuple(bounds(self.deployment, parse_zone(self.timezone) if self.timezone else None))

    @cached_property
    def dated_stays(self) -> tuple[Stay[Device], ...]:
        """Those of its deployments, in order; none where it has none."""
        told = zip(self.spans, self.deployment, strict=True)
        return tuple(Stay(*span, self._as_in(one)) for span, one in told)

    @property
    def stays(self) -> tuple[Stay[Device], ...]:
        """Itself as it was, in order of time: with the site, serial, address, depth and curve of then."""
        return self.dated_stays or (Stay(None, None, self),)

    def _as_in(self, one: Deployment) -> Device:
        then = {own: getattr(one, key) for key, own in SHARED.items()} | {"deployment": ()}
        return Device.model_construct(**{name: getattr(self, name) for name in Device.model_fields} | then)

    def at(self, instant: int) -> Device | None:
        """Itself as it was at ``instant`` [ns UTC]; None where it was nowhere.

        A time before its first deployment began is wrong, and stands for that one.
        """
        stay = stay_at(self.stays, self.began if self.began is not None and instant < self.began else instant)
        return None if stay is None else stay.device

    def while_named(self, serial: str) -> Device:
        """Itself, of the deployments in which it had ``serial`` alone; all of them where it never had it."""
        kept = tuple(stay for stay in self.stays if stay.device.serial == serial)
        if not kept or len(kept) == len(self.stays):
            return self
        then = {own: getattr(kept[-1].device, own) for own in SHARED.values()}
        return self.model_copy(update=then | {"dated_stays": kept})  # cached from now on

    @property
    def began(self) -> int | None:
        """When its first deployment began [ns UTC]; None: it is there since ever."""
        return self.stays[0].begin

    @property
    def sites(self) -> tuple[str, ...]:
        """Every site where it ever was, in order of time."""
        return tuple(dict.fromkeys(stay.device.site for stay in self.stays))


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
        if reasons := list(self._contradictions()):
            raise Contradictions(reasons)
        return self

    def _contradictions(self) -> Iterator[str]:
        yield from repeated("zones", (zone.id for zone in self.zones))
        yield from repeated("sites", (site.id for site in self.sites))
        yield from repeated("devices", (device.id for device in self.devices))
        yield from repeated("calibrations", (calibration.id for calibration in self.calibrations))
        yield from repeated("maps", (one.id for one in self.maps))
        for site in self.sites:
            yield from undefined("sites", site.id, "zone", site.zone, self.zone_by_id)
        disorders = [f"devices.{one.id}.{reason}" for one in self.devices for reason in disorder(one.spans)]
        yield from disorders
        for device in self.devices:
            yield from self._dangling(device)
        for table in (table for table in self.maps if table.device):
            yield from undefined("maps", table.id, "device", table.device, self.device_by_id)
        for key, records in (("serial", self.serials), ("address", self.addresses)):
            for name, one, other in () if disorders else records.shared():
                yield f"devices.{key}: {name!r} appears twice; give each its own ({one.id}, {other.id})"

    def _dangling(self, device: Device) -> Iterator[str]:
        curves = {calibration.id: calibration for calibration in self.calibrations}
        for number, stay in enumerate(device.stays):
            inner, curve = ("deployment.", "calibration") if device.deployment else ("", "soil_calibration")
            inner += f"{number}." if inner else ""
            yield from undefined("devices", device.id, f"{inner}site", stay.device.site, self.site_by_id)
            if stay.device.soil_calibration is not None:
                named = stay.device.soil_calibration
                yield from undefined("devices", device.id, f"{inner}{curve}", named, curves)

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
    def serials(self) -> Records[Device]:
        """Who had which serial when, by what stands in files; devices as they were then."""
        return Records((stay.device.serial, stay) for one in self.devices for stay in one.stays)

    @cached_property
    def addresses(self) -> Records[Device]:
        """Who had which address of a foreign network when; devices as they were then."""
        return Records((stay.device.address, stay) for one in self.devices for stay in one.stays)

    @cached_property
    def device_by_serial(self) -> dict[str, Device]:
        """Devices by each serial that they ever had; who had it last."""
        return {name: self.device_by_id[one.id] for name, one in self.serials.latest().items()}

    @cached_property
    def device_by_address(self) -> dict[str, Device]:
        """Devices by each address that a foreign network ever gave them; who had it last."""
        return {name: self.device_by_id[one.id] for name, one in self.addresses.latest().items()}

    def misplaced(self, site: str, device: str) -> str:
        """Why ``device`` cannot ever have spoken from ``site``, as one sentence; empty where it can."""
        found = self.device_by_id.get(device)
        if found is None:
            return f"device {device!r} is not in the territory"
        if found.site != site and site not in found.sites:
            places = ", ".join(map(repr, found.sites))
            return f"device {device!r} is at site {places} in the territory, not {site!r}"
        return ""

    def zone_of(self, site: str) -> Zone:
        """The zone that the site with this id lies in; ``KeyError`` for an unknown site."""
        return self.zone_by_id[self.site_by_id[site].zone]

    def calibration_of(self, device: Device) -> Calibration | None:
        """The soil calibration named for the device, if any."""
        return next((c for c in self.calibrations if c.id == device.soil_calibration), None)
