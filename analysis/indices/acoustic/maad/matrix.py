"""Indices of scikit-maad 1.5.2 that need every cell of the spectrogram: the second half of its 58.

1. ``MatrixSums`` takes the amplitude matrix in strips of a few bins, time along the row, and keeps
   per bin: median and minimum, the equalised cells' mean, variance and cover, runs of active
   cells, roughness, the median step, and per frame the loudest bin and third-octave levels.
2. ``matrix_indices`` turns these into named scalars.  Undefined values are NaN.

The equalised spectrogram is (power - median)/(median - minimum) per bin, at least 1; where median
and minimum coincide the loudest cell of all stands in the denominator.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from analysis.arrays import Floats
from analysis.indices.acoustic.formulas import TINY, evenness, nearest_band
from analysis.indices.acoustic.maad.core_set import HIGH_BAND, LOW_BAND, MID_BAND
from analysis.indices.acoustic.order import row_medians

STRIP = 16
"""Bins per strip: 16 x 5624 float64 fit in a core's cache."""
ACTIVE = 10.0 ** (3.0 / 10.0)
"""3 dB, as a ratio of power."""
SHORTEST_FRAMES = 4
"""Active frames in a row from which they are an event: three hops."""
_NOMINAL = """16 20 25 31.5 40 50 63 80 100 125 160 200 250 315 400 500 630 800 1000 1250 1600 2000 2500
3150 4000 5000 6300 8000 10000 12500 16000 20000"""
THIRD_OCTAVES = np.array([float(middle) for middle in _NOMINAL.split()])
"""Nominal centres [Hz], IEC 61260-1."""
_HALF_BAND = 2**0.1666666


@dataclass(slots=True)
class MatrixSums:
    """Sums over time per bin [shape=(bins,)] unless stated.

    ``centres`` [Hz], ``frames``, ``peak`` the largest amplitude; ``median`` of power; ``mean``/``variance``
    of the equalised cells; ``active`` share of frames at least 3 dB; ``active_power`` their summed ratio
    and ``active_cells`` their number; ``events``/``event_frames`` number and summed length of runs;
    ``roughness`` summed squared second difference of amplitude; ``step_median`` of |amplitude step|;
    ``loudest`` bin per frame within the band of EPS [shape=(frames,)]; ``levels`` summed log10
    amplitude per third octave [shape=(bands, frames)].
    """

    centres: Floats
    frames: int
    peak: float
    median: Floats = field(init=False)
    mean: Floats = field(init=False)
    variance: Floats = field(init=False)
    active: Floats = field(init=False)
    active_power: float = 0.0
    active_cells: int = 0
    events: Floats = field(init=False)
    event_frames: Floats = field(init=False)
    roughness: Floats = field(init=False)
    step_median: Floats = field(init=False)
    loudest: npt.NDArray[np.int64] = field(init=False)
    levels: Floats = field(init=False)
    _best: Floats = field(init=False)
    _bands: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        bins = len(self.centres)
        for name in (
            "median",
            "mean",
            "variance",
            "active",
            "events",
            "event_frames",
            "roughness",
            "step_median",
        ):
            setattr(self, name, np.zeros(bins))
        self.loudest = np.zeros(self.frames, dtype=np.int64)
        self._best = np.full(self.frames, -np.inf)
        self._bands = third_octave_bins(self.centres)
        self.levels = np.zeros((len(self._bands), self.frames))

    def add(self, first: int, amplitude: Floats) -> None:
        """Take bins from ``first`` on [shape=(at most STRIP, frames), C order], which is overwritten."""
        rows = slice(first, first + len(amplitude))
        self._amplitude(rows, amplitude)
        power = np.multiply(amplitude, amplitude, out=amplitude)
        self._third_octaves(first, power)
        self._equalise(rows, power)
        self._cells(rows, power)
        self._loudest(first, power)

    def _amplitude(self, rows: slice, amplitude: Floats) -> None:
        step = np.diff(amplitude, axis=1)
        bend = np.diff(step, axis=1)
        self.roughness[rows] = np.einsum("ij,ij->i", bend, bend)
        self.step_median[rows] = row_medians(np.abs(step, out=step))

    def _third_octaves(self, first: int, power: Floats) -> None:
        last = first + len(power) - 1
        within = [
            (band, span) for band, span in enumerate(self._bands) if span[0] <= last and span[1] >= first
        ]
        if not within:
            return
        with np.errstate(divide="ignore"):
            level = np.log10(power)
        for band, (low, high) in within:
            self.levels[band] += level[max(low - first, 0) : high - first + 1].sum(axis=0)

    def _equalise(self, rows: slice, power: Floats) -> None:
        median = row_medians(power)
        self.median[rows] = median
        spread = median - power.min(axis=1)
        spread[spread <= 0] = self.peak**2
        power -= median[:, None]
        power /= spread[:, None]
        np.maximum(power, 1.0, out=power)

    def _cells(self, rows: slice, equal: Floats) -> None:
        excess = equal - 1.0
        mean = excess.mean(axis=1)
        self.mean[rows] = mean + 1.0
        self.variance[rows] = np.einsum("ij,ij->i", excess, excess) / self.frames - mean * mean
        active = np.zeros((len(equal), self.frames + 2), dtype=np.bool_)
        np.greater_equal(equal, ACTIVE, out=active[:, 1:-1])
        cells = np.count_nonzero(active, axis=1)
        self.active[rows] = cells / self.frames
        self.active_cells += int(cells.sum())
        self.active_power += float(np.einsum("ij,ij->", equal, active[:, 1:-1]))
        flat = active.ravel()
        edges = np.flatnonzero(flat[1:] != flat[:-1])
        lengths = edges[1::2] - edges[::2]
        long = lengths >= SHORTEST_FRAMES
        row = edges[::2][long] // (self.frames + 2)
        self.events[rows] = np.bincount(row, minlength=len(equal))
        self.event_frames[rows] = np.bincount(row, weights=lengths[long], minlength=len(equal))

    def _loudest(self, first: int, equal: Floats) -> None:
        band = nearest_band(self.centres, MID_BAND[0], HIGH_BAND[1])
        for index, row in enumerate(equal, start=first):
            if band.start <= index < band.stop:
                louder = row > self._best
                np.copyto(self.loudest, index, where=louder)
                np.maximum(self._best, row, out=self._best)


def third_octave_bins(centres: Floats) -> list[tuple[int, int]]:
    """First and last bin of each third octave whose centre lies within ``centres``; (1, 0) if empty.

    ``centres`` of the transform's bins [Hz, shape=(bins,)].
    """
    spans = []
    for middle in third_octave_centres(centres):
        inside = np.flatnonzero((centres >= middle / _HALF_BAND) & (centres <= middle * _HALF_BAND))
        spans.append((int(inside[0]), int(inside[-1])) if inside.size else (1, 0))
    return spans


def third_octave_centres(centres: Floats) -> Floats:
    """The nominal third-octave centres between the first and the last bin [Hz].

    ``centres`` of the transform's bins [Hz, shape=(bins,)].
    """
    inside = (centres.min() <= THIRD_OCTAVES) & (centres.max() >= THIRD_OCTAVES)
    chosen: Floats = THIRD_OCTAVES[inside]
    return chosen


def matrix_indices(sums: MatrixSums, change: Floats, frame_s: float) -> dict[str, float]:
    """BGNf EAS ECU ECV EPS* ROU LFC MFC HFC ACTsp* EVNsp* TFSD AGI.

    ``change`` summed |amplitude step| per bin [shape=(bins,)]; ``frame_s`` time between frames [s].
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        noise = uniform_filter1d(uniform_filter1d(sums.median, 25, mode="nearest"), 5, mode="nearest")
        values = {
            "BGNf": float(10.0 * np.log10(noise.sum())),
            "ROU": float(sums.roughness.sum()),
            "TFSD": _tfsd(sums),
        }
        step = np.where(sums.step_median == 0, TINY, sums.step_median)
        values["AGI"] = float(np.mean(change / (sums.frames - 1) / step))
        return values | _concentration(sums) | _activity(sums, frame_s)


def _concentration(sums: MatrixSums) -> dict[str, float]:
    band = nearest_band(sums.centres, MID_BAND[0], HIGH_BAND[1])
    mean, variance = sums.mean[band], sums.variance[band]
    counts, _ = np.histogram(
        sums.centres[sums.loudest], bins=band.stop - band.start, range=(MID_BAND[0], HIGH_BAND[1])
    )
    share = counts / counts.sum()
    return {
        "EAS": 1.0 - evenness(mean),
        "ECU": 1.0 - evenness(variance),
        "ECV": 1.0 - evenness(variance / mean),
        "EPS": 1.0 - evenness(share),
        "EPS_KURT": standardised_moment(share, 4),
        "EPS_SKEW": standardised_moment(share, 3),
    }


def standardised_moment(x: Floats, order: int) -> float:
    """Sum of (x - mean)^order / (n - 1) over the population standard deviation to ``order``.

    ``x`` [shape=(n,)]; nan where all are equal.
    """
    centred = x - x.mean()
    square = centred * centred
    power = square * centred if order == 3 else square * square
    return float(power.sum() / (x.size - 1) / np.std(x) ** order)


def _activity(sums: MatrixSums, frame_s: float) -> dict[str, float]:
    covers = {"LFC": LOW_BAND, "MFC": MID_BAND, "HFC": HIGH_BAND}
    values = {
        name: float(sums.active[nearest_band(sums.centres, *band)].mean()) for name, band in covers.items()
    }
    loud = sums.active_power / sums.active_cells if sums.active_cells else float("nan")
    with_events = sums.events > 0
    lengths = np.zeros(len(sums.events))
    lengths[with_events] = sums.event_frames[with_events] / sums.events[with_events] * frame_s
    return values | {
        "ACTspFract": float(sums.active.mean()),
        "ACTspCount": float((sums.active * sums.frames).mean()),
        "ACTspMean": float(10.0 * np.log10(loud)),
        "EVNspFract": float((sums.event_frames / sums.frames).mean()),
        "EVNspMean": float(lengths.mean()) if with_events.any() else float("nan"),
        "EVNspCount": float((sums.events / ((sums.frames - 1) * frame_s)).mean()),
    }


def _tfsd(sums: MatrixSums) -> float:
    """Share of the time-frequency derivative that lies in the mid band; NaN where a cell is empty."""
    derivative = np.abs(np.diff(np.diff(sums.levels, axis=1), axis=0)).sum(axis=1)
    band = nearest_band(third_octave_centres(sums.centres)[:-1], *MID_BAND)
    return float(derivative[band].sum() / derivative.sum())
