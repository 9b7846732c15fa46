"""The profile ``ecoviv-1`` on one window: 40 ms frames, invalid ones dropped, one pass."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import numpy.typing as npt

from analysis.arrays import Floats
from analysis.indices.acoustic import ecoviv as definition
from analysis.sound.measure.spectrum import BinSums, amplitude_blocks, frame_count, stored_blocks
from analysis.sound.measure.window import Computed, SampledWindow
from contract.recording.header import Header

UNDEFINED = "undefined for this signal: the formula divides by zero"
BINS: int = definition.band_bins().stop
FIRST_BIN = round(definition.BAND[0] / definition.BIN_HZ)


def compute(window: SampledWindow, names: Collection[str]) -> Computed:
    """Every index in ``names``: a finite number or a reason."""
    frame = definition.frame_samples(window.sample_rate)
    sums = band_sums()
    present = any(not absence(name, window.sample_rate, window.header) for name in names)
    if present and frame is not None:
        length, hop = frame
        valid = valid_frames(window.raw.frozen, frame_count(len(window.samples), length, hop))
        amplitude = np.empty((len(valid), BINS))
        blocks = amplitude_blocks(
            window.samples,
            length,
            hop,
            power_scale(length),
            low=FIRST_BIN,
            high=FIRST_BIN + BINS,
            out=amplitude,
        )
        add_valid(sums, blocks, valid)
        ask_for_cells(sums)
        sums.recount(only_valid(stored_blocks(amplitude), valid))
    return outcomes(sums, window.sample_rate, window.header, names)


def band_sums() -> BinSums:
    """Sums over the analysis band, nothing added yet."""
    return BinSums(BINS, per_frame=True)


def ask_for_cells(sums: BinSums) -> None:
    """What level the cells of a second pass must reach is known now: all sums are in."""
    if sums.frames:
        sums.ask(definition.cell_level(sums.amplitude / sums.frames))


def outcomes(sums: BinSums, sample_rate: int, header: Header, names: Collection[str]) -> Computed:
    """From sums and counts to values or reasons."""
    reasons: Computed = {name: absence(name, sample_rate, header) for name in names}
    if sums.frames < 2:
        return {name: reason or "fewer than two valid frames of 40 ms" for name, reason in reasons.items()}
    numbers = definition.band_indices(
        definition.BandSums(
            power=sums.power / sums.frames,
            amplitude=sums.amplitude,
            change=sums.change,
            covered=sums.covered / sums.frames,
            frame_power=np.concatenate(sums.frame_power),
        )
    )
    finite = {name: numbers[name] if np.isfinite(numbers[name]) else UNDEFINED for name in names}
    return {name: reasons[name] or finite[name] for name in names}


def fits(length: int) -> bool:
    """True where a frame of ``length`` samples has all bins of the analysis band below Nyquist."""
    return length // 2 >= FIRST_BIN + BINS


def power_scale(length: int) -> float:
    """From |FFT|^2 to one-sided power: 2 / (sum w)^2, the sum of a periodic Hann being N/2."""
    return 2.0 / (length / 2) ** 2


def absence(name: str, sample_rate: int, header: Header) -> str:
    """Why this recorder's files cannot carry the index; empty where they can."""
    low, high = definition.NEEDED_BAND.get(name, definition.BAND)
    if definition.frame_samples(sample_rate) is None:
        return f"20 ms is not a whole number of samples at {sample_rate} Hz"
    if high > definition.USABLE * sample_rate:
        return f"the band to {high:g} Hz exceeds {definition.USABLE:g} of the sampling rate {sample_rate} Hz"
    if header.high_pass_hz is not None and header.high_pass_hz > low:
        return f"the recorder's high-pass at {header.high_pass_hz:g} Hz removed part of {low:g}-{high:g} Hz"
    if header.low_pass_hz is not None and header.low_pass_hz < high:
        return f"the recorder's low-pass at {header.low_pass_hz:g} Hz removed part of {low:g}-{high:g} Hz"
    return ""


def valid_frames(frozen: npt.NDArray[np.bool_], frames: int) -> npt.NDArray[np.bool_]:
    """True for frames that touch no frozen 20 ms [shape=(frames,)]: frame k covers hops k and k + 1."""
    valid: npt.NDArray[np.bool_] = ~(frozen[:frames] | frozen[1 : frames + 1])
    return valid


def only_valid(blocks: Iterator[Floats], valid: npt.NDArray[np.bool_]) -> Iterator[Floats]:
    """The blocks [shape=(some frames, bins)] without their invalid frames; ``valid`` [shape=(frames,)]."""
    first = 0
    for block in blocks:
        good = valid[first : first + len(block)]
        first += len(block)
        yield block if good.all() else block[good]


def add_valid(sums: BinSums, blocks: Iterator[Floats], valid: npt.NDArray[np.bool_]) -> None:
    """Add only valid frames of the blocks [shape=(frames, bins)]; no step is taken across a dropped one."""
    first = 0
    for block in blocks:
        good = valid[first : first + len(block)]
        first += len(block)
        if good.all():
            sums.add(block)
            continue
        edges = np.flatnonzero(np.diff(np.concatenate(([0], good.astype(np.int8), [0]))))
        for start, stop in edges.reshape(-1, 2):
            if start > 0:
                sums.cut()
            sums.add(block[start:stop])
        if not good[-1]:
            sums.cut()
