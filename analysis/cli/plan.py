"""Commands of the analysis plan: ``plan init``, ``check``, ``power`` and ``freeze``.

Numerics load inside the commands.  Exit codes: 0 done, 3 a file to correct, 5 no data could give a class.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from contract.errors import ConfigurationError, EcoVivError, UsageError
from contract.instant import SECOND, SystemClock, format_instant
from contract.terminal import say, show, show_json

if TYPE_CHECKING:
    from analysis.plan.plan import Plan

LEDGER = typer.Option(
    None, "--ledger", help="The verdict ledger; default: PLAN with the ending .ledger.jsonl."
)
JSON = typer.Option(False, "--json", help="Print JSON.")
_CANNOT_TELL = 5


def register(app: typer.Typer) -> None:
    """Mount ``plan``."""
    plan = typer.Typer(
        no_args_is_help=True, help="The analysis plan: fixed and hashed before the answer is known."
    )
    plan.command("init")(plan_init)
    plan.command("freeze")(plan_freeze)
    plan.command("check")(plan_check)
    app.add_typer(plan, name="plan")


def plan_init(
    plan: Path = typer.Argument(..., help="The file to write."),
    territory: Path | None = typer.Option(
        None, "--territory", help="Take the sites from this territory file."
    ),
) -> None:
    """Write a first plan to be corrected.

    Example: `ecoviv plan init plan.toml --territory territory.toml`
    """
    from analysis.plan.file import draft, whole_write
    from contract.config import load_territory

    if plan.exists():
        raise UsageError(f"{plan} is there already", help="Choose another name")
    whole_write(plan, draft(None if territory is None else load_territory(territory)))
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
    _named_indicators(loaded, plan)
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
    spread: float = typer.Option(
        0.25,
        "--spread",
        min=1e-6,
        help="Expected standard deviation of site changes, on the indicators' scale.",
    ),
    as_json: bool = JSON,
) -> None:
    """Check a plan: keys, indicators, design, edits after freezing, and what its sites could find.

    Example: `ecoviv plan check plan.toml --spread 0.32`
    """
    from dataclasses import asdict

    from analysis.plan.plan import Plan
    from analysis.plan.power import foreseen
    from analysis.plan.roster import Roster
    from analysis.verdict.gates.design import design_codes
    from analysis.verdict.result import six_digits
    from analysis.words import words
    from analysis.words.codes import in_order, stops

    loaded = Plan.load(plan)
    _named_indicators(loaded, plan)
    roster = Roster.of(loaded)
    codes = in_order({*design_codes(loaded, roster), *loaded.changes()})
    ahead = foreseen(loaded, spread)
    if as_json:
        primaries = six_digits([asdict(one) for one in ahead])
        content = {"plan_hash": loaded.sha256, "codes": list(codes), "spread": spread, "primaries": primaries}
        show_json(content, indent=2)
    else:
        restored = int(roster.design.restored.sum())
        show(f"{loaded.sha256}  {restored} restored, {len(roster.sites) - restored} control sites")
        for one in ahead:
            found = (
                "nothing" if one.mde is None else f"{one.mde:.2f}, power {one.power:.2f} for {one.target:.2f}"
            )
            show(f"{one.id}: could find {found}; {one.target:.2f} needs {one.sites} sites an arm")
        for code in codes:
            show(f"{code}: {words('codes', code).en}")
    if stops(codes, "indicator"):
        raise typer.Exit(_CANNOT_TELL)


def _named_indicators(plan: Plan, path: Path) -> None:
    """Refuse indicators that are neither in the catalogue, with the right to judge, nor imported."""
    from analysis.indicators.catalogue import INDICATORS, PRIMARY

    for primary in plan.primaries:
        if primary.id not in PRIMARY and primary.id not in plan.imported:
            raise ConfigurationError(
                f"{path}: primaries: {primary.id!r} is not a primary indicator",
                help=f"Choose among {', '.join(PRIMARY)}, or describe it under [imported]",
            )
    for name, one in plan.imported.items():
        known = INDICATORS.get(name)
        if known is not None and (known.scale, known.polarity, known.group) != (
            one.scale,
            one.polarity,
            one.group,
        ):
            raise ConfigurationError(
                f"{path}: imported: {name} is in the catalogue, on the {known.scale} scale, polarity "
                f"{known.polarity}, group {known.group}",
                help="Describe it as the catalogue does, or give it a name of its own",
            )


def now() -> str:
    """The time, to the second, as ISO 8601."""
    clock = SystemClock()
    return format_instant(clock.now() // SECOND * SECOND)
