"""Paths: where a field stands inside a JSON message.

1. ``walk`` follows a path (``contract.maps``) and yields every place that it leads to.
2. ``leaves`` lists every value of a message with its place, for those who must account for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

Place = tuple[str | int, ...]
"""Keys and positions from the top of the message."""


class Spot(NamedTuple):
    """Where a path has led."""

    place: Place
    value: object
    beside: object
    """The object or list that holds the value."""
    star: str
    """What the last star stood for."""
    used: tuple[Place, ...]
    """Fields that a ``KEY=VALUE`` looked at."""


def walk(message: object, path: str, start: Place = ()) -> Iterator[Spot]:
    """Every spot of ``message`` that ``path`` leads to, in the message's order; none is no error."""
    yield from _follow(Spot(start, message, message, "", ()), _steps(path))


def leaves(message: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Every text, number, truth value and null of ``message``; empty objects and lists hold nothing."""
    if isinstance(message, dict):
        for key, value in message.items():
            yield from leaves(value, (*place, key))
    elif isinstance(message, list):
        for at, value in enumerate(message):
            yield from leaves(value, (*place, at))
    else:
        yield place, message


def name_of(place: Place) -> str:
    """``place`` as a path, whatever its position in lists."""
    return "/".join("*" if isinstance(step, int) else step.replace("/", "~1") for step in place)


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/") for step in path.split("/"))


def _follow(spot: Spot, steps: tuple[str, ...]) -> Iterator[Spot]:
    if not steps:
        yield spot
        return
    for following in _step(spot, steps[0]):
        yield from _follow(following, steps[1:])


def _step(spot: Spot, step: str) -> Iterator[Spot]:
    here = spot.value
    key, selects, wanted = step.partition("=")
    if selects and isinstance(here, dict):
        if _says(here.get(key), wanted):
            yield spot._replace(used=(*spot.used, (*spot.place, key)))
    elif isinstance(here, list):
        for at, value in enumerate(here):
            inner = spot._replace(place=(*spot.place, at), value=value, beside=here)
            if isinstance(value, list):
                yield from _step(inner, step)
            elif selects:
                yield from _step(inner, step) if isinstance(value, dict) else ()
            elif step == "*" or step == str(at):
                yield inner._replace(star=str(at)) if step == "*" else inner
    elif isinstance(here, dict):
        for name in _keys(here, step):
            star = name[len(step.partition("*")[0]) :] if "*" in step else spot.star
            yield spot._replace(place=(*spot.place, name), value=here[name], beside=here, star=star)


def _keys(here: dict[str, object], step: str) -> list[str]:
    if "*" not in step:
        return [step] if step in here else []
    head, _, tail = step.partition("*")
    least = len(head) + len(tail)
    return [name for name in here if name.startswith(head) and name.endswith(tail) and len(name) >= least]


def _says(value: object, wanted: str) -> bool:
    """``4102``, ``"4102"`` and ``4102.0`` all say 4102: decoders do not agree."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        try:
            return float(value) == float(wanted)
        except (ValueError, OverflowError):
            return False
    return isinstance(value, str) and (value == wanted or _same_number(value, wanted))


def _same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False
