"""Rain of counters that only grow: the same hours as those of a gauge that says amounts.

1. A device may have several such series (since ever, of the year, of the day): the one that begins anew
   least often counts, then the first by name.
2. Its modulus is what the territory's map of the device says; where a deployment begins or ends, another
   instrument may stand there, and nothing is added across.
3. Differences are taken of readings without doubt; ``analysis.indices.ground.totals`` says how.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from analysis.indices.ground.totals import HourlyAmounts, by_hour, increments
from analysis.study.series import HourTrack, OpenStore, Series, Track
from contract.instant import HOUR
from contract.places import Device, Territory
from contract.quantities import QUANTITIES, converted

AMOUNT = "precipitation_amount"
_TOTAL = "method=total"


def is_total(series: Series) -> bool:
    """The series is a counter: no point of it is an amount."""
    return _TOTAL in series.qualifier.split(";")


def hours_of_totals(
    archive: OpenStore, territory: Territory, series: Iterable[Series]
) -> dict[str, list[HourTrack]]:
    """By site, a track of each device that has a counter among ``series``."""
    best: dict[tuple[str, str], tuple[tuple[int, str], Track]] = {}
    for one in series:
        track = archive.track(one).usable()
        rank = (int((np.diff(track.value) < 0).sum()), one.qualifier)
        if len(track.time) > 1 and (
            (one.site, one.device) not in best or rank < best[one.site, one.device][0]
        ):
            best[one.site, one.device] = (rank, track)
    out: dict[str, list[HourTrack]] = {}
    for (site, _), (_, track) in sorted(best.items()):
        found = _amounts(track, territory)
        if not len(found.hour):
            continue
        known = np.isfinite(found.amount)
        total = np.where(known, found.amount, 0.0)
        hours = HourTrack(
            track.series, found.hour, known.astype(np.int64), total, found.doubted.astype(np.int64)
        )
        out.setdefault(site, []).append(hours)
    return out


def amounts_of(track: Track, territory: Territory) -> Track:
    """The amounts of whole hours that the counter ``track`` went through, each at the hour's beginning."""
    found = _amounts(track.usable(), territory)
    known = np.isfinite(found.amount)
    time = found.hour[known] * HOUR
    return replace(track, time=time, value=found.amount[known], flags=np.zeros(len(time), dtype=np.int64))


def _amounts(track: Track, territory: Territory) -> HourlyAmounts:
    device = territory.device_by_id.get(track.series.device)
    row = QUANTITIES.get(track.series.quantity)
    return by_hour(
        increments(
            track.time,
            track.value,
            modulus=None if device is None else modulus_of(device, track.series.quantity, territory),
            breaks=() if device is None else _borders(device),
            most_per_hour=np.inf if row is None else row.high,
        )
    )


def modulus_of(device: Device, quantity: str, territory: Territory) -> float | None:
    """Where the device's counter of ``quantity`` starts again, in the quantity's unit; None where no map of
    the territory says it, or two say it differently."""
    stated = {
        converted(quantity, row.modulus, row.unit)
        for one in territory.maps
        if one.device == device.id or (device.map and one.is_called(device.map))
        for row in one.fields
        if row.quantity == quantity and row.modulus is not None and row.unit
    }
    return stated.pop() if len(stated) == 1 else None


def _borders(device: Device) -> list[int]:
    """When one deployment ends or another begins [ns UTC]."""
    return sorted({at for stay in device.stays for at in (stay.begin, stay.end) if at is not None})
