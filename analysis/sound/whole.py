"""A whole file as one window, in two passes of bounded memory: ``--window none``.

1. Pass one reads blocks: quality, mean, the gate's spectrum, and for each profile all sums
   over frames and the loudest cell.
2. Pass two, which needs that mean and that cell: the envelope and the cells that count.

The sums are those of the windowed engine; only the medians of the spectrogram cannot be had
this way, so ``maad-1.5.2`` gives its core here and nothing else.  What still grows with length
is the envelope, the power per 40 ms and the frozen flags: about 30 bytes per 20 ms.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analysis.indices import acoustic_ecoviv, acoustic_maad
from analysis.indices.acoustic_definition import Definition
from analysis.indices.acoustic_maad_definitions import CORE
from analysis.indices.acoustic_maad_definitions import PROFILE as MAAD_PROFILE
from analysis.sound import ecoviv, maad
from analysis.sound.gate import (
    Extremes,
    GateSpectrum,
    Quality,
    RawQuality,
    frame_samples,
    judge,
    low_bins,
    raw_quality,
)
from analysis.sound.profiles import Profile
from analysis.sound.reader import Audio
from analysis.sound.spectrum import Array, BinSums, amplitude_blocks, count_at_least, frame_count
from contract.errors import Refused

_TARGET = 1 << 17


@dataclass(slots=True)
class _Frames:
    """Overlapping frames out of consecutive blocks: what is left over waits for the next block."""

    length: int
    hop: int
    scale: float
    low: int
    high: int
    rest: Array = field(default_factory=lambda: np.empty(0))

    def waiting(self, block: Array) -> int:
        """How many frames ``amplitude`` will yield for ``block``."""
        return frame_count(len(self.rest) + len(block), self.length, self.hop)

    def amplitude(self, block: Array) -> Iterator[Array]:
        """The amplitude of the frames that end in ``block``, in the blocks of ``amplitude_blocks``."""
        joined = np.concatenate((self.rest, block))
        self.rest = joined[frame_count(len(joined), self.length, self.hop) * self.hop :].copy()
        return amplitude_blocks(joined, self.length, self.hop, self.scale, low=self.low, high=self.high)


@dataclass(slots=True)
class _First:
    """What pass one leaves for pass two: ``origin`` was subtracted from every sample before the transform."""

    raw: RawQuality
    origin: float
    sums: BinSums
    band_sums: BinSums


def outcomes_whole(
    audio: Audio, channel: int, chosen: Sequence[Profile], *, gate: bool, names: Collection[str] | None
) -> tuple[Quality, int, list[tuple[Definition, float | str]]]:
    """Quality, number of samples, and each definition with its value or reason, of one whole channel."""
    first = _first_pass(audio, channel)
    enough = first.sums.frames > 1 and first.raw.finite
    seen = GateSpectrum.of(first.sums, acoustic_maad.centres(audio.sample_rate)) if enough else None
    quality = judge(first.raw, seen, gate=gate, high_pass_hz=audio.header.high_pass_hz)
    found: dict[str, dict[str, float | str]] = {}
    if quality.gate != "closed" and enough:
        found = _second_pass(audio, channel, first)
    fallback = quality.reason or "the file is shorter than two frames"
    outcomes: list[tuple[Definition, float | str]] = []
    for one in chosen:
        for name, definition in one.wanted(roi=False, names=names).items():
            if one.name == acoustic_ecoviv.PROFILE or name in CORE:
                outcomes.append((definition, found.get(one.name, {}).get(name, fallback)))
    return quality, first.raw.samples, outcomes


def refuse_beyond_core(chosen: Sequence[Profile], names: Collection[str] | None, *, roi: bool) -> None:
    """``Refused`` where something is asked for that a whole file in bounded memory does not give."""
    others = [one.name for one in chosen if one.name not in (acoustic_ecoviv.PROFILE, MAAD_PROFILE)]
    beyond = sorted(set(names or ()) - set(CORE) - set(acoustic_ecoviv.ECOVIV))
    asked = [*others, *beyond, *(["regions of interest"] if roi else [])]
    if asked:
        raise Refused(
            f"A whole file as one window does not give {', '.join(asked)}: "
            "they need its whole spectrogram in memory",
            help="Give a window, such as --window 60, or allow the memory with --max-memory",
            codes=("memory",),
        )


def _block_size(sample_rate: int) -> int:
    """A multiple of the envelope's and the gate's frames, near 131,072 samples."""
    unit = math.lcm(acoustic_maad.ENVELOPE, frame_samples(sample_rate))
    return unit * max(1, _TARGET // unit)


def _blocks(audio: Audio, channel: int) -> Iterator[Array]:
    """The channel in blocks of ``_block_size``, the last one shorter."""
    size = _block_size(audio.sample_rate)
    return audio.blocks(channel, 0, audio.frames, size=size)


def _frames(sample_rate: int) -> tuple[_Frames, _Frames | None]:
    """The frames of ``maad-1.5.2`` and, where the sampling rate allows them, of ``ecoviv-1``."""
    wide = _Frames(
        acoustic_maad.LENGTH, acoustic_maad.HOP, acoustic_maad.POWER_SCALE, 0, acoustic_maad.LENGTH // 2
    )
    frame = acoustic_ecoviv.frame_samples(sample_rate)
    if frame is None or not ecoviv.fits(frame[0]):
        return wide, None
    return wide, _Frames(
        *frame, ecoviv.power_scale(frame[0]), ecoviv.FIRST_BIN, ecoviv.FIRST_BIN + ecoviv.BINS
    )


def _first_pass(audio: Audio, channel: int) -> _First:
    wide, band = _frames(audio.sample_rate)
    sums = BinSums(acoustic_maad.LENGTH // 2, low_bins=low_bins(acoustic_maad.centres(audio.sample_rate)))
    band_sums = BinSums(ecoviv.BINS, per_frame=True)
    parts: list[RawQuality] = []
    frozen: npt.NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
    origin = 0.0
    for block in _blocks(audio, channel):
        parts.append(raw_quality(block, audio.sample_rate, audio.lsb))
        if not parts[-1].finite:
            break
        origin = parts[0].mean
        block -= origin
        for piece in wide.amplitude(block):
            sums.add(piece)
        if band is not None:
            # the last flag of the block before belongs to the frame that straddles the border
            frozen = np.concatenate((frozen[-1:], parts[-1].frozen))
            count = band.waiting(block)
            ecoviv.add_valid(band_sums, band.amplitude(block), ecoviv.valid_frames(frozen, count))
    return _First(RawQuality.joined(parts), origin, sums, band_sums)


def _second_pass(audio: Audio, channel: int, first: _First) -> dict[str, dict[str, float | str]]:
    wide, band = _frames(audio.sample_rate)
    covered, done = np.zeros(first.sums.bins, dtype=np.int64), 0
    band_covered = np.zeros(ecoviv.BINS, dtype=np.int64)
    level = acoustic_maad.cover_level(first.sums.peak)
    band_level = ecoviv.cover_level(first.band_sums.peak)
    envelopes: list[Array] = []
    for block in _blocks(audio, channel):
        envelopes.append(Extremes.of(block).envelope(first.raw.mean))
        block -= first.origin
        covered += count_at_least(wide.amplitude(block), level, first.sums.bins)
        if band is not None:
            count = band.waiting(block)
            valid = ecoviv.valid_frames(first.raw.frozen[done : done + count + 1], count)
            band_covered += count_at_least(
                ecoviv.only_valid(band.amplitude(block), valid), band_level, ecoviv.BINS
            )
            done += count
    return {
        MAAD_PROFILE: {
            name: maad.value(name, number, audio.sample_rate)
            for name, number in maad.core(
                np.concatenate(envelopes), first.sums, covered, audio.sample_rate
            ).items()
        },
        acoustic_ecoviv.PROFILE: ecoviv.outcomes(
            first.band_sums, band_covered, audio.sample_rate, audio.header, list(acoustic_ecoviv.ECOVIV)
        ),
    }
