"""Detections with the recording that they were heard in, as review draws them.

1. A recording's messages share device and boot; the last of its features names the clip by its SHA-256.
2. ``heard_in_clips`` gives each detection its clip and its offset in it; ``clip`` is empty where no
   message names one, as of programs that publish without sound.

Times are as the recorder told them: who cuts the sound counts from the recording's own begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.study.series import UNFIT, OpenStore
from contract.instant import SECOND, Window, from_datetime
from contract.reading import Detections, Features


@dataclass(frozen=True, slots=True)
class HeardInClip:
    """One detection."""

    site: str
    device: str
    clip: str
    """SHA-256 of the recording; empty where unknown"""
    clip_start: int
    """[ns UTC]"""
    offset_s: float
    """in the recording [s]"""
    duration_s: float
    taxon: str
    score: float

    @property
    def time(self) -> int:
        """Of its begin [ns UTC]."""
        return self.clip_start + round(self.offset_s * SECOND)


def heard_in_clips(archive: OpenStore, window: Window, site: str) -> Iterator[HeardInClip]:
    """Every detection at ``site`` in the window whose time is not doubted, by device and time."""
    named = {
        (sent.message.device, sent.message.boot): sent.message.excerpt.clip
        for sent in archive.store.messages("features", window, site=site)
        if isinstance(sent.message, Features) and sent.message.excerpt.clip
    }
    begins: dict[tuple[str, str], int] = {}
    waiting = []
    for sent in archive.store.messages("detections", window, site=site):
        told = sent.message
        if not isinstance(told, Detections) or sent.flags & int(UNFIT):
            continue
        key, start = (told.device, told.boot), from_datetime(told.excerpt.start)
        begins[key] = min(begins.get(key, start), start)
        if told.detections:
            waiting.append((key, start, told))
    for key, start, told in waiting:
        clip = named.get(key) or ""
        begin = begins[key] if clip else start
        for one in told.detections:
            yield HeardInClip(
                site,
                told.device,
                clip,
                begin,
                (start - begin) / SECOND + one.offset_s,
                one.duration_s,
                one.taxon,
                one.score,
            )
