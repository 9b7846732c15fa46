"""From indicators to a territory, and to one sentence.

Recovering needs two primaries of two classes, none eroding, and more than soil and weather.
No pooled verdict where land uses disagree.  "Reversed" needs a measured decline before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.verdict.result import IndicatorVerdict, TerritoryClass
from analysis.words import Words, words
from analysis.words.codes import stops

_LIVING = {"acoustic", "community"}


def pooled(indicators: Sequence[IndicatorVerdict], codes: frozenset[str]) -> tuple[TerritoryClass, set[str]]:
    """The class of a family of primaries and the codes that this rule adds."""
    if stops(codes, "class"):
        return "inconclusive", set()
    recovering = [one for one in indicators if one.verdict == "recovering"]
    eroding = [one for one in indicators if one.verdict == "eroding"]
    if recovering and eroding:
        return "mixed", set()
    if eroding:
        return "eroding", set()
    if recovering:
        groups = {one.group for one in recovering}
        if len(groups) >= 2 and groups & _LIVING:
            return (
                ("inconclusive", {"UNVERIFIED_DESIGN"})
                if stops(codes, "recovering")
                else ("recovering", set())
            )
        return "inconclusive", {"ONE_CLASS_ONLY"}
    if indicators and all(one.verdict == "stable" for one in indicators):
        return "stable", set()
    return "inconclusive", set()


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


def sentence(verdict: TerritoryClass, was_declining: bool, codes: Sequence[str]) -> Words:
    """The answer in one sentence; it never says "biodiversity" without saying of what."""
    if verdict == "recovering" and was_declining:
        return words("answers", "reversed")
    if verdict == "inconclusive" and codes:
        return words("answers", "inconclusive_because", codes=", ".join(codes))
    return words("answers", verdict)
