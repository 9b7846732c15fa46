"""The worker's side of the gate: hear a clip for voices, say how long they were, keep what may be kept.

1. ``hear_voices`` gives what the gate heard, or None, so that nothing of the clip is kept.
2. ``voices`` is the message beside a ``features`` message: seconds of voice in the same excerpt, as a number,
   under a boot id of its own, so that whatever measures a clip without the gate says the same as this worker.
3. ``Keeper`` is what the worker asks for each message of detections: which stretches are wanted, and where
   they are kept.  Without a keeper nothing is kept.

Nothing here can be switched off: without a model the gate is shut.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from analysis.edge.detections import Ears
from analysis.indices.acoustic.voice import VOICE
from analysis.sound.privacy.gate import Speech, listen
from analysis.sound.privacy.shelf import KeptSounds, WithheldSound
from analysis.sound.privacy.silero import SpeechModel
from analysis.sound.reader import open_audio
from contract.errors import EcoVivError
from contract.instant import MINUTE, SECOND, from_datetime
from contract.reading import Detections, Features
from contract.recording.messages import HeardClip, boot_id

FAILURES = (EcoVivError, OSError, ValueError, ArithmeticError, LookupError, RuntimeError)
_EXPIRE_EVERY = 10 * MINUTE
_LOG = logging.getLogger("ecoviv.edge")

Stretch = tuple[float, float]
"""From and to, from the start of the clip [s]."""


def hear_voices(path: Path, name: str, model: SpeechModel | None, tick: Callable[[], None]) -> Speech | None:
    """What the gate heard in a file; None without a model, and where it could not hear."""
    if model is None:
        return None
    try:
        return listen(open_audio(path), model, tick)
    except FAILURES as error:
        said = error.message if isinstance(error, EcoVivError) else f"{type(error).__name__}: {error}"
        _LOG.warning("the gate could not hear %s, of which nothing is kept: %s", name, said)
        return None


def voices(
    message: Features, clip: HeardClip, speech: Speech | None, window_s: float, seq: int
) -> Features | None:
    """Seconds of voice in the excerpt of ``message``, as number ``seq``; None where nobody heard it.

    An excerpt whose sound the quality gate shut out has the reason in the place of seconds.
    """
    excerpt = message.excerpt
    if speech is None or not excerpt.duration_s:
        return None
    start_s = (from_datetime(excerpt.start) - clip.start) / SECOND
    seconds = speech.seconds(excerpt.channel, start_s, excerpt.duration_s)
    heard = excerpt.valid_s > 0
    return Features(
        site=message.site,
        device=message.device,
        boot=boot_id(clip, (VOICE.id,), window_s),
        seq=seq,
        time=message.time,
        firmware=message.firmware,
        excerpt=excerpt.model_copy(update={"clip": None}),
        values={VOICE.id: min(round(seconds, 3), excerpt.duration_s)} if heard else {},
        absent={} if heard else {VOICE.id: "the quality gate is closed"},
    )


def status(gate: SpeechModel | None, why: str, keeper: Keeper | None, ears: Ears | None) -> bytes:
    """The worker's status while it is connected: who asks the station learns what is switched on."""
    said = {
        "online": True,
        "voices": VOICE.id if gate is not None else "",
        "no_voices": why,
        "kept_days": 0 if keeper is None else keeper.shelf.days,
        "detector": "" if ears is None else f"{ears.model.id}@{ears.model.version}",
    }
    return json.dumps(said, separators=(",", ":")).encode()


@dataclass(slots=True)
class Keeper:
    """Where sound is kept, and which: ``wanted`` gives the stretches of a clip for each message."""

    shelf: KeptSounds
    wanted: Callable[[HeardClip, Detections], Iterable[Stretch]] = field(default=lambda clip, heard: ())
    kept: int = field(default=0, init=False)
    withheld: int = field(default=0, init=False)
    """Stretches since the start."""
    _expire_at: int = field(default=0, init=False)

    def offer(self, path: Path, clip: HeardClip, heard: Detections, speech: Speech | None) -> None:
        """Keep the wanted stretches of what was heard; what fails is withheld, and named in the log."""
        for start_s, end_s in self.wanted(clip, heard):
            try:
                audio = open_audio(path)
                last_s = min(end_s, audio.frames / audio.sample_rate)
                done = self.shelf.keep(audio, clip, start_s, last_s, speech)
            except FAILURES as error:
                _LOG.warning("nothing is kept of %s: %s", path.name, error)
                done = WithheldSound("failed")
            self.kept += not isinstance(done, WithheldSound)
            self.withheld += isinstance(done, WithheldSound)

    def tend(self) -> None:
        """Delete what is due, every ten minutes."""
        now = self.shelf.clock.monotonic()
        if now < self._expire_at:
            return
        self._expire_at = now + _EXPIRE_EVERY
        try:
            for name in self.shelf.expire():
                _LOG.info("%s was deleted after %g days", name, self.shelf.days)
        except FAILURES as error:
            _LOG.warning("kept sound could not be deleted: %s", error)
