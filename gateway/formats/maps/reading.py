"""A map applied to a message: readings, and the name of everything that is neither read nor known.

1. Each row of the map takes the fields that its path leads to: a number in our unit, or a word for nothing.
2. Each element of a history is read by the same rows, at its own time.
3. What no row took and the map does not know is named, with what stood there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo

from pydantic import ValidationError

from contract.errors import ConfigurationError
from contract.instant import parse_zone, to_datetime
from contract.maps import Map, MapField
from contract.places import Device
from contract.places.standing import depth_of
from contract.reading import MAX_READINGS, Reading
from gateway.formats.format import NotUnderstood
from gateway.formats.maps.numbers import in_our_unit, is_absent, is_unit, number_of
from gateway.formats.maps.paths import Place, Spot, leaves, name_of, walk
from gateway.formats.maps.times import instant_of

_NO_CHANNEL = re.compile(r"[^A-Za-z0-9._-]")
_DEPTHS = {"m": 1.0, "cm": 0.01, "mm": 0.001}
MAX_NAMED = 50
"""Of one message; hostile ones could name thousands."""
_SHOWN = 80
"""Letters of a value that are shown."""


@dataclass(slots=True)
class Understood:
    """What a map made of a message."""

    readings: list[Reading] = field(default_factory=list)
    not_understood: list[NotUnderstood] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    accounted: int = 0
    """Fields that are read or known."""
    places: dict[Place, Reading] = field(default_factory=dict)
    """Where each reading stood."""


def read_by(one: Map, message: object, device: Device) -> Understood:
    """``message`` of ``device`` by the map ``one``."""
    found = Understood()
    _Reader(one, device, found).read(message)
    del found.readings[MAX_READINGS:]
    return found


@dataclass(slots=True)
class _Reader:
    one: Map
    device: Device
    found: Understood
    taken: set[Place] = field(default_factory=set)
    """Fields that a row read, or that say something about one that was read."""
    known: set[Place] = field(default_factory=set)
    wrong: dict[Place, str] = field(default_factory=dict)
    """Fields that a row took and could not read."""

    def read(self, message: object) -> None:
        self._rows(message, (), None)
        for history in self.one.history:
            newest = self._history(message, history.path, history.time_at)
            if history.repeats and newest:
                self._drop_repeated(newest)
        for path in (*self.one.known, self.one.time_at, self.one.identity_at, self.one.address_at):
            if path:
                self.known.update(spot.place for spot in walk(message, path))
        self._name(message)

    def _rows(self, message: object, start: Place, time: int | None) -> None:
        for row in self.one.fields:
            if row.sensor is not None and row.sensor not in self.device.sensors:
                continue
            if self._is_doubtful(row):
                said = f"it may be of any of its sensors: {', '.join(self.device.sensors)}"
                self.wrong.update((spot.place, said) for spot in walk(message, row.path, start))
                continue
            if row.when and not any(True for _ in walk(message, row.when)):
                continue
            if row.unless and any(not is_absent(spot.value) for spot in walk(message, row.unless)):
                continue
            for spot in walk(message, row.path, start):
                if spot.place not in self.taken:
                    self._field(row, spot, time, message)
            for path in (row.when, row.unless):
                self.known.update(spot.place for spot in walk(message, path, start) if path)

    def _is_doubtful(self, row: MapField) -> bool:
        """A name that means one thing in the air and another in the soil, of a device with both sensors."""
        return row.sensor is not None and any(
            other.quantity != row.quantity and other.sensor in self.device.sensors
            for other in self.one.fields
            if other.path == row.path and other.when == row.when and other.sensor is not None
        )

    def _history(self, message: object, path: str, time_at: str) -> list[Reading]:
        """Reads every element; the readings of the newest."""
        newest: tuple[int, list[Reading]] = (0, [])
        for spot in _elements(message, path):
            when = _first(spot.value, time_at)
            time = None
            if when is not None:
                place = (*spot.place, *when.place)
                try:
                    time = instant_of(when.value, self._zone())
                except ConfigurationError as error:
                    self.wrong[place] = error.message
                    continue
                self.taken.add(place)
            if time is None:
                self.wrong[spot.place] = f"it says no time ({time_at})"
                continue
            before = len(self.found.readings)
            self._rows(spot.value, spot.place, time)
            for known in self.one.known:
                self.known.update(inner.place for inner in walk(spot.value, known, spot.place))
            if time >= newest[0]:
                said = self.found.readings[before:]
                newest = (time, [*newest[1], *said] if time == newest[0] else said)
        return newest[1]

    def _drop_repeated(self, newest: list[Reading]) -> None:
        """The newest of a history that stands on top as well, is the same reading: its own time counts."""
        said = {(reading.quantity, reading.qualifier, reading.value) for reading in newest}
        self.found.readings = [
            reading
            for reading in self.found.readings
            if reading.time is not None or (reading.quantity, reading.qualifier, reading.value) not in said
        ]

    def _field(self, row: MapField, spot: Spot, time: int | None, message: object) -> None:
        if is_absent(spot.value, row.absent):
            self.taken.update((spot.place, *spot.used))
            return
        try:
            reading, beside = self._reading(row, spot, time, message)
        except (ConfigurationError, ValueError) as error:
            if not isinstance(spot.value, dict | list):
                self.wrong[spot.place] = _sentence(error)
            return
        self.taken.update((spot.place, *spot.used, *beside))
        self.found.readings.append(reading)
        self.found.places[spot.place] = reading
        if row.note and row.note not in self.found.notes:
            self.found.notes.append(f"{name_of(spot.place)}: {row.note}")

    def _reading(
        self, row: MapField, spot: Spot, time: int | None, message: object
    ) -> tuple[Reading, list[Place]]:
        said = number_of(spot.value)
        if said is None:
            raise ValueError(f"{_shown(spot.value)} is no number")
        beside = _Beside(spot, message)
        unit = beside.text(row.unit_at) or row.unit
        if said.unit:
            if not is_unit(said.unit):
                raise ValueError(f"{_shown(spot.value)} is in no unit that is known")
            unit = said.unit
        if not unit:
            raise ValueError(f"its unit is missing at {row.unit_at}")
        when = beside.value(row.time_at)
        own = time if when is None else instant_of(when, self._zone())
        reading = Reading(
            quantity=row.quantity,
            value=in_our_unit(row.quantity, said.number, unit, row.scale),
            time=None if own is None else to_datetime(own),
            depth_m=self._depth(row, beside),
            period_s=beside.number(row.period_at) if row.period_at else row.period_s,
            method=row.method,
            channel=_NO_CHANNEL.sub("-", spot.star)[:20] if row.channel == "*" else row.channel,
        )
        return reading, beside.used

    def _depth(self, row: MapField, beside: _Beside) -> float | None:
        """As the message or the map says; else, of its only probe, as the territory says of the device."""
        said = beside.depth(row)
        return depth_of(row.quantity, self.device) if said is None and not row.channel else said

    def _zone(self) -> tzinfo | None:
        name = self.one.timezone or self.device.timezone
        return parse_zone(name) if name else None

    def _name(self, message: object) -> None:
        """Name what is left, at the highest object in which nothing was read."""
        holders = {place[:depth] for place in self.taken for depth in range(len(place) + 1)}
        named: dict[str, str] = {}
        for place, value in leaves(message):
            if place in self.taken or _under(place, self.known):
                self.found.accounted += 1
                continue
            if is_absent(value) and place not in self.wrong:
                continue
            reason = self.wrong.get(place) or next(
                (text for at, text in self.wrong.items() if place[: len(at)] == at), _shown(value)
            )
            named.setdefault(name_of(place if place in self.wrong else _highest(place, holders)), reason)
        self.found.not_understood = [NotUnderstood(*one) for one in list(named.items())[:MAX_NAMED]]
        if len(named) > MAX_NAMED:
            self.found.not_understood.append(NotUnderstood("…", f"{len(named) - MAX_NAMED} more"))


class _Beside:
    """What stands beside a value in the same object, else at the top of the message."""

    def __init__(self, spot: Spot, message: object) -> None:
        self._spot, self._message = spot, message
        self.used: list[Place] = []

    def value(self, path: str) -> object:
        """Of the first spot that ``path`` leads to; None without."""
        if (spot := _first(self._spot.beside, path)) is not None:
            self.used.append((*self._spot.place[:-1], *spot.place))
        elif (spot := _first(self._message, path)) is not None:
            self.used.append(spot.place)
        return None if spot is None else spot.value

    def text(self, path: str) -> str:
        """Likewise, as text; empty without."""
        value = self.value(path)
        return value.strip() if isinstance(value, str) else ""

    def number(self, path: str) -> float:
        """Likewise, as a number; 0 without."""
        said = number_of(self.value(path))
        return 0.0 if said is None else max(0.0, said.number)

    def depth(self, row: MapField) -> float | None:
        """[m below ground], as the message says, else as the row."""
        said = number_of(self.value(row.depth_at)) if row.depth_at else None
        return row.depth if said is None else round(said.number * _DEPTHS[row.depth_unit], 6)


def _elements(message: object, path: str) -> Iterator[Spot]:
    """The objects of the list at ``path``, also of lists inside it; of an object, itself."""
    for spot in walk(message, path):
        if isinstance(spot.value, dict):
            yield spot
        elif isinstance(spot.value, list):
            for inner in walk(spot.value, "*", spot.place):
                if isinstance(inner.value, dict):
                    yield inner


def _first(message: object, path: str) -> Spot | None:
    return next(walk(message, path), None) if path else None


def _under(place: Place, known: set[Place]) -> bool:
    return any(place[:depth] in known for depth in range(len(place) + 1))


def _highest(place: Place, holders: set[Place]) -> Place:
    """The shortest beginning of ``place`` that holds nothing read, and is no place in a list."""
    for depth in range(1, len(place)):
        if place[:depth] not in holders and isinstance(place[depth - 1], str):
            return place[:depth]
    return place


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _sentence(error: ConfigurationError | ValueError) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors(include_url=False, include_input=False)[0]["msg"])
    return error.message if isinstance(error, ConfigurationError) else str(error)
