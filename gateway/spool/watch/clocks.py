"""How far each device's clock stands from the gateway's: a wrong zone is a whole number of hours.

1. ``hear`` compares the time that a message was said, by its device, with when it came.
2. Nothing comes before it was said: one message ahead tells of a wrong clock, and so does one said
   before 2000.  A message behind may be late, as a whole backlog may: only where several stand at the
   same quarter hours behind, or farther than any zone, while time goes on, is the clock named.
3. ``notes`` is what the spool keeps of the wrong ones, so that the doctor can name them.

Repeats, and what the broker retains, tell nothing new of a clock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from contract.instant import AHEAD, HOUR, MINUTE, parse_instant
from gateway.spool.entry import Entry
from gateway.spool.sequences import Sequences

QUARTER = 15 * MINUTE
"""Every zone on earth is so many quarters of an hour from UTC."""
FARTHEST = 14 * HOUR
"""From UTC, of any zone."""
NEVER_SET = parse_instant("2000-01-01T00:00:00Z")
"""Before this no message was said: such a clock began to count when it was switched on."""
BEHIND_TIMES = 3
BEHIND_FOR = 10 * MINUTE
"""So many messages over so long must agree that a clock is behind [ns]."""
_MAX_WATCHED = 10_000
_MAX_NAMED = 50
NOTE = "clocks"
"""Under this name the spool keeps whose clock is wrong."""


@dataclass(slots=True)
class ClockOffset:
    """How one device's messages, one after another, stand from the gateway's clock."""

    site: str
    device: str
    distance: int
    """Of the first of them: the device's time less the gateway's [ns]."""
    since: int
    """When the first came [ns UTC]."""
    last: int
    """When the latest came [ns UTC]."""
    times: int = 1

    @property
    def zone(self) -> int:
        """The whole quarters of an hour that explain the distance [ns]; 0 where none do."""
        whole = round(self.distance / QUARTER) * QUARTER
        return whole if abs(self.distance - whole) <= AHEAD and abs(whole) <= FARTHEST else 0

    @property
    def wrong(self) -> bool:
        """Whether the clock is to be named."""
        if self.distance > AHEAD or self.since + self.distance < NEVER_SET:
            return True
        if self.times < BEHIND_TIMES or self.last - self.since < BEHIND_FOR:
            return False
        return self.distance < -FARTHEST or self.zone < 0


@dataclass(slots=True)
class Clocks:
    """Those of all devices that say a time."""

    _of: dict[tuple[str, str], ClockOffset] = field(default_factory=dict)
    _noted_at: int = 0
    _changed: bool = False
    """Since ``notes``."""

    def hear(self, entry: Entry, sequences: Sequences) -> None:
        """To be told before ``sequences`` receive the number of ``entry``."""
        if entry.said is None or entry.origin is None or entry.retained:
            return
        if entry.seq <= sequences.contiguous or sequences.has(entry.seq):
            return
        key, distance = (entry.origin.site, entry.origin.device), entry.said - entry.received
        known = self._of.get(key)
        was_wrong = known is not None and known.wrong
        if known is not None and abs(distance - known.distance) <= AHEAD:
            known.times, known.last = known.times + 1, entry.received
        else:
            if known is None and len(self._of) >= _MAX_WATCHED:
                self._of.clear()
            known = self._of[key] = ClockOffset(*key, distance, entry.received, entry.received)
        wrong = known.wrong
        if wrong != was_wrong or (wrong and entry.received - self._noted_at >= MINUTE):
            self._changed, self._noted_at = True, entry.received

    def notes(self) -> dict[str, str]:
        """What the spool should keep under which name: wrong clocks, the latest first; empty if unchanged."""
        if not self._changed:
            return {}
        self._changed = False
        wrong = sorted((one for one in self._of.values() if one.wrong), key=lambda one: -one.last)
        rows = [[getattr(one, name) for name in ClockOffset.__slots__] for one in wrong[:_MAX_NAMED]]
        return {NOTE: json.dumps(rows)}

    def load(self, text: str) -> None:
        """Go on from what ``notes`` gave."""
        self._of = {(one.site, one.device): one for one in load_offsets(text)}


def load_offsets(text: str) -> list[ClockOffset]:
    """What ``Clocks.notes`` gave; nothing where it is damaged."""
    try:
        return [
            ClockOffset(str(site), str(device), int(distance), int(since), int(last), int(times))
            for site, device, distance, since, last, times in json.loads(text or "[]")
        ]
    except (ValueError, TypeError):
        return []
