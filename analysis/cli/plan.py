"""Commands of the analysis plan: ``plan init``, ``check``, ``draw``, ``power``, ``freeze`` and ``witness``.

Numerics load inside the commands.  Exit codes: 0 done, 3 a file to correct, 5 no data could give a class.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from analysis.cli.draw import plan_draw
from analysis.cli.planned import EXPECTED, JSON, SPREAD, named_indicators, now
from analysis.cli.power import plan_power
from analysis.cli.witness import plan_witness
from contract.errors import UsageError
from contract.terminal import say, show, show_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from analysis.plan.plan import Plan
    from analysis.verdict.gates.ahead import Ahead

LEDGER = typer.Option(
    None, "--ledger", help="The verdict ledger; default: PLAN with the ending .ledger.jsonl."
)
_CANNOT_TELL = 5


def register(app: typer.Typer) -> None:
    """Mount ``plan``."""
    plan = typer.Typer(
        no_args_is_help=True, help="The analysis plan: fixed and hashed before the answer is known."
    )
    plan.command("init")(plan_init)
    plan.command("freeze")(plan_freeze)
    plan.command("check")(plan_check)
    plan.command("draw")(plan_draw)
    plan.command("power")(plan_power)
    plan.command("witness")(plan_witness)
    app.add_typer(plan, name="plan")


def plan_init(
    plan: Path = typer.Argument(..., help="The file to write."),
    territory: Path | None = typer.Option(
        None, "--territory", help="Take sites, seasons and indicators from this territory file."
    ),
    species: Path | None = typer.Option(
        None, "--species", help="Take the [validated] species from this plan or TOML file."
    ),
) -> None:
    """Write a first plan to be corrected, and say what it still lacks.

    Example: `ecoviv plan init plan.toml --territory territory.toml`
    """
    from analysis.plan.ahead.draft import draft, read_validated
    from analysis.plan.file import whole_write
    from analysis.plan.plan import Plan
    from contract.config import load_territory

    if plan.exists():
        raise UsageError(f"{plan} is there already", help="Choose another name")
    validated = {} if species is None else read_validated(species)
    whole_write(plan, draft(None if territory is None else load_territory(territory), validated))
    drafted = Plan.load(plan)
    found = _ahead(drafted, _known(drafted, plan, territory))
    for code, said in _told(drafted, found, EXPECTED).items():
        say(f"{code}: {said}")
    show(str(plan))


def plan_freeze(
    plan: Path = typer.Argument(..., help="The plan to freeze; its hash is appended to it."),
    ledger: Path | None = LEDGER,
) -> None:
    """Freeze a plan: its hash goes into the file and into the ledger.

    Example: `ecoviv plan freeze plan.toml`
    """
    from analysis.plan.file import freeze
    from analysis.plan.ledger import append, beside, frozen_entry, intact, refuse_another
    from analysis.plan.plan import Plan

    loaded = Plan.load(plan)
    named_indicators(loaded, plan)
    book = ledger or beside(plan)
    refuse_another(intact(book), loaded, plan, book, territories=True)
    at = now()
    done = freeze(plan, at)
    append(book, "freeze", at, frozen_entry(done, plan.name))
    for name in loaded.imported:
        say(f"{name} will come from a table: give it to the verdict by --panels.")
    show(done.sha256)


def plan_check(
    plan: Path = typer.Argument(..., help="The plan to check."),
    spread: float = SPREAD,
    territory: Path | None = typer.Option(
        None, "--territory", help="Whether arms, land uses and dates are those of this territory file."
    ),
    as_json: bool = JSON,
) -> None:
    """Check a plan by every gate that needs no data; exit code 5: no data could give a class.

    Example: `ecoviv plan check plan.toml --spread 0.32`
    """
    from dataclasses import asdict

    from analysis.plan.plan import Plan
    from analysis.plan.power import foreseen
    from analysis.verdict.details import known_details
    from analysis.verdict.gates.spacing import spacing_codes
    from analysis.verdict.result import six_digits

    loaded = Plan.load(plan)
    named_indicators(loaded, plan)
    known = _known(loaded, plan, territory)
    found, power, counts = _ahead(loaded, known), foreseen(loaded, spread), _counts(loaded)
    about = known_details({**spacing_codes(loaded), **known})
    if as_json:
        own = {name: list(codes) for name, codes in found.primaries.items()}
        primaries = [asdict(one) | {"codes": own.get(one.id, [])} for one in power]
        content = {"plan_hash": loaded.sha256, "codes": list(found.codes), "spread": spread}
        show_json(content | counts | {"primaries": six_digits(primaries), "details": about}, indent=2)
    else:
        show(
            f"{loaded.sha256}  {counts['restored']} restored, {counts['control']} control sites; "
            f"{counts['before']} seasons before, {counts['after']} after"
        )
        for one in power:
            reach = (
                "nothing" if one.mde is None else f"{one.mde:.2f}, power {one.power:.2f} for {one.target:.2f}"
            )
            codes = " ".join(("", *found.primaries.get(one.id, ())))
            show(f"{one.id}: could find {reach}; {one.target:.2f} needs {one.sites} sites an arm{codes}")
        for code, said in _told(loaded, found, spread).items():
            show(f"{code}: {said}" + (f" ({about[code]['what']})" if code in about else ""))
    if found.mute:
        raise typer.Exit(_CANNOT_TELL)


def _known(plan: Plan, path: Path, territory: Path | None) -> Mapping[str, Mapping[str, Any]]:
    """Code -> what it is about: what the ledger, once the plan was frozen, and the territory file say."""
    from analysis.plan.ledger import beside, readable, refuse_another
    from analysis.plan.witness import witness_codes
    from analysis.verdict.outside import outside
    from contract.config import load_territory

    place = None if territory is None else load_territory(territory)
    chain = readable(beside(path), named=False)
    seen = witness_codes(plan, path) if plan.frozen else {}
    refuse_another(chain, plan, path, beside(path))
    found = outside(plan, chain, place, seen).codes
    return {code: about for code, about in found.items() if plan.frozen or code != "LEDGER_MISSING"}


def _ahead(plan: Plan, known: Collection[str]) -> Ahead:
    """What the plan will be told whatever is measured."""
    from analysis.verdict.gates.ahead import ahead
    from analysis.verdict.gates.design import plan_codes

    return ahead(plan, plan_codes(plan) | set(known))


def _told(plan: Plan, found: Ahead, spread: float) -> dict[str, str]:
    """Each code that needs no data, with its number and its next step."""
    from analysis.verdict.figures import foreseen_figures
    from analysis.words.advice import explained

    numbers = foreseen_figures(plan, spread)
    return {code: explained(code, numbers).en for code in found.codes}


def _counts(plan: Plan) -> dict[str, int]:
    arms = [site.arm for site in plan.sites if site.id not in plan.exclusions]
    periods = [season.period for season in plan.seasons]
    counted = {name: arms.count(name) for name in ("restored", "control")}
    return counted | {name: periods.count(name) for name in ("before", "after")}
