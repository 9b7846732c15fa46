"""What ``ecoviv query`` says of detections: a row a species, device and model.

1. ``ask_heard`` reads the detections of the window and counts them.
2. Doubted ones (unlikely there, judged wrong, no species) are counted apart, as indicators leave them out.
3. ``HeardSpecies.to_dict`` is the shape that ``--json`` prints under ``detections``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from analysis.study.series import UNFIT, OpenStore, StoredDetection
from contract.instant import Window, format_instant

QUANTITY = "detections"
"""Asks for these alone, in the place of a quantity."""


@dataclass(slots=True)
class HeardSpecies:
    """One species, heard by one device and one model."""

    site: str
    device: str
    taxon: str
    model: str
    """``id@version``"""
    first: int
    """[ns UTC]"""
    last: int
    n: int = 0
    doubted: int = 0
    """Of ``n`` those that enter no indicator."""
    best: float = 0.0
    """Highest score."""

    def take(self, one: StoredDetection) -> None:
        """Count one more."""
        self.first, self.last = min(self.first, one.time), max(self.last, one.time)
        self.n += 1
        self.doubted += bool(one.flags & int(UNFIT))
        self.best = max(self.best, one.score)

    def to_dict(self) -> dict[str, Any]:
        """Times as text; all else as it is."""
        return {
            "site": self.site,
            "device": self.device,
            "taxon": self.taxon,
            "model": self.model,
            "n": self.n,
            "doubted": self.doubted,
            "best_score": self.best,
            "first": format_instant(self.first),
            "last": format_instant(self.last),
        }


def ask_heard(
    archive: OpenStore, *, site: str | None = None, device: str | None = None, window: Window | None = None
) -> list[HeardSpecies]:
    """Everything heard at these places in the window, sorted by site, device, taxon and model."""
    return _counted(
        one for one in archive.detections(window, site=site) if device is None or one.device == device
    )


def _counted(detections: Iterable[StoredDetection]) -> list[HeardSpecies]:
    found: dict[tuple[str, str, str, str], HeardSpecies] = {}
    for one in detections:
        key = (one.site, one.device, one.taxon, one.model)
        if key not in found:
            found[key] = HeardSpecies(*key, first=one.time, last=one.time)
        found[key].take(one)
    return [found[key] for key in sorted(found)]
