"""From what was heard to messages of the recorder: one excerpt a stretch of sound, all effort stated.

1. A recording whose length is known is listened to from its beginning to its end, also where
   nothing was heard; it is cut where more than ``MOST`` sounds would stand in one message.
2. Where nobody knows the length, each instant with detections is an excerpt of its own, with
   effort 0: blank is doubt, such detections enter no rate.  It begins a millisecond before, so
   that the effort of the recording still has its place when it becomes known.
3. A name that is no species stays as it is and is marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from contract import topics
from contract.instant import SECOND, to_datetime
from contract.places import Device
from contract.reading import Detection, Detections, Excerpt, Model
from contract.taxa import NO_SPECIES, is_species
from contract.wire import encode
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.detections.listing import HeardRow, plain
from firmware_sim.replay.readers.detections.told import Told

MOST = 400
"""Detections of a message: even with the longest names it stays below the limit of the wire."""
_BEFORE = SECOND // 1_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of sound that one instrument listened to; its rows by their offset.

    ``length_s`` None where nobody knows how long it is.
    """

    device: Device
    start: int
    length_s: float | None
    channel: int
    model: Model
    rows: tuple[HeardRow, ...]


def excerpts(stretch: Stretch) -> Iterator[tuple[int, float, float, tuple[HeardRow, ...]]]:
    """(start [ns], duration [s], effort [s], rows with their offset in it) of each message."""
    if stretch.length_s is None:
        for offset, rows in groupby(stretch.rows, key=lambda row: row.offset_s):
            same = tuple(rows)
            start = stretch.start + round(offset * SECOND) - _BEFORE
            span = max(row.duration_s for row in same) + _BEFORE / SECOND
            for at in range(0, len(same), MOST):
                offset_s = (_BEFORE + at) / SECOND
                part = tuple(row._replace(offset_s=offset_s) for row in same[at : at + MOST])
                yield start - at, span, 0.0, part
        return
    begin, rest = 0.0, stretch.rows
    while len(rest) > MOST and (cut := rest[MOST].offset_s) > rest[0].offset_s:
        taken = tuple(row for row in rest if row.offset_s < cut)
        yield _part(stretch, begin, cut, taken)
        begin, rest = cut, rest[len(taken) :]
    yield _part(stretch, begin, stretch.length_s, rest)


def _part(
    stretch: Stretch, begin: float, end: float, rows: Iterable[HeardRow]
) -> tuple[int, float, float, tuple[HeardRow, ...]]:
    moved = tuple(row._replace(offset_s=max(0.0, row.offset_s - begin)) for row in rows)
    return stretch.start + round(begin * SECOND), end - begin, end - begin, moved


def outgoing(stretch: Stretch, boot: str, first: int, told: Told, shift: int) -> Iterator[Outgoing]:
    """The messages of ``stretch``, numbered from ``first``, their times moved by ``shift`` [ns]."""
    device = stretch.device
    topic = topics.sensor(device.site, device.id, "detections")
    for seq, (begin, lasts, effort, rows) in enumerate(excerpts(stretch), first):
        whole, rest = divmod(begin + shift, 1_000)  # the wire counts microseconds
        start = to_datetime(whole * 1_000)
        message = Detections(
            site=device.site,
            device=device.id,
            boot=boot,
            seq=seq,
            time=start,
            clock="rtc",
            firmware="replay detections",
            excerpt=Excerpt(start=start, duration_s=lasts, valid_s=effort, channel=stretch.channel),
            model=stretch.model,
            detections=tuple(_detection(row, rest, told) for row in rows),
        )
        yield Outgoing(
            begin + shift, device.site, device.id, boot, seq, topic, encode(message), kind="detections"
        )


def _detection(row: HeardRow, rest: int, told: Told) -> Detection:
    taxon, doubt = named(row, told)
    return Detection(
        taxon=taxon[:120],
        score=1.0 if row.score is None else row.score,
        offset_s=round(row.offset_s + rest / SECOND, 9),
        duration_s=round(row.duration_s, 9),
        det_prob=row.det_prob,
        doubt=doubt[:120],
    )


def named(row: HeardRow, told: Told) -> tuple[str, str]:
    """(name, doubt): scientific as it stands, else by the list; else as it is written, and marked."""
    candidates = (row.scientific, row.common, row.code)
    listed = (told.names[plain(name)] for name in candidates if plain(name) in told.names)
    taxon = row.scientific if is_species(row.scientific) else next(listed, "")
    doubt = "" if taxon else NO_SPECIES
    taxon = taxon or next(name for name in candidates if name)
    if row.person and plain(row.person) not in {plain(name) for name in (taxon, *candidates) if name}:
        doubt = f"a person called it {row.person}"
    return taxon, doubt
