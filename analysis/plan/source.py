"""Where an indicator's data come from, and what must be known of how they were made.

1. ``SOURCES`` names each source by one word, with the provenance columns that its values need.
2. ``needed`` answers for a panel: by its source, and for one that only a plan knows, by its group.
3. Indicators of one source are one line of evidence: what bends the source bends them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from analysis.plan.panel import Group

Column = Literal[
    "definition",
    "device",
    "firmware",
    "threshold",
    "noise_floor",
    "dawn_offset",
    "schedule",
    "weather",
    "depth",
    "height",
    "calibration",
]

NOISE_FLOOR_DECLARED: Literal["noise_floor_unknown"] = "noise_floor_unknown"
"""Key of the plan's declarations, needed only where the recordings have no known noise floor."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """One way by which values come to be."""

    needs: tuple[Column, ...]
    """columns of ``Provenance`` that must be known in every cell with a value"""


_RECORDED: tuple[Column, ...] = (
    "definition",
    "device",
    "firmware",
    "threshold",
    "noise_floor",
    "dawn_offset",
)

SOURCES: Mapping[str, DataSource] = {
    "detections": DataSource((*_RECORDED, "schedule")),
    "soundscape": DataSource(("definition", "device", "firmware", "noise_floor")),
    "soil": DataSource(("definition", "device", "depth", "calibration")),
    "weather": DataSource(("definition", "device", "height")),
}
"""Word in the catalogue -> what it needs.  A new indicator names one of these words."""

_OF_GROUP: Mapping[Group, DataSource] = {
    "acoustic": DataSource(_RECORDED),
    "community": DataSource(("definition", "device")),
    "soil": SOURCES["soil"],
    "weather": SOURCES["weather"],
}
"""What an imported indicator needs whose source is its own: people's counts have a protocol and observers,
but neither firmware nor microphones."""


def needed(source: str, group: Group) -> tuple[Column, ...]:
    """The columns that a panel of this source needs; those of its group where the source is its own."""
    return SOURCES.get(source, _OF_GROUP[group]).needs
