"""The validation file: the list, every answer, and what follows from them, which a reader computes again.

1. ``validation`` makes its content; ``results`` is the part that anybody can compute from the rest.
2. ``read_validation`` takes a file for one plan: it draws the list again, hashes every line again, computes
   the results again, and names the first thing that differs.

What it proves is that numbers follow from answers; that people really listened, no file can show.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from analysis.plan.plan import Plan
from analysis.plan.review.curves import SHOWN, TaxonCurve
from analysis.plan.review.drawn import DrawnList, read_record
from analysis.plan.review.findings import CellPrecision, ReviewResult, findings
from analysis.plan.review.labels import Label, NotHeard
from analysis.plan.tables import Review
from contract.errors import ConfigurationError

SCHEMA = "ecoviv-validation-1"
_NEAR = 2e-6
"""What another machine may print otherwise in the sixth digit."""


@dataclass(frozen=True, slots=True)
class ValidationFile:
    """What a verdict takes: the findings, and the hash of the file that they were in."""

    findings: ReviewResult
    sha256: str
    listed: DrawnList
    """What was drawn, and of how many."""


class _Hashed(BaseModel):
    """One answer, and the hash of its line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: Label | NotHeard
    sha256: str


class ValidationContent(BaseModel):
    """The file as it lies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    list: DrawnList
    answers: tuple[_Hashed, ...]
    results: dict[str, Any]


def validation(
    listed: DrawnList, labels: Sequence[Label], unheard: Sequence[NotHeard], review: Review
) -> tuple[ReviewResult, str]:
    """The findings, and the text of the file."""
    found = findings(listed, labels, unheard, review)
    lines: list[Label | NotHeard] = [*labels, *unheard]
    content = {
        "format": SCHEMA,
        "list": listed.model_dump(mode="json"),
        "answers": [{"line": one.model_dump(mode="json"), "sha256": line_hash(one)} for one in lines],
        "results": results(found),
    }
    return found, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def line_hash(one: Label | NotHeard) -> str:
    """SHA-256 of an answer's canonical JSON."""
    text = json.dumps(one.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def results(found: ReviewResult) -> dict[str, Any]:
    """The findings as the file holds them: numbers in six digits, nothing known as null."""
    return {
        "cells": [_row(one) for one in (*found.totals, *found.cells)],
        "drift": {taxon: round(p, 6) for taxon, p in found.drift.items()},
        "unheard": {taxon: round(p, 6) for taxon, p in found.unheard.items()},
        "drifted": list(found.drifted),
        "thin": list(found.thin),
        "kappa": [{"listeners": list(pair), "kappa": _number(value)} for pair, value in found.kappa.items()],
        "erring": round(found.erring, 6),
        "curves": {taxon: _curve(one) for taxon, one in found.curves.items()},
    }


def _curve(one: TaxonCurve) -> dict[str, Any]:
    if one.curve is None:
        return {"why": one.why}
    value, low, high = one.curve.at(np.array(SHOWN))
    rows = zip(SHOWN, value.tolist(), low.tolist(), high.tolist(), strict=True)
    return {
        "n": one.curve.n,
        "intercept": round(one.curve.intercept, 6),
        "slope": round(one.curve.slope, 6),
        "threshold": one.threshold,
        "probability": [
            {"score": at, "value": round(p, 6), "low": round(down, 6), "high": round(up, 6)}
            for at, p, down, up in rows
        ],
    }


def _row(one: CellPrecision) -> dict[str, Any]:
    share = one.precision
    return {
        "taxon": one.taxon,
        "arm": one.arm,
        "period": one.period,
        "detections": one.detections,
        "drawn": one.drawn,
        "yes": one.yes,
        "no": one.no,
        "unsure": one.unsure,
        "unheard": dict(sorted(one.unheard.items())),
        "precision": _number(share.value),
        "low": _number(share.low),
        "high": _number(share.high),
        "cautious": _number(one.cautious),
        "without_clip": one.without_clip,
        "weak_bands": one.weak_bands,
    }


def _number(value: float) -> float | None:
    return round(value, 6) if value == value else None


def is_validation(path: Path) -> bool:
    """Whether a file is a validation file of this format, which may be written anew."""
    try:
        return bool(json.loads(path.read_bytes()).get("format") == SCHEMA)
    except (OSError, ValueError, AttributeError, RecursionError):
        return False


def read_validation(path: Path, plan: Plan) -> ValidationFile:
    """The findings of a file that belongs to ``plan`` and agrees with itself; else an error names the first
    thing that does not."""
    given, sha256 = read_record(ValidationContent, path, "ecoviv review result")
    if plan.review is None:
        raise ConfigurationError(
            f"{path}: the plan asks for no review",
            help="A plan with [review], frozen, names seed, rates and the precision wanted",
        )
    wrong, found = _checked(given, plan, plan.review)
    if wrong:
        raise ConfigurationError(f"{path}: {wrong}", help="Make it anew by `ecoviv review result`")
    return ValidationFile(found, sha256, given.list)


def _checked(given: ValidationContent, plan: Plan, review: Review) -> tuple[str, ReviewResult]:
    lines = [one.line for one in given.answers]
    labels = [one for one in lines if isinstance(one, Label)]
    unheard = [one for one in lines if isinstance(one, NotHeard)]
    found = findings(given.list, labels, unheard, review)
    if given.format != SCHEMA:
        return f"format: {given.format!r} is none that this version reads", found
    if problems := given.list.problems(plan):
        return f"list: {problems[0]}", found
    wanted = {one.key for one in given.list.drawn}
    seen: set[tuple[object, str]] = set()
    for number, one in enumerate(given.answers, start=1):
        who = one.line.listener if isinstance(one.line, Label) else ""
        if one.sha256 != line_hash(one.line):
            return f"answers: the {_nth(number)} was changed after it was hashed", found
        if one.line.key not in wanted:
            return f"answers: the {_nth(number)} is to a detection that is not on the list", found
        if (one.line.key, who) in seen:
            return f"answers: the {_nth(number)} is a second one of the same listener", found
        seen.add((one.line.key, who))
    return _differs("results", given.results, results(found)), found


def _nth(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in (11, 12, 13) else endings.get(number % 10, 'th')}"


def _differs(where: str, given: object, found: object) -> str:
    """The first place where what stands in the file is not what follows; empty where there is none."""
    if isinstance(given, dict) and isinstance(found, dict):
        for key in sorted({*given, *found}, key=str):
            if key not in given or key not in found:
                return f"{where}.{key} {'is missing' if key in found else 'does not belong there'}"
            if said := _differs(f"{where}.{key}", given[key], found[key]):
                return said
        return ""
    if isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        differences = (
            _differs(f"{where}.{place}", *pair) for place, pair in enumerate(zip(given, found, strict=True))
        )
        return next((said for said in differences if said), "")
    number = (int, float)
    if isinstance(given, number) and isinstance(found, number) and abs(given - found) <= _NEAR:
        return ""
    return "" if given == found else f"{where} is {given!r}, its answers give {found!r}"
