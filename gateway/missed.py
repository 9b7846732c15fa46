"""What nobody understood, counted: fields by device, and topics that fit nobody by their shape.

Kept in the spool's settings, so that ``gateway status`` and ``doctor`` read it beside a running gateway;
up to half a minute of counts may be lost by a power cut, a name that is new is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from contract.instant import SECOND

SETTING = "missed"
MAX_NAMES = 500
"""Beyond this only what is named already is counted: names come from outside."""
_LETTERS = 160
_EVERY = 30 * SECOND


class Miss(NamedTuple):
    """One field of a device, or one shape of topics."""

    who: str
    """site/device; empty for a topic that fits nobody."""
    name: str
    times: int
    reason: str
    """The latest."""


@dataclass(slots=True)
class Missed:
    """The counts of one gateway."""

    known: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    _due: int = 0
    _unwritten: bool = False

    @classmethod
    def load(cls, text: str) -> Missed:
        """From what ``dump`` wrote; anything else counts nothing."""
        return cls({(one.who, one.name): (one.times, one.reason) for one in load_missed(text)})

    def dump(self) -> str:
        """As text for the spool's settings."""
        return json.dumps([[*key, *told] for key, told in self.known.items()], ensure_ascii=False)

    def hear(self, missed: Iterable[tuple[str, str, str]], now: int) -> bool:
        """Count (who, name, reason) at ``now`` [ns, monotonic]; True where it is time to write it down."""
        news = counted = False
        for who, name, reason in missed:
            news |= self._count((who, name[:_LETTERS]), reason[:_LETTERS])
            counted = True
        self._unwritten |= counted
        if not news and (now < self._due or not self._unwritten):
            return False
        self._due, self._unwritten = now + _EVERY, False
        return True

    def _count(self, key: tuple[str, str], reason: str) -> bool:
        before = self.known.get(key)
        if before is None and len(self.known) >= MAX_NAMES:
            return False
        self.known[key] = (1 if before is None else before[0] + 1, reason)
        return before is None


def load_missed(text: str) -> list[Miss]:
    """What ``Missed.dump`` wrote, by device and name; nothing of what is no such text."""
    try:
        rows = json.loads(text or "[]")
        return sorted(Miss(str(who), str(name), int(times), str(reason)) for who, name, times, reason in rows)
    except (ValueError, TypeError):
        return []
