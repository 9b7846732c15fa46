"""What was put on the line, counted by distinct identities.

1. ``Sent`` takes every message once; the same identity again is a repeat.
2. ``SendingProgress`` is what a progress bar shows.
3. ``Incomplete`` says which messages nobody has confirmed as stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contract.errors import UnreachableError
from contract.line.sender import Unconfirmed
from firmware_sim.line.outgoing import Outgoing

Identity = tuple[str, str, int]
"""(device, boot, sequence)"""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class SendingProgress:
    """How far sending is; all counts are of distinct messages."""

    sent: int
    spooled: int
    stored: int
    expected: int


@dataclass(slots=True)
class _Boot:
    highest: int = 0
    missing: set[int] = field(default_factory=set)
    """Below the highest and not yet sent."""

    def take(self, seq: int) -> bool:
        """True the first time."""
        if seq > self.highest:
            self.missing.update(range(self.highest + 1, seq))
            self.highest = seq
            return True
        if seq in self.missing:
            self.missing.remove(seq)
            return True
        return False


@dataclass(slots=True)
class Sent:
    """What was put on the line."""

    messages: int = 0
    """Distinct identities, parts of audio included."""
    unreadable: list[Identity] = field(default_factory=list)
    """Identities whose body no reader can use."""
    parts: list[Identity] = field(default_factory=list)
    """Identities that are pieces of audio files."""
    clips: int = 0
    """Audio files."""
    readings: int = 0
    """Points that should be stored: readings and values of features."""
    repeated: int = 0
    """Messages that the source itself sent again."""
    resent: int = 0
    """Messages sent again for want of a receipt."""
    unconfirmable: int = 0
    """Messages that no receipt can cover: without identity, or behind a gap in the recording."""
    kinds: dict[str, int] = field(default_factory=dict)
    """Distinct messages by kind."""
    _boots: dict[tuple[str, str], _Boot] = field(default_factory=dict)

    def take(self, message: Outgoing) -> None:
        """Count one message."""
        if message.boot:
            boot = self._boots.setdefault((message.device, message.boot), _Boot())
            if not boot.take(message.seq):
                self.repeated += 1
                return
        self.messages += 1
        self.readings += message.readings
        self.clips += message.kind == "clip"
        self.kinds[message.kind] = self.kinds.get(message.kind, 0) + 1
        if not message.readable:
            self.unreadable.append((message.device, message.boot, message.seq))
        if message.kind == "audio":
            self.parts.append((message.device, message.boot, message.seq))

    def identities(self) -> Iterator[Identity]:
        """Every distinct identity, parts of audio included."""
        for (device, name), boot in self._boots.items():
            for seq in range(1, boot.highest + 1):
                if seq not in boot.missing:
                    yield device, name, seq


class Incomplete(UnreachableError):
    """Not everything was confirmed as stored; ``sent`` and ``missing`` say what."""

    def __init__(self, sent: Sent, missing: Sequence[Unconfirmed], wait_s: float) -> None:
        count = sum(boot.sent - boot.stored for boot in missing)
        spooled = sum(boot.sent - boot.spooled for boot in missing)
        shown = ", ".join(
            f"{boot.device} {boot.stored + 1} to {boot.sent} of boot {boot.boot}" for boot in missing[:_SHOWN]
        )
        more = f" and {len(missing) - _SHOWN} boots more" if len(missing) > _SHOWN else ""
        super().__init__(
            f"{count} of {sent.messages} messages are not confirmed as stored, {spooled} of them not even by"
            f" the gateway; nothing moved for {wait_s:g} s: {shown}{more}",
            help="Check with `ecoviv gateway doctor` that gateway and ingest run, then send again",
        )
        self.sent, self.missing = sent, tuple(missing)
