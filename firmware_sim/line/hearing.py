"""Clips followed to their end: sent no faster than the gateway's ring takes them, until each was heard.

1. ``take`` notes every clip that goes out, and its pieces.
2. ``heed`` reads from receipts what became of it, and how much sound the ring still takes.
3. ``wait_for_room`` holds the next clip back while it would push out one that nobody has heard.
4. ``wait`` waits until every clip was heard (values or the named absence of any), or left the ring
   unheard; both give up when nothing has moved for ``wait_s``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from contract import wire
from contract.batch import CLIP_HEARD, CLIP_WAITING, DeviceReceipt
from contract.errors import UnreadableMessage
from contract.instant import SECOND, Clock
from contract.reading import ClipManifest
from firmware_sim.line.outgoing import Outgoing

UNTOLD = "untold"
"""No receipt has named the clip."""
INCOMPLETE = "incomplete"
"""Not all of its pieces were sent."""
UNSENT = "unsent"
"""The ring had no room for it."""
_EDGE_BOOT = "edge-"
_SETTLED = 2 * SECOND
"""A receipt that speaks of an earlier sending is followed by a newer one within it."""
_OPEN = frozenset({UNTOLD, INCOMPLETE, CLIP_WAITING})


@dataclass(slots=True)
class SentClip:
    """One clip on its way."""

    site: str
    device: str
    name: str
    size: int
    """[bytes]"""
    parts: int
    state: str = INCOMPLETE
    """As the receipts say it, or one of this module's."""
    pieces: set[int] = field(default_factory=set)
    """Sequences of those sent."""

    def to_json(self, sha256: str) -> dict[str, str]:
        """As ``ecoviv replay --json`` lists what was not heard."""
        whose = f"{self.site}/{self.device}"
        return {"name": self.name, "device": whose, "sha256": sha256, "state": self.state}


@dataclass(slots=True)
class Hearing:
    """All clips of one replay.  ``turn`` lets the line work for a moment [s]."""

    turn: Callable[[float], None]
    clock: Clock
    wait_s: float
    clips: dict[str, SentClip] = field(default_factory=dict)
    """By SHA-256."""
    ring_free: int | None = None
    """As the latest receipt said it [bytes]."""
    _open: set[str] = field(default_factory=set)
    _edge: dict[str, int] = field(default_factory=dict)
    """Boot of an edge worker's answer -> spooled."""
    _moved: int = 0

    @property
    def heard(self) -> int:
        """Clips that were heard."""
        return sum(clip.state == CLIP_HEARD for clip in self.clips.values())

    def unheard(self) -> list[dict[str, str]]:
        """The others, in the order in which they were sent."""
        return [clip.to_json(sha) for sha, clip in self.clips.items() if clip.state != CLIP_HEARD]

    def why(self, wait_s: float) -> str:
        """A sentence for people on what was not heard, and the next thing to do."""
        states = {clip.state for clip in self.clips.values()}
        said = f"{self.heard} of {len(self.clips)} clips were heard"
        if CLIP_WAITING in states:
            return (
                f"{said}; no edge worker answers: nothing moved for {wait_s:g} s. Next: start"
                " `ecoviv edge run` beside the gateway and play the same again; where it runs, its clips are"
                " long: give a longer --wait"
            )
        if UNTOLD in states:
            return (
                f"{said}; the gateway does not say what becomes of clips. Next: update it, or say"
                " --no-wait-heard and look with `ecoviv gateway status`"
            )
        return (
            f"{said}; the others left the ring unheard or do not fit together."
            " Next: play the same again, or give the gateway a larger --clips-mb"
        )

    def take(self, message: Outgoing) -> None:
        """A message is about to go out; a manifest waits here until the ring takes its clip."""
        if message.kind == "clip" and message.readable:
            self._announce(message)
        elif message.kind == "audio":
            self._count_piece(message.topic.rpartition("/")[2], message.seq)

    def wait_for_room(self, message: Outgoing) -> bool:
        """True as soon as the clip that ``message`` announces fits; False if nothing moved for too long."""
        manifest = _manifest(message)
        if manifest is None:
            return True
        if self._wait(lambda: self._fits(manifest.size)):
            return True
        self._announce(message)
        self.clips[manifest.sha256].state = UNSENT
        return False

    def wait(self) -> bool:
        """True as soon as no clip waits any more; False if nothing moved for too long."""
        return self._wait(self._ended)

    def heed(self, site: str, device: str, receipt: DeviceReceipt) -> None:
        """A receipt has come, for whomever."""
        if receipt.boot.startswith(_EDGE_BOOT) and receipt.spooled > self._edge.get(receipt.boot, 0):
            self._edge[receipt.boot] = receipt.spooled
            self._moved = self.clock.monotonic()
        if receipt.ring_free is not None:
            self.ring_free = receipt.ring_free
        for sha256, state in receipt.clips.items():
            if sha256 in self.clips:
                self._move(sha256, state)

    def _wait(self, done: Callable[[], bool]) -> bool:
        began = self.clock.monotonic()
        while not done():
            self.turn(0.1)
            if self.clock.monotonic() - max(began, self._moved) > self.wait_s * SECOND:
                return done()
        return True

    def _ended(self) -> bool:
        """Nothing waits; and what left the ring unheard is not about to come again."""
        if any(self.clips[sha].state != INCOMPLETE for sha in self._open):
            return False
        return len(self.clips) == self.heard or self.clock.monotonic() - self._moved > _SETTLED

    def _announce(self, message: Outgoing) -> None:
        manifest = _manifest(message)
        if manifest is None or manifest.sha256 in self.clips:
            return
        self.clips[manifest.sha256] = SentClip(
            manifest.site, manifest.device, manifest.name, manifest.size, manifest.parts
        )
        self._open.add(manifest.sha256)

    def _count_piece(self, sha256: str, seq: int) -> None:
        clip = self.clips.get(sha256)
        if clip is None or clip.state != INCOMPLETE:
            return
        clip.pieces.add(seq)
        if len(clip.pieces) >= clip.parts:
            clip.state = UNTOLD

    def _move(self, sha256: str, state: str) -> None:
        """What is told before its last piece went out is of an earlier sending."""
        clip = self.clips[sha256]
        if clip.state in (state, CLIP_HEARD) or (clip.state == INCOMPLETE and state != CLIP_HEARD):
            return
        clip.state = state
        self._moved = self.clock.monotonic()
        if state in _OPEN:
            self._open.add(sha256)
        else:
            self._open.discard(sha256)

    def _fits(self, size: int) -> bool:
        """Beside what is under way; alone, or where another clip is half sent, a clip always goes."""
        states = [self.clips[sha].state for sha in self._open]
        if not states or INCOMPLETE in states:
            return True
        if self.ring_free is None:
            return False
        untold = sum(self.clips[sha].size for sha in self._open if self.clips[sha].state == UNTOLD)
        return self.ring_free - untold >= size


def _manifest(message: Outgoing) -> ClipManifest | None:
    try:
        found = wire.decode(message.payload)
    except UnreadableMessage:
        return None
    return found if isinstance(found, ClipManifest) else None
