"""Figures as SVG text: the same data give the same bytes.

1. ``drawn`` makes one figure with the house's look and returns its SVG.
2. ``series``, ``contrasts``, ``heatmap``, ``calendar`` and ``water`` draw one thing each.

Text stays text, so that it can be read aloud, searched and translated.  Each figure has a
data table beside it on the page: no number is in a picture only.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import fill
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.arrays import Floats

COLOURS = {"restored": "#1b7837", "control": "#762a83", "reference": "#636363", "": "#2166ac"}
MARKS = {"restored": "o", "control": "s", "reference": "^", "": "o"}
LINES = {"restored": "-", "control": "--", "reference": ":", "": "-"}
_LOOK: dict[Any, Any] = {
    "svg.hashsalt": "ecoviv",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_WIDTH = 7.2
_QUOTE = {'"': "&quot;"}
_LABEL = 34
"""Letters of a y label before it is broken."""


@dataclass(frozen=True, slots=True)
class Band:
    """One arm over the seasons [shape=(seasons,)], nan where there is nothing."""

    arm: str
    label: str
    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Interval:
    """One contrast with its interval and the margins of "stable"."""

    label: str
    estimate: float
    low: float
    high: float
    margin: float


def drawn(height: float, paint: Callable[[Figure], None], label: str, *, fitted: bool = True) -> str:
    """SVG of one figure; ``label`` is what a screen reader says of it.

    ``fitted``: find room for labels of any length, which takes a second drawing.
    """
    with mpl.rc_context(_LOOK):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained" if fitted else None)
        paint(figure)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return _embedded(stream.getvalue(), label)


def _embedded(svg: str, label: str) -> str:
    """SVG as an element of a page: as wide as its place, named, its ids its own."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'(<svg [^>]*?)width="[^"]*" ?', r"\1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?)height="[^"]*" ?', r"\1", svg, count=1)
    own = f"f{hashlib.sha256((label + svg).encode()).hexdigest()[:8]}-"
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{own}", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label, _QUOTE)}" ', 1)


def series(bands: Sequence[Band], seasons: Sequence[str], ylabel: str, split: int | None) -> str:
    """Means of each arm with their bands; ``split``: index of the first season after."""

    def paint(figure: Figure) -> None:
        axes = figure.add_axes((0.13, 0.11, 0.86, 0.76))
        place = np.arange(len(seasons))
        for number, band in enumerate(bands):
            x = place + (number - (len(bands) - 1) / 2) * 0.08
            colour = COLOURS.get(band.arm, COLOURS[""])
            axes.fill_between(x, band.low, band.high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(
                x,
                band.mean,
                color=colour,
                marker=MARKS.get(band.arm, "o"),
                linestyle=LINES.get(band.arm, "-"),
                label=band.label,
            )
        if split is not None:
            axes.axvline(split - 0.5, color="#999999", linewidth=1, linestyle=(0, (2, 2)))
        axes.set_xticks(place, seasons)
        axes.set_xlim(-0.5, len(seasons) - 0.5)
        axes.set_ylabel(fill(ylabel, _LABEL))
        axes.legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(0, 1.18))

    return drawn(3.0, paint, ylabel, fitted=False)


def contrasts(intervals: Sequence[Interval], xlabel: str) -> str:
    """Estimates with intervals against the margins, one line each."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for row, one in enumerate(intervals):
            axes.plot([-one.margin, one.margin], [row, row], color="#bbbbbb", linewidth=9, alpha=0.6)
            axes.plot([one.low, one.high], [row, row], color="#222222", linewidth=2)
            axes.plot([one.estimate], [row], "o", color="#222222")
        axes.axvline(0, color="#222222", linewidth=0.8)
        axes.set_yticks(range(len(intervals)), [fill(one.label, 22) for one in intervals])
        axes.set_ylim(len(intervals) - 0.5, -0.5)
        axes.set_xlabel(fill(xlabel, 60))

    return drawn(1.1 + 0.42 * len(intervals), paint, xlabel)


def heatmap(table: Floats, days: Sequence[str], ylabel: str, scale: str) -> str:
    """Hours (rows, 0 at the top) by days (columns) [shape=(24, days)], nan left blank."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        image = axes.imshow(table, aspect="auto", interpolation="nearest", cmap="viridis")
        axes.set_yticks(range(0, 24, 3), [f"{hour:02d}" for hour in range(0, 24, 3)])
        axes.set_ylabel(ylabel)
        _date(axes, days)
        figure.colorbar(image, ax=axes, label=scale, pad=0.01)

    return drawn(3.4, paint, f"{ylabel}, {scale}")


def calendar(table: Floats, sites: Sequence[str], days: Sequence[str], scale: str) -> str:
    """Valid minutes of each site (rows) and day (columns) [shape=(sites, days)]."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        image = axes.imshow(
            np.where(table > 0, table, np.nan), aspect="auto", interpolation="nearest", cmap="cividis", vmin=0
        )
        axes.set_yticks(range(len(sites)), sites, fontsize=7)
        _date(axes, days)
        figure.colorbar(image, ax=axes, label=scale, pad=0.01)

    return drawn(1.8 + 0.16 * len(sites), paint, scale)


def water(
    moisture: Sequence[tuple[str, str, Floats]], rain: Floats, days: Sequence[str], labels: tuple[str, str]
) -> str:
    """Soil moisture by arm above, rain below, on one axis of days."""

    def paint(figure: Figure) -> None:
        rained = bool(np.isfinite(rain).any())
        parts = figure.subplots(1 + rained, 1, sharex=True, squeeze=False, height_ratios=(2, 1)[: 1 + rained])
        above, last = parts[0, 0], parts[-1, 0]
        place = np.arange(len(days))
        for arm, label, values in moisture:
            for run in _runs(days):
                above.plot(
                    place[run],
                    values[run],
                    color=COLOURS.get(arm, COLOURS[""]),
                    linestyle=LINES.get(arm, "-"),
                    linewidth=1.4,
                    label=label if run.start == 0 else None,
                )
        above.set_ylabel(labels[0])
        if moisture:
            above.legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(0, 1.22))
        if rained:
            last.bar(place, np.nan_to_num(rain), color="#2166ac", width=0.9)
            last.set_ylabel(labels[1])
        _date(last, days)

    return drawn(3.8, paint, f"{labels[0]}; {labels[1]}")


def _date(axes: Axes, days: Sequence[str]) -> None:
    """Mark where a run of days begins; at most twelve labels."""
    starts = [run.start for run in _runs(days)]
    for start in starts[1:]:
        axes.axvline(start - 0.5, color="#999999", linewidth=0.8)
    if len(starts) < 4:
        starts = sorted({*starts, *range(0, len(days), max(1, len(days) // 8))})
    step = -(-len(starts) // 12)
    axes.set_xticks(
        starts[::step], [days[start] for start in starts[::step]], rotation=25, ha="right", fontsize=8
    )


def _runs(days: Sequence[str]) -> list[slice]:
    """Stretches of consecutive dates."""
    if not days:
        return []
    dates = np.array(days, dtype="datetime64[D]").astype(np.int64)
    cuts = [0, *(int(i) + 1 for i in np.flatnonzero(np.diff(dates) > 1)), len(days)]
    return [slice(a, b) for a, b in pairwise(cuts)]
