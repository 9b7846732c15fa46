"""What every reader of recorded files gets and gives.

1. A ``Question`` says how to read: the territory, whose files these are, which zone local
   times have, and how far times are moved.
2. A reader turns one file into ``Outgoing`` messages, in order, and writes what it could
   not use into ``Findings``: nothing is dropped silently.
3. ``owner`` finds the device of a file, ``stand`` where it was then; ``zone_for`` the zone of its local
   times; none guesses.
4. ``boot_of`` names the boot of a replayed file by what it holds and how it was read, so
   that the same replay has the same identities.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from contract.errors import ConfigurationError, EcoVivError, TimeWithoutZone, UnknownName
from contract.instant import format_instant, parse_zone
from contract.places import Device, Sensor, Territory
from contract.recording.header import Header
from contract.recording.start import Bearings, Fold
from contract.topics import matches
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.detections.told import NOBODY, Told

_LONGEST_SERIAL = 80
_KEPT, _MOST_NOTES, _LONGEST = 20, 500, 1_000


@dataclass(slots=True)
class Findings:
    """What a reader met in one file."""

    problems: list[str] = field(default_factory=list)
    """Sentences on what could not be read; the first few in full."""
    unread: int = 0
    """How many rows, messages or files could not be read."""
    notes: dict[str, int] = field(default_factory=dict)
    """What was left out on purpose -> how often."""
    header: Header | None = None
    """What the recorder wrote, of a sound file."""

    def problem(self, sentence: str) -> None:
        """Something could not be read; the first of them are kept in words."""
        self.unread += 1
        if len(self.problems) < _KEPT:
            self.problems.append(_shown(sentence))

    def note(self, sentence: str) -> None:
        """Something is worth saying; the same again is counted."""
        said = _shown(sentence)
        if said not in self.notes and len(self.notes) >= _MOST_NOTES:
            said = "further notes, not shown"
        self.notes[said] = self.notes.get(said, 0) + 1


def _shown(sentence: str) -> str:
    """On one line, and no longer than people read: a damaged file may quote all of itself."""
    line = " ".join(sentence.splitlines())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


@dataclass(frozen=True, slots=True)
class Question:
    """How to read."""

    territory: Territory | None = None
    given: tuple[str, str] | None = None
    """(site, device) of files that name no serial of the territory."""
    zone: tzinfo | None = None
    """Of local times whose device states none."""
    fold: Fold | None = None
    """Which pass of an hour that comes twice; None: a sound file of that hour is refused."""
    shift: int = 0
    """Added to all times [ns]."""
    round: int = 1
    """Which pass of a loop this is; each is a recording of its own."""
    filters: tuple[str, ...] = ()
    """Topics to send; empty: all."""
    owners: dict[tuple[Path, str], Device] = field(default_factory=dict, compare=False)
    """(file, device) -> the device while it was the file's, as ``owner`` found it."""
    told: Told = NOBODY
    """Of detections made elsewhere, what their file does not say."""

    @property
    def bearings(self) -> Bearings:
        """What a recording may leave open."""
        return Bearings(self.territory, self.given, self.zone, self.fold)

    def wants(self, topic: str) -> bool:
        """This topic is to be sent."""
        return not self.filters or any(matches(name, topic) for name in self.filters)

    @property
    def as_recorded(self) -> bool:
        """Nothing is moved, selected or looped: identities stay what they were."""
        return self.shift == 0 and self.round == 1 and not self.filters


class Reader(Protocol):
    """One kind of file."""

    @property
    def name(self) -> str:
        """What ``--format`` and reports call it."""

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """The file's messages in the order of its records, sequences 1, 2, 3 …

        Raises ``ConfigurationError`` where the territory or an option must be corrected;
        what is wrong with the file itself goes to ``findings``.
        """


class UnknownOwner(UnknownName):
    """Nobody knows whose file it is; ``serial`` is what it says, empty where it names none."""

    def __init__(self, path: Path, serial: str, sensor: Sensor) -> None:
        serial = serial[:_LONGEST_SERIAL]  # of a damaged file it may be all of it
        self.serial, self.sensor = serial, sensor
        why = (
            f"its serial {serial!r} belongs to no device of the territory" if serial else "it names no serial"
        )
        super().__init__(
            f"Nobody knows whose file {path} is: {why}",
            help="Write the serial into the territory file (--territory), or say --as SITE/DEVICE",
        )


class Nowhere(EcoVivError):
    """A device was at no site when something was recorded."""

    def __init__(self, device: Device, instant: int) -> None:
        super().__init__(
            f"device {device.id} was nowhere at {format_instant(instant)}",
            help="Correct its deployments in the territory file, or leave these files out",
        )


def owner(
    path: Path, serials: Sequence[str], sensor: Sensor, question: Question, at: int | None = None
) -> Device:
    """The device that recorded ``path``: by the first serial that the territory has, else as the caller says.

    ``at``: when it was recorded [ns UTC], where that is known; None: who had the serial last.
    Raises ``UnknownOwner`` where neither helps, ``UnknownName`` where the territory lacks the given device,
    ``ConfigurationError`` where the two disagree.
    """
    device = question.bearings.device_of(serials, at) or question.bearings.device_of(serials)
    if device is None and question.territory is None and question.given is not None:
        device = Device(id=question.given[1], site=question.given[0], sensors=(sensor,))
    if device is None:
        raise UnknownOwner(path, next(iter(serials), ""), sensor)
    question.owners[path, device.id] = device
    return device


def stand(device: Device, instant: int, question: Question) -> Device:
    """``device`` as it was at ``instant`` [ns UTC]: with the site, depth and curve of then.

    Raises ``Nowhere``; ``ConfigurationError`` where the caller says that it was at another site.
    """
    then = device.at(instant)
    if then is None:
        raise Nowhere(device, instant)
    if device.deployment and question.given is not None and question.given[0] not in {"", then.site}:
        raise ConfigurationError(
            f"--as says {'/'.join(question.given)}, but at {format_instant(instant)} it was at {then.site}",
            help=f"Say --as {device.id}, or correct its deployments in the territory file",
        )
    return then


def zone_for(path: Path, device: Device, question: Question) -> tzinfo:
    """The zone of local times in ``path``; ``TimeWithoutZone`` if nobody stated one."""
    if device.timezone:
        return parse_zone(device.timezone)
    if question.zone is not None:
        return question.zone
    raise TimeWithoutZone(
        f"The times in {path} have no zone, and device {device.id} states none",
        help=f'Add timezone = "…" to device {device.id} in the territory file, or say --zone Europe/Paris',
    )


def boot_of(content: bytes, device: Device, question: Question, *reading: object) -> str:
    """The boot id of a replayed file."""
    digest = hashlib.sha256(content)
    dates = [one.model_dump_json() for one in device.deployment]
    for part in (device.site, device.id, question.shift, question.round, question.filters, *reading, *dates):
        digest.update(b"\x00" + str(part).encode())
    return f"replay-{digest.hexdigest()[:24]}"
