"""The analysis plan: what is asked, fixed before the answer is known.

1. A TOML file becomes a frozen ``Plan``; an unknown key is an error that names file and key.
2. ``Plan.sha256`` is the hash of its canonical content; ``sections`` hashes its parts.
3. ``freeze`` writes both into the plan; ``changes`` tells what was edited afterwards.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.plan.tables import (
    Declaration,
    Draw,
    Frozen,
    HowChosen,
    Imported,
    Looks,
    PlannedSite,
    Primary,
    Review,
    Season,
    Slug,
    Thresholds,
    Validated,
    Witness,
)
from contract.errors import ConfigurationError
from contract.instant import parse_instant

SPACING_M = 500.0
"""Between two sites, where a plan says nothing [m]."""


class Plan(BaseModel):
    """Everything the rule is allowed to know before it sees a value."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    territory: Slug
    selection: HowChosen
    """how the restored sites were chosen"""
    sites: tuple[PlannedSite, ...] = Field(min_length=1)
    seasons: tuple[Season, ...] = Field(min_length=1)
    primaries: tuple[Primary, ...] = Field(min_length=1, max_length=6)
    exclusions: dict[str, str] = {}
    """site or "site/season" -> the reason, stated before the data were seen"""
    validated: dict[str, Validated] = {}
    imported: dict[str, Imported] = {}
    """primary -> what it is, where it is none of the catalogue's"""
    models: dict[str, str] = {}
    """detector -> version"""
    declarations: dict[Declaration | Literal["noise_floor_unknown"], str] = {}
    thresholds: Thresholds = Thresholds()
    looks: Looks | None = None
    """None: one look, after the plan's last season"""
    witness: Witness | None = None
    draw: Draw | None = None
    review: Review | None = None
    spacing_m: float = Field(default=SPACING_M, ge=100, le=100_000)
    """closer than this two sites hear the same animals [m]"""
    frozen: Frozen | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        for name, ids in (
            ("sites", [site.id for site in self.sites]),
            ("seasons", [season.id for season in self.seasons]),
            ("primaries", [primary.id for primary in self.primaries]),
        ):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            if twice:
                raise ValueError(f"{name}: {twice[0]} is listed twice")
        self._check_seasons()
        if self.draw is not None and (wrong := self.draw.fault()):
            raise ValueError(wrong)
        planned = sum(season.period == "after" for season in self.seasons)
        if self.looks is not None and self.looks.after[-1] > planned:
            raise ValueError(
                f"looks.after: {self.looks.after[-1]}, and the plan has {planned} seasons after restoration"
            )
        known = {site.id for site in self.sites}
        periods = {season.id: season.period for season in self.seasons}
        season_ids = set(periods)
        for name in set(self.imported) - {primary.id for primary in self.primaries}:
            raise ValueError(f"imported: {name} is no primary of the plan")
        for key in self.exclusions:
            site, _, season = key.partition("/")
            if site not in known or (season and season not in season_ids):
                raise ValueError(f"exclusions: {key} names no site or season of the plan")
        for site_ in self.sites:
            if site_.start is not None and periods.get(site_.start) != "after":
                raise ValueError(
                    f"sites: {site_.id} starts in {site_.start}, which is no 'after' season of the plan"
                )
            if site_.start is not None and site_.arm != "restored":
                raise ValueError(f"sites: {site_.id} has a start but is not restored")
        reviewed = set() if self.review is None else set(self.review.taxa)
        for label in sorted(reviewed & set(self.validated)):
            raise ValueError(f"validated: {label!r} is under [review.taxa] too: what is heard counts, once")
        for primary in self.primaries:
            for label in primary.species:
                if label not in self.validated and label not in reviewed:
                    raise ValueError(
                        f"primaries: {primary.id} names {label!r}, which is not under [validated] or "
                        "[review.taxa]"
                    )
        return self

    def _check_seasons(self) -> None:
        last_end, seen_after = -(2**63), False
        for season in self.seasons:
            start, end = season.span
            if end <= start:
                raise ValueError(f"seasons: {season.id} ends before it starts")
            if start < last_end:
                raise ValueError(f"seasons: {season.id} overlaps or precedes the one before it")
            if season.period == "before" and seen_after:
                raise ValueError(f"seasons: {season.id} is 'before' but follows a season that is 'after'")
            last_end, seen_after = end, seen_after or season.period == "after"

    def canonical(self) -> dict[str, Any]:
        """The content that is hashed: everything but the freezing itself.

        What is optional and empty is left out, and so is a threshold of 0: older plans keep their hash.
        """
        content: dict[str, Any] = self.model_dump(mode="json", exclude={"frozen"})
        for table, key in (("imported", "source"), ("validated", "threshold")):
            for one in content[table].values():
                if not one[key]:
                    del one[key]
        if not content["imported"]:
            del content["imported"]
        for key in ("looks", "witness", "draw", "review"):
            if content[key] is None:
                del content[key]
        if content["spacing_m"] == SPACING_M:
            del content["spacing_m"]
        return content

    def content_bytes(self) -> bytes:
        """The canonical content as it is hashed."""
        return _text(self.canonical()).encode()

    @property
    def sha256(self) -> str:
        """Of the canonical content: what freezing fixes."""
        return _hash(self.canonical())

    def sections(self) -> dict[str, str]:
        """Hashes of the parts, so that an edit can be named."""
        content = self.canonical()
        arms = [site for site in content["sites"] if site["arm"] != "reference"]
        reference = [site for site in content["sites"] if site["arm"] == "reference"]
        parts = {
            "sites": [arms, content["selection"], content["exclusions"]],
            "reference": reference,
            "seasons": content["seasons"],
        }
        rest = {
            key: content[key] for key in content if key not in ("sites", "selection", "exclusions", "seasons")
        }
        return {name: _hash(part) for name, part in {**parts, "plan": rest}.items()}

    def freeze(self, at: str) -> Plan:
        """This plan with its hash written in; ``at`` is ISO 8601 with a zone."""
        parse_instant(at)
        mark = Frozen(sha256=self.sha256, at=at, sections=self.sections())
        mark = mark.model_copy(update={"seal": seal_of(mark)})
        return self.model_copy(update={"frozen": mark})

    def changes(self, against: Frozen | None = None) -> tuple[str, ...]:
        """The sections edited after freezing, as codes; PLAN_NOT_FROZEN where it never was.

        ``against`` is the freezing that a ledger remembers; without it, the one in the plan.
        """
        mark = against or self.frozen
        if mark is None or self.frozen is None:
            return ("PLAN_NOT_FROZEN",)
        if self.frozen.seal not in ("", seal_of(self.frozen)):
            return ("PLAN_CHANGED",)
        if mark.sha256 == self.sha256 == self.frozen.sha256:
            return ()
        now = self.sections()
        marks = (mark.sections, self.frozen.sections)
        edited = {name for one in marks for name, digest in one.items() if now.get(name) != digest}
        return ("PLAN_CHANGED", *sorted(f"{name.upper()}_CHANGED" for name in edited if name != "plan"))

    @classmethod
    def load(cls, path: Path | str) -> Plan:
        """The plan in a TOML file; errors name the file and the key."""
        try:
            content = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise ConfigurationError(
                f"The plan {path} cannot be read: {error.strerror}",
                help="Check the path, or `ecoviv plan init`",
            ) from error
        except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number of 5,000 digits
            raise ConfigurationError(f"{path} is not TOML: {error}", help="Correct that line") from error
        return cls.from_content(content, str(path))

    @classmethod
    def from_content(cls, content: dict[str, Any], origin: str) -> Plan:
        """As ``load``, from a parsed table; ``origin`` is named in errors."""
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            said = first["msg"].removeprefix("Value error, ")
            key = ".".join(str(part) for part in first["loc"])
            help_ = "Correct this key; `ecoviv plan init` prints an example"
            if first["type"] == "extra_forbidden":
                said = "this key is not known"
                help_ = "Take it out, or use the newer EcoViv that wrote it"
            raise ConfigurationError(
                f"{origin}: {key}: {said}" if key else f"{origin}: {said}", help=help_
            ) from error


def seal_of(mark: Frozen) -> str:
    """Of everything that freezing wrote but the seal itself."""
    return _hash(mark.model_dump(mode="json", exclude={"seal"}))


def _text(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _hash(content: object) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()
