"""How each device is doing, by what it said last: battery, link, room on its card, its own words.

1. ``hear`` is told every message of a device of the territory, once, beside the spool's transaction.
2. Of battery and room the lowest value of each day is kept, a month long: what a trend is drawn from.
3. What could not be read of a device is counted, with the latest reason.
4. Two devices under one name are two boots that take turns while the time of both goes on.  A device
   that was restarted never returns to an earlier boot; its backlog, and a replay, speak of the past.
5. The clock of a device is ahead of the gateway's by *at least* what any of its messages says: being
   late only lowers that.  So the largest of a day is the best guess.

Kept in a table of its own, for the doctor and ``gateway status --devices``.  It is written with the
transaction of the messages while these are few, else once a minute: a power cut may take a minute
of it, and never a message.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from contract.batch import STREAM_OF_KIND
from contract.instant import DAY, MINUTE
from contract.reading import FOREIGN_BOOTS
from gateway.spool.entry import Entry, speaker_of

TABLE = (
    "CREATE TABLE IF NOT EXISTS health(site TEXT NOT NULL, device TEXT NOT NULL, told TEXT NOT NULL,"
    " PRIMARY KEY(site, device)) WITHOUT ROWID"
)
"""Beside the tables of the file's version; an earlier gateway passes over it."""
DAYS = 30
"""Of which the lowest values are kept."""
_LOWS = frozenset({"battery_level", "battery_voltage", "free_space"})
_FEW = 20
"""Entries of one transaction beside which a row more costs nothing that counts."""
_BOOTS = 4
_MAX_WATCHED = 10_000
_LETTERS = 200
Names = tuple[str, str]
"""(site, device)"""


@dataclass(slots=True)
class DeviceHealth:
    """One device; times [ns UTC]."""

    site: str
    device: str
    last: int = 0
    """When something of it was last read."""
    values: dict[str, float] = field(default_factory=dict)
    """Quantity of its health → the latest value."""
    lows: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Quantity → (day since 1970, the lowest value of that day), the earliest first."""
    words: str = ""
    """Its own, of its latest ``health`` message."""
    refused: int = 0
    """Messages, or readings in them, that could not be read."""
    reason: str = ""
    """The latest."""
    refused_at: int = 0
    ahead: int | None = None
    """Its clock less the gateway's [ns], at least; None where it says no time."""
    ahead_day: int = 0
    boot: str = ""
    boots: list[str] = field(default_factory=list)
    """Those before ``boot``, the latest last."""
    said: int = 0
    """The latest time that it said, or was heard without saying one."""
    turns: int = 0
    """How often an earlier boot spoke again while time went on."""
    turned_at: int = 0

    @property
    def names(self) -> Names:
        """(site, device)"""
        return self.site, self.device

    def hear(self, entry: Entry) -> None:
        """A message that was read, for the first time."""
        received, said, origin = entry.received, entry.said, entry.origin
        if received > self.last:
            self.last = received
        for name, value in entry.health:
            self.values[name] = value
            if name in _LOWS:
                self._lower(name, received // DAY, value)
        if entry.words is not None:
            self.words = entry.words[:_LETTERS]
        if said is not None:
            ahead = said - received
            if self.ahead is None or ahead > self.ahead or received // DAY != self.ahead_day:
                self.ahead, self.ahead_day = ahead, received // DAY
        if origin is not None and entry.stream == _MEASURED:
            if origin.boot != self.boot:
                self._turn(origin.boot, said or received, received)
            elif (said or received) > self.said:
                self.said = said or received

    def dump(self) -> str:
        """As text for the table."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    def refuse(self, entry: Entry) -> None:
        """What could not be read of it."""
        self.refused, self.reason, self.refused_at = self.refused + 1, entry.reason[:_LETTERS], entry.received

    def _lower(self, name: str, day: int, value: float) -> None:
        lows = self.lows.setdefault(name, [])
        if lows and lows[-1][0] == day:
            lows[-1] = (day, min(lows[-1][1], value))
        else:
            self.lows[name] = [*lows[1 - DAYS :], (day, value)]

    def _turn(self, boot: str, said: int, received: int) -> None:
        if said < self.said or boot.startswith(FOREIGN_BOOTS):
            return
        if boot in self.boots:
            self.turns = self.turns + 1 if received - self.turned_at < DAY else 1
            self.turned_at = received
            self.boots.remove(boot)
        self.boots = [*self.boots[1 - _BOOTS :], self.boot]
        self.boot, self.said = boot, said


_MEASURED = STREAM_OF_KIND["readings"]
"""An edge worker speaks for a recorder, but never measures."""


@dataclass(slots=True)
class Healths:
    """Those of all devices, in the spool's file."""

    connection: sqlite3.Connection
    _of: dict[Names, DeviceHealth] = field(default_factory=dict)
    _changed: set[Names] = field(default_factory=set)
    _written_at: int = 0

    def hear(self, entry: Entry) -> None:
        """To be told of everything that is no repeat."""
        origin = entry.origin
        names = _whose(entry) if origin is None or entry.stranger else origin[:2]
        if names is None or entry.retained:
            return
        one = self._of.get(names) or self._known(names)
        if entry.reason:
            one.refuse(entry)
        else:
            one.hear(entry)
            if entry.beside is not None and entry.beside.reason:
                one.refuse(entry.beside)
        self._changed.add(names)

    def write(self, now: int, entries: int) -> None:
        """In the caller's transaction of so many ``entries``: what has changed, if it is time for it.

        ``now`` [ns UTC]; 0 where the transaction only forgets what ingest has confirmed.
        """
        if not self._changed or (entries > _FEW and abs(now - self._written_at) < MINUTE):
            return
        rows = [(*names, self._of[names].dump()) for names in self._changed]
        self.connection.executemany("INSERT OR REPLACE INTO health VALUES(?,?,?)", rows)
        self._written_at = now or self._written_at
        self._changed.clear()
        if len(self._of) > _MAX_WATCHED:
            self._of.clear()

    def forget(self) -> None:
        """After a transaction that failed: what is on disk counts."""
        self._of.clear()
        self._changed.clear()

    def _known(self, names: Names) -> DeviceHealth:
        query = "SELECT told FROM health WHERE site=? AND device=?"
        row = self.connection.execute(query, names).fetchone()
        one = self._of[names] = (row and _loaded(row[0])) or DeviceHealth(*names)
        return one


def read_healths(connection: sqlite3.Connection) -> list[DeviceHealth]:
    """Of every device of which something is known, by name; none of a spool without the table."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name='health'").fetchone():
        return []
    return list(_all(connection))


def _all(connection: sqlite3.Connection) -> Iterator[DeviceHealth]:
    for (text,) in connection.execute("SELECT told FROM health ORDER BY site, device"):
        one = _loaded(text)
        if one is not None:
            yield one


def _loaded(text: str) -> DeviceHealth | None:
    """What ``Healths.write`` wrote; None where it is damaged, or of another version."""
    try:
        told = json.loads(text)
        told["lows"] = {name: [(int(d), float(v)) for d, v in lows] for name, lows in told["lows"].items()}
        return DeviceHealth(**told)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _whose(entry: Entry) -> Names | None:
    """(site, device) of the territory that ``entry`` is of; None of strangers, and where nobody can tell."""
    if entry.about is not None:
        return entry.about
    if entry.stranger:
        return None
    origin = entry.origin or speaker_of(entry.topic)
    return None if origin is None else (origin.site, origin.device)
