"""Pieces of sound become whole files in a ring on disk, and are announced until they have features.

1. ``noticed`` learns, after the commit, which clips got pieces or a manifest.
2. ``join`` writes a complete clip: hash while writing, fsync, rename, fsync the folder;
   then the pieces leave the spool.  Pieces that do not give the clip's hash make an
   unreadable entry.
3. ``announce`` publishes a ``ClipNotice``, again with back-off, until the clip's features
   are spooled.  Only a few clips are announced at a time.
4. At its cap, or where the disk would fill, the ring lets go of clips with features first,
   oldest first; those without are counted, and told upstream, each with its name.
5. ``tell`` adds to a sensor's receipt what became of each of its clips, and how much sound the
   ring takes before one that nobody has heard must go.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contract import topics
from contract.batch import EVICTED_UNHEARD, STREAM_OF_KIND, ClipNotice, DeviceReceipt
from contract.errors import StoreError
from contract.instant import SECOND, Clock
from contract.line.bus import Bus
from gateway.spool.clips import Clip, ClipTable, Evicted
from gateway.spool.entry import Entry, Origin
from gateway.spool.spool import Spool

ANNOUNCED_AT_ONCE = 16
_FIRST_WAIT = 5 * SECOND
_LONGEST_WAIT = 600 * SECOND
_STUBBORN = 4
"""Announced so often without an answer, a clip no longer keeps others from being announced."""
_KEPT_FREE, _KEPT_FREE_AT_MOST = 0.1, 256 * 2**20
"""Share of the disk, and at most so many bytes, that the ring leaves to the spool."""
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_PIECES_COME_WITHIN = 600 * SECOND
"""Longer, and no room is kept for an announced clip."""
_LOOK_FOR_EVICTED = 5 * SECOND
"""The spool, too, lets pieces of sound go where it has no room left."""
_LOG = logging.getLogger("ecoviv.gateway")


@dataclass(slots=True)
class _Announcement:
    """When a clip is to be announced again."""

    next: int
    wait: int
    times: int


class ClipRing:
    """The files in ``folder``, at most ``cap_bytes`` of them; one thread."""

    def __init__(self, folder: Path, spool: Spool, clock: Clock, *, cap_bytes: int = 4 * 2**30) -> None:
        self.folder = folder
        self.cap_bytes = cap_bytes
        self._spool = spool
        self._table = ClipTable(spool.connection)
        self._clock = clock
        self._announced: dict[str, _Announcement] = {}
        self._next_look = 0
        self._retry_at = 0
        self._look_for_evicted = 0
        self._changed: set[Origin] = set()
        self._pieces: dict[str, int] = {}
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        for leftover in folder.glob("*.joining"):
            leftover.unlink()
        self._candidates = {clip.sha256 for clip in self._table.unfinished()}

    def noticed(self, entries: Iterable[Entry]) -> None:
        """These entries are on disk now."""
        for entry in entries:
            if entry.part is not None:
                self._count_piece(entry.part.sha256, entry.part.count)
            if entry.manifest is not None:
                self._candidates.add(entry.manifest.sha256)
            if entry.features_of:
                self._announced.pop(entry.features_of, None)
                self._next_look = 0
                self._note_change(entry.features_of)

    def join(self) -> None:
        """Make files of what is complete; what does not fit together is reported upstream."""
        if self._clock.monotonic() < self._retry_at:
            return
        for sha256 in sorted(self._candidates):
            self._candidates.discard(sha256)
            clip = self._table.get(sha256)
            if clip is None or clip.state not in {"waiting", "bad"}:
                continue
            if self._table.parts_here(sha256) < clip.parts:
                continue
            try:
                self._join_one(clip)
            except (OSError, StoreError) as error:
                self._candidates.add(sha256)
                self._retry_at = self._clock.monotonic() + 10 * SECOND
                _LOG.warning("The clip %s cannot be written: %s; free room in %s", sha256, error, self.folder)
                return

    def tell_evicted(self) -> None:
        """A record upstream for each clip that left before it was heard; at least once."""
        now = self._clock.monotonic()
        if now < self._look_for_evicted:
            return
        self._look_for_evicted = now + _LOOK_FOR_EVICTED
        gone = self._table.evicted()
        if not gone:
            return
        try:
            self._spool.add([self._entry_of(one) for one in gone])
            self._table.told_evicted(gone, self._clock.now())
        except StoreError as error:
            _LOG.warning("%d evicted clips are yet to be told upstream: %s", len(gone), error)
            return
        self._changed.update(one.origin for one in gone)

    def tell(self, receipt: DeviceReceipt, origin: Origin) -> DeviceReceipt:
        """``receipt`` with what became of the clips of ``origin``; as it is where it has none."""
        fates = self._table.fates(origin)
        if not fates:
            return receipt
        return receipt.model_copy(update={"clips": fates, "ring_free": self.free_bytes()})

    def changed(self) -> set[Origin]:
        """Who has clips of which something became since this was asked last."""
        changed, self._changed = self._changed, set()
        return changed

    def lately(self, since: int) -> list[Origin]:
        """Who has clips of which something became since ``since`` [ns UTC]."""
        return self._table.announcers(since)

    def free_bytes(self) -> int:
        """Sound that fits before a clip must go that nobody has heard [bytes]."""
        unheard = self._table.unheard_bytes(self._clock.now() - _PIECES_COME_WITHIN, self.cap_bytes)
        heard = self._table.heard_bytes()
        return max(0, min(self.cap_bytes - unheard, self._spare_bytes() + heard))

    def announce(self, bus: Bus) -> None:
        """Publish what is due."""
        now = self._clock.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + SECOND
        stubborn = sum(announced.times >= _STUBBORN for announced in self._announced.values())
        clips = self._table.without_features(ANNOUNCED_AT_ONCE + stubborn)
        self._announced = {
            clip.sha256: self._announced[clip.sha256] for clip in clips if clip.sha256 in self._announced
        }
        for clip in clips:
            self._announce_one(bus, clip, now)

    def announce_again(self) -> None:
        """A new connection: whoever listens may have missed everything."""
        self._announced.clear()
        self._next_look = 0

    def _count_piece(self, sha256: str, count: int) -> None:
        """Look at the spool only when enough pieces have come; repeats may make us look early."""
        if sha256 not in self._pieces:
            self._pieces[sha256] = self._table.parts_here(sha256)
        else:
            self._pieces[sha256] += 1
        if self._pieces[sha256] >= count:
            del self._pieces[sha256]
            self._candidates.add(sha256)

    def _announce_one(self, bus: Bus, clip: Clip, now: int) -> None:
        announced = self._announced.setdefault(clip.sha256, _Announcement(now, _FIRST_WAIT, 0))
        if announced.next > now:
            return
        path = self.folder / clip.file
        if not path.exists():
            _LOG.warning("The clip %s has vanished from the ring", path)
            self._table.remove(clip.sha256, "clips_vanished")
            self._look_for_evicted = 0
            return
        notice = ClipNotice(
            site=clip.site,
            device=clip.device,
            sha256=clip.sha256,
            path=str(path.resolve()),
            start=clip.start,
            start_source=clip.start_source,
            name=clip.name,
        )
        if bus.publish(topics.LOCAL_CLIP, notice.model_dump_json().encode()):
            announced.times += 1
            announced.next, announced.wait = now + announced.wait, min(announced.wait * 2, _LONGEST_WAIT)

    def _join_one(self, clip: Clip) -> None:
        self._pieces.pop(clip.sha256, None)
        if clip.size > self.cap_bytes:
            self._complain(clip, f"it has {clip.size} bytes, more than the ring's {self.cap_bytes}")
            return
        self._make_room(clip.size)
        suffix = _SUFFIX.search(clip.name)
        target = self.folder / f"{clip.sha256}{suffix[0].lower() if suffix else ''}"
        joining = self.folder / f"{clip.sha256}.joining"
        try:
            digest, size = self._write(clip, joining)
        except OSError:
            joining.unlink(missing_ok=True)
            raise
        if (digest, size) != (clip.sha256, clip.size):
            joining.unlink()
            self._complain(clip, f"its pieces give {size} bytes with SHA-256 {digest}")
            return
        joining.replace(target)
        _sync_folder(self.folder)
        self._table.mark(clip.sha256, "whole", file=target.name, counter="clips_whole")
        self._next_look = 0

    def _write(self, clip: Clip, path: Path) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as stream:
            for content in self._table.contents(clip.sha256):
                digest.update(content)
                size += stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        return digest.hexdigest(), size

    def _make_room(self, size: int) -> None:
        """Let clips go until ``size`` bytes fit below the cap and on the disk, whichever is less."""
        while self._table.ring_bytes() + size > self.cap_bytes or self._spare_bytes() < size:
            clips = self._table.evictable()
            if not clips:
                return
            (self.folder / clips[0].file).unlink(missing_ok=True)
            has_features = clips[0].state == "heard"
            self._look_for_evicted = 0
            self._table.remove(clips[0].sha256, "clips_evicted" if has_features else "clips_evicted_unheard")

    def _spare_bytes(self) -> int:
        """What the disk has beyond what must stay free for the spool."""
        room = os.statvfs(self.folder)
        kept_free = min(int(room.f_blocks * room.f_frsize * _KEPT_FREE), _KEPT_FREE_AT_MOST)
        return room.f_bavail * room.f_frsize - kept_free

    def _complain(self, clip: Clip, reason: str) -> None:
        topic = topics.audio(clip.site, clip.device, clip.sha256)
        text = f"the clip {clip.name!r} cannot be joined: {reason}"
        stream = STREAM_OF_KIND["unreadable"]
        self._spool.add([Entry(stream, self._clock.now(), topic, text, clip.sha256.encode())])
        self._table.mark(clip.sha256, "bad", counter="clips_bad")
        self._note_change(clip.sha256)

    def _entry_of(self, gone: Evicted) -> Entry:
        topic = topics.audio(gone.origin.site, gone.origin.device, gone.sha256)
        text = f"{EVICTED_UNHEARD}: the clip {gone.name!r} left the gateway before anybody had heard it"
        return Entry(STREAM_OF_KIND["unreadable"], self._clock.now(), topic, text, gone.sha256.encode())

    def _note_change(self, sha256: str) -> None:
        origin = self._table.announcer(sha256)
        if origin is not None:
            self._changed.add(origin)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
