"""From a file on disk to float64 samples of one channel, a window at a time.

1. ``open_audio`` reads the header, settles format, rate and true length, and hashes the file.
2. ``Audio.read`` delivers one channel's samples [start, start + count), full scale 1.
3. A WAV whose sizes lie is read from its data chunk to where the file ends; anything
   that cannot be read is an ``AudioError``, and what was readable before it is kept.

Decoding is libsndfile's (soundfile).  Only WAV and FLAC are opened: recorders write these,
and a lossy format has lost what the indices measure.
"""

from __future__ import annotations

import hashlib
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from contract.errors import AudioError
from contract.recording.chunks import WavChunks, read_chunks
from contract.recording.flac import read_flac_words
from contract.recording.header import Header, header_of
from contract.recording.start import NOWHERE, Bearings, settle

Samples = npt.NDArray[np.float64]

LOWEST_RATE, HIGHEST_RATE = 2_000, 1_000_000
MOST_CHANNELS = 64
_BLOCK = 1 << 20
_FLAC_FRAME = 4096
_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_INT16, _INT32 = ("int16", 2.0**-15), ("int32", 2.0**-31)
_AS_STORED = {8: _INT16, 16: _INT16, 24: _INT32, 32: _INT32}
_HELP = "Open it with another program to see whether it is sound; re-copy it from the card"


@dataclass(frozen=True, slots=True)
class Audio:
    """One readable file.

    ``sample_rate`` [Hz]; ``frames`` samples per channel as far as known before decoding;
    ``bits`` of integer containers, 0 for floating point; ``subtype`` soundfile's name;
    ``data_offset`` [bytes], only where the container must be bypassed.
    """

    path: Path
    sha256: str
    header: Header
    sample_rate: int
    channels: int
    frames: int
    bits: int
    subtype: str
    data_offset: int | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def lsb(self) -> float:
        """One step of an integer container at full scale 1; 0 for floating point."""
        return 2.0 ** (1 - self.bits) if self.bits else 0.0

    def read(self, channel: int, start: int, count: int) -> Samples:
        """float64 [shape=(at most count,)]; shorter where the file ends or breaks."""
        out = np.empty(max(0, min(count, self.frames - start)))
        filled = 0
        for block in self.blocks(channel, start, len(out), size=_BLOCK // self.channels, into=out):
            filled += len(block)
        return out[:filled]

    def blocks(
        self, channel: int, start: int, count: int, *, size: int, into: Samples | None = None
    ) -> Iterator[Samples]:
        """The same samples in pieces of ``size``, so that memory does not grow with length.

        With ``into`` [shape=(count,)] each piece is a view of it.
        """
        done = 0
        with self._opened() as sound:
            try:
                if start:
                    sound.seek(start)
                while done < count:
                    piece = self._piece(sound, channel, min(size, count - done), into, done)
                    if not len(piece):
                        break
                    yield piece
                    done += len(piece)
                return
            except (soundfile.LibsndfileError, RuntimeError) as error:
                problem = f"unreadable_from_sample {start + done}: {error}"
        if size > _FLAC_FRAME:  # once more in small steps, up to where it breaks
            rest = None if into is None else into[done:]
            yield from self.blocks(channel, start + done, count - done, size=_FLAC_FRAME, into=rest)
        else:
            self.warnings.append(problem)

    def _piece(
        self, sound: soundfile.SoundFile, channel: int, count: int, into: Samples | None, done: int
    ) -> Samples:
        """The next ``count`` samples; integers are scaled here, by a power of two and so exactly."""
        kind, step = _AS_STORED.get(self.bits, ("float64", 1.0))
        read = sound.read(count, dtype=kind, always_2d=True)[:, channel]
        target: Samples = np.empty(len(read)) if into is None else into[done : done + len(read)]
        np.multiply(read, step, out=target)
        return target

    @contextmanager
    def _opened(self) -> Iterator[soundfile.SoundFile]:
        if self.data_offset is None:
            with soundfile.SoundFile(str(self.path)) as sound:
                yield sound
            return
        with (
            _Tail(self.path, self.data_offset) as raw,
            soundfile.SoundFile(
                raw, samplerate=self.sample_rate, channels=self.channels, subtype=self.subtype, format="RAW",
                endian="LITTLE",
            ) as sound,
        ):  # fmt: skip
            yield sound


class _Tail(io.FileIO):
    """A file seen from ``offset`` on, so that raw samples can be read behind a broken header."""

    def __init__(self, path: Path, offset: int) -> None:
        super().__init__(str(path), "rb")
        self._offset = offset
        super().seek(offset)

    def seek(self, position: int, whence: int = io.SEEK_SET, /) -> int:
        target = position + self._offset if whence == io.SEEK_SET else position
        return super().seek(target, whence) - self._offset

    def tell(self) -> int:
        return super().tell() - self._offset


def open_audio(path: Path, bearings: Bearings = NOWHERE) -> Audio:
    """The file's header, format and hash; ``AudioError`` where it is not readable as sound.

    ``bearings`` say whose the file is and which zone a time without zone has.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
            raise AudioError(
                f"{path} is not a regular file but a folder, pipe, device or socket",
                help="Save the sound to a file first",
            )
        with path.open("rb") as stream:
            magic = stream.read(4)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256")
    except OSError as error:
        raise AudioError(
            f"{path} cannot be read: {error.strerror}", help="Check its name and permissions"
        ) from error
    if not magic:
        raise AudioError(
            f"{path} is empty", help="The recorder lost power before writing; nothing can be recovered"
        )
    if magic not in (b"RIFF", b"RF64", b"fLaC"):
        raise AudioError(f"{path} is neither WAV nor FLAC", help="Convert it to WAV or FLAC without loss")
    chunks = read_chunks(path)
    header = header_of(path.stem, read_flac_words(path) if chunks is None else chunks.words, chunks)
    settle(header, bearings)
    audio = _from_soundfile(path, digest.hexdigest(), chunks, header)
    _check(audio)
    return audio


def _from_soundfile(path: Path, sha256: str, chunks: WavChunks | None, header: Header) -> Audio:
    bypass = chunks is not None and chunks.repaired and chunks.subtype and chunks.channels
    try:
        if bypass:
            raise soundfile.LibsndfileError(0, "sizes do not fit the file: ")
        with soundfile.SoundFile(str(path)) as sound:
            frames = sound.frames if chunks else _readable(sound, path)
            warnings = []
            if frames != sound.frames:
                warnings.append(f"truncated: {frames} of {sound.frames} samples are readable")
            if sound.subtype not in _BITS and sound.subtype not in ("FLOAT", "DOUBLE"):
                warnings.append(f"lossy_coding: {sound.subtype}")
            return Audio(
                path, sha256, header, sound.samplerate, sound.channels, frames, _BITS.get(sound.subtype, 0),
                sound.subtype, None, warnings,
            )  # fmt: skip
    except (soundfile.LibsndfileError, RuntimeError, UnicodeDecodeError) as error:
        return _behind_the_header(path, sha256, chunks, header, error)


def _readable(sound: soundfile.SoundFile, path: Path) -> int:
    """How many samples per channel a FLAC file really gives: its header may promise more."""
    stated: int = sound.frames
    try:
        sound.seek(stated - 1)
        if len(sound.read(1)) == 1:
            return stated
    except (soundfile.LibsndfileError, RuntimeError):
        return _counted(path)
    return _counted(path)


def _counted(path: Path) -> int:
    """Samples per channel that can be decoded from the start on, by a decoder that has not failed yet."""
    count = 0
    try:
        with soundfile.SoundFile(str(path)) as sound:
            while block := len(sound.read(_FLAC_FRAME)):
                count += block
    except (soundfile.LibsndfileError, RuntimeError):
        return count
    return count


def _behind_the_header(
    path: Path, sha256: str, chunks: WavChunks | None, header: Header, error: Exception
) -> Audio:
    if chunks is None or not (chunks.subtype and chunks.channels and chunks.data_offset):
        raise AudioError(f"{path} is not readable as sound: {error}", help=_HELP) from error
    bits = int(chunks.subtype.rpartition("_")[2].lstrip("U")) if chunks.subtype.startswith("PCM") else 0
    return Audio(
        path=path, sha256=sha256, header=header, sample_rate=chunks.sample_rate, channels=chunks.channels,
        frames=chunks.frames, bits=bits, subtype=chunks.subtype, data_offset=chunks.data_offset,
        warnings=[chunks.mended] if chunks.mended else [],
    )  # fmt: skip


def _check(audio: Audio) -> None:
    if not LOWEST_RATE <= audio.sample_rate <= HIGHEST_RATE:
        raise AudioError(
            f"{audio.path} states {audio.sample_rate} samples a second",
            help=f"Between {LOWEST_RATE} and {HIGHEST_RATE} are read; correct the header",
        )
    if not 1 <= audio.channels <= MOST_CHANNELS:
        raise AudioError(
            f"{audio.path} states {audio.channels} channels", help=f"At most {MOST_CHANNELS} are read"
        )
    if audio.frames < 1:
        raise AudioError(f"{audio.path} holds a header but no samples", help=_HELP)
