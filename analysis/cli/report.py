"""Commands of indicators and reports.  Numerics load inside the commands."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from analysis.cli.planned import checked_by, known_beside
from contract.config import load_territory
from contract.errors import UsageError
from contract.nearby import FOUND, find_both
from contract.terminal import Column, cell, say, show, show_json, show_table

if TYPE_CHECKING:
    from analysis.indicators.indicator import CatalogueEntry

STORE = typer.Option(None, "--store", envvar="ECOVIV_STORE", help=f"The store, as sqlite:store.db; {FOUND}")
TERRITORY = typer.Option(None, "--territory", envvar="ECOVIV_TERRITORY", help=f"The territory file; {FOUND}")
PLAN = typer.Option(None, "--plan", help="The frozen analysis plan; without it seasons are calendar years.")
VALIDATION = typer.Option(
    None, "--validation", help="What people who listened found: the file of `ecoviv review result`."
)
AS_JSON = typer.Option(False, "--json", help="Print JSON.")

_CATALOGUE = (
    Column("id"),
    Column("class", drop=2),
    Column("role", drop=3),
    Column("unit", drop=3),
    Column("title", drop=1, prose=True),
)
_VALUES = (
    Column("indicator"),
    Column("site or species"),
    Column("arm", drop=3),
    Column("season", drop=1),
    Column("value", right=True),
    Column("unit", drop=2),
    Column("effort min or interval", drop=3),
)
_ABSENCES = (Column("indicator"), Column("no value, because", prose=True), Column("how many", right=True))
_SPECIES = (
    Column("species"),
    Column("arm"),
    Column("before", drop=2, right=True),
    Column("after", drop=2, right=True),
    Column("a season", right=True),
    Column("class", drop=1, prose=True),
)


class Language(StrEnum):
    """The page's language."""

    en = "en"
    fr = "fr"
    both = "both"


def register(app: typer.Typer) -> None:
    """Mount the commands."""
    indicators = typer.Typer(no_args_is_help=True, help="What is computed, from what, and what it means.")
    indicators.command("list")(list_all)
    indicators.command("explain")(explain)
    indicators.command("compute")(compute)
    indicators.command("species")(species)
    app.add_typer(indicators, name="indicators")
    app.command("report")(report)


def list_all(as_json: bool = AS_JSON) -> None:
    """List the catalogue.

    Example: `ecoviv indicators list`
    """
    from analysis.indicators.catalogue import CATALOGUE

    if as_json:
        show_json([_record(one) for one in CATALOGUE.values()])
        return
    rows = [(one.definition, one.group, one.role, one.unit, one.title.en) for one in CATALOGUE.values()]
    show_table(_CATALOGUE, rows)


def explain(
    name: str = typer.Argument(..., help="An indicator's id."),
    language: Language = typer.Option(Language.en, "--language", help="en or fr."),
    as_json: bool = AS_JSON,
) -> None:
    """Say what an indicator is, what it needs and what it does not mean.

    Example: `ecoviv indicators explain hill-q1`
    """
    from analysis.indicators.catalogue import entry

    one = entry(name)
    if as_json:
        show_json(_record(one))
        return
    tongue = "fr" if language is Language.fr else "en"
    rows = {
        "id": one.definition,
        "class": f"{one.group}, {one.role}",
        "meaning": one.meaning.in_(tongue),
        "not": one.not_meaning.in_(tongue),
        "unit": f"{one.unit}; statistics on the {one.scale} scale",
        "better": "higher" if one.polarity > 0 else "lower",
        "inputs": ", ".join(one.inputs),
        "least data": one.least.in_(tongue),
        "taxa": one.taxa_said.in_(tongue),
        "source": one.citation,
    }
    show_table((Column(""), Column("", prose=True)), list(rows.items()), title=one.title.in_(tongue))


def compute(
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    indicator: list[str] = typer.Option([], "--indicator", help="An id; repeat for several; default all."),
    plan: Path | None = PLAN,
    as_json: bool = AS_JSON,
    as_csv: bool = typer.Option(False, "--csv", help="Print CSV, one line a site and season."),
) -> None:
    """Compute indicators for every site and season, or species and arm; where there is none, say why.

    Example: `ecoviv indicators compute --indicator hill-q1`
    """
    from analysis.indicators.catalogue import CATALOGUE, MODELS, entry
    from analysis.indicators.compute import compute_all, model_rows, study_of
    from analysis.plan.plan import Plan

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other", help="Choose one")
    names = [entry(name).id for name in indicator] or list(CATALOGUE)
    of_sites, fitted = [n for n in names if n not in MODELS], [n for n in names if n in MODELS]
    file, url = find_both(territory, store)
    asked = None if plan is None else Plan.load(plan)
    study = study_of(url, load_territory(file), asked)
    with study.archive:
        done = compute_all(study, of_sites, asked)
        rows = [row for computed in done for row in (computed.table() if as_csv else computed.rows())]
        rows += [row for name in fitted for row in model_rows(study, MODELS[name])]
    if not rows:
        say("The store holds no season yet: nothing to compute.")
    if as_json:
        show_json(rows)
    elif as_csv and rows:
        names = list(dict.fromkeys(key for row in rows for key in row))
        writer = csv.DictWriter(sys.stdout, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    elif rows:
        _print_rows(rows)


def species(
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    plan: Path | None = PLAN,
    as_json: bool = AS_JSON,
) -> None:
    """Describe each species: days heard, trend by arm, occupancy.  Never part of a verdict.

    Example: `ecoviv indicators species --plan plan.toml`
    """
    from analysis.indicators.compute import study_of
    from analysis.indicators.species import as_rows, species_rows
    from analysis.plan.plan import Plan

    file, url = find_both(territory, store)
    study = study_of(url, load_territory(file), None if plan is None else Plan.load(plan))
    with study.archive:
        rows = as_rows(species_rows(study))
    if as_json:
        show_json(rows)
    elif rows:
        show_table(_SPECIES, [_arm_row(row, arm) for row in rows for arm in row["arms"]])
    else:
        say("No detector has listened yet.")


def report(
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    plan: Path | None = PLAN,
    validation: Path | None = VALIDATION,
    out: Path = typer.Option(Path("report.html"), "--out", help="The HTML file to write."),
    language: Language = typer.Option(Language.both, "--language", help="en, fr, or both with a switch."),
    as_json: bool = AS_JSON,
) -> None:
    """Write the report, with a verdict if a plan is given.

    Example: `ecoviv report --plan plan.toml`
    """
    from analysis.indicators.compute import panels
    from analysis.plan.ledger import beside, readable, refuse_another
    from analysis.plan.plan import Plan
    from analysis.report import write_report
    from analysis.verdict.rule import judge

    file, url = find_both(territory, store)
    place = load_territory(file)
    frozen, verdict, checked = None, None, None
    if plan is not None:
        frozen, chain = Plan.load(plan), readable(beside(plan), named=False)
        refuse_another(chain, frozen, plan, beside(plan))
        checked = checked_by(frozen, validation, url)
        wide = partial(panels, store_url=url, territory=place, origin=str(plan), checked=checked)
        known = known_beside(frozen, plan, chain, place, checked, wide)
        rows = panels(frozen, url, place, origin=str(plan), checked=checked)
        verdict = judge(frozen, rows, known=known)
    written = write_report(place, url, frozen, verdict, out, language.value, checked)
    if as_json:
        show_json({"report": str(written), "territory": None if verdict is None else verdict.territory})
    else:
        show(str(written))


def _record(one: CatalogueEntry) -> dict[str, Any]:
    names = (
        "id",
        "version",
        "role",
        "unit",
        "scale",
        "polarity",
        "inputs",
    )
    words = {"title": one.title, "meaning": one.meaning, "not_meaning": one.not_meaning}
    return (
        {"class": one.group}
        | {name: getattr(one, name) for name in names}
        | {"least": one.least.en, "taxa": one.taxa_said.en, "citation": one.citation}
        | {f"{name}_{tongue}": text.in_(tongue) for name, text in words.items() for tongue in ("en", "fr")}
    )


def _print_rows(rows: list[dict[str, Any]]) -> None:
    """Values one a line; absences by indicator and reason, with how many sites and seasons."""
    present = []
    absent: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["value"] is None:
            absent[row["indicator"], row["reason"]] += 1
            continue
        cells = [row["indicator"], row.get("site") or row.get("species", ""), row["arm"], row["season"]]
        present.append([*cells, f"{row['value']:.4g}", row["unit"], _beside(row)])
    if present:
        show_table(_VALUES, present)
    if absent:
        show_table(_ABSENCES, [(*key, count) for key, count in absent.items()])


def _arm_row(row: dict[str, Any], arm: dict[str, Any]) -> tuple[str, ...]:
    """A species in one arm: share of days before and after, change a season, class or reason."""
    shares = ("" if arm[key] is None else f"{arm[key]:.0%}" for key in ("before", "after"))
    rate = "" if arm["rate"] is None else f"{arm['rate'] - 1:+.1%}"
    name = row["species"] if row["validated"] else f"{row['species']} (not validated)"
    return (name, arm["arm"], *shares, rate, arm["class"] or arm["reason"])


def _beside(row: dict[str, Any]) -> str:
    """Effort of a site and season; interval and class of a model's value, where it has one."""
    if "effort_min" in row:
        return f"{row['effort_min']:.0f}"
    interval = "" if row["low"] is None else f"{row['low']:.3g} … {row['high']:.3g}"
    return f"{interval} {row['class']}".strip()
