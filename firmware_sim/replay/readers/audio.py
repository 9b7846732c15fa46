"""A sound file: a manifest and its bytes in parts, exactly as they lie on the card.

1. The header is read before anything else and travels beside the sound.
2. The whole file is decoded once, so that a damaged one is found here and not later.
3. The bytes go out unchanged: sequence 1 is the manifest, 2, 3 … are the parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract import topics
from contract.errors import AudioError
from contract.instant import SECOND, from_datetime, to_datetime
from contract.places import Device
from contract.reading import PART_BYTES, AudioPart, ClipManifest
from contract.wire import encode, encode_part
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.header import Stamp, stamp_of, wav_fields
from firmware_sim.replay.readers.reader import Findings, Question, boot_of, owner, zone_for

ENDINGS = frozenset({".wav", ".flac"})
_BLOCK = 1 << 20
_LARGEST = 2**31


@dataclass(frozen=True, slots=True)
class AudioReader:
    """Reads WAV and FLAC files."""

    name: str = "audio"

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        try:
            fields, seconds = _inspect(path)
        except AudioError as error:
            findings.problem(error.message)
            return
        stamp = stamp_of(path, fields)
        if stamp.local is None:
            findings.problem(f"{path}: neither its header nor its name says when it was recorded")
            return
        device = owner(path, stamp.serial, "acoustic", question)
        zone = stamp.zone or zone_for(path, device, question)
        start = from_datetime(stamp.local.replace(tzinfo=zone)) + question.shift
        content = path.read_bytes()
        boot = boot_of(content, device, question, path.name, start)
        sent = start + int(seconds * SECOND)
        manifest = _manifest(path, content, stamp, (start, sent), device, boot)
        site, name, seq = device.site, device.id, 0
        topic = topics.sensor(site, name, "clip")
        if question.wants(topic):
            seq = 1
            yield Outgoing(sent, site, name, boot, seq, topic, encode(manifest), kind="clip")
        topic = topics.audio(site, name, manifest.sha256)
        for index in range(manifest.parts if question.wants(topic) else 0):
            seq += 1
            piece = content[index * PART_BYTES : (index + 1) * PART_BYTES]
            part = AudioPart(boot, seq, manifest.sha256, index, manifest.parts, piece)
            yield Outgoing(sent, site, name, boot, seq, topic, encode_part(part), kind="audio")


def _manifest(
    path: Path, content: bytes, stamp: Stamp, span: tuple[int, int], device: Device, boot: str
) -> ClipManifest:
    return ClipManifest(
        site=device.site,
        device=device.id,
        boot=boot,
        seq=1,
        time=to_datetime(span[1]),
        clock="rtc",
        firmware="replay audio",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        parts=-(-len(content) // PART_BYTES),
        name=path.name[-120:].replace("\\", "_"),
        start=to_datetime(span[0]),
        start_source=stamp.source,
        header=stamp.fields,
    )


def _inspect(path: Path) -> tuple[dict[str, str], float]:
    """Header texts and length [s]; ``AudioError`` if it is not sound from end to end."""
    import soundfile

    size = path.stat().st_size
    if size == 0:
        raise _unfit(path, "it is empty")
    if size >= _LARGEST:
        raise _unfit(path, "it is larger than 2 GB")
    fields = wav_fields(path) if path.suffix.lower() == ".wav" else {}
    frames = 0
    try:
        with soundfile.SoundFile(path) as sound:
            fields = fields or {k: str(v) for k, v in sound.copy_metadata().items()}
            rate, promised = sound.samplerate, sound.frames
            for block in sound.blocks(_BLOCK, dtype="int16", always_2d=True):
                frames += len(block)
    except soundfile.SoundFileError as error:
        raise _unfit(path, f"it is not readable as sound ({str(error).strip().rstrip('.')})") from error
    if frames == 0:
        raise _unfit(path, "it holds no sound")
    if frames < promised:
        raise _unfit(path, f"it was cut short: {frames} of {promised} samples are there")
    return fields, frames / rate


def _unfit(path: Path, why: str) -> AudioError:
    return AudioError(f"{path} cannot be sent: {why}", help="Copy it from the card again, or leave it out")
