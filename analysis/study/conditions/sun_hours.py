"""What was listened to at one site in one season, by the half hours of the sun's day.

1. Excerpts of valid days are cut at the half hours (``analysis.indices.sun_time``) and become valid minutes
   of each half hour of each solar day.
2. ``SunHours.heard_on`` gives days, and days with each label, in stretches of half hours.
3. ``SunHours.shares`` are the shares of minutes by half hour, as the text that travels with a panel.

Detections where nothing was listened to are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Integers
from analysis.indices.community.equal_hours import Stretches
from analysis.indices.sun_time import BINS, NAMES, SunTimeline, spread, sun_timeline
from analysis.study.listening import Listening
from contract.instant import Window
from contract.places import Site


@dataclass(frozen=True, slots=True, eq=False)
class SunHours:
    """One site and season; only pieces of time with valid minutes."""

    minutes: Floats
    """Valid minutes of each half hour [min, shape=(bins,)]."""
    piece_bin: Integers
    """Half hour of each piece that was listened to [shape=(pieces,)]."""
    piece_day: Integers
    """Its solar day."""
    piece_minutes: Floats
    """Its valid minutes [min]."""
    calls: Integers
    """Begin of each detection in a piece [ns UTC, shape=(calls,)]."""
    call_piece: Integers
    """The piece of each."""
    caller: Integers
    """Its place in the listening's labels."""
    labels: tuple[str, ...]

    def days(self, shared: Stretches) -> tuple[Floats, Integers]:
        """Minutes of each solar day with minutes in a stretch, and its stretch [shape=(n,) each]."""
        minutes, key, _ = self._by_day(shared)
        return minutes, key % max(len(shared), 1)

    def heard_on(
        self, shared: Stretches, least: Floats, labels: Sequence[str]
    ) -> tuple[Floats, Floats, Floats]:
        """(days with each label, days, minutes a day) in each stretch.

        ``least``: minutes below which a day does not count [min, shape=(stretches,)].  Shapes are
        (labels, stretches), (stretches,) and (stretches,).
        """
        minutes, key, of_piece = self._by_day(shared)
        number = max(len(shared), 1)
        kept = minutes >= least[key % number]
        days = np.bincount(key[kept] % number, minlength=len(shared)).astype(np.float64)
        total = np.bincount(key[kept] % number, weights=minutes[kept], minlength=len(shared))
        place = {label: row for row, label in enumerate(labels)}
        row = np.array([place.get(label, -1) for label in self.labels], dtype=np.int64)[self.caller]
        day = of_piece[self.call_piece]
        chosen = (row >= 0) & (day >= 0)
        chosen[chosen] = kept[day[chosen]]
        pairs = np.unique(row[chosen] * max(len(key), 1) + day[chosen])
        heard = np.zeros((len(labels), len(shared)))
        np.add.at(heard, (pairs // max(len(key), 1), key[pairs % max(len(key), 1)] % number), 1.0)
        return heard, days, np.divide(total, days, out=np.zeros(len(days)), where=days > 0)

    def of(self, labels: Collection[str]) -> Bools:
        """Which detections are of any of ``labels`` [shape=(calls,)]."""
        return np.array([one in labels for one in self.labels], dtype=np.bool_)[self.caller]

    def first_of(self, labels: Collection[str], within: int) -> Bools:
        """The first detection of each label in each slot of ``within`` ns [shape=(calls,)]."""
        chosen = np.flatnonzero(self.of(labels))
        slots = np.stack([self.caller[chosen], self.calls[chosen] // within])
        _, first = np.unique(slots, axis=1, return_index=True)
        found = np.zeros(len(self.calls), dtype=np.bool_)
        found[chosen[first]] = True
        return found

    def count_by_bin(self, chosen: Bools) -> Floats:
        """Detections ``chosen`` [shape=(calls,)] of each half hour [shape=(bins,)]."""
        return np.bincount(self.piece_bin[self.call_piece[chosen]], minlength=BINS).astype(np.float64)

    def shares(self) -> str:
        """``rise-1=2500 set+0=7500``: ten-thousandths of the valid minutes by half hour."""
        total = float(self.minutes.sum())
        if total <= 0:
            return ""
        parts = np.floor(self.minutes / total * 10_000 + 0.5).astype(np.int64)
        return " ".join(f"{NAMES[one]}={parts[one]}" for one in np.flatnonzero(parts).tolist())

    def _by_day(self, shared: Stretches) -> tuple[Floats, Integers, Integers]:
        """Minutes and key (day, stretch) of each day with minutes; of each piece its place there, or -1."""
        stretch = shared.of_bin[self.piece_bin]
        inside, number = stretch >= 0, max(len(shared), 1)
        key, place = np.unique(self.piece_day[inside] * number + stretch[inside], return_inverse=True)
        minutes = np.bincount(place, self.piece_minutes[inside], len(key)).astype(np.float64)
        of_piece = np.full(len(stretch), -1, dtype=np.int64)
        of_piece[inside] = place
        return minutes, key, of_piece


def by_sun(heard: Listening, place: Site, window: Window) -> SunHours:
    """The listening of a site in a season, by the sun there."""
    timeline = sun_timeline(window.start, window.end, place.latitude, place.longitude)
    minutes = _minutes(heard, timeline)
    pieces = np.flatnonzero(minutes > 0)
    number = np.full(len(minutes), -1, dtype=np.int64)
    number[pieces] = np.arange(len(pieces))
    call_piece = number[timeline.place(heard.calls)]
    kept = (call_piece >= 0) & heard.call_on_valid
    return SunHours(
        np.bincount(timeline.bins, minutes, BINS).astype(np.float64),
        timeline.bins[pieces],
        timeline.day[pieces],
        minutes[pieces],
        heard.calls[kept],
        call_piece[kept],
        heard.caller[kept],
        heard.labels,
    )


def _minutes(heard: Listening, timeline: SunTimeline) -> Floats:
    chosen = heard.on_valid
    seconds = np.maximum(heard.excerpt_seconds[chosen], heard.excerpt_minutes[chosen] * 60)
    return spread(timeline, heard.starts[chosen], seconds, heard.excerpt_minutes[chosen])
