"""The folder of kept sound: what the gate let through, for so many days, each step in a log that shows edits.

1. ``keep`` cuts a stretch out of a clip, if the gate lets it through: the only way in.
2. ``expire`` deletes what is older than the days that were stated, and writes down what it was.
3. ``hand_out`` gives a copy to a person, whose name is in the log before the first byte is copied;
   ``heard_by`` writes it of many at once, which ``review cut`` takes for listeners.
4. ``audit`` holds folder and log against each other.

Files are their owner's alone.  They are named by the clip and where the stretch begins; a log a year stands
beside them (``analysis.plan.ledger`` says how it is chained).
"""

from __future__ import annotations

import hashlib
import io
import os
import wave
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.plan import ledger
from analysis.sound.privacy.gate import Speech, withheld
from analysis.sound.reader import Audio
from contract.errors import ConfigurationError, UsageError
from contract.instant import DAY, Clock, SystemClock, format_instant, parse_instant
from contract.recording.messages import HeardClip

KEPT, LISTENED, DELETED = "kept", "listened", "deleted"
"""What the log tells."""
DAYS = 30.0
"""How long sound is kept, unless somebody says less or more."""
_LOG = "log-*.jsonl"
_OWN = 0o600


@dataclass(frozen=True, slots=True)
class KeptSound:
    """A stretch that may be listened to; ``sha256`` of the file's bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class WithheldSound:
    """A stretch that may not: ``voice``, ``doubt``, ``not heard`` …"""

    why: str


@dataclass(slots=True)
class KeptSounds:
    """One folder of kept sound; ``days`` until a file is deleted."""

    folder: Path
    days: float = DAYS
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        if not 0 < self.days <= 366:
            raise ConfigurationError(
                f"Sound cannot be kept for {self.days:g} days", help="Give a number above 0, at most 366"
            )

    def open(self) -> None:
        """Make the folder, its owner's alone, and take away what a power cut left half written."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for half in self.folder.glob("*.part"):
            half.unlink()

    def keep(
        self, audio: Audio, clip: HeardClip, start_s: float, end_s: float, speech: Speech | None
    ) -> KeptSound | WithheldSound:
        """The stretch [s] of a clip as a WAV of all its channels, or why it is withheld; again is the same.

        ``speech``: what the gate heard in all of ``audio``; None where it heard nothing, so that nothing is
        kept.  ``ConfigurationError`` where the log shows edits.
        """
        why = withheld(speech, start_s, end_s)
        if not why and audio.sha256 != clip.sha256:
            why = "of another hash"
        content = b"" if why else wav_of(audio, start_s, end_s)
        if why or not content:
            return WithheldSound(why or "no samples")
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder / f"{clip.sha256[:16]}-{round(start_s * 1000):08d}.wav"
        if path.exists():
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            said = {"site": clip.site, "device": clip.device, "clip": clip.sha256, "start_s": start_s}
            self._note(KEPT, file=path.name, sha256=sha256, length_s=end_s - start_s, **said)
            _write(path, content)
        return KeptSound(path, sha256)

    def expire(self) -> list[str]:
        """Delete what is due, and write it down; the names.  A time in the future is due, too.

        Sound that no entry names, since its log is damaged or was moved away, is as old as its file.
        """
        now, gone = self.clock.now(), []
        known = {name: str(entry["at"]) for name, entry in self.present().items()}
        for path in sorted(self.folder.glob("*.wav")):
            kept_at = known.get(path.name) or format_instant(path.stat().st_mtime_ns)
            if -DAY <= now - parse_instant(kept_at) < self.days * DAY:
                continue
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            path.unlink()
            _sync(self.folder)
            self._note(DELETED, file=path.name, sha256=found, kept_at=kept_at, after_days=self.days)
            gone.append(path.name)
        return gone

    def hand_out(self, name: str, who: str, target: Path) -> Path:
        """Copy the sound ``name`` to ``target`` for ``who`` to listen to; its mode is 0600.

        ``ConfigurationError`` where it is gone or has another hash, ``UsageError`` without a person.
        """
        if not who.strip():
            raise UsageError(
                "Who listens is not said", help="Give a name, or initials that are known: --by N.N."
            )
        entry = self.present().get(name)
        if entry is None:
            raise ConfigurationError(
                f"{name} is not among the kept sound in {self.folder}",
                help="`ecoviv privacy log` says what was kept, and what was deleted when",
            )
        content = (self.folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise ConfigurationError(
                f"{name} has other bytes than those that were kept",
                help="Do not use it; `ecoviv privacy log` names what else does not fit",
            )
        if target.exists():
            raise UsageError(f"{target} is there already", help="Name a file that is not")
        self._note(LISTENED, file=name, sha256=entry["sha256"], who=who.strip()[:120])
        _write(target, content)
        return target

    def heard_by(self, clips: Collection[str], who: str) -> int:
        """Write down that what is kept of these clips goes to people by ``who``; how many sounds."""
        going = {name: one for name, one in sorted(self.present().items()) if one["clip"] in clips}
        for name, entry in going.items():
            self._note(LISTENED, file=name, sha256=entry["sha256"], who=who[:120])
        return len(going)

    def present(self) -> dict[str, dict[str, Any]]:
        """File → the entry that says when it was kept, of what lies in the folder."""
        kept: dict[str, dict[str, Any]] = {}
        for entry in self.entries():
            if entry["kind"] == KEPT:
                kept[entry["file"]] = entry
        return {name: entry for name, entry in kept.items() if (self.folder / name).is_file()}

    def entries(self) -> list[dict[str, Any]]:
        """All of the log, oldest first, as far as its chain holds."""
        return [entry for path in self._logs() for entry in ledger.verify(path).entries]

    def audit(self) -> list[str]:
        """What does not fit, a sentence each; empty where all does."""
        return list(self._doubts())

    def _doubts(self) -> Iterator[str]:
        for path in self._logs():
            if broken := ledger.verify(path).broken:
                yield f"{path.name} is broken at {broken}."
        present, gone = self.present(), {e["file"] for e in self.entries() if e["kind"] == DELETED}
        for entry in self.entries():
            if entry["kind"] == KEPT and entry["file"] not in present and entry["file"] not in gone:
                said = f"{entry['file']} was kept on {entry['at']} and is gone"
                yield f"{said}; nobody wrote down that it was deleted."
        for name, entry in sorted(present.items()):
            if hashlib.sha256((self.folder / name).read_bytes()).hexdigest() != entry["sha256"]:
                yield f"{name} has other bytes than those that were kept."
            if self.clock.now() - parse_instant(entry["at"]) > (self.days + 1) * DAY:
                yield f"{name} was to be deleted {self.days:g} days after {entry['at']}."
        for path in sorted(self.folder.glob("*")):
            if path.name not in present and not path.name.startswith("log-"):
                yield f"{path.name} lies among the kept sound and is in no log."

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob(_LOG))

    def _note(self, kind: str, **content: Any) -> None:
        at = format_instant(self.clock.now())
        path = self.folder / f"log-{at[:4]}.jsonl"
        broken = ledger.verify(path).broken
        if broken and kind == DELETED:  # what is due goes all the same, and a log of its own says so
            path, broken = self.folder / f"log-{at[:4]}-deleted.jsonl", ""
        if broken:
            raise ConfigurationError(
                f"The log {path} is broken at {broken}: no sound is kept or handed out",
                help="Show it to who answers for this station; then move it away, and a new one begins",
            )
        ledger.append(path, kind, at, content)
        for own in self.folder.glob(f"{path.name}*"):
            own.chmod(_OWN)


def wav_of(audio: Audio, start_s: float, end_s: float) -> bytes:
    """A stretch [s] of every channel as a WAV file; integers as they were, floating point as 24 bits.

    Empty where there are no samples.
    """
    rate = audio.sample_rate
    first, count = round(start_s * rate), round((end_s - start_s) * rate)
    channels = [audio.read(number, first, count) for number in range(audio.channels)]
    shortest = min(len(one) for one in channels)
    width = 2 if 0 < audio.bits <= 16 else 4 if audio.bits == 32 else 3
    steps = np.stack([one[:shortest] for one in channels], axis=1) * 2.0 ** (8 * width - 1)
    whole = np.clip(np.round(steps), -(2.0 ** (8 * width - 1)), 2.0 ** (8 * width - 1) - 1).astype("<i4")
    raw = whole.reshape(-1, 1).view(np.uint8)[:, :width].tobytes()
    out = io.BytesIO()
    with wave.open(out, "wb") as sink:
        sink.setnchannels(audio.channels)
        sink.setsampwidth(width)
        sink.setframerate(rate)
        sink.writeframes(raw)
    return out.getvalue() if shortest else b""


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, readable by its owner alone, on disk when this returns."""
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _OWN)
    with os.fdopen(handle, "wb") as sink:
        sink.write(content)
        sink.flush()
        os.fsync(sink.fileno())
    part.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
