"""What a code is about here: the columns, the sites that earned it; code -> what, in the verdict's JSON.

Only what was said is explained: under an older rule, nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.stats.permutation import Design
from analysis.verdict.evidence import Evidence
from analysis.verdict.gates.copies import copied_pairs, suspected_pairs
from analysis.verdict.gates.provenance import provenance_details
from analysis.verdict.gates.schedule import when_details
from analysis.words import Words, words

Details = Mapping[str, Mapping[str, Any]]
_SHOWN = 10
"""Pairs of sites that are listed; more are only counted."""


def indicator_details(one: Evidence | None, codes: Iterable[str], design: Design) -> Details:
    """Of the codes of one indicator: ``columns`` without provenance, ``sites`` that look like copies, and
    ``share`` or ``by``: how far hours or weather of the arms differ."""
    said = set(codes)
    if one is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    if said & {"PROVENANCE_UNKNOWN", "NOT_EXAMINED"}:
        found = {
            code: {"columns": names}
            for code, names in provenance_details(one, design).items()
            if code in said
        }
    found |= {code: about for code, about in when_details(one, design).items() if code in said}
    if "COPY_SUSPECTED" in said:
        found["COPY_SUSPECTED"] = _pairs(suspected_pairs(one))
    return _with_words(found)


def territory_details(evidence: Sequence[Evidence], codes: Iterable[str]) -> Details:
    """Of the codes of the territory: ``sites`` that are copies of each other."""
    return _with_words({"COPIED_DATA": _pairs(copied_pairs(evidence))} if "COPIED_DATA" in codes else {})


def known_details(found: Mapping[str, Mapping[str, Any]]) -> Details:
    """Of what the plan's places, its ledger and the territory say: the sites or sentences, in a phrase."""
    return {code: {**about, "what": _phrase(about)} for code, about in found.items() if about}


def _phrase(about: Mapping[str, Any]) -> str:
    if "why" in about:
        return str(about["why"])
    if "contradictions" in about:
        return "; ".join(about["contradictions"])
    if "taxa" in about:
        return ", ".join(about["taxa"])
    if "places" in about:
        return f"{about['sites']} sites, {about['places']} places"
    if "pairs" in about:
        return ", ".join(" = ".join(pair) for pair in about["pairs"])
    return ", ".join(about["sites"]) + (_kept_in(about["kept_in"]) if "kept_in" in about else "")


def _kept_in(found: Mapping[str, Any]) -> str:
    """Class and contrasts with the sites that were left out."""
    parts = [found["class"]]
    for name, one in found["indicators"].items():
        if one["estimate"] is None:
            parts.append(f"{name} {one['class']}")
        else:
            interval = f"{one['estimate']:+.2f} ({one['low']:+.2f} to {one['high']:+.2f})"
            parts.append(f"{name} {one['class']} {interval}, {one['n_restored']} v {one['n_control']}")
    return f"; kept in: {'; '.join(parts)}"


def what(code: str, details: Mapping[str, Any]) -> Words:
    """The details of a code in one phrase, in both languages."""
    if "columns" in details:
        names = [words("columns", name) for name in details["columns"]]
        return Words(", ".join(one.en for one in names), ", ".join(one.fr for one in names))
    if code in ("UNEQUAL_SCHEDULE", "UNEQUAL_WEATHER"):
        return words("numbers", code, **when_figures(details))
    pairs = ", ".join(" = ".join(pair) for pair in details["sites"])
    more = details["pairs"] - len(details["sites"])
    return Words(*(f"{pairs} (+ {more})" if more else pairs for _ in range(2)))


def when_figures(details: Mapping[str, Any]) -> dict[str, object]:
    """The figures of a sentence on unequal hours or weather."""
    if "share" in details:
        return {"percent": f"{100 * details['share']:.0f}"}
    return {"by": f"{details['by']:+.2f}", "quantity": details["quantity"]}


def _pairs(found: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {"sites": [list(pair) for pair in found[:_SHOWN]], "pairs": len(found)}


def _with_words(found: Mapping[str, dict[str, Any]]) -> Details:
    return {code: {**details, "what": what(code, details).en} for code, details in found.items()}
