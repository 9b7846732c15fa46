"""The sections of the page in one language: figures with their tables and commands.

1. ``cards`` and ``contrast_figure`` say what the verdict says of each indicator.
2. ``series_figures``, ``heatmap_figure``, ``calendar_figure``, ``water_figure`` draw data.
3. Each ``Section`` carries its picture, the numbers in it, and the command that makes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.indicators.catalogue import INDICATORS, named
from analysis.report import figures
from analysis.report.content import ARMS, Content, Mean, bands
from analysis.report.figures import Band, Interval
from analysis.report.words import phrase, reason, translated
from analysis.verdict.result import IndicatorVerdict, Verdict
from analysis.words import Tongue, words

Row = tuple[str, ...]

PICTURED = ("acoustic-activity", "dawn-chorus-onset", "soundscape-change", "rain", "drought-index")
"""Supporting indicators that are drawn; the others are tables."""


@dataclass(frozen=True, slots=True)
class Section:
    """One figure."""

    id: str
    title: str
    note: str
    svg: str
    head: Row
    rows: tuple[Row, ...]
    command: str


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator of the verdict."""

    id: str
    title: str
    group: str
    verdict: str
    badge: str
    """The class in English: names the colour."""
    lines: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    """(code, sentence)"""
    not_meaning: str


def number(value: float | None, digits: int = 3) -> str:
    """A number as people read it; an en dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"


def cards(verdict: Verdict, tongue: Tongue) -> list[Card]:
    """One card an indicator of the verdict, in the plan's order."""
    return [_card(one, tongue) for one in verdict.indicators]


def _card(one: IndicatorVerdict, tongue: Tongue) -> Card:
    known, tested = INDICATORS.get(one.id), one.tested
    sites = f"{one.n_restored} {phrase('n_restored', tongue)}, {one.n_control} {phrase('n_control', tongue)}"
    lines = [(phrase("n", tongue), sites)]
    if tested is None:
        lines.append((phrase("estimate", tongue), phrase("not_tested", tongue)))
    else:
        lines += [
            (
                phrase("estimate", tongue),
                f"{number(tested.estimate)}{_as_share(one, tested.estimate, tongue)}",
            ),
            (phrase("interval", tongue), f"{number(tested.low)} … {number(tested.high)}"),
            ("p", number(tested.p_adjusted)),
            (phrase("mde", tongue), number(tested.mde)),
            (phrase("power", tongue), number(tested.power)),
        ]
    efforts = ", ".join(f"{_effort_name(name, tongue)} {number(value)}" for name, value in one.effort.items())
    lines.append((phrase("effort", tongue), f"{efforts} {phrase('minutes', tongue)}"))
    return Card(
        one.id,
        one.id if known is None else known.title.in_(tongue),
        translated("groups", one.group, tongue),
        words("classes", one.verdict).in_(tongue),
        one.verdict.replace(" ", "-"),
        tuple(lines),
        tuple((code, reason(code, tongue)) for code in one.codes),
        "" if known is None else known.not_meaning.in_(tongue),
    )


def _effort_name(name: str, tongue: Tongue) -> str:
    words = {key: phrase(key, tongue) for key in ("restored", "control", "before", "after")}
    return " ".join(words.get(word, word) for word in name.replace("_", " ").split())


def _as_share(one: IndicatorVerdict, estimate: float, tongue: Tongue) -> str:
    """What the contrast is in per cent, where the scale has such a reading."""
    if one.scale == "log":
        return f" ({math.expm1(estimate):+.0%})"
    return f" ({phrase('odds', tongue)} × {math.exp(estimate):.2f})" if one.scale == "logit" else ""


def contrast_figure(verdict: Verdict, tongue: Tongue, command: str) -> Section | None:
    """All tested indicators on one axis each of its own scale."""
    tested = [(one, one.tested) for one in verdict.indicators if one.tested is not None]
    if not tested:
        return None
    names = {one.id: named(one.id).title.in_(tongue) if one.id in INDICATORS else one.id for one, _ in tested}
    intervals = [Interval(names[o.id], t.estimate, t.low, t.high, o.margin) for o, t in tested]
    head = (*(phrase(key, tongue) for key in ("indicator", "class", "estimate", "low", "high")), "±")
    rows = tuple(
        (names[o.id], words("classes", o.verdict).in_(tongue),
         *(number(value) for value in (t.estimate, t.low, t.high, o.margin)))
        for o, t in tested
    )  # fmt: skip
    svg = figures.contrasts(intervals, phrase("contrast_axis", tongue))
    note = phrase("scale_note", tongue)
    return Section("contrasts", phrase("cards", tongue), note, svg, head, rows, command)


def series_figures(content: Content, tongue: Tongue, command: str) -> list[Section]:
    """One section an indicator that has a value; supporting ones but a few have no picture."""
    seasons = [season.id for season in content.study.seasons]
    periods = [season.period for season in content.study.seasons]
    split = periods.index("after") if "after" in periods and "before" in periods else None
    head = tuple(phrase(key, tongue) for key in ("season", "class", "mean", "low", "high", "n"))
    sections = []
    for one in content.computed:
        if one.empty:
            continue
        means = [mean for mean in bands(one) if mean.arm in {*content.study.arms.values()}]
        title = one.indicator.title.in_(tongue)
        unit = "" if one.indicator.unit == "1" else f" [{one.indicator.unit}]"
        pictured = one.indicator.role == "primary" or one.indicator.id in PICTURED
        svg = figures.series(_arms(means, tongue), seasons, f"{title}{unit}", split) if pictured else ""
        rows = tuple(
            (
                m.season,
                phrase(m.arm, tongue),
                number(m.mean, 4),
                number(m.low, 4),
                number(m.high, 4),
                str(m.sites),
            )
            for m in means
        )
        title = title if pictured else f"{title}{unit}"
        note = f"{one.indicator.meaning.in_(tongue)} {one.indicator.not_meaning.in_(tongue)}"
        own = f"{command} --indicator {one.indicator.id} --csv"
        sections.append(Section(f"series-{one.indicator.id}", title, note, svg, head, rows, own))
    return sections


def _arms(means: Sequence[Mean], tongue: Tongue) -> list[Band]:
    found = []
    for arm in ARMS:
        mine = [mean for mean in means if mean.arm == arm]
        if any(mean.sites for mean in mine):
            columns = [np.array([getattr(m, name) for m in mine]) for name in ("mean", "low", "high")]
            found.append(Band(arm, phrase(arm, tongue), *columns))
    return found


def heatmap_figure(content: Content, tongue: Tongue, command: str) -> Section | None:
    """Hour x day of sound."""
    one = content.hourly
    if one is None:
        return None
    years = np.array([day[:4] for day in one.days])
    seasons = sorted(set(years.tolist()))
    head = (phrase("hour", tongue), *seasons)
    rows = []
    for hour in range(24):
        known = [one.table[hour, years == year] for year in seasons]
        if any(np.isfinite(values).any() for values in known):
            means = [float(v[np.isfinite(v)].mean()) if np.isfinite(v).any() else math.nan for v in known]
            rows.append((f"{hour:02d}", *(number(mean, 4) for mean in means)))
    name = one.definition.partition("#")[0]
    svg = figures.heatmap(one.table, one.days, phrase("hour", tongue), name)
    own = f"{command} --quantity {name} --by hour --csv"
    return Section("heatmap", phrase("heatmap", tongue), one.definition, svg, head, tuple(rows), own)


def calendar_figure(content: Content, tongue: Tongue, command: str) -> Section | None:
    """Valid minutes of each site and day."""
    one = content.calendar
    if one is None:
        return None
    years = np.array([day[:4] for day in one.days])
    head = (phrase("site", tongue), *sorted(set(years.tolist())))
    rows = []
    for row, site in enumerate(one.sites):
        cells = []
        for year in head[1:]:
            minutes = one.table[row, years == year]
            cells.append(f"{minutes.sum():.0f} {phrase('minutes', tongue)}, {(minutes > 0).sum()} "
                         f"{phrase('days', tongue)}")  # fmt: skip
        rows.append((site, *cells))
    label = phrase("valid_minutes", tongue)
    svg = figures.calendar(one.table, one.sites, one.days, label)
    own = f"{command} --indicator vocal-activity --csv"
    return Section("effort", phrase("calendar", tongue), label, svg, head, tuple(rows), own)


def water_figure(content: Content, tongue: Tongue, command: str) -> Section | None:
    """Soil moisture by arm and rain on the same axis."""
    one = content.water
    if one is None:
        return None
    months = np.array([day[:7] for day in one.days])
    arms = [(arm, phrase(arm, tongue), values) for arm, values in one.moisture.items()]
    head = (phrase("day", tongue), *(f"{label} [m3/m3]" for _, label, _ in arms), phrase("rain", tongue))
    rows = []
    for month in sorted(set(months.tolist())):
        columns = [*(values for _, _, values in arms), one.rain]
        shown = [values[months == month] for values in columns]
        means = [float(v[np.isfinite(v)].mean()) if np.isfinite(v).any() else math.nan for v in shown]
        rows.append((month, *(number(mean) for mean in means)))
    labels = (phrase("moisture", tongue), phrase("rain", tongue))
    svg = figures.water(arms, one.rain, one.days, labels)
    own = f"{command} --quantity soil_moisture --by day --csv"
    return Section("water", phrase("water", tongue), "", svg, head, tuple(rows), own)
