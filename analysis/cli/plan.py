"""Commands of the analysis plan: ``plan init``, ``check``, ``draw``, ``power`` and ``freeze``.

Numerics load inside the commands.  Exit codes: 0 done, 3 a file to correct, 5 no data could give a class.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analysis.cli.draw import plan_draw
from analysis.cli.planned import EXPECTED, JSON, SPREAD, named_indicators, now
from analysis.cli.power import plan_power
from contract.errors import EcoVivError, UsageError
from contract.terminal import say, show, show_json

if TYPE_CHECKING:
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
    for code, said in _told(drafted, _ahead(drafted, plan, territory), EXPECTED).items():
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
    from analysis.plan.ledger import append, beside, frozen_entry, verify
    from analysis.plan.plan import Plan

    loaded = Plan.load(plan)
    named_indicators(loaded, plan)
    book = ledger or beside(plan)
    chain = verify(book)
    if not chain.intact:
        raise EcoVivError(
            f"The ledger {book} is broken at {chain.broken}", help="Restore it, or name another"
        )
    at = now()
    done = freeze(plan, at)
    append(book, "freeze", at, frozen_entry(done))
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
    from analysis.verdict.result import six_digits

    loaded = Plan.load(plan)
    named_indicators(loaded, plan)
    found, power = _ahead(loaded, plan, territory), foreseen(loaded, spread)
    counts, ground = _counts(loaded), _ground(loaded, territory)
    if as_json:
        own = {name: list(codes) for name, codes in found.primaries.items()}
        primaries = [asdict(one) | {"codes": own.get(one.id, [])} for one in power]
        content = {"plan_hash": loaded.sha256, "codes": list(found.codes), "spread": spread}
        show_json(content | counts | {"primaries": six_digits(primaries), "territory": ground}, indent=2)
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
            show(f"{code}: {said}")
        for code, sentences in ground.items():
            show(f"{code}: {'; '.join(sentences)}")
    if found.mute or "PLAN_NOT_OF_TERRITORY" in ground:
        raise typer.Exit(_CANNOT_TELL)


def _ground(plan: Plan, territory: Path | None) -> dict[str, list[str]]:
    """Code -> what the territory file says otherwise, or has beside; nothing without one."""
    from analysis.plan.ground import contradictions, left_out
    from contract.config import load_territory

    if territory is None:
        return {}
    place = load_territory(territory)
    wrong, others = contradictions(plan, place), left_out(plan, place)
    found = {"PLAN_NOT_OF_TERRITORY": list(wrong), "SITES_LEFT_OUT": list(others)}
    return {code: sentences for code, sentences in found.items() if sentences}


def _ahead(plan: Plan, path: Path, territory: Path | None) -> Ahead:
    """What the plan, its ledger once it was frozen, and the territory say before anything is measured."""
    from analysis.plan.ledger import beside, verify
    from analysis.verdict.gates.ahead import ahead
    from analysis.verdict.gates.design import plan_codes
    from analysis.verdict.outside import outside
    from contract.config import load_territory

    place = None if territory is None else load_territory(territory)
    known = set(outside(plan, verify(beside(path)), place).codes)
    if plan.frozen is None:
        known.discard("LEDGER_MISSING")
    return ahead(plan, plan_codes(plan) | known)


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
