"""One window of one channel, measured: what the engine hands out and what is written.

A value that cannot be computed is in ``absent`` with its reason; ``values`` holds finite
numbers only.  Every definition that was asked for is in exactly one of the two.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.instant import format_instant


@dataclass(frozen=True, slots=True)
class WindowResult:
    """One window of one channel.

    ``start`` of the window [ns UTC], None where the file states no time with a zone; ``start_source``
    ``guano``, ``wamd``, ``tags``, ``icmt``, ``filename``, ``bext`` or ``none``; ``serial`` of the recorder,
    its ``position`` (latitude, longitude) [deg] and the ``reason`` why there is no start, each None where
    there is none; ``offset_s`` of the window in the file [s]; ``window_s`` its true length [s];
    ``duration_s`` of the readable file [s]; ``channel`` from 0; ``header`` what the recorder said;
    ``quality`` the gate's finding; ``values``/``absent`` by definition id.
    """

    file: str
    sha256: str
    channel: int
    start: int | None
    start_source: str
    serial: str | None
    position: tuple[float, float] | None
    reason: str | None
    offset_s: float
    window_s: float
    duration_s: float
    sample_rate_hz: int
    channels: int
    header: Mapping[str, Any]
    quality: Mapping[str, Any]
    values: Mapping[str, float]
    absent: Mapping[str, str]

    def __post_init__(self) -> None:
        wrong = [name for name, value in self.values.items() if not math.isfinite(value)]
        if wrong:
            raise ValueError(f"values that are not finite: {wrong}")

    def to_dict(self) -> dict[str, Any]:
        """The record as written; keys in a fixed order."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "channel": self.channel,
            "start": None if self.start is None else format_instant(self.start),
            "start_source": self.start_source,
            "serial": self.serial,
            "position": self.position,
            "reason": self.reason,
            "offset_s": self.offset_s,
            "window_s": self.window_s,
            "duration_s": self.duration_s,
            "sample_rate_hz": self.sample_rate_hz,
            "channels": self.channels,
            "header": dict(self.header),
            "quality": dict(self.quality),
            "values": dict(self.values),
            "absent": dict(self.absent),
        }

    def to_json(self) -> str:
        """One line of JSON."""
        return line_of(self.to_dict())


def line_of(record: Mapping[str, Any]) -> str:
    """``record`` as a line of JSON; floats by their shortest exact text, so equal values are equal bytes."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
