"""Maps: what the fields of a foreign message mean, as tables that people write in TOML.

1. ``Map`` says for whom it speaks, where time and identity stand, and lists its ``MapField`` rows.
2. A row names one field by its path, the quantity, and the unit in which the number comes; the unit is
   always stated, by the row or by the message (``unit_at``), never taken from a name.
3. ``known`` names what is no measurement; whatever is neither read nor known is named to the technician.

A path is the names of the steps, joined by ``/``: a key, the place in a list, ``*`` for each one, or
``KEY=VALUE`` for the one that says so; lists inside lists are walked as one.  ``readings/0/value``,
``messages/measurementId=4102/measurementValue``.  Who reads them: ``gateway.formats.maps``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from contract.errors import ConfigurationError
from contract.instant import parse_zone
from contract.quantities import conversion, quantity

MapId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Path = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Duration = Annotated[float, Field(ge=0, le=366 * 86_400)]
Sensor = Literal["acoustic", "soil", "weather"]
"""What kinds of sensor a device carries."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MapField(_Row):
    """One field of a message: where it stands, and what it is."""

    path: Path
    quantity: str
    unit: str = ""
    """Of the number as it comes, in a common spelling; of text that names another, the text's own."""
    unit_at: str = ""
    """Where the message says its unit, beside the number; ``unit`` is then what counts without it."""
    scale: Annotated[float, Field(allow_inf_nan=False)] = 1.0
    """The number x scale is in ``unit``."""
    depth_m: float | None = None
    height_m: float | None = None
    """Above ground [m]: a negative depth."""
    depth_at: str = ""
    """Where the message says the depth, beside the number."""
    depth_unit: Literal["m", "cm", "mm"] = "m"
    period_s: Duration = 0
    period_at: str = ""
    """Where the message says the period [s], beside the number."""
    method: Literal["point", "mean", "sum", "min", "max", "total"] = "point"
    """``total``: a counter that only grows; an amount is the difference of two."""
    modulus: Annotated[float, Field(gt=0)] | None = None
    """Where such a counter starts again, in ``unit``."""
    time_at: str = ""
    """Where the message says when it was measured, beside the number."""
    channel: str = Field(default="", max_length=20)
    """Which of several probes; ``*``: what the star in the path stands for."""
    sensor: Sensor | None = None
    """Only for devices that carry this kind of sensor."""
    when: str = ""
    """A path that must exist, from the top of the message: ``usUnits=16``."""
    unless: str = ""
    """A path that must hold nothing, from the top of the message."""
    absent: tuple[float | str, ...] = ()
    """Values that mean: no sensor."""
    note: str = ""
    """What people should know of this value."""

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        try:
            quantity(self.quantity)
            if self.unit:
                conversion(self.quantity, self.unit)
        except ConfigurationError as error:
            raise ValueError(f"{self.path}: {error.message}; {error.help}") from error
        if not (self.unit or self.unit_at):
            raise ValueError(f"{self.path}: its unit is not stated; add unit, or unit_at")
        if self.depth_m is not None and self.height_m is not None:
            raise ValueError(f"{self.path}: give depth_m or height_m, not both")
        if self.modulus is not None and self.method != "total":
            raise ValueError(f'{self.path}: modulus belongs to method = "total"')
        return self

    @property
    def depth(self) -> float | None:
        """[m below ground] as the row states it."""
        return -self.height_m if self.height_m is not None else self.depth_m


class History(_Row):
    """A list of older messages inside a message: each is read by the same rows, at its own time."""

    path: Path
    time_at: Path
    """Where each says its time."""
    repeats: bool = False
    """The newest stands at the top of the message once more."""


class Map(_Row):
    """What the messages of one kind of device, or of one topic, mean."""

    id: MapId
    names: tuple[MapId, ...] = ()
    """Other names of the same."""
    source: str = ""
    """Where the facts are from."""
    topics: tuple[str, ...] = ()
    """MQTT filters of its messages; empty: what the decoder of a network server made of an uplink."""
    device: str = ""
    """Whose messages they are; empty: ``address_at``, the topic or a level of it is an address."""
    address_at: str = ""
    time_at: str = ""
    """Where the message says its time; empty: when the gateway received it."""
    timezone: str = ""
    """Of times that say no zone; empty: the device's own."""
    identity_at: str = ""
    """Where the message numbers itself; empty: its time and content are its identity."""
    shape: tuple[Path, ...] = ()
    """Paths of which at least one must exist for this map to be considered without being named."""
    sensors: tuple[Sensor, ...] = ()
    """Considered without being named only for devices that carry one of these; empty: for all."""
    fields: tuple[MapField, ...]
    known: tuple[Path, ...] = ()
    """What is no measurement of ours; a name stands for all below it."""
    history: tuple[History, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, text: str) -> str:
        try:
            if text:
                parse_zone(text)
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        return text

    @model_validator(mode="after")
    def _speaks_of_somebody(self) -> Self:
        if self.device and not self.topics:
            raise ValueError(f"maps.{self.id}: topics is missing; `device` alone says nothing of where")
        return self

    def is_called(self, name: str) -> bool:
        """True where ``name`` is its id, or one of its names."""
        return name == self.id or name in self.names
