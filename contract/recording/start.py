"""When a recording began in UTC: which of its stated times counts, and in whose zone.

1. ``Bearings`` say from outside what a file may leave open: the territory, whose file it is,
   the zone of local times, and which pass of an hour that comes twice.
2. ``device_of`` finds the device by any name that the file gives its recorder.
3. ``settle`` chooses: the first time with a zone in the order of trust, else the first without,
   in the device's zone; a clock that was never set says no time.  Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, tzinfo
from enum import StrEnum

from contract.errors import ConfigurationError, TimeWithoutZone, UnknownName, UsageError
from contract.instant import SECOND, parse_zone
from contract.places import Device, Territory
from contract.recording.header import Header
from contract.recording.stamp import Stamp

_SAME_S = 2


class Fold(StrEnum):
    """Which pass of an hour that comes twice, as ``--fold`` says it."""

    first = "first"
    second = "second"

    @property
    def number(self) -> int:
        """As ``datetime.fold`` has it."""
        return 0 if self is Fold.first else 1


@dataclass(frozen=True, slots=True)
class Bearings:
    """What is known from outside.

    ``given`` (site, device) of files that name no recorder of the territory; ``zone`` of local times
    whose device states none; ``fold``, None where an hour that comes twice is to be refused.
    """

    territory: Territory | None = None
    given: tuple[str, str] | None = None
    zone: tzinfo | None = None
    fold: Fold | None = None

    def device_of(self, serials: Sequence[str], at: int | None = None) -> Device | None:
        """The first device of the territory that had one of ``serials`` then, else the one that is given.

        ``at`` [ns UTC]; None: who had it last.  Of a device with dates only the time remains in which it had
        that serial.  Raises ``UnknownName`` where the territory lacks the given one, ``ConfigurationError``
        where the files of another are given as its own.
        """
        if self.territory is None:
            return None
        given = known_device(self.territory, self.given) if self.given else None
        for name in serials:
            known = self.territory.device_by_serial.get(name)
            then = known if known is None or at is None else self.territory.serials.at(name, at)
            owner = None if then is None else self.territory.device_by_id[then.id].while_named(name)
            if owner is not None and given is not None and owner.id != given.id:
                raise ConfigurationError(
                    f"--as says {given.id}, but the serial {name!r} belongs to {owner.id} in the territory",
                    help="Leave --as out, or correct the serials and dates in the territory file",
                )
            if owner is not None:
                return owner
        return given

    def recorder(self, header: Header) -> Device | None:
        """``device_of`` by the time that the file states, where a serial went from one zone to another."""
        last = self.device_of(header.serials)
        if self.territory is None or last is None:
            return last
        ever = [one for name in header.serials for one in self.territory.serials.ever(name)]
        stamps = [stamp for stamp in header.stamps if stamp.plausible]
        for one in ever if len({one.timezone for one in ever}) > 1 else []:
            meant = (time for stamp in stamps for time in _meanings(stamp, self.zone_of(one))[-1:])
            owners = (self.device_of(header.serials, time) for time in meant)
            if any(owner is not None and owner.id == one.id for owner in owners):
                return self.territory.device_by_id[one.id]
        return last

    def zone_of(self, device: Device | None) -> tzinfo | None:
        """The zone of local times: the device's, else the one that is given."""
        return parse_zone(device.timezone) if device is not None and device.timezone else self.zone


NOWHERE = Bearings()
"""Nothing is known but what the file says."""


def named_device(text: str, territory: Territory | None) -> tuple[str, str]:
    """(site, device) of ``SITE/DEVICE``, or of ``DEVICE`` where the territory knows its site.

    The site is empty where the territory has dates for it: they decide.  Raises ``UsageError`` where
    the text names none.
    """
    site, slash, device = text.partition("/")
    if slash and site and device:
        return site, device
    if not slash and territory is not None and text in territory.device_by_id:
        known = territory.device_by_id[text]
        return ("" if known.deployment else known.site), text
    remedy = "Write --as SITE/DEVICE, or --as DEVICE with a --territory that has it"
    raise UsageError(f"--as {text!r} does not name a device", help=remedy)


def known_device(territory: Territory, given: tuple[str, str]) -> Device:
    """The territory's device, ever at that site; ``UnknownName`` where it has none."""
    site, name = given
    device = territory.device_by_id.get(name)
    if device is None or (site and site not in device.sites):
        raise UnknownName(
            f"The territory has no device {name!r} at a site {site!r}",
            help=f"Use one of: {', '.join(f'{d.site}/{d.id}' for d in territory.devices[:12])}",
        )
    return device


def settle(header: Header, bearings: Bearings) -> None:
    """Set ``start``, ``start_source``, ``local_time``, ``reason`` and the warnings about time."""
    zone = bearings.zone_of(bearings.recorder(header))
    usable = [stamp for stamp in header.stamps if stamp.plausible]
    if len(usable) < len(header.stamps):
        header.warnings.append("clock_implausible")
    if _disagree(header.stamps, zone):
        said = ", ".join(f"{one.source} {_shown(one)}" for one in header.stamps)
        header.warnings.append(f"start_disagrees: {said}")
    chosen = next((stamp for stamp in usable if stamp.zone is not None), None)
    if chosen is None and not header.unusable:
        chosen = usable[0] if usable else None
    shown = chosen or (header.stamps[0] if header.stamps else None)
    header.local_time = None if shown is None else shown.text()
    if chosen is None:
        header.reason = _why_none(header)
        return
    try:
        header.start = chosen.instant(zone, None if bearings.fold is None else bearings.fold.number)
        header.start_source = chosen.source
    except TimeWithoutZone as error:
        header.reason = str(error)
        header.warnings.append("time_without_zone" if zone is None else "time_refused")


def _why_none(header: Header) -> str:
    if header.unusable:
        return "; ".join(header.unusable)
    if header.stamps:
        return f"{header.stamps[0].text()} is a clock that was never set"
    return "neither its header nor its name says when it was recorded"


def _shown(stamp: Stamp) -> str:
    return stamp.local.replace(tzinfo=stamp.zone).isoformat()


def _disagree(stamps: list[Stamp], zone: tzinfo | None) -> bool:
    """True where two of them cannot be one instant, however a time without zone is meant."""
    pairs = ((one, other) for at, one in enumerate(stamps) for other in stamps[at + 1 :])
    return any(not _agree(one, other, zone) for one, other in pairs)


def _agree(one: Stamp, other: Stamp, zone: tzinfo | None) -> bool:
    if (one.zone is None) == (other.zone is None) and one.zone is None:
        return abs(one.local - other.local) <= timedelta(seconds=_SAME_S)
    if one.zone is not None and other.zone is not None:
        return abs(one.instant() - other.instant()) <= _SAME_S * SECOND
    if abs(one.local - other.local) <= timedelta(seconds=_SAME_S):
        return True
    stated, local = (one, other) if one.zone is not None else (other, one)
    return any(abs(stated.instant() - meant) <= _SAME_S * SECOND for meant in _meanings(local, zone))


def _meanings(stamp: Stamp, zone: tzinfo | None) -> list[int]:
    """What a wall time may mean: UTC, or either pass of the device's zone."""
    found = [replace(stamp, zone=UTC).instant()]
    for fold in (0, 1):
        try:
            found.append(stamp.instant(zone, fold))
        except ConfigurationError:
            continue  # no zone, or an hour that does not exist: it means nothing there
    return found
