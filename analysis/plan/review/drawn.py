"""The list of detections to listen to, and how many there were to draw from.

1. ``StratumCount`` counts the detections of one taxon, arm and period by hundredths of score.
2. ``Drawn`` is one detection that the plan's rule drew.
3. ``DrawnList`` is both, for one plan; ``problems`` draws again and names what does not belong there.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.plan.plan import Plan
from analysis.plan.review.labels import MOST_OFFSET_S, Key
from analysis.plan.review.sampling import HUNDREDTHS, Sampling, hundredth
from analysis.plan.tables import Arm, Period, Slug
from contract.errors import ConfigurationError

Record = TypeVar("Record", bound=BaseModel)
SCHEMA: Literal["ecoviv-review-list-1"] = "ecoviv-review-list-1"
_Counts = Annotated[
    tuple[Annotated[int, Field(ge=0, le=2**40)], ...], Field(min_length=HUNDREDTHS, max_length=HUNDREDTHS)
]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class StratumCount(_Record):
    """Detections of one taxon in one arm and period, whatever their score."""

    taxon: str
    arm: Arm
    period: Period
    counts: _Counts
    """of each hundredth of score, of clips that the store knows"""
    without_clip: int = Field(default=0, ge=0, le=2**40)
    """detections whose sound nobody can find: their program named no clip"""


class Drawn(_Record):
    """One detection to listen to."""

    clip: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    offset_s: float = Field(ge=0, le=MOST_OFFSET_S)
    duration_s: float = Field(gt=0, le=MOST_OFFSET_S)
    taxon: str
    score: float = Field(ge=0, le=1)
    site: Slug
    device: str
    arm: Arm
    period: Period
    start: str
    """of the recording, ISO 8601 UTC"""

    @property
    def key(self) -> Key:
        """Which detection."""
        return self.clip, round(self.offset_s * 1000), self.taxon


class DrawnList(_Record):
    """Everything that ``review sample`` found in a store for one plan."""

    format: Literal["ecoviv-review-list-1"] = SCHEMA
    territory: Slug
    plan: str
    """SHA-256 of the frozen plan"""
    population: tuple[StratumCount, ...]
    drawn: tuple[Drawn, ...]

    def sha256(self) -> str:
        """Of the list's canonical JSON."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def problems(self, plan: Plan) -> list[str]:
        """In sentences: why this list is not what ``plan`` draws; empty where it is."""
        found = []
        if self.territory != plan.territory or self.plan != plan.sha256:
            return [f"it was drawn for another plan, {self.plan[:12]} of {self.territory}"]
        sampling = Sampling.of(plan)
        if sampling is None:
            return ["the plan asks for no review"]
        here = {(one.taxon, one.arm, one.period): list(one.counts) for one in self.population}
        if len(here) < len(self.population):
            found.append("it counts one taxon, arm and period twice")
        if len({one.key for one in self.drawn}) < len(self.drawn):
            found.append("it lists one detection twice")
        for one in self.drawn:
            what = f"{one.taxon} at {one.offset_s:g} s of {one.clip[:12]}"
            if not sampling.drawn(one.clip, one.offset_s, one.taxon, one.score, (one.arm, one.period)):
                found.append(f"the plan's rule does not draw {what}")
            if sampling.arms.get(one.site) != one.arm:
                found.append(f"{what}: {one.site} is not of the arm {one.arm}")
            left = here.get((one.taxon, one.arm, one.period))
            if left is None or left[hundredth(one.score)] < 1:
                found.append(f"{what} is not counted in the population")
            else:
                left[hundredth(one.score)] -= 1
        return found


def read_list(path: Path) -> DrawnList:
    """The list in a file; errors name file and key."""
    return read_record(DrawnList, path, "ecoviv review sample")[0]


def read_record(model: type[Record], path: Path, writer: str) -> tuple[Record, str]:
    """The record in a file that the command ``writer`` wrote, and the file's SHA-256; errors name file and
    key."""
    try:
        content = path.read_bytes()
        return model.model_validate_json(content), hashlib.sha256(content).hexdigest()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", help=f"`{writer}` writes one"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(
            f"{path}: {f'{key}: ' if key else ''}{first['msg']}",
            help=f"Give the file that `{writer}` wrote",
        ) from error
