"""A sound file: a manifest and its bytes in parts, exactly as they lie on the card.

1. What the recorder wrote is read before anything else and travels beside the sound.
2. The true length is found here: a size that lies is repaired from the file's length, a FLAC
   file is decoded to where it ends or breaks.  Both are flagged in the manifest.
3. The bytes go out unchanged: sequence 1 is the manifest, 2, 3 … are the parts.  So their
   hash is that of the card's file, and the edge mends them as ``ecoviv indices`` does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract import topics
from contract.errors import AudioError, TimeWithoutZone
from contract.instant import SECOND, to_datetime
from contract.places import Device
from contract.reading import PART_BYTES, AudioPart, ClipManifest
from contract.recording.chunks import WavChunks, read_chunks
from contract.recording.flac import read_flac_words
from contract.recording.header import Header, header_of
from contract.recording.start import settle
from contract.wire import encode, encode_part
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.reader import Findings, Nowhere, Question, boot_of, owner, stand

ENDINGS = frozenset({".wav", ".flac"})
_BLOCK, _SMALL_BLOCK = 1 << 20, 4096
"""Samples decoded at a time; the second where a file breaks, so that no more than these are lost."""
_LARGEST = 2**31
_LONGEST_TEXT, _LONGEST_NAME, _MOST_TEXTS = 480, 120, 50


@dataclass(frozen=True, slots=True)
class AudioReader:
    """Reads WAV and FLAC files."""

    name: str = "audio"

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """The manifest and the parts; see ``Reader``.

        Raises ``TimeWithoutZone`` where a start is stated without zone and nobody states one,
        ``UnknownName`` where nobody knows whose file it is.
        """
        try:
            header, sound = inspect(path)
        except AudioError as error:
            findings.problem(error.message)
            return
        settle(header, question.bearings)
        header.warnings.extend(sound.flags)
        findings.header = header
        device = owner(path, header.serials, "acoustic", question, header.start)
        if header.start is None:
            _refuse(path, header, findings)
            return
        try:
            device = stand(device, header.start, question)
        except Nowhere as error:
            findings.problem(f"{path}: {error.message}")
            return
        for flag in sound.flags:
            findings.note(f"sent as it lies on the card, flagged {flag}")
        content = path.read_bytes()
        start = header.start + question.shift
        span = (start, start + int(sound.seconds * SECOND))
        boot = boot_of(content, device, question, path.name, start)
        yield from _messages(
            _manifest(path, content, header, sound, span, device, boot), content, span[1], question
        )


@dataclass(frozen=True, slots=True)
class Sound:
    """How much sound a file really holds [s], and what is wrong with it, as ``ecoviv indices`` says it."""

    seconds: float
    flags: tuple[str, ...] = ()


def _refuse(path: Path, header: Header, findings: Findings) -> None:
    """Say why there is no start; a zone that nobody stated is for the caller to state."""
    if "time_without_zone" in header.warnings:
        raise TimeWithoutZone(
            f"The times in {path} have no zone, and its device states none",
            help='Add timezone = "…" to the device in the territory file, or say --zone Europe/Paris',
        )
    findings.problem(f"{path}: {header.reason}")


def _messages(manifest: ClipManifest, content: bytes, sent: int, question: Question) -> Iterator[Outgoing]:
    """The manifest, then the parts, numbered without a gap as far as they are wanted."""
    site, name, boot, seq = manifest.site, manifest.device, manifest.boot, 0
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
    path: Path, content: bytes, header: Header, sound: Sound, span: tuple[int, int], device: Device, boot: str
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
        start_source=header.start_source,
        header=_texts(header, sound),
    )


def _texts(header: Header, sound: Sound) -> dict[str, str]:
    """What the recorder wrote, as far as a manifest holds it, and how much sound there really is."""
    written = list(header.texts().items())[:_MOST_TEXTS]
    kept = {name[:_LONGEST_NAME]: text[:_LONGEST_TEXT] for name, text in written}
    kept["duration_s"] = f"{sound.seconds:.6f}"
    return kept | ({"flags": "; ".join(sound.flags)[:_LONGEST_TEXT]} if sound.flags else {})


def inspect(path: Path) -> tuple[Header, Sound]:
    """The header, not yet settled, and the sound that is there; ``AudioError`` where there is none."""
    if path.stat().st_size >= _LARGEST:
        raise _unfit(path, "it is larger than 2 GB")
    chunks = read_chunks(path)
    header = header_of(path.stem, read_flac_words(path) if chunks is None else chunks.words, chunks)
    if chunks is not None and chunks.frame_bytes and chunks.sample_rate:
        if chunks.frames == 0:
            raise _unfit(path, "it holds no sound")
        return header, Sound(chunks.frames / chunks.sample_rate, (chunks.mended,) if chunks.mended else ())
    return header, _decoded(path, chunks)


def _decoded(path: Path, chunks: WavChunks | None) -> Sound:
    """The sound of a coded file, decoded to its end or to where it breaks."""
    import soundfile

    with path.open("rb") as stream:
        if chunks is None and stream.read(4) != b"fLaC":
            raise _unfit(path, "it does not begin as a WAV or FLAC file")
    try:
        with soundfile.SoundFile(path) as sound:
            rate, promised = sound.samplerate, sound.frames
        frames = _count(path, _BLOCK)
        frames = frames if frames == promised else max(frames, _count(path, _SMALL_BLOCK))
    except soundfile.SoundFileError as error:
        raise _unfit(path, f"it is not readable as sound ({str(error).strip().rstrip('.')})") from error
    if frames == 0:
        raise _unfit(path, "it holds no sound")
    whole = frames >= promised
    return Sound(frames / rate, () if whole else (f"truncated: {frames} of {promised} samples are readable",))


def _count(path: Path, size: int) -> int:
    """Samples per channel that decode from the start on, ``size`` at a time."""
    import soundfile

    frames = 0
    with soundfile.SoundFile(path) as sound:
        try:
            while block := len(sound.read(size, dtype="int16", always_2d=True)):
                frames += block
        except soundfile.SoundFileError:
            return frames
    return frames


def _unfit(path: Path, why: str) -> AudioError:
    return AudioError(f"{path} cannot be sent: {why}", help="Copy it from the card again, or leave it out")
