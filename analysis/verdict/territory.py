"""From indicators to a territory, and to one sentence.

Recovering needs two primaries of two sources of data, none eroding, and more than soil and weather
(under the first rule: of two classes).  Where arms were not drawn and the slopes before may explain it,
the word says so: recovering or eroding *if parallel*.
No pooled verdict where land uses disagree.  "Reversed" needs a measured decline before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.plan.panel import LIVING
from analysis.stats.student import exp
from analysis.verdict.result import IndicatorVerdict, Parallel, TerritoryClass
from analysis.words import Words, words
from analysis.words.codes import stops

_UNMEASURED: dict[str, str] = {
    "recovering-if-parallel": "recovering-if-parallel-unmeasured",
    "eroding-if-parallel": "eroding-if-parallel-unmeasured",
}
"""The sentence of a class where no divergence can be put in figures."""


def pooled(
    indicators: Sequence[IndicatorVerdict], codes: frozenset[str], rule: int
) -> tuple[TerritoryClass, set[str]]:
    """The class of a family of primaries and the codes that the rule of this number adds."""
    if stops(codes, "class"):
        return "inconclusive", set()
    recovering = [one for one in indicators if one.verdict == "recovering"]
    eroding = [one for one in indicators if one.verdict == "eroding"]
    if recovering and eroding:
        return "mixed", set()
    if eroding:
        return "eroding", set()
    if recovering:
        lines = {one.group if rule == 1 else one.source for one in recovering}
        if len(lines) < 2 or not {one.group for one in recovering} & LIVING:
            return "inconclusive", {"ONE_CLASS_ONLY" if rule == 1 else "ONE_SOURCE_ONLY"}
        return (
            ("inconclusive", {"UNVERIFIED_DESIGN"}) if stops(codes, "recovering") else ("recovering", set())
        )
    if indicators and all(one.verdict == "stable" for one in indicators):
        return "stable", set()
    return "inconclusive", set()


def why(verdict: TerritoryClass, indicators: Sequence[IndicatorVerdict]) -> set[str]:
    """Where nothing can be said, every indicator's reasons are the territory's."""
    if verdict != "inconclusive":
        return set()
    reasons = {code for one in indicators if one.verdict == "inconclusive" for code in one.codes}
    return reasons or {"NO_CLEAR_CHANGE"}


def doubted(verdict: TerritoryClass, parallel: Parallel | None) -> tuple[TerritoryClass, set[str]]:
    """The word with its condition, where parallel arms are assumed and not shown."""
    if parallel is None or parallel.shown:
        return verdict, set()
    conditional: TerritoryClass = (
        "recovering-if-parallel" if verdict == "recovering" else "eroding-if-parallel"
    )
    return conditional, {"PARALLEL_UNTESTED"}


def disagree(by_land_use: Mapping[str, tuple[TerritoryClass, Sequence[IndicatorVerdict]]]) -> bool:
    """Whether one land use recovers, as a whole or in an indicator, where another erodes."""
    wholes = {verdict for verdict, _ in by_land_use.values()}
    if {"recovering", "eroding"} <= wholes:
        return True
    seen: dict[str, set[str]] = {}
    for _, indicators in by_land_use.values():
        for one in indicators:
            seen.setdefault(one.id, set()).add(one.verdict)
    return any({"recovering", "eroding"} <= classes for classes in seen.values())


@dataclass(frozen=True, slots=True)
class Remarks:
    """What the sentence must say besides the class."""

    wide: float | None = None
    """the factor of the widest margin, where it is wider than usual"""
    associated: bool = False
    """whether arms were compared that no season before compares"""


def remarks(indicators: Sequence[IndicatorVerdict], rule: int) -> Remarks:
    """Of the indicators; the first rule's sentences had none."""
    if rule == 1:
        return Remarks()
    margins = [one.margin for one in indicators if "WIDE_MARGIN" in one.codes]
    return Remarks(exp(max(margins)) if margins else None, any(one.association for one in indicators))


def sentence(
    verdict: TerritoryClass,
    was_declining: bool,
    codes: Sequence[str],
    parallel: Parallel | None = None,
    remarked: Remarks = Remarks(),
) -> Words:
    """The answer in one sentence; it never says "biodiversity" without saying of what."""
    if verdict == "recovering" and was_declining:
        return words("answers", "reversed")
    if verdict == "inconclusive" and codes:
        key = "association_because" if remarked.associated else "inconclusive_because"
        return words("answers", key, codes=", ".join(codes))
    if verdict == "stable" and remarked.wide is not None:
        return words("answers", "stable_within", factor=f"{remarked.wide:.3g}")
    if parallel is None or parallel.shown:
        return words("answers", verdict)
    if parallel.explaining is None or parallel.not_excluded is None:
        return words("answers", _UNMEASURED[verdict])
    explaining, excluded = (f"{100 * one:.2g}" for one in (parallel.explaining, parallel.not_excluded))
    return words("answers", verdict, explaining=explaining, excluded=excluded)
