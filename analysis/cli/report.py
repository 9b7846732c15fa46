"""Commands of indicators and reports.  Numerics load inside the commands."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from contract.config import load_territory
from contract.errors import UsageError

if TYPE_CHECKING:
    from analysis.indicators.indicator import CatalogueEntry

STORE = typer.Option(..., "--store", envvar="ECOVIV_STORE", help="The store, as sqlite:store.db.")
TERRITORY = typer.Option(..., "--territory", envvar="ECOVIV_TERRITORY", help="The territory file.")
PLAN = typer.Option(None, "--plan", help="The frozen analysis plan; without it seasons are calendar years.")
AS_JSON = typer.Option(False, "--json", help="Print JSON.")


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
        _print_json([_record(one) for one in CATALOGUE.values()])
        return
    table = Table(Column("id", no_wrap=True), "class", "role", "unit", "title")
    for one in CATALOGUE.values():
        table.add_row(one.definition, one.group, one.role, one.unit, one.title.en)
    Console().print(table)


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
        _print_json(_record(one))
        return
    tongue = "fr" if language is Language.fr else "en"
    table = Table(show_header=False, title=one.title.in_(tongue), title_justify="left")
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
    for key, text in rows.items():
        table.add_row(key, text)
    Console().print(table)


def compute(
    store: str = STORE,
    territory: Path = TERRITORY,
    indicator: list[str] = typer.Option([], "--indicator", help="An id; repeat for several; default all."),
    plan: Path | None = PLAN,
    as_json: bool = AS_JSON,
    as_csv: bool = typer.Option(False, "--csv", help="Print CSV, one line a site and season."),
) -> None:
    """Compute indicators for every site and season, or species and arm; where there is none, say why.

    Example: `ecoviv indicators compute --store sqlite:store.db --territory site.toml --indicator hill-q1`
    """
    from analysis.indicators.catalogue import CATALOGUE, MODELS, entry
    from analysis.indicators.compute import compute_all, model_rows, study_of
    from analysis.plan.plan import Plan

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other", help="Choose one")
    names = [entry(name).id for name in indicator] or list(CATALOGUE)
    of_sites, fitted = [n for n in names if n not in MODELS], [n for n in names if n in MODELS]
    study = study_of(store, load_territory(territory), None if plan is None else Plan.load(plan))
    with study.archive:
        rows = [row for computed in compute_all(study, of_sites) for row in computed.rows()]
        rows += [row for name in fitted for row in model_rows(study, MODELS[name])]
    if not rows:
        Console(stderr=True).print("The store holds no season yet: nothing to compute.", markup=False)
    if as_json:
        _print_json(rows)
    elif as_csv and rows:
        names = list(dict.fromkeys(key for row in rows for key in row))
        writer = csv.DictWriter(sys.stdout, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    elif rows:
        _print_rows(rows)


def species(
    store: str = STORE, territory: Path = TERRITORY, plan: Path | None = PLAN, as_json: bool = AS_JSON
) -> None:
    """Describe each species: days heard, trend by arm, occupancy.  Never part of a verdict.

    Example: `ecoviv indicators species --store sqlite:store.db --territory site.toml --plan plan.toml`
    """
    from analysis.indicators.compute import study_of
    from analysis.indicators.species import as_rows, species_rows
    from analysis.plan.plan import Plan

    study = study_of(store, load_territory(territory), None if plan is None else Plan.load(plan))
    with study.archive:
        rows = as_rows(species_rows(study))
    if as_json:
        _print_json(rows)
    elif rows:
        table = Table("species", "arm", "before", "after", "a season", "class")
        for row in rows:
            for arm in row["arms"]:
                shares = ["" if arm[key] is None else f"{arm[key]:.0%}" for key in ("before", "after")]
                rate = "" if arm["rate"] is None else f"{arm['rate'] - 1:+.1%}"
                name = row["species"] if row["validated"] else f"{row['species']} (not validated)"
                table.add_row(name, arm["arm"], *shares, rate, arm["class"] or arm["reason"])
        Console().print(table)
    else:
        Console(stderr=True).print("No detector has listened yet.", markup=False)


def report(
    store: str = STORE,
    territory: Path = TERRITORY,
    plan: Path | None = PLAN,
    out: Path = typer.Option(Path("report.html"), "--out", help="The HTML file to write."),
    language: Language = typer.Option(Language.both, "--language", help="en, fr, or both with a switch."),
    as_json: bool = AS_JSON,
) -> None:
    """Write the report, with a verdict if a plan is given.

    Example: `ecoviv report --store sqlite:store.db --territory site.toml --plan plan.toml`
    """
    from analysis.indicators.compute import panels
    from analysis.plan.ledger import beside, first_frozen, verify
    from analysis.plan.plan import Plan
    from analysis.report import write_report
    from analysis.verdict.rule import judge

    place = load_territory(territory)
    frozen, verdict = None, None
    if plan is not None:
        frozen, chain = Plan.load(plan), verify(beside(plan))
        verdict = judge(
            frozen,
            panels(frozen, store, place, origin=str(plan)),
            ledger_intact=chain.intact,
            first_frozen=first_frozen(chain, frozen),
        )
    written = write_report(place, store, frozen, verdict, out, language.value)
    if as_json:
        _print_json({"report": str(written), "territory": None if verdict is None else verdict.territory})
    else:
        typer.echo(str(written))


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
    console = Console()
    names = ("indicator", "site or species", "arm", "season", "value", "unit", "effort min or interval")
    table = Table(*(Column(name, overflow="fold") for name in names))
    absent: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["value"] is None:
            absent[row["indicator"], row["reason"]] += 1
            continue
        cells = [row["indicator"], row.get("site") or row.get("species", ""), row["arm"], row["season"]]
        table.add_row(*cells, f"{row['value']:.4g}", row["unit"], _beside(row))
    if table.row_count:
        console.print(table)
    if absent:
        lacking = Table("indicator", "no value, because", "how many")
        for (name, reason), count in absent.items():
            lacking.add_row(name, reason, str(count))
        console.print(lacking)


def _beside(row: dict[str, Any]) -> str:
    """Effort of a site and season; interval and class of a model's value, where it has one."""
    if "effort_min" in row:
        return f"{row['effort_min']:.0f}"
    interval = "" if row["low"] is None else f"{row['low']:.3g} … {row['high']:.3g}"
    return f"{interval} {row['class']}".strip()


def _print_json(content: object) -> None:
    json.dump(content, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
