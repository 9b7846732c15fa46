"""Which map reads a message: the one that its device names, else the ones that its shape fits.

1. ``named`` finds a map by name; ``dragino-lse01-114`` is read by the nearest that begins like it.
2. Without a name every map is tried that the shape and the sensors of the device allow; those count
   that leave the fewest fields unaccounted for.
3. Where they say the same of a field it is read.  Where they differ it is named, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract.maps import Map
from contract.places import Device, Territory
from contract.reading import Reading
from gateway.formats.format import NotUnderstood
from gateway.formats.maps.paths import Place, leaves, name_of, walk
from gateway.formats.maps.reading import MAX_NAMED, Understood, read_by
from gateway.formats.maps.shipped import shipped_maps


def decoded(message: object, device: Device, territory: Territory) -> Understood:
    """What the decoder of a network server made of an uplink of ``device``, as readings."""
    if not device.map:
        return _by_shape(message, device, territory)
    one = named(device.map, territory)
    if one is not None:
        return read_by(one, message, device)
    found = _by_shape(message, device, territory)
    known = f"no map is called {device.map!r}; `ecoviv gateway map` lists them"
    found.not_understood.append(NotUnderstood("map", known))
    return found


def named(name: str, territory: Territory) -> Map | None:
    """The map called ``name``, the territory's own first; else the one with the longest name before it."""
    for maps in (territory.maps, shipped_maps()):
        for one in maps:
            if one.is_called(name):
                return one
    near = [
        (len(known), one)
        for one in shipped_maps()
        for known in (one.id, *one.names)
        if name.startswith(f"{known}-")
    ]
    return max(near, key=lambda pair: pair[0])[1] if near else None


def _by_shape(message: object, device: Device, territory: Territory) -> Understood:
    for maps in (territory.maps, shipped_maps()):
        tried = [(one, read_by(one, message, device)) for one in _fitting(maps, message, device)]
        tried = [pair for pair in tried if pair[1].accounted]
        if tried:
            fewest = min(len(found.not_understood) for _, found in tried)
            return _agreed([pair for pair in tried if len(pair[1].not_understood) == fewest])
    return _nothing(message)


def _fitting(maps: Iterable[Map], message: object, device: Device) -> list[Map]:
    return [
        one
        for one in maps
        if not one.topics
        and (not one.sensors or set(one.sensors) & set(device.sensors))
        and (not one.shape or any(True for path in one.shape for _ in walk(message, path)))
    ]


def _agreed(tried: Sequence[tuple[Map, Understood]]) -> Understood:
    """What all say; a field of which they say different things is named."""
    best = max(tried, key=lambda pair: pair[1].accounted)[1]
    apart: dict[Place, set[str]] = {}
    for _, found in tried:
        for place, reading in found.places.items():
            other = best.places.get(place)
            if other is None or _says(other) != _says(reading):
                apart.setdefault(place, set()).update(_words(one) for one in (other, reading) if one)
    if not apart:
        return best
    doubtful = {id(best.places[place]) for place in apart if place in best.places}
    best.readings = [reading for reading in best.readings if id(reading) not in doubtful]
    called = ", ".join(sorted(one.id for one, _ in tried))
    best.not_understood += [
        NotUnderstood(name_of(place), f"it may be {' or '.join(sorted(said))}; name a map: {called}")
        for place, said in apart.items()
    ]
    return best


def _says(reading: Reading) -> tuple[object, ...]:
    return reading.quantity, reading.value, reading.qualifier, reading.time


def _words(reading: Reading) -> str:
    return f"{reading.quantity} {reading.value:g}"


def _nothing(message: object) -> Understood:
    named: dict[str, str] = {}
    for place, value in leaves(message):
        if value is not None and place:
            named.setdefault(str(place[0]), "no map that is known fits")
    return Understood(not_understood=[NotUnderstood(*one) for one in list(named.items())[:MAX_NAMED]])
