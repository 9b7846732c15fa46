"""Deployments: from when to when a device was where, under which serial, address, depth and curve.

1. ``Deployment`` is one table ``[[devices.deployment]]``.  A day begins at midnight in the device's
   zone, else UTC; a time states its zone.  ``until`` is the first moment that is not in it; without it
   the next deployment ends this one.
2. ``filled`` gives each deployment what it leaves to its device, and the device what its last one says.
3. ``stays_of`` makes of them stretches of time in order; ``disorder`` says what cannot be.
4. ``stay_at`` finds the stretch of an instant, ``Records`` whose serial or address a name was then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from itertools import pairwise
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from contract.instant import format_instant, from_datetime
from contract.places.slug import Slug

_Owner = TypeVar("_Owner")
_BEGINNING = -(2**63)
"""Before every instant."""
SHARED = {
    "site": "site",
    "serial": "serial",
    "address": "address",
    "depth_m": "depth_m",
    "height_m": "height_m",
    "calibration": "soil_calibration",
}
"""Key of a deployment -> that of its device, which holds where the deployment says nothing."""
_EITHER = {"depth_m": "height_m", "height_m": "depth_m"}
"""Who says one does not take over the other."""


def moment(value: object) -> date:
    """A day, or a time with its zone; as TOML has them or as text."""
    wanted = "write a day (2026-05-01) or a time with its zone (2026-05-01T09:00:00Z)"
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError(wanted) from error
    if not isinstance(value, date) or (isinstance(value, datetime) and value.tzinfo is None):
        raise ValueError(wanted)
    return value


Moment = Annotated[date, PlainValidator(moment), PlainSerializer(lambda moment: moment.isoformat())]


class Deployment(BaseModel):
    """One stretch of time of a device, at one site."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    site: Slug
    since: Moment | None = Field(default=None, alias="from")
    """First moment; only the first deployment may leave it open: since ever."""
    until: Moment | None = None
    """First moment after it; None: until the next one, or for ever."""
    serial: str = ""
    address: str = ""
    depth_m: float | None = Field(default=None, ge=0, le=100)
    height_m: float | None = Field(default=None, ge=0, le=200)
    calibration: Slug | None = None


@dataclass(frozen=True, slots=True)
class Stay(Generic[_Owner]):
    """A device as it was within [begin, end) [ns UTC]; None is without limit."""

    begin: int | None
    end: int | None
    device: _Owner

    def holds(self, instant: int) -> bool:
        """``instant`` lies in it."""
        return (self.begin is None or self.begin <= instant) and (self.end is None or instant < self.end)

    def text(self) -> str:
        """When, for people."""
        begin = "ever" if self.begin is None else format_instant(self.begin)
        return f"since {begin}" if self.end is None else f"from {begin} until {format_instant(self.end)}"


def filled(table: Mapping[str, object]) -> dict[str, object]:
    """A device's table with its deployments told in full, and itself as the last of them has it."""
    name = "deployments" if "deployments" in table and "deployment" not in table else "deployment"
    told = table.get(name)
    if not isinstance(told, list | tuple) or not all(isinstance(one, Mapping) for one in told):
        return dict(table)
    full = [{**_inherited(table, one), **one} for one in told]
    last = {own: full[-1][key] for key, own in SHARED.items() if key in full[-1]} if full else {}
    other = {_EITHER[key] for key in last if key in _EITHER} - last.keys()
    return {key: value for key, value in table.items() if key not in other} | {name: full} | last


def _inherited(table: Mapping[str, object], one: Mapping[str, object]) -> dict[str, object]:
    return {key: table[own] for key, own in SHARED.items() if own in table and _EITHER.get(key) not in one}


def bounds(deployments: Sequence[Deployment], zone: tzinfo | None) -> list[tuple[int | None, int | None]]:
    """[begin, end) of each, in the order of the file [ns UTC]; ``zone`` of days, None for UTC."""
    begins = [_instant(one.since, zone) for one in deployments]
    nexts = [*begins[1:], None] if begins else []
    ends = [_instant(one.until, zone) for one in deployments]
    return [(b, n if e is None else e) for b, e, n in zip(begins, ends, nexts, strict=True)]


def _instant(moment: date | None, zone: tzinfo | None) -> int | None:
    if moment is None:
        return None
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time(), zone or UTC)
    return from_datetime(whole)


def disorder(spans: Sequence[tuple[int | None, int | None]]) -> Iterator[str]:
    """Why these cannot follow each other in time: key and reason, as ``deployment.1.from: …``."""
    for number, (begin, end) in enumerate(spans):
        key = f"deployment.{number}"
        if begin is None and number:
            yield f"{key}.from: this key is missing; only the first deployment may begin since ever"
            continue
        before = spans[number - 1] if number else (None, None)
        if begin is not None and before[0] is not None and begin <= before[0]:
            yield f"{key}.from: it does not begin after deployment {number - 1}; write them in order of time"
        elif begin is not None and before[1] is not None and begin < before[1]:
            yield (
                f"{key}.from: it overlaps deployment {number - 1}, which lasts until"
                f" {format_instant(before[1])}; a device is in one place at a time"
            )
        if end is not None and begin is not None and end <= begin and not _ends_by_next(number, spans):
            yield f"{key}.until: it does not come after from"


def _ends_by_next(number: int, spans: Sequence[tuple[int | None, int | None]]) -> bool:
    """Its end is the next one's begin, whose disorder is told there."""
    return number + 1 < len(spans) and spans[number][1] == spans[number + 1][0]


def stay_at(stays: Sequence[Stay[_Owner]], instant: int) -> Stay[_Owner] | None:
    """The one of ``stays``, which are in order and apart, that holds ``instant``."""
    place = bisect_right(stays, instant, key=_begin) - 1
    return stays[place] if place >= 0 and stays[place].holds(instant) else None


def _begin(stay: Stay[_Owner]) -> int:
    return _BEGINNING if stay.begin is None else stay.begin


class Records(Generic[_Owner]):
    """Who had which name when: serials, or addresses."""

    def __init__(self, named: Iterable[tuple[str, Stay[_Owner]]]) -> None:
        self._stays: dict[str, list[Stay[_Owner]]] = {}
        for name, stay in named:
            if name:
                self._stays.setdefault(name, []).append(stay)
        for stays in self._stays.values():
            stays.sort(key=_begin)

    def at(self, name: str, instant: int) -> _Owner | None:
        """Who had ``name`` at ``instant``; of a time before all who had it, the first."""
        stays = self._stays.get(name, [])
        found = stay_at(stays, instant)
        if found is None and stays and instant < _begin(stays[0]):
            return stays[0].device
        return None if found is None else found.device

    def ever(self, name: str) -> list[_Owner]:
        """Everybody who had ``name`` at some time, in order."""
        return [stay.device for stay in self._stays.get(name, [])]

    def latest(self) -> dict[str, _Owner]:
        """Who had each name last."""
        return {name: stays[-1].device for name, stays in self._stays.items()}

    def shared(self) -> Iterator[tuple[str, _Owner, _Owner]]:
        """Names that two have at the same time, and who."""
        for name, stays in self._stays.items():
            for one, other in pairwise(stays):
                if one.end is None or one.end > _begin(other):
                    yield name, one.device, other.device
