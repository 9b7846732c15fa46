"""From a store to one HTML file: gather, say it in each language, write it at once.

1. The study is the plan's, or the calendar's where there is none.
2. ``Edition`` is the page in one language; both stand in one file, with a switch that needs
   no program and nothing from elsewhere.
3. The file is written beside its place and moved there: never half a page.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from analysis.indicators.catalogue import INDICATORS
from analysis.indicators.compute import study_of
from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.report.content import Content, absences, gather
from analysis.report.review_section import detector_head, detector_table, review_head, review_table
from analysis.report.sections import (
    Card,
    Row,
    Section,
    calendar_figure,
    cards,
    contrast_figure,
    heatmap_figure,
    series_figures,
    water_figure,
)
from analysis.report.species_section import index_figure, species_head, species_table
from analysis.report.words import answer, phrase, phrases, reason, translated
from analysis.verdict.result import Verdict
from analysis.words import Tongue, keys, typeset, words
from contract.errors import ConfigurationError
from contract.places import Territory


@dataclass(frozen=True, slots=True)
class Edition:
    """The page in one language."""

    tongue: Tongue
    say: dict[str, str]
    answer: str
    badge: str
    verdict: str
    codes: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    land_uses: tuple[tuple[str, str, str], ...]
    contrasts: Section | None
    series: tuple[Section, ...]
    supporting: tuple[Section, ...]
    """Without a picture."""
    others: tuple[Section, ...]
    absences: tuple[tuple[str, str, int], ...]
    index: Section | None
    species_head: Row
    species: tuple[Row, ...]
    review_head: Row
    review: tuple[Row, ...]
    review_note: str
    detector_head: Row
    detectors: tuple[Row, ...]
    blind: tuple[str, ...]
    hashes: tuple[tuple[str, str], ...]


def write(
    territory: Territory,
    store_url: str,
    plan: Plan | None,
    verdict: Verdict | None,
    out: Path,
    language: str,
    checked: Checked | None = None,
) -> Path:
    """As ``analysis.report.write_report``."""
    tongues: list[Tongue] = ["en", "fr"] if language == "both" else ["fr" if language == "fr" else "en"]
    if plan is not None and checked is None:
        checked = Checked.declared(plan)
    study = study_of(store_url, territory, plan, checked)
    with study.archive:
        content = gather(study)
    editions = [edition(content, store_url, plan, verdict, checked, tongue) for tongue in tongues]
    folder = files("analysis.report")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = template.from_string(folder.joinpath("page.html.jinja").read_text(encoding="utf-8")).render(
        territory=territory,
        editions=editions,
        content=content,
        style=Markup(folder.joinpath("page.css").read_text(encoding="utf-8")),
        picture=Markup,
    )
    return _replace(out, page)


def edition(
    content: Content,
    store_url: str,
    plan: Plan | None,
    verdict: Verdict | None,
    checked: Checked | None,
    tongue: Tongue,
) -> Edition:
    """Everything the page says in one language."""
    where = f"--store {_short(store_url)} --territory territory.toml"
    planned = f"{where} --plan plan.toml" if plan is not None else where
    compute, query = f"ecoviv indicators compute {planned}", f"ecoviv query {where}"
    measured = series_figures(content, tongue, compute)
    drawn = [
        heatmap_figure(content, tongue, query),
        calendar_figure(content, tongue, compute),
        water_figure(content, tongue, query),
    ]
    return Edition(
        tongue,
        phrases(tongue),
        phrase("no_verdict", tongue) if verdict is None else answer(verdict, tongue),
        "none" if verdict is None else verdict.territory,
        "" if verdict is None else words("classes", verdict.territory).in_(tongue),
        () if verdict is None else tuple((code, reason(code, tongue)) for code in verdict.codes),
        () if verdict is None else tuple(cards(verdict, tongue)),
        () if verdict is None else _land_uses(verdict, tongue),
        None if verdict is None else contrast_figure(verdict, tongue, f"ecoviv verdict {planned} --json"),
        tuple(one for one in measured if one.svg),
        tuple(one for one in measured if not one.svg),
        tuple(one for one in drawn if one is not None),
        tuple(
            (one.indicator.title.in_(tongue), why, cells)
            for one in content.computed
            for why, cells in absences(one, tongue)
        ),
        index_figure(content, tongue, f"ecoviv indicators species {planned} --json"),
        species_head(tongue),
        species_table(content, checked, tongue),
        review_head(tongue),
        review_table(content.detections, checked, tongue),
        phrase("review_none" if plan is None else "review_note", tongue),
        detector_head(tongue),
        detector_table(content.detectors, tongue),
        tuple(words("blind", key).in_(tongue) for key in keys("blind")),
        _hashes(content, plan, verdict, tongue),
    )


def _land_uses(verdict: Verdict, tongue: Tongue) -> tuple[tuple[str, str, str], ...]:
    rows, colon = [], typeset(" :", tongue) if tongue == "fr" else ":"
    for name, use in sorted(verdict.by_land_use.items()):
        said = ", ".join(
            f"{INDICATORS[one.id].title.in_(tongue) if one.id in INDICATORS else one.id}{colon}"
            f" {words('classes', one.verdict).in_(tongue)}"
            for one in use.indicators
        )
        rows.append((translated("land_uses", name, tongue), words("classes", use.verdict).in_(tongue), said))
    return tuple(rows)


def _hashes(
    content: Content, plan: Plan | None, verdict: Verdict | None, tongue: Tongue
) -> tuple[tuple[str, str], ...]:
    counts = content.counts
    rows: list[tuple[str, Any]] = [(phrase("version", tongue), version("ecoviv"))]
    if plan is not None:
        rows.append((phrase("plan_hash", tongue), plan.sha256))
    if verdict is not None:
        rows.append((phrase("data_hash", tongue), verdict.data_hash))
    rows += [
        (phrase("messages", tongue), counts.messages),
        (phrase("points", tongue), counts.points),
        (phrase("flagged", tongue), counts.flagged),
        (phrase("unreadable", tongue), counts.unreadable),
        (phrase("conflicts", tongue), counts.conflicts),
    ]
    return tuple((name, str(value)) for name, value in rows)


def _short(url: str) -> str:
    """The store's address without the folder of this machine."""
    engine, colon, place = url.rpartition(":")
    return f"{engine}{colon}{Path(place).name}" if "@" not in url and "//" not in url else f"{engine}:…"


def _replace(out: Path, page: str) -> Path:
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(page, encoding="utf-8")
        draft.replace(out)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigurationError(
            f"The report cannot be written to {out}: {error.strerror}", help="Choose another --out"
        ) from error
    return out
