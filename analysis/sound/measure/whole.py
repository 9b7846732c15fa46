"""A whole file as one window, in two passes of bounded memory: ``--window none``.

1. Pass one reads blocks: quality, mean, envelope, the gate's spectrum, and for each profile all
   sums over frames and the loudest cell.
2. Pass two counts the cells near the loudest one that pass one met before it; it ends where
   that cell was.

The sums are those of the windowed engine; only the medians of the spectrogram cannot be had
this way, so ``maad-1.5.2`` gives its core here and nothing else.  What still grows with length
is the envelope's two edges, the power per 40 ms and the frozen flags: about 40 bytes per 20 ms.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analysis.arrays import Floats
from analysis.indices.acoustic import ecoviv as acoustic_ecoviv
from analysis.indices.acoustic.definition import Definition
from analysis.indices.acoustic.maad import core_set
from analysis.sound.measure import ecoviv, maad
from analysis.sound.measure.gate import GateSpectrum, Quality, judge, low_bins
from analysis.sound.measure.profiles import Profile
from analysis.sound.measure.raw import Extremes, RawQuality, frame_samples, raw_quality
from analysis.sound.measure.spectrum import BinSums, amplitude_blocks, frame_count
from analysis.sound.measure.window import Computed
from analysis.sound.reader import Audio
from contract.errors import Refused

_TARGET = 1 << 17


@dataclass(slots=True)
class _Frames:
    """Overlapping frames out of a stream of samples; ``next`` is where the next one starts."""

    length: int
    hop: int
    scale: float
    low: int
    high: int
    next: int = 0

    def waiting(self, end: int) -> int:
        """How many frames are whole once the stream is known up to ``end``."""
        return frame_count(end - self.next, self.length, self.hop)

    def amplitude(self, stretch: Floats, start: int) -> Iterator[Floats]:
        """The amplitude of the frames that are whole in ``stretch``; its first sample is number ``start``."""
        samples = stretch[self.next - start :]
        self.next += frame_count(len(samples), self.length, self.hop) * self.hop
        return amplitude_blocks(samples, self.length, self.hop, self.scale, low=self.low, high=self.high)


@dataclass(slots=True)
class _Stream:
    """Blocks of raw samples become stretches that begin where the laggard's next frame starts."""

    frames: tuple[_Frames, ...]
    origin: float
    start: int = 0
    stretch: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def end(self) -> int:
        """How many samples have come in."""
        return self.start + len(self.stretch)

    def take(self, block: Floats) -> None:
        """Append ``block`` less the origin; forget what no frame needs any more."""
        begin = min([one.next for one in self.frames], default=self.end)
        kept = self.stretch[begin - self.start :]
        longer = np.empty(len(kept) + len(block))
        longer[: len(kept)] = kept
        np.subtract(block, self.origin, out=longer[len(kept) :])
        self.start, self.stretch = begin, longer


@dataclass(slots=True)
class _First:
    """What pass one leaves for pass two: ``origin`` was subtracted from every sample before the transform."""

    raw: RawQuality
    origin: float
    envelope: Floats
    sums: BinSums
    band_sums: BinSums


def outcomes_whole(
    audio: Audio, channel: int, chosen: Sequence[Profile], *, gate: bool, names: Collection[str] | None
) -> tuple[Quality, int, list[tuple[Definition, float | str]]]:
    """Quality, number of samples, and each definition with its value or reason, of one whole channel."""
    first = _first_pass(audio, channel, with_band=any(one.name == acoustic_ecoviv.PROFILE for one in chosen))
    enough = first.sums.frames > 1 and first.raw.finite
    seen = GateSpectrum.of(first.sums, core_set.centres(audio.sample_rate)) if enough else None
    quality = judge(first.raw, seen, gate=gate, high_pass_hz=audio.header.high_pass_hz)
    found: dict[str, Computed] = {}
    if quality.gate != "closed" and enough:
        _second_pass(audio, channel, first)
        found = _computed(audio, first)
    beyond = f"refused: the whole file as one window would take about {whole_memory_mb(audio.frames):.0f} MB"
    fallback = quality.reason or "the file is shorter than two frames"
    outcomes: list[tuple[Definition, float | str]] = []
    for one in chosen:
        for name, definition in one.wanted(roi=False, names=names).items():
            given = found.get(one.name, {}).get(name, fallback)
            within = one.name == acoustic_ecoviv.PROFILE or name in maad.CORE
            outcomes.append((definition, given if within else quality.reason or beyond))
    return quality, first.raw.samples, outcomes


def _computed(audio: Audio, first: _First) -> dict[str, Computed]:
    rate = audio.sample_rate
    numbers = maad.core(first.envelope, first.sums, rate)
    return {
        maad.PROFILE: {name: maad.value(name, number, rate) for name, number in numbers.items()},
        acoustic_ecoviv.PROFILE: ecoviv.outcomes(
            first.band_sums, rate, audio.header, list(acoustic_ecoviv.ECOVIV)
        ),
    }


def whole_memory_mb(frames: int) -> float:
    """What one window of ``frames`` samples takes [MB]: samples, spectrogram, and what works on them."""
    return 30.0 + 2 * 8 * frames / 1e6


def refuse_beyond_core(
    chosen: Sequence[Profile], names: Collection[str] | None, *, roi: bool, estimate_mb: float
) -> None:
    """``Refused`` where something is asked for that a whole file in bounded memory does not give."""
    others = [one.name for one in chosen if one.name not in (acoustic_ecoviv.PROFILE, maad.PROFILE)]
    beyond = sorted(set(names or ()) - set(maad.CORE) - set(acoustic_ecoviv.ECOVIV))
    asked = [*others, *beyond, *(["regions of interest"] if roi else [])]
    if asked:
        raise Refused(
            f"The whole file as one window would take about {estimate_mb:.0f} MB for {', '.join(asked)}",
            help=f"Give a window, such as --window 60, or allow it with --max-memory {estimate_mb:.0f}",
            codes=("memory",),
        )


def _block_size(sample_rate: int) -> int:
    """A multiple of the envelope's and the gate's frames, near 131,072 samples."""
    unit = math.lcm(core_set.ENVELOPE, frame_samples(sample_rate))
    return unit * max(1, _TARGET // unit)


def _blocks(audio: Audio, channel: int) -> Iterator[Floats]:
    """The channel in blocks of ``_block_size``, the last one shorter."""
    size = _block_size(audio.sample_rate)
    return audio.blocks(channel, 0, audio.frames, size=size)


def _wide() -> _Frames:
    """The frames of ``maad-1.5.2`` and of the gate."""
    bins = core_set.LENGTH // 2
    return _Frames(core_set.LENGTH, core_set.HOP, core_set.POWER_SCALE, 0, bins)


def _band(sample_rate: int) -> tuple[_Frames, ...]:
    """The frames of ``ecoviv-1``; none where the sampling rate does not allow them."""
    frame = acoustic_ecoviv.frame_samples(sample_rate)
    if frame is None or not ecoviv.fits(frame[0]):
        return ()
    top = ecoviv.FIRST_BIN + ecoviv.BINS
    return (_Frames(*frame, ecoviv.power_scale(frame[0]), ecoviv.FIRST_BIN, top),)


def _first_pass(audio: Audio, channel: int, *, with_band: bool) -> _First:
    wide, band = _wide(), _band(audio.sample_rate) if with_band else ()
    low = low_bins(core_set.centres(audio.sample_rate))
    sums = BinSums(core_set.LENGTH // 2, low_bins=low, cover=core_set.COVER)
    band_sums = ecoviv.band_sums()
    parts: list[RawQuality] = []
    extremes: list[Extremes] = []
    frozen: npt.NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
    stream = _Stream((wide, *band), 0.0)
    for block in _blocks(audio, channel):
        extremes.append(Extremes.of(block))
        parts.append(raw_quality(block, audio.sample_rate, audio.lsb, extremes[-1]))
        if not parts[-1].finite:
            break
        stream.origin = parts[0].mean
        stream.take(block)
        for piece in wide.amplitude(stream.stretch, stream.start):
            sums.add(piece)
        for one in band:
            # the last flag of the block before belongs to the frame that straddles the border
            frozen = np.concatenate((frozen[-1:], parts[-1].frozen))
            valid = ecoviv.valid_frames(frozen, one.waiting(stream.end))
            ecoviv.add_valid(band_sums, one.amplitude(stream.stretch, stream.start), valid)
    raw = RawQuality.joined(parts)
    ecoviv.ask_for_cells(band_sums)
    envelope = np.concatenate([one.envelope(raw.mean) for one in extremes])
    return _First(raw, stream.origin, envelope, sums, band_sums)


def _second_pass(audio: Audio, channel: int, first: _First) -> None:
    """Count the cells whose level pass one could not yet know."""
    wide = (_wide(),) if first.sums.stale else ()
    band = _band(audio.sample_rate) if first.band_sums.stale else ()
    if not wide and not band:
        return
    stream = _Stream(wide + band, first.origin)
    for block in _blocks(audio, channel):
        stream.take(block)
        for one in wide:
            first.sums.recount(one.amplitude(stream.stretch, stream.start))
        for one in band:
            begin, count = one.next // one.hop, one.waiting(stream.end)
            valid = ecoviv.valid_frames(first.raw.frozen[begin : begin + count + 1], count)
            first.band_sums.recount(ecoviv.only_valid(one.amplitude(stream.stretch, stream.start), valid))
        if not first.sums.stale and not first.band_sums.stale:
            return
