"""Commands of the judgement: ``plan init|freeze|check``, ``verdict`` and ``verdict verify``.

Numerics load inside the commands.  Exit codes: 0 a verdict, 3 a file to correct, 5 cannot tell.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analysis.cli.report import STORE, TERRITORY
from contract.errors import ConfigurationError, EcoVivError, UsageError
from contract.instant import SECOND, SystemClock, format_instant
from contract.nearby import find_both
from contract.terminal import Column, harmless_json, say, show, show_json, show_table

if TYPE_CHECKING:
    from analysis.plan.panel import Panel
    from analysis.plan.plan import Plan
    from analysis.verdict.result import Verdict

_CANNOT_TELL = 5
_LEDGER = typer.Option(
    None, "--ledger", help="The verdict ledger; default: PLAN with the ending .ledger.jsonl."
)
_JSON = typer.Option(False, "--json", help="Print JSON.")
_INDICATORS = (
    Column("indicator"),
    Column("class"),
    Column("contrast (95 % interval)", drop=1),
    Column("p", drop=2),
    Column("sites", drop=3),
    Column("MDE", drop=3),
)


def register(app: typer.Typer) -> None:
    """Mount ``plan`` and ``verdict``."""
    plan = typer.Typer(
        no_args_is_help=True, help="The analysis plan: fixed and hashed before the answer is known."
    )
    plan.command("init")(plan_init)
    plan.command("freeze")(plan_freeze)
    plan.command("check")(plan_check)
    app.add_typer(plan, name="plan")
    judged = typer.Typer(invoke_without_command=True)
    judged.callback()(verdict)
    judged.command("verify")(verdict_verify)
    app.add_typer(judged, name="verdict")


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
    ledger: Path | None = _LEDGER,
) -> None:
    """Freeze a plan: its hash goes into the file and into the ledger.

    Example: `ecoviv plan freeze plan.toml`
    """
    from analysis.plan.file import freeze
    from analysis.plan.ledger import append, beside, frozen_entry, verify
    from analysis.plan.plan import Plan

    _named_indicators(Plan.load(plan), plan)
    book = ledger or beside(plan)
    chain = verify(book)
    if not chain.intact:
        raise EcoVivError(
            f"The ledger {book} is broken at {chain.broken}", help="Restore it, or name another"
        )
    at = _now()
    done = freeze(plan, at)
    append(book, "freeze", at, frozen_entry(done))
    show(done.sha256)


def plan_check(
    plan: Path = typer.Argument(..., help="The plan to check."),
    spread: float = typer.Option(
        0.25,
        "--spread",
        min=1e-6,
        help="Expected standard deviation of site changes, on the indicators' scale.",
    ),
    as_json: bool = _JSON,
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


def verdict(
    context: typer.Context,
    plan: Path | None = typer.Option(None, "--plan", envvar="ECOVIV_PLAN", help="The frozen plan."),
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    panels: Path | None = typer.Option(None, "--panels", help="A table of site-seasons instead of a store."),
    ledger: Path | None = _LEDGER,
    as_json: bool = _JSON,
    explain: bool = typer.Option(
        False, "--explain", help="Add each site's change, seasons, effort, definitions."
    ),
) -> None:
    """Is the erosion of biodiversity here being reversed?  Exit code 5: cannot tell, with the reasons.

    Example: `ecoviv verdict --plan plan.toml --json`
    """
    if context.invoked_subcommand is not None:
        return
    if plan is None:
        raise UsageError("A verdict needs a plan", help="Add --plan plan.toml; `ecoviv plan init` writes one")
    from analysis.plan.ledger import append, beside, first_frozen, verify
    from analysis.plan.plan import Plan
    from analysis.verdict.rule import judge

    loaded = Plan.load(plan)
    book = ledger or beside(plan)
    chain = verify(book)
    if not chain.intact:
        say(f"The ledger {book} is broken at {chain.broken}.")
    found = judge(
        loaded,
        _panels(loaded, plan, store, territory, panels),
        ledger_intact=chain.intact,
        first_frozen=first_frozen(chain, loaded),
    )
    if chain.intact:
        entry = append(book, "verdict", _now(), _entry(found))
        say(f"Ledger entry {entry['number']}: {entry['hash']}")
    if as_json:
        typer.echo(harmless_json(found.to_json(explain=explain)), nl=False)
    else:
        _print(found, explain=explain)
    if found.territory == "inconclusive":
        raise typer.Exit(_CANNOT_TELL)


def verdict_verify(
    ledger: Path = typer.Argument(..., help="The ledger."),
    head: str | None = typer.Option(
        None, "--head", help="A hash that was printed earlier: it must be in the chain."
    ),
    as_json: bool = _JSON,
) -> None:
    """Find any edit, removal or reordering in a verdict ledger.

    Example: `ecoviv verdict verify plan.ledger.jsonl`
    """
    from analysis.plan.ledger import verify

    if not ledger.exists() and not ledger.with_name(ledger.name + ".head").exists():
        raise ConfigurationError(
            f"There is no ledger {ledger}", help="Check the path; `plan freeze` begins one"
        )
    chain = verify(ledger, head)
    if as_json:
        show_json({"entries": len(chain.entries), "head": chain.head, "broken": chain.broken})
    elif chain.intact:
        show(f"{len(chain.entries)} entries, chain intact, head {chain.head}")
    if not chain.intact:
        raise EcoVivError(
            f"The ledger {ledger} is broken at {chain.broken}",
            help="Compare it with a copy or with the hashes that reports print",
        )


def _panels(
    plan: Plan, path: Path, store: str | None, territory: Path | None, table: Path | None
) -> list[Panel]:
    if table is not None:
        from analysis.verdict.panel_file import read_panels

        return read_panels(table, plan)
    import analysis.indicators.compute
    from contract.config import load_territory

    file, url = find_both(territory, store)
    return analysis.indicators.compute.panels(plan, url, load_territory(file), origin=str(path))


def _named_indicators(plan: Plan, path: Path) -> None:
    """Refuse indicators that are neither in the catalogue, with the right to judge, nor imported."""
    from analysis.indicators.catalogue import PRIMARY

    for primary in plan.primaries:
        if primary.id not in PRIMARY and primary.id not in plan.imported:
            raise ConfigurationError(
                f"{path}: primaries: {primary.id!r} is not a primary indicator",
                help=f"Choose among {', '.join(PRIMARY)}, or describe it under [imported]",
            )


def _now() -> str:
    clock = SystemClock()
    return format_instant(clock.now() // SECOND * SECOND)


def _entry(found: Verdict) -> dict[str, object]:
    import hashlib

    return {
        "territory": found.territory_id,
        "class": found.territory,
        "plan_hash": found.plan_hash,
        "data_hash": found.data_hash,
        "codes": list(found.codes),
        "rule": found.rule,
        "verdict_hash": hashlib.sha256(found.to_json().encode()).hexdigest(),
    }


def _print(found: Verdict, *, explain: bool) -> None:
    from analysis.verdict.result import six_digits
    from analysis.words import words

    show(f"{found.territory_id}: {found.territory}")
    show(found.answer)
    show("")
    rows = []
    for one in found.indicators:
        t = one.tested
        contrast = "–" if t is None else f"{t.estimate:+.2f} ({t.low:+.2f} to {t.high:+.2f})"
        least = "–" if t is None or t.mde is None else f"{t.mde:.2f}"
        p = "–" if t is None else f"{t.p_adjusted:.4f}"
        rows.append((one.id, one.verdict, contrast, p, f"{one.n_restored} v {one.n_control}", least))
    show_table(_INDICATORS, rows)
    for one in found.indicators:
        if one.codes:
            show(f"{one.id}: {' '.join(one.codes)}")
        for code, about in one.details.items():
            show(f"  {code}: {about['what']}")
    for name, use in found.by_land_use.items():
        show(f"{name}: {use.verdict} {' '.join(use.codes)}".rstrip())
    for code in found.codes:
        which = f" ({found.details[code]['what']})" if code in found.details else ""
        show(f"{code}: {words('codes', code).en}{which}")
    show(f"plan {found.plan_hash}")
    show(f"data {found.data_hash}")
    if explain:
        content = six_digits({one.id: one.explain for one in found.indicators})
        show_json(content, indent=2)
