"""The edge worker: hears clips on the gateway's broker and answers with features.

1. The gateway announces each complete clip on its own broker, until it has the features.
2. The worker reads the file, measures every window and channel behind the quality gate,
   and publishes one ``features`` message each, as the device's own, under a boot id that
   clip and definitions determine: the same clip twice is the same bytes.
3. With a detector it publishes ``detections`` first, under the same boot id.
4. The gate hears the clip first: seconds of voice go out beside each window, and of what is wanted for
   listening no byte is kept that it did not let through.  The ring is quarantine: it is read here alone.
5. Each message is kept until the gateway says that it is spooled.  Only the last of a clip
   names it, which ends its announcement: so no window is lost if this process dies.
6. A clip that is not sound gets a message without values, with the reason.  A clip that is
   not there, or has other bytes than announced, gets none: it will be announced again.

A process of its own, so that a gateway needs no numerics.  Speaks MQTT only.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from analysis.edge.detections import Ears, hear
from analysis.edge.voices import Keeper, hear_voices, voices
from analysis.sound.measure.engine import DEFAULT_PROFILES, measure
from analysis.sound.measure.profiles import profile
from analysis.sound.privacy.silero import SpeechModel
from contract import topics, wire
from contract.batch import ClipNotice
from contract.errors import AudioError, ConfigurationError
from contract.instant import parse_instant, to_datetime
from contract.line.bus import Bus, Delivery
from contract.line.sender import Sender
from contract.line.service import Service
from contract.reading import EARLIEST, LATEST, Detections, Features
from contract.recording.messages import HeardClip, boot_id, features, of_clip, unreadable

FILTERS = (topics.LOCAL_CLIP, topics.SENSOR_RECEIPT_FILTER)
WINDOW_S = 60.0
MOST_WAITING = 5_000
"""Announcements kept in memory; what is beyond will be announced again."""

_LOG = logging.getLogger("ecoviv.edge")
_NO_ANSWER = (AudioError, ValueError, ArithmeticError, LookupError, RuntimeError)

_Key = tuple[str, str]
"""Device and boot id."""


@dataclass(slots=True)
class EdgeWorker(Service):
    """One worker on one bus, subscribed to ``FILTERS``."""

    bus: Bus
    ears: Ears | None = None
    """A detector, if species are to be named as well."""
    gate: SpeechModel | None = None
    """Without it nothing is kept, and nobody knows how long people spoke."""
    keeper: Keeper | None = None
    """Where sound is kept; None: nowhere."""
    sender: Sender = field(init=False)
    measured: int = field(default=0, init=False)
    """Clips answered since the start."""
    _ids: tuple[str, ...] = field(init=False)
    _waiting: dict[_Key, ClipNotice] = field(default_factory=dict, init=False)
    _under_way: dict[_Key, ClipNotice] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.sender = Sender(self.bus)
        self._ids = definition_ids(DEFAULT_PROFILES)

    @property
    def idle(self) -> bool:
        """Nothing waits and everything sent is spooled."""
        return not self._waiting and not self.sender.outstanding

    def step(self, timeout_s: float = 0.2) -> None:
        """Listen; then measure one clip, if there is one and room to send."""
        self._hear(self.sender.step(0.0 if self._waiting else timeout_s))
        self._release()
        if self.keeper is not None:
            self.keeper.tend()
        if self._waiting and self.sender.ready:
            key = next(iter(self._waiting))
            self._under_way[key] = self._waiting.pop(key)
            self._answer(key, self._under_way[key])

    def _hear(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            notice = self._read(delivery.payload)
            if notice is None:
                continue
            key = (notice.device, boot_of(notice, self._ids, self.ears))
            if key not in self._under_way and len(self._waiting) < MOST_WAITING:
                self._waiting.setdefault(key, notice)

    def _read(self, payload: bytes) -> ClipNotice | None:
        try:
            notice = ClipNotice.model_validate_json(payload)
            start = to_datetime(parse_instant(notice.start))
        except (ValidationError, ConfigurationError) as error:
            _LOG.warning("an announcement could not be read: %s", error)
            return None
        if not EARLIEST <= start < LATEST:
            _LOG.warning("an announcement could not be read: no clip begins at %s", notice.start)
            return None
        return notice

    def _answer(self, key: _Key, notice: ClipNotice) -> None:
        path = Path(notice.path)
        if not holds(path, notice.sha256):
            _LOG.warning("the clip %s of %s is not at %s as announced", notice.name, notice.device, path)
            del self._under_way[key]
            return
        clip = clip_of(notice)
        speech = hear_voices(path, notice.name, self.gate, self._listen)
        said = 0
        for message in answers(path, notice, self._ids, self.ears):
            if isinstance(message, Features):
                beside = voices(message, clip, speech, WINDOW_S, said + 1)
                if beside is not None:  # before the last of the clip, which ends its announcement
                    said += 1
                    self._send(beside)
            elif self.keeper is not None:
                self.keeper.offer(path, clip, message, speech)
            self._send(message)
        self.measured += 1

    def _send(self, message: Features | Detections) -> None:
        topic = topics.sensor(message.site, message.device, message.kind)
        self.sender.send(message.site, message.device, message.boot, message.seq, topic, wire.encode(message))
        self._listen()

    def _listen(self) -> None:
        self._hear(self.sender.step(0.0))

    def _release(self) -> None:
        """Forget clips whose every message is spooled; told again, they are answered again."""
        for key in self.sender.forget_spooled():
            self._under_way.pop(key[1:], None)


def holds(path: Path, sha256: str) -> bool:
    """True if the file is there and has the bytes that were announced."""
    try:
        if not path.is_file():  # a pipe would be waited for without end
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    except OSError:
        return False


def definition_ids(profiles: Sequence[str]) -> tuple[str, ...]:
    """The ids that a clip is measured by, sorted."""
    return tuple(
        sorted(one.id for name in profiles for one in profile(name).wanted(roi=False, names=None).values())
    )


def clip_of(notice: ClipNotice) -> HeardClip:
    """The clip that was announced, as its messages name it."""
    return HeardClip(notice.site, notice.device, notice.sha256, parse_instant(notice.start))


def boot_of(notice: ClipNotice, ids: tuple[str, ...], ears: Ears | None) -> str:
    """The boot id of a clip's answer."""
    return boot_id(clip_of(notice), ids if ears is None else (*ids, ears.identity), WINDOW_S)


def answers(
    path: Path,
    notice: ClipNotice,
    ids: tuple[str, ...],
    ears: Ears | None = None,
) -> Iterator[Features | Detections]:
    """The messages of one clip, sequence 1, 2, 3 …; at least one; the last names the clip.

    A clip that the detector cannot hear leaves no effort of it, and is named in the log.
    """
    boot = boot_of(notice, ids, ears)
    seq = 0
    if ears is not None:
        try:
            for heard in hear(path, clip_of(notice), boot, ears):
                seq = heard.seq
                yield heard
        except _NO_ANSWER as error:
            _LOG.warning("the detector could not hear %s of %s: %s", notice.name, notice.device, error)
    yield from measurements(path, notice, ids, boot, seq)


def measurements(
    path: Path, notice: ClipNotice, ids: tuple[str, ...], boot: str, seq: int
) -> Iterator[Features]:
    """The ``features`` messages, numbered after ``seq``."""
    ready, clip = None, clip_of(notice)
    reason = f"{notice.name} holds no samples"
    try:
        for result in measure(path, profiles=DEFAULT_PROFILES, window_s=WINDOW_S):
            if ready is not None:
                yield ready
            seq, reason = seq + 1, ""
            ready = features(clip, boot, seq, result.to_dict())
    except _NO_ANSWER as error:
        said = error.message if isinstance(error, AudioError) else f"{type(error).__name__}: {error}"
        reason = said.replace(str(path), notice.name)
    if reason:
        if ready is not None:
            yield ready
        ready = unreadable(clip, boot, seq + 1, ids, reason)
    if ready is not None:
        yield of_clip(ready, clip)
