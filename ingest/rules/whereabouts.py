"""Where a message belongs: to the site where its device was when it was said or recorded.  Pure.

1. The time is that of the recording or the reading, else the message's; a time that cannot be right,
   or none, is that of receipt.
2. The territory says where the device was then.  A topic that names another site of its own is late or
   old: the territory's dates decide.  Where it was nowhere, nothing is stored, and the reason is told.
3. A time before the first deployment began is wrong: the message counts as of the site it names, and
   ``early`` lets its clock be doubted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from contract.instant import format_instant, from_datetime
from contract.places import Device, Territory
from contract.plain import PlainReadings
from contract.reading import ClipManifest, Detections, Features, Readings
from contract.wire import WireMessage
from ingest.rules.clocks import before_deployment, doubted


class Whereabouts(NamedTuple):
    """Where a message belongs."""

    site: str
    early: bool = False
    """It states a time before its device was there at all."""
    reason: str = ""
    """Why it belongs nowhere; empty otherwise."""


def whereabouts(message: WireMessage | PlainReadings, received: int, territory: Territory) -> Whereabouts:
    """Of ``message``, received at ``received`` [ns UTC], whose device the territory knows."""
    device = territory.device_by_id[message.device]
    if not device.deployment:
        return Whereabouts(message.site)
    stated = set(_times(message))
    early = any(before_deployment(time, device.began) for time in stated)
    sites = {_site(device, time, received, message.site) for time in stated}
    if None in sites:
        nowhere = format_instant(min(t for t in _believed(stated, received) if device.at(t) is None))
        return Whereabouts(
            message.site, early, f"device {device.id!r} was nowhere at {nowhere}: {_told(device)}"
        )
    if len(sites) > 1:
        two = " and ".join(sorted(site for site in sites if site is not None))
        return Whereabouts(message.site, early, f"its readings are of two sites, {two}: {_told(device)}")
    return Whereabouts(sites.pop() or message.site, early)


def _site(device: Device, time: int | None, received: int, named: str) -> str | None:
    if not doubted(time, received) and before_deployment(time, device.began) and named in device.sites:
        return named
    (instant,) = _believed({time}, received)
    then = device.at(instant)
    return None if then is None else then.site


def _believed(stated: set[int | None], received: int) -> set[int]:
    return {received if time is None or doubted(time, received) else time for time in stated}


def _times(message: WireMessage | PlainReadings) -> Iterator[int | None]:
    """When it was said or recorded [ns UTC]; None where it does not say."""
    if isinstance(message, Features | Detections):
        yield from_datetime(message.excerpt.start)
    elif isinstance(message, ClipManifest):
        yield from_datetime(message.start)
    elif isinstance(message, PlainReadings):
        for own in (reading.get("time") for reading in message.readings):
            yield message.instant if own is None else from_datetime(own)
    elif isinstance(message, Readings):
        for own in (reading.time for reading in message.readings):
            yield message.instant if own is None else from_datetime(own)
    else:
        yield message.instant


def _told(device: Device) -> str:
    return "; ".join(f"at {stay.device.site} {stay.text()}" for stay in device.stays)[:300]


def moved(payload: bytes, site: str) -> bytes:
    """A message's bytes with ``site`` in place of the one it names; all else as it was said."""
    told = json.loads(payload)
    told["site"] = site
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
