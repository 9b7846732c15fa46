"""The tables of a plan: sites, seasons, primaries, what was validated or imported, thresholds.

``Plan`` says what they must be together.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from contract.errors import EcoVivError
from contract.instant import parse_instant


def _whole_hundredth(score: float) -> float:
    if abs(score * 100 - round(score * 100)) > 1e-9:
        raise ValueError("scores here are whole hundredths, such as 0.65")
    return score


def _zoned(text: str) -> str:
    try:
        parse_instant(text)
    except EcoVivError as error:
        raise ValueError(str(error)) from error
    return text


Zoned = Annotated[str, AfterValidator(_zoned)]
"""A time with its zone, kept as it was written."""
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Arm = Literal["restored", "control", "reference"]
Period = Literal["before", "after"]
HowChosen = Literal["random", "matched", "all", "convenience", "measured level", "measured trend"]
Declaration = Literal[
    "vegetation_masking", "spill_over", "attraction", "biased_validation", "forged_metadata"
]
Rate = Annotated[float, Field(ge=0, le=1)]
Hundredth = Annotated[float, Field(ge=0, le=1), AfterValidator(_whole_hundredth)]
"""A score in whole hundredths."""
DECLARATIONS: tuple[Declaration, ...] = get_args(Declaration)


class PlanTable(BaseModel):
    """What every table of a plan keeps: it never changes, and knows no key but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PlannedSite(PlanTable):
    """One site, its arm and where it lies."""

    id: Slug
    arm: Arm
    land_use: Slug = "all"
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    start: Slug | None = None
    """the first season under restoration, where starts are staggered"""


class Season(PlanTable):
    """Half-open [start, end); both times carry a zone."""

    id: Slug
    start: Zoned
    end: Zoned
    period: Period

    @property
    def span(self) -> tuple[int, int]:
        """[start, end) in ns UTC."""
        return parse_instant(self.start), parse_instant(self.end)


class Primary(PlanTable):
    """A primary indicator; ``margin`` is the half-width of "stable" on its scale [1]."""

    id: str = Field(min_length=1)
    margin: float = Field(gt=0)
    target: float = Field(default=math.log(1.3), gt=0)
    """the change worth detecting, on the indicator's scale [1]; power is printed for it"""
    coverage: float | None = Field(default=None, gt=0, le=1)
    """C*, frozen from the before data, for diversity"""
    species: tuple[str, ...] = ()


class Validated(PlanTable):
    """How well the detector's label was checked by ear, and from which score on it counts."""

    clips: int = Field(ge=0)
    precision: float = Field(ge=0, le=1)
    """of detections that reach ``threshold``"""
    threshold: float = Field(default=0, ge=0, le=1)
    """0: whatever the detector reported"""


class Imported(PlanTable):
    """An indicator that the catalogue does not know; its values come in a table, on ``scale``."""

    scale: Literal["logit", "log", "identity"]
    polarity: Literal[1, -1]
    group: Literal["acoustic", "community", "soil", "weather"]
    source: str = Field(default="", max_length=40)
    """one word for where its data come from; empty: a source of its own"""


class Thresholds(PlanTable):
    """Every number the gates compare with; frozen with the plan."""

    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    gate_alpha: float = Field(default=0.01, gt=0, lt=0.5)
    min_sites: int = Field(default=4, ge=2)
    season_share: float = Field(default=2 / 3, gt=0, le=1)
    min_seasons: int = Field(default=2, ge=1)
    effort_imbalance: float = Field(default=0.5, gt=0, lt=1)
    min_coverage: float = Field(default=0.7, ge=0, le=1)
    validated_clips: int = Field(default=100, ge=0)
    validated_precision: float = Field(default=0.95, ge=0, le=1)
    device_share: float = Field(default=0.25, gt=0, lt=1)
    gain_db: float = Field(default=0.5, gt=0)
    dawn_minutes: float = Field(default=10.0, gt=0)
    instrument_alpha: float = Field(default=0.001, gt=0, lt=0.5)
    clustered_ratio: float = Field(default=1.3, gt=1)

    def laxer(self) -> tuple[str, ...]:
        """The thresholds that let pass what the rule's own would stop; a plan may only be stricter."""
        rule = Thresholds()
        least = (
            "min_sites",
            "season_share",
            "min_seasons",
            "min_coverage",
            "validated_clips",
            "validated_precision",
            "gate_alpha",
            "instrument_alpha",
        )
        most = ("alpha", "effort_imbalance", "device_share", "gain_db", "dawn_minutes", "clustered_ratio")
        below = [name for name in least if getattr(self, name) < getattr(rule, name) - 1e-9]
        return (*below, *(name for name in most if getattr(self, name) > getattr(rule, name) + 1e-9))


class Looks(PlanTable):
    """When the plan will be judged: verdicts at other times are exploratory."""

    after: tuple[int, ...] = Field(min_length=1, max_length=12)
    """after how many seasons after restoration, rising"""

    @field_validator("after")
    @classmethod
    def _rising(cls, counts: tuple[int, ...]) -> tuple[int, ...]:
        if min(counts) < 1 or list(counts) != sorted(set(counts)):
            raise ValueError("write whole numbers of seasons, rising, as [3, 5]")
        return counts


class Witness(PlanTable):
    """Who says from outside when the plan was frozen: a time-stamping authority, by its root certificate."""

    root: str = Field(min_length=1, max_length=500)
    """file of the certificate, seen from the plan's folder"""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """of that file"""


class Draw(PlanTable):
    """How chance decided the arms: who could be restored, how many, and the seed that was named later."""

    seed: str = Field(min_length=8, max_length=500)
    """public, and not to be known when the candidates were frozen: a lottery's numbers, a block's hash"""
    source: str = Field(min_length=3, max_length=500)
    """where and when the seed was published"""
    candidates: dict[Slug, tuple[Slug, ...]] = Field(min_length=1)
    """land use -> its sites"""
    restored: dict[Slug, int] = Field(min_length=1)
    """land use -> how many of them to restore"""

    def fault(self) -> str:
        """Why nobody can draw from these lists, with the key; "" where anybody can."""
        names = [name for listed in self.candidates.values() for name in listed]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            return f"draw.candidates: {twice[0]} is listed twice"
        for use, listed in self.candidates.items():
            if not 0 < self.restored.get(use, 0) < len(listed):
                return f"draw.restored: {self.restored.get(use, 0)} of {len(listed)} candidates of {use}"
        unknown = sorted(set(self.restored) - set(self.candidates))
        return f"draw.restored: {unknown[0]} has no candidates" if unknown else ""


class Stratum(PlanTable):
    """Other rates for one taxon, arm or period; what is left out means all of them."""

    taxon: str = ""
    arm: Arm | None = None
    period: Period | None = None
    rates: tuple[Rate, ...]


class Review(PlanTable):
    """Which detections people listen to: drawn by a hash, each stratum at its rate (ADR 0092)."""

    seed: str = Field(min_length=8, max_length=500)
    bands: tuple[Hundredth, ...] = ()
    """edges between bands of score, rising, whole hundredths"""
    rates: tuple[Rate, ...] = Field(min_length=1)
    """share of the detections of each band that is drawn, from the lowest band up [1]"""
    precision: float = Field(default=0.95, gt=0, le=1)
    """that a taxon needs, at or above its threshold"""
    taxa: dict[str, Hundredth] = Field(min_length=1)
    """label -> the score from which its detections count, whole hundredths"""
    strata: tuple[Stratum, ...] = ()
    """other rates; the first that fits"""

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if list(self.bands) != sorted(set(self.bands)) or not all(0 < edge < 1 for edge in self.bands):
            raise ValueError("bands: edges rise and lie between 0 and 1")
        wanted = len(self.bands) + 1
        for rates in (self.rates, *(one.rates for one in self.strata)):
            if len(rates) != wanted:
                raise ValueError(f"rates: {wanted} bands need {wanted} rates, these are {len(rates)}")
        for one in self.strata:
            if one.taxon and one.taxon not in self.taxa:
                raise ValueError(f"strata: {one.taxon!r} is not under [review.taxa]")
        return self


class Frozen(PlanTable):
    """What ``freeze`` wrote: the hash, its parts and when."""

    sha256: str
    at: Zoned
    sections: dict[str, str]
    seal: str = ""
    """hash of all the others, the time among them; empty in plans frozen under the first rule"""
