"""Files whose owner nobody knows: all named in one run, with what the territory file lacks.

1. ``Stranger`` is one serial, or none, with its files.
2. ``territory_lines`` are the tables to paste into the territory file; what only a person knows,
   the site and the zone of the clock, is left to be filled in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from contract.places import Territory
from firmware_sim.replay.readers.reader import UnknownOwner

_TO_FILL_IN = "FILL-IN"


@dataclass(slots=True)
class Stranger:
    """A recorder or logger that is no device of the territory; ``serial`` empty where files name none."""

    serial: str
    sensor: str
    needs_zone: bool = False
    """Its files state times without zone."""
    files: list[Path] = field(default_factory=list)

    def sentence(self) -> str:
        """For people: who, and how many files."""
        count = f"{len(self.files)} file{'s' if len(self.files) > 1 else ''}, such as {self.files[0]}"
        if not self.serial:
            return f"nobody knows whose files these are, they name no serial: {count}; say --as SITE/DEVICE"
        return f"the serial {self.serial!r} belongs to no device of the territory: {count}"


def gather(met: Iterable[tuple[Path, UnknownOwner, bool]]) -> list[Stranger]:
    """One stranger a serial, in the order in which they were met; (file, error, needs a zone)."""
    strangers: dict[tuple[str, str], Stranger] = {}
    for path, error, needs_zone in met:
        one = strangers.setdefault((error.serial, error.sensor), Stranger(error.serial, error.sensor))
        one.files.append(path)
        one.needs_zone |= needs_zone
    return list(strangers.values())


def territory_lines(strangers: Iterable[Stranger], territory: Territory | None) -> str:
    """TOML for each stranger that has a serial; empty where none has."""
    taken = {device.id for device in territory.devices} if territory else set()
    sites = [site.id for site in territory.sites] if territory else []
    tables = []
    for one in strangers:
        if one.serial:
            tables.append(_table(one, _free_id(one.serial, taken), sites))
    return "\n".join(tables)


def _table(one: Stranger, name: str, sites: list[str]) -> str:
    site = sites[0] if len(sites) == 1 else _TO_FILL_IN
    choice = f"  # one of: {', '.join(sites[:12])}" if len(sites) > 1 else ""
    lines = ["[[devices]]", f'id = "{name}"', f'site = "{site}"{choice}', f'sensors = ["{one.sensor}"]']
    lines.append(f"serial = {json.dumps(one.serial)}")
    if one.needs_zone:
        lines.append(f'timezone = "{_TO_FILL_IN}"  # of its clock, such as Europe/Paris')
    return "\n".join(lines) + "\n"


def _free_id(serial: str, taken: set[str]) -> str:
    """A slug of the serial that no device has."""
    slug = re.sub(r"[^a-z0-9]+", "-", serial.lower()).strip("-")[:36] or "recorder"
    number, name = 1, slug
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    taken.add(name)
    return name
