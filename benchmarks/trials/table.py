"""From records to the table: each line has a figure, its bound and whether it holds.

Bounds on counts are 99.9 % binomial bounds, so that they scale with the number of territories:
73 of 2,000 for 2.5 %, 131 of 2,000 for 5 %.  Bounds on power, coverage and sabotage get that allowance
only below the size of the full run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, norm

from benchmarks.trials.looks import FAMILIES as LOOKED
from benchmarks.trials.trials import PRIMARIES, Record

Records = Mapping[tuple[str, str], Sequence[Record]]
_SURE = 0.999
_PLAIN = ("recovering", "eroding", "mixed")
_WORDS = (*_PLAIN, "recovering-if-parallel", "eroding-if-parallel")
_POWERS = {
    "8 v 8, +50 %, 3 before": {"one primary is found": 0.80},
    "20 v 20, +30 %, 3 before": {
        "drawn arms": 0.78,
        "matched arms, either word": 0.78,
        "matched arms, plain": 0.30,
    },
    "20 v 20, +30 %, 5 before": {"matched arms, either word": 0.78, "matched arms, plain": 0.50},
    "20 v 20, +30 %, 8 before": {"matched arms, either word": 0.78, "matched arms, plain": 0.65},
}
"""Least shares under true effects; that of 8 v 8 is below the .85 of a noncentral t with 14 degrees of
freedom."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the table; ``holds`` is None where there is no bound."""

    section: str
    family: str
    figure: str
    value: str
    bound: str
    holds: bool | None


def at_most(n: int, share: float) -> int:
    return int(binom.ppf(_SURE, n, share))


def at_least(n: int, share: float) -> int:
    return int(binom.ppf(1 - _SURE, n, share))


def _upper(section: str, family: str, figure: str, count: int, n: int, share: float, exact: int = 0) -> Line:
    """At most ``share``; from ``exact`` territories on (if not 0) without allowance for chance."""
    most = int(share * n) if exact and n >= exact else at_most(n, share)
    return Line(section, family, figure, f"{count} of {n}", f"≤ {most}", count <= most)


def _lower(section: str, family: str, figure: str, count: int, n: int, share: float, exact: int) -> Line:
    """At least ``share``; from ``exact`` territories on without allowance for chance."""
    if n >= exact:
        return Line(section, family, figure, f"{count / n:.3f} of {n}", f"≥ {share}", count >= share * n)
    least = at_least(n, share)
    bound = f"≥ {share} ({least / n:.3f} by chance)"
    return Line(section, family, figure, f"{count / n:.3f} of {n}", bound, count >= least)


def table(records: Records) -> list[Line]:
    """Every line, in the order of the sections."""
    out: list[Line] = []
    for (section, family), rows in records.items():
        if rows:
            out += _SECTIONS[section](section, family, rows) if section in _SECTIONS else []
    return out + _pooled_coverage(records) + _clean(records) + _detectable(records)


def _no_effect(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    n = len(rows)
    counts = [sum(row["classes"][k] == "recovering" for row in rows) for k in range(PRIMARIES)]
    wrong = sum(row["territory"] in _WORDS for row in rows)
    if section == "ungated" or "shocks" in family:
        share = sum(bool(row["gates"]) for row in rows) / n
        name = "wrong territory verdicts"
        return [
            Line(section, family, name, f"{wrong} of {n}", "reported", None),
            Line(section, family, "a gate fires", f"{share:.3f}", "reported", None),
        ]
    return [
        _upper(section, family, "false recovering, worst indicator", max(counts), n, 0.025),
        _upper(section, family, "wrong territory verdicts", wrong, n, 0.05),
    ]


def _margin(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    counts = [sum(row["classes"][k] == "stable" for row in rows) for k in range(PRIMARIES)]
    return [_upper(section, family, "false stable, worst indicator", max(counts), len(rows), 0.05)]


def _coverage(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    n, inside = len(rows), sum(row["covers"] for row in rows)
    few = "4 v 4" in family
    if few or n >= 10_000:
        low, high = 0.94, 1.0 if few else 0.965
        bound = "≥ 0.94, few arrangements" if few else "0.94 to 0.965"
    else:
        low, high = at_least(n, 0.94) / n, at_most(n, 0.965) / n
        bound = f"0.94 to 0.965 ({low:.4f} to {high:.4f} by chance)"
    holds = low * n <= inside <= high * n
    return [Line(section, family, "95 % interval holds the truth", f"{inside / n:.4f} of {n}", bound, holds)]


def _pooled_coverage(records: Records) -> list[Line]:
    """All designs with at least 250 arrangements together."""
    rows = [
        row
        for (section, family), each in records.items()
        if section == "coverage" and "4 v 4" not in family
        for row in each
    ]
    return _coverage("coverage", "all with ≥ 250 arrangements", rows) if rows else []


def _power(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    n = len(rows)
    better, recovering = (sum(row[key] for row in rows) for key in ("better", "recovering"))
    whole = sum(row["territory"] == "recovering" for row in rows)
    return [
        _lower(section, family, "θ > 0, one primary", better, n, 0.86, 2_000),
        _lower(section, family, "recovering, one primary", recovering, n, 0.83, 2_000),
        _lower(section, family, "territory recovers, four primaries", whole, n, 0.80, 2_000),
    ]


def _words(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    """How often each word is said of a true effect."""
    n = len(rows)
    counts = {
        "one primary is found": sum(row["better"] for row in rows),
        "drawn arms": sum(row["drawn"] == "recovering" for row in rows),
        "matched arms, either word": sum(row["territory"].startswith("recovering") for row in rows),
        "matched arms, plain": sum(row["territory"] == "recovering" for row in rows),
    }
    bounds = _POWERS.get(family, {})
    return [
        _lower(section, family, figure, count, n, bounds[figure], 2_000)
        if figure in bounds
        else Line(section, family, figure, f"{count / n:.3f} of {n}", "reported", None)
        for figure, count in counts.items()
    ]


def _assumption(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    """Wrong words where the rule's assumptions break; the extreme site must be named."""
    n = len(rows)
    missed = sum(row["missed"] for row in rows) / max(1, sum(row["tested"] for row in rows))
    lines = [Line(section, family, "intervals that miss the truth", f"{missed:.3f}", "reported", None)]
    if family.startswith("one site"):
        named = sum("INFLUENTIAL_SITE" in row["codes"] for row in rows)
        return [_lower(section, family, "the site is named", named, n, 0.95, 2_000), *lines]
    plain = sum(row["territory"] in _PLAIN for row in rows)
    either = sum(row["territory"] in _WORDS for row in rows)
    lines.append(_upper(section, family, "wrong plain words", plain, n, 0.05))
    if family.startswith("diverging"):
        share = f"{either} of {n}"
        return [*lines, Line(section, family, "wrong words, conditional ones too", share, "reported", None)]
    lines.append(_upper(section, family, "wrong words, conditional ones too", either, n, 0.05))
    if family.startswith("staggered"):
        found = sum(row["any_p"] for row in rows)
        lines.append(_upper(section, family, "any adjusted p up to .05", found, n, 0.05))
    return lines


def _looks(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    """How often any of several looks speaks; bounded where nothing happened and looks share alpha."""
    n, bound = len(rows), next(one.bound for one in LOOKED if one.name == family)
    counts = {"any adjusted p up to .05, any look": sum(row["any"] for row in rows)}
    counts |= {"at the last look": sum(row["last"] for row in rows)}
    first, *others = (
        Line(section, family, figure, f"{count} of {n}", "reported", None) for figure, count in counts.items()
    )
    if bound is not None:
        first = _upper(section, family, first.figure, counts[first.figure], n, bound)
    return [first, *others]


def _sabotage(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    n = len(rows)
    bare, full, code = (sum(row[key] for row in rows) for key in ("ungated", "gated", "code"))
    return [
        _lower(section, family, "ungated says recovering", bare, n, 0.80, 200),
        _upper(section, family, "gated says recovering", full, n, 0.01, 200),
        _lower(section, family, "the right code", code, n, 0.95, 200),
    ]


def _hours(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    """Wrong words where hours or days of listening differ, and the code that must come or must not."""
    n = len(rows)
    plain = sum(row["territory"] in _PLAIN for row in rows)
    either = sum(row["territory"] in _WORDS for row in rows)
    lines = [
        _upper(section, family, "wrong plain words", plain, n, 0.025),
        _upper(section, family, "wrong words, conditional ones too", either, n, 0.05),
    ]
    if rows[0]["expected"]:
        said = sum(row["code"] for row in rows)
        return [*lines, _lower(section, family, "the right code", said, n, 0.95, 60)]
    unequal = sum(bool(row["unequal"]) for row in rows)
    return [*lines, _upper(section, family, "unequal hours or weather said", unequal, n, 0.02)]


def _heard(section: str, family: str, rows: Sequence[Record]) -> list[Line]:
    """As ``_no_effect``, and how often hours or weather are called unequal where they are alike."""
    unequal = sum(bool({"UNEQUAL_SCHEDULE", "UNEQUAL_WEATHER"} & set(row["gates"])) for row in rows)
    said = _upper(section, family, "unequal hours or weather said", unequal, len(rows), 0.02)
    return [*_no_effect(section, family, rows), said]


_SECTIONS = {
    "no effect": _no_effect,
    "ungated": _no_effect,
    "detections": _heard,
    "hours": _hours,
    "margin": _margin,
    "coverage": _coverage,
    "power": _power,
    "words": _words,
    "assumption": _assumption,
    "sabotage": _sabotage,
    "looks": _looks,
}


def _clean(records: Records) -> list[Line]:
    """How often any gate fires on a clean territory, and in which family most."""
    rows = {
        family: rows
        for (section, family), rows in records.items()
        if section == "no effect" and "shocks" not in family and rows
    }
    lines = []
    for family, each in rows.items():
        fired = sum(bool(row["gates"]) for row in each)
        lines.append(_upper("clean", family, "any gate fires", fired, len(each), 0.05))
    return lines


def printed_median(rows: Sequence[Record]) -> float:
    """The median minimum detectable effect that was printed."""
    return float(np.median([row["mde"] for row in rows if row["mde"] is not None]))


def _detectable(records: Records) -> list[Line]:
    """The printed minimum detectable effect against the one that simulation finds."""
    lines = []
    for (section, family), rows in records.items():
        if section != "printed" or not rows:
            continue
        said = printed_median(rows)
        shares = [
            (float(name.partition(" @ ")[2]), sum(row["found"] for row in found) / len(found))
            for (kind, name), found in records.items()
            if kind == "reached" and found and name.startswith(f"{family} @ ")
        ]
        if len(shares) < 3:
            continue
        effects, found = (np.array(column) for column in zip(*sorted(shares), strict=True))
        slope, level = np.polyfit(effects, norm.ppf(np.clip(found, 0.01, 0.99)), 1)
        true = (norm.ppf(0.8) - level) / slope
        few = "4 v 4" in family
        allowed = 0.10 if len(rows) >= 200 else 0.15
        lines.append(
            Line(
                "detectable",
                family,
                "printed / simulated MDE",
                f"{said:.3f} / {true:.3f} = {said / true:.2f}",
                "reported" if few else f"{1 - allowed:.2f} to {1 + allowed:.2f}",
                None if few else bool(abs(said / true - 1) <= allowed),
            )
        )
    return lines
