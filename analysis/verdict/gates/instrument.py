"""Gates on the instruments: a changed instrument is a changed measurement.

1. Detector and threshold: one definition in all values, or the series is broken.
2. Devices and firmware: changes must be alike in both arms.
3. Gain: the stored noise floor must not move in one arm against the other.
4. Clock: the dawn chorus must stay with the sun.
"""

from __future__ import annotations

import numpy as np

from analysis.arrays import Floats
from analysis.plan.panel import Texts, micro
from analysis.plan.tables import Thresholds
from analysis.stats.additive import site_means
from analysis.stats.contrast import Estimate, welch
from analysis.stats.permutation import Design
from analysis.verdict.evidence import Evidence

_WRONG_HOUR = 45.0
"""A dawn chorus this far from its usual place against the sun is a wrong clock [min]."""


def instrument_codes(one: Evidence, design: Design, limits: Thresholds) -> set[str]:
    """Codes from what made the values of one indicator."""
    source = one.panel.provenance
    codes: set[str] = set()
    used = np.isfinite(one.values)
    for text in (source.definition,):
        if text is not None and len(_named(_cells(one, text)[used])) > 1:
            codes.add("DETECTOR_CHANGED")
    if source.threshold is not None:
        cells = one.cells(source.threshold)
        if len(np.unique(micro(cells[np.isfinite(cells)]))) > 1:
            codes.add("DETECTOR_CHANGED")
    for text in (source.device, source.firmware):
        if text is not None:
            codes |= _device_codes(_cells(one, text), used, one.before, design, limits.device_share)
    if source.noise_floor is not None and _far(
        moved(one, one.cells(source.noise_floor), design), limits.gain_db, limits.instrument_alpha
    ):
        codes.add("DEVICE_CONFOUNDED")
    if source.dawn_offset is not None:
        cells = one.cells(source.dawn_offset)
        cells = np.where(np.isfinite(cells), cells, np.nan)
        if _far(moved(one, cells, design), limits.dawn_minutes, limits.instrument_alpha) or _wrong_hour(
            cells, one.before, design
        ):
            codes.add("CLOCK_DOUBTFUL")
    return codes


def _cells(one: Evidence, text: Texts) -> Texts:
    cells: Texts = text[np.ix_(one.rows, one.columns)]
    return cells


def _named(cells: Texts) -> set[str]:
    return set(cells.ravel().tolist()) - {""}


def _device_codes(
    cells: Texts,
    used: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
    before: np.ndarray[tuple[int], np.dtype[np.bool_]],
    design: Design,
    most: float,
) -> set[str]:
    """How much of each site's after period ran on what it had not before, by arm."""
    if len(_named(cells)) < 2:
        return set()
    share = np.full(len(cells), np.nan)
    for row in range(len(cells)):
        earlier = _named(cells[row, used[row] & before])
        later = [str(cell) for cell in cells[row, used[row] & ~before] if cell != ""]
        if earlier and later:
            share[row] = sum(cell not in earlier for cell in later) / len(later)
    arms = [share[arm & np.isfinite(share)] for arm in (design.restored, ~design.restored)]
    if not all(len(arm) for arm in arms):
        return set()
    means = [float(arm.sum()) / len(arm) for arm in arms]
    if abs(means[0] - means[1]) > most:
        return {"DEVICE_CONFOUNDED"}
    return {"DEVICE_CHANGED"} if max(means) > 0 else set()


def moved(one: Evidence, cells: Floats, design: Design) -> Estimate | None:
    """How much more ``cells`` changed at restored sites than at controls; None without two sites an arm."""
    fits = [site_means(cells[:, side]) for side in (one.before, ~one.before) if side.any()]
    if len(fits) < 2 or fits[0] is None or fits[1] is None:
        return None
    change = fits[1].sites - fits[0].sites
    present = np.isfinite(change)
    here = Design(design.restored[present], np.zeros(int(present.sum()), dtype=np.intp), np.ones(1))
    if min(int(here.restored.sum()), int((~here.restored).sum())) < 2:
        return None
    return welch(micro(change[present]), np.ones(int(present.sum()), dtype=bool), here)


def _far(estimate: Estimate | None, least: float, alpha: float) -> bool:
    """Whether the arms' changes differ by more than ``least`` and more than chance at ``alpha``."""
    return estimate is not None and abs(estimate.value) > least and estimate.p <= alpha


def _wrong_hour(cells: Floats, before: np.ndarray[tuple[int], np.dtype[np.bool_]], design: Design) -> bool:
    """Whether more than a tenth of any arm and period sings at the wrong hour."""
    known = cells[np.isfinite(cells)]
    if not len(known):
        return False
    middle = float(np.sort(known)[len(known) // 2])
    for arm in (design.restored, ~design.restored):
        for side in (before, ~before):
            part = cells[np.ix_(arm, side)]
            part = part[np.isfinite(part)]
            if len(part) and int((np.abs(part - middle) > _WRONG_HOUR).sum()) * 10 > len(part):
                return True
    return False
