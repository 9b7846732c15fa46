"""Regions of interest of scikit-maad 1.5.2: nROI and aROI, with the defaults of its full set.

1. Level in dB, cut to a range of 96; each frame's mean (rain) and then each bin's median are removed.
2. Cells above 6 dB that touch, corners included, are a region if one of them exceeds 13 dB.
3. nROI counts regions that last, are wide enough, start above 50 Hz and are not too steep;
   aROI is the share of cells in all regions but the low ones.

Source: Towsey et al. 2014 in the form of scikit-maad, Ulloa et al. 2021, doi:10.1111/2041-210X.13711;
written from the definition and checked against the package; no code of it is used.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.arrays import Floats
from analysis.indices.acoustic.formulas import TINY
from analysis.indices.acoustic.order import row_medians

RANGE_DB, SEED_DB, GROW_DB = 96.0, 13.0, 6.0
SHORTEST_S, NARROWEST_HZ, LOWEST_HZ, STEEPEST = 0.025, 50.0, 50.0, 10.0
_STRIP = 16


def regions(amplitude: Floats, *, frame_s: float, bin_hz: float, last_s: float) -> dict[str, float]:
    """nROI [1/min] and aROI [%] of an amplitude spectrogram [shape=(frames, bins), full scale 1].

    ``frame_s`` between frames [s]; ``bin_hz`` between bins; ``last_s`` time of the last frame's centre.
    Takes about two and a half times the memory of ``amplitude`` besides it.
    """
    level = without_background(amplitude)
    labels, count = ndimage.label(level > GROW_DB, structure=np.ones((3, 3)))
    kept = np.zeros(count + 1, dtype=np.bool_)
    kept[np.unique(labels[level > SEED_DB])] = True
    area = np.bincount(labels.ravel(), minlength=count + 1)
    kept &= area >= SHORTEST_S * NARROWEST_HZ
    kept[0] = False
    counted, low = _judged(ndimage.find_objects(labels), kept, frame_s, bin_hz)
    return {
        "nROI": counted / (last_s / 60.0),
        "aROI": float(area[kept].sum() - area[low].sum()) / labels.size * 100.0,
    }


def without_background(amplitude: Floats) -> Floats:
    """Level above rain and steady noise [dB, shape=(frames, bins)]."""
    level: Floats = 20.0 * np.log10(np.maximum(amplitude, TINY**0.5))
    np.clip(level, -RANGE_DB, 0.0, out=level)
    level += RANGE_DB
    level -= level.mean(axis=1, keepdims=True)
    np.maximum(level, 0.0, out=level)
    for first in range(0, level.shape[1], _STRIP):
        strip = np.ascontiguousarray(level[:, first : first + _STRIP].T)
        level[:, first : first + _STRIP] -= row_medians(strip)
    np.maximum(level, 0.0, out=level)
    return level


def _judged(
    boxes: list[tuple[slice, ...]], kept: npt.NDArray[np.bool_], frame_s: float, bin_hz: float
) -> tuple[int, npt.NDArray[np.bool_]]:
    """How many regions count, and which are left out of the area because they start too low."""
    low = np.zeros_like(kept)
    lowest = max(1, round(LOWEST_HZ / bin_hz))
    counted = 0
    for number in np.flatnonzero(kept):
        time, frequency = boxes[number - 1]
        frames, bins = time.stop - 1 - time.start, frequency.stop - 1 - frequency.start
        if frames * frame_s < SHORTEST_S or bins * bin_hz < NARROWEST_HZ:
            continue
        if frequency.start <= lowest:
            low[number] = True
        elif bins < STEEPEST * frames:
            counted += 1
    return counted, low
