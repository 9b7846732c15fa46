"""The list to listen to: everything that a plan's rule draws of what a store holds.

1. ``sample`` reads site by site and season by season; only detections of the plan's taxa count.
2. The list is the same for the same store and plan, whoever makes it and whenever.
3. ``differs`` holds a list against the store: who left out what was wrong is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from analysis.plan.plan import Plan
from analysis.plan.review.drawn import Drawn, DrawnList, StratumCount
from analysis.plan.review.sampling import HUNDREDTHS, Sampling, hundredth
from analysis.study.clips import HeardInClip, heard_in_clips
from analysis.study.series import OpenStore
from contract.errors import ConfigurationError
from contract.instant import SECOND, Window, format_instant

_AROUND = 24 * 3600 * SECOND
"""Recordings that begin before a season and end in it are read whole [ns]."""
_Cell = tuple[str, str, str]


@dataclass(slots=True)
class _Found:
    counts: dict[_Cell, list[int]] = field(default_factory=dict)
    without: dict[_Cell, int] = field(default_factory=dict)
    drawn: list[Drawn] = field(default_factory=list)


def sample(archive: OpenStore, plan: Plan, told: Callable[[str], None] = lambda site: None) -> DrawnList:
    """The list of ``plan``; ``told`` hears of each site as it is begun.  Refuses a plan without
    ``[review]``."""
    sampling = Sampling.of(plan)
    if sampling is None:
        raise ConfigurationError(
            "The plan asks for no review",
            help="Write [review] with seed, rates and taxa into it before it is frozen",
        )
    found = _Found()
    for site in sampling.arms:
        told(site)
        for season in sampling.seasons:
            start, end = season.span
            around = heard_in_clips(archive, Window(start - _AROUND, end + _AROUND), site)
            for one in _once(each for each in around if start <= each.time < end):
                _take(found, sampling, one)
    keys = sorted({*found.counts, *found.without})
    population = tuple(
        StratumCount.model_validate(
            {
                "taxon": key[0],
                "arm": key[1],
                "period": key[2],
                "counts": found.counts.get(key, [0] * HUNDREDTHS),
                "without_clip": found.without.get(key, 0),
            }
        )
        for key in keys
    )
    drawn = tuple(sorted(found.drawn, key=lambda one: (*one.key, one.device)))
    return DrawnList(territory=plan.territory, plan=plan.sha256, population=population, drawn=drawn)


def differs(listed: DrawnList, drawn: DrawnList) -> str:
    """What of ``drawn``, as the store is now, is not as on the list, in a sentence; empty where nothing."""
    here, now = {one.key for one in listed.drawn}, {one.key for one in drawn.drawn}
    if missing := sorted(now - here):
        return f"{missing[0][2]} in {missing[0][0][:12]} is drawn and not on the list ({len(missing)} such)"
    if more := sorted(here - now):
        return f"{more[0][2]} in {more[0][0][:12]} is on the list and not in the store ({len(more)} such)"
    for listed_one, drawn_one in zip(listed.drawn, drawn.drawn, strict=False):
        if listed_one != drawn_one:
            return f"{drawn_one.taxon} in {drawn_one.clip[:12]} stands otherwise in the store"
    for one, other in zip_longest(listed.population, drawn.population):
        if one != other:
            what = one or other
            assert what is not None
            return f"the store counts other detections of {what.taxon}, {what.arm} sites {what.period}"
    return ""


def _once(heard: Iterable[HeardInClip]) -> Iterator[HeardInClip]:
    """Of one taxon at one place of a recording, heard in several channels, the best score."""
    best: dict[tuple[str, int, str], HeardInClip] = {}
    for one in heard:
        if not one.clip:
            yield one
            continue
        key = (one.clip, round(one.offset_s * 1000), one.taxon)
        if key not in best or best[key].score < one.score:
            best[key] = one
    yield from best.values()


def _take(found: _Found, sampling: Sampling, one: HeardInClip) -> None:
    cell = sampling.cell(one.site, one.time)
    if cell is None or one.taxon not in sampling.review.taxa:
        return
    key = (one.taxon, *cell)
    if not one.clip:
        found.without[key] = found.without.get(key, 0) + 1
        return
    found.counts.setdefault(key, [0] * HUNDREDTHS)[hundredth(one.score)] += 1
    if sampling.drawn(one.clip, one.offset_s, one.taxon, one.score, cell):
        found.drawn.append(
            Drawn.model_validate(
                {
                    "clip": one.clip,
                    "offset_s": round(one.offset_s, 3),
                    "duration_s": one.duration_s,
                    "taxon": one.taxon,
                    "score": one.score,
                    "site": one.site,
                    "device": one.device,
                    "arm": cell[0],
                    "period": cell[1],
                    "start": format_instant(one.clip_start),
                }
            )
        )
