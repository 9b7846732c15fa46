"""What a verdict is, and its bytes.

1. ``IndicatorVerdict``: one class, its numbers, its codes.
2. ``Verdict``: the territory, its land uses, its indicators, the hashes.
3. ``to_json`` prints six digits and sorted keys: the same bytes on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from analysis.verdict.evidence import Evidence

IndicatorClass = Literal[
    "recovering", "slowed erosion", "held", "eroding", "regional decline", "lagging", "stable", "inconclusive"
]
TerritoryClass = Literal[
    "recovering",
    "recovering-if-parallel",
    "eroding",
    "eroding-if-parallel",
    "mixed",
    "stable",
    "inconclusive",
]


@dataclass(frozen=True, slots=True)
class ArmChange:
    """One arm's own change on the oriented scale: describes the seasons measured."""

    estimate: float
    low: float
    high: float
    year_low: float
    """with the variance of years: would other years have shown it?"""
    year_high: float
    n: int


@dataclass(frozen=True, slots=True)
class Tested:
    """The contrast of an indicator that passed its gates; polarity applied, so up is good."""

    estimate: float
    low: float
    high: float
    low_90: float
    high_90: float
    p: float
    p_adjusted: float
    mde: float | None
    power: float | None
    restored: ArmChange
    control: ArmChange


@dataclass(frozen=True, slots=True)
class Association:
    """The arms' difference after restoration where no change was measured; up is good."""

    estimate: float
    low: float
    high: float
    p: float
    n_restored: int
    n_control: int
    before: int
    """seasons before, 0 or 1"""


@dataclass(frozen=True, slots=True)
class IndicatorVerdict:
    """An indicator's class and everything a reader needs to doubt it."""

    id: str
    group: str
    scale: str
    verdict: IndicatorClass
    codes: tuple[str, ...]
    n_restored: int
    n_control: int
    effort: dict[str, float]
    """mean valid effort a measured site-season, by arm and period"""
    seasons: tuple[str, ...]
    margin: float
    tested: Tested | None = None
    pretrend: dict[str, float] | None = None
    reversed: bool = False
    source: str = ""
    """the line of evidence that it belongs to; the first rule says neither it nor what follows"""
    robust: float | None = None
    """the contrast that no single site can move (Hodges & Lehmann); it makes no class"""
    without_site: dict[str, IndicatorClass] = field(default_factory=dict)
    """site that the class or the contrast hangs on -> the class without it"""
    association: Association | None = None
    """where the seasons before are too few for a change"""
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """code -> what it is about here, such as the columns that are blank"""
    evidence: Evidence | None = field(default=None, repr=False, compare=False)

    @property
    def explain(self) -> dict[str, Any]:
        """The way back to the cells behind the numbers; empty where there were none."""
        return {} if self.evidence is None else self.evidence.explained()

    def content(self, rule: int, *, explain: bool) -> dict[str, Any]:
        """As it stands in the JSON of a rule; with what was computed on the way if ``explain``."""
        one = self.tested
        names = ("estimate", "low", "high", "mde", "power", "p", "p_adjusted")
        numbers = {name: None if one is None else getattr(one, name) for name in names}
        arms = (
            None
            if one is None
            else {
                name: {
                    key: getattr(arm, key)
                    for key in ("estimate", "low", "high", "year_low", "year_high", "n")
                }
                for name, arm in (("restored", one.restored), ("control", one.control))
            }
        )
        head = {
            "id": self.id,
            "class": self.verdict,
            "group": self.group,
            "scale": self.scale,
            "margin": self.margin,
            "n_restored": self.n_restored,
            "n_control": self.n_control,
            "effort": self.effort,
            "seasons": list(self.seasons),
            "codes": list(self.codes),
            "arms": arms,
            "pretrend": self.pretrend,
            "reversed": self.reversed,
        }
        later = {
            "source": self.source,
            "robust": self.robust,
            "without_site": self.without_site,
            "association": None if self.association is None else asdict(self.association),
        }
        return {
            **head,
            **(later if rule > 1 else {}),
            **_details(self.details),
            **numbers,
            **({"explain": self.explain} if explain else {}),
        }


@dataclass(frozen=True, slots=True)
class Parallel:
    """Whether the arms would have moved in parallel: what "recovering" and "eroding" rest on."""

    drawn: bool
    """the arms were drawn by lot, so that nothing more need be shown"""
    estimate: float | None
    """the contrast with each site's slope taken along, in standard deviations of it"""
    p: float | None
    shown: bool
    """drawn, or the corrected contrast says the same"""
    explaining: float | None
    """share a season by which diverging arms would explain the contrast"""
    not_excluded: float | None
    """share a season that the seasons before cannot exclude"""


@dataclass(frozen=True, slots=True)
class Look:
    """When the plan was judged, in seasons after restoration that were measured."""

    after: int
    announced: tuple[int, ...]
    level: float
    """at which this look tests, so that all announced ones together keep the plan's alpha [1]"""


@dataclass(frozen=True, slots=True)
class LandUse:
    """The verdict of one land use; its indicators share one family with the other land uses."""

    verdict: TerritoryClass
    codes: tuple[str, ...]
    indicators: tuple[IndicatorVerdict, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to "is the erosion of biodiversity being reversed on this territory?"."""

    territory_id: str
    territory: TerritoryClass
    answer: str
    reversed: bool
    by_land_use: dict[str, LandUse]
    indicators: tuple[IndicatorVerdict, ...]
    codes: tuple[str, ...]
    plan_hash: str
    data_hash: str
    rule: int
    """the number of the rule; the first one's JSON does not say it"""
    parallel: Parallel | None = None
    """for "recovering" and "eroding", plain or if parallel"""
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """code of the territory -> what it is about here, such as the sites that are copies"""
    look: Look | None = None
    """None where the plan's one look was taken"""

    def to_json(self, *, explain: bool = False) -> str:
        """Sorted keys, six digits, one trailing newline."""
        content = {
            **({"rule": self.rule, "parallel": self._parallel()} if self.rule > 1 else {}),
            **_details(self.details),
            **({} if self.look is None else {"look": asdict(self.look)}),
            "territory": self.territory,
            "territory_id": self.territory_id,
            "answer": self.answer,
            "reversed": self.reversed,
            "codes": list(self.codes),
            "plan_hash": self.plan_hash,
            "data_hash": self.data_hash,
            "by_land_use": {
                name: {
                    "class": use.verdict,
                    "codes": list(use.codes),
                    "indicators": [one.content(self.rule, explain=False) for one in use.indicators],
                }
                for name, use in self.by_land_use.items()
            },
            "indicators": [one.content(self.rule, explain=explain) for one in self.indicators],
        }
        return json.dumps(six_digits(content), sort_keys=True, indent=2, ensure_ascii=False) + "\n"

    def _parallel(self) -> dict[str, Any] | None:
        return None if self.parallel is None else asdict(self.parallel)


def _details(details: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The key of the JSON, where there is something to say: a verdict of the first rule has none."""
    return {"details": {code: dict(what) for code, what in details.items()}} if details else {}


def six_digits(content: Any) -> Any:
    """Every number rounded to six significant digits; what is not finite becomes None."""
    if isinstance(content, dict):
        return {key: six_digits(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [six_digits(value) for value in content]
    if isinstance(content, float):
        return float(f"{content:.6g}") + 0.0 if isfinite(content) else None
    return content
