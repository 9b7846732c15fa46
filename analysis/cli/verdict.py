"""Commands of the judgement: ``verdict`` and ``verdict verify``, beside those of the plan.

Numerics load inside the commands.  Exit codes: 0 a verdict, 3 a file to correct, 5 cannot tell.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import analysis.cli.plan
from analysis.cli.plan import LEDGER
from analysis.cli.planned import JSON, checked_by, known_beside, now
from analysis.cli.report import STORE, TERRITORY, VALIDATION
from contract.errors import ConfigurationError, EcoVivError, UsageError
from contract.nearby import find_both
from contract.terminal import Column, harmless_json, say, show, show_json, show_table

if TYPE_CHECKING:
    from analysis.plan.panel import Panel
    from analysis.plan.plan import Plan
    from analysis.plan.review.checked import Checked
    from analysis.verdict.result import Verdict
    from contract.places import Territory

_CANNOT_TELL = 5
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
    analysis.cli.plan.register(app)
    judged = typer.Typer(invoke_without_command=True)
    judged.callback()(verdict)
    judged.command("verify")(verdict_verify)
    app.add_typer(judged, name="verdict")


def verdict(
    context: typer.Context,
    plan: Path | None = typer.Option(None, "--plan", envvar="ECOVIV_PLAN", help="The frozen plan."),
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    panels: Path | None = typer.Option(
        None,
        "--panels",
        help="A table of site-seasons: instead of a store, or beside one that --store names.",
    ),
    validation: Path | None = VALIDATION,
    ledger: Path | None = LEDGER,
    as_json: bool = JSON,
    explain: bool = typer.Option(
        False, "--explain", help="Add each site's change, seasons, effort, definitions."
    ),
    rule: int | None = typer.Option(
        None, "--rule", min=1, help="Make the verdict of an older rule again; nothing enters the ledger."
    ),
) -> None:
    """Is the erosion of biodiversity here being reversed?  Exit code 5: cannot tell, with the reasons.

    Example: `ecoviv verdict --plan plan.toml --json`
    """
    if context.invoked_subcommand is not None:
        return
    if plan is None:
        raise UsageError("A verdict needs a plan", help="Add --plan plan.toml; `ecoviv plan init` writes one")
    from analysis.plan.ahead.looks import look_of
    from analysis.plan.ledger import append, beside, readable, refuse_another
    from analysis.plan.plan import Plan
    from analysis.verdict.rule import RULE, judge

    number = RULE if rule is None else rule
    if number > RULE:
        raise UsageError(f"There is no rule {number}", help=f"The newest is {RULE}")
    loaded = Plan.load(plan)
    book = ledger or beside(plan)
    chain = readable(book, named=ledger is not None)
    refuse_another(chain, loaded, plan, book)
    if not chain.intact:
        say(f"The ledger {book} is broken at {chain.broken}.")
    place, url = _sources(store, territory, panels)
    checked = checked_by(loaded, validation, url)
    rows = _panels(loaded, plan, place, url, panels, checked)
    _say_missing(loaded, rows, panels)
    wide = partial(_panels, path=plan, place=place, url=url, table=panels, checked=checked)
    known = known_beside(loaded, plan, chain, place, checked, wide)
    found = judge(loaded, rows, known=known, rule=number)
    if rule is not None:
        say(f"This is the verdict of rule {number}; today's is rule {RULE}. It enters no ledger.")
    elif chain.intact:
        entry = append(book, "verdict", now(), _entry(found, checked.file) | {"look": look_of(loaded, rows)})
        say(f"Ledger entry {entry['number']}: {entry['hash']}")
    if as_json:
        typer.echo(harmless_json(found.to_json(explain=explain)), nl=False)
    else:
        _print(loaded, found, explain=explain)
    if found.territory == "inconclusive":
        raise typer.Exit(_CANNOT_TELL)


def verdict_verify(
    ledger: Path = typer.Argument(..., help="The ledger."),
    head: str | None = typer.Option(
        None, "--head", help="A hash that was printed earlier: it must be in the chain."
    ),
    as_json: bool = JSON,
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
    plan: Plan,
    path: Path,
    place: Territory | None,
    url: str | None,
    table: Path | None,
    checked: Checked,
) -> list[Panel]:
    """From the table, from a store that is named beside it, and without a table from the store."""
    found: list[Panel] = []
    if table is not None:
        from analysis.verdict.panel_file import read_panels

        found = read_panels(table, plan)
    both = sorted({panel.indicator for panel in found} - set(plan.imported))
    if url is not None and both:
        raise ConfigurationError(
            f"{table} and the store {url} both give {both[0]}",
            help=f"Leave its lines out of the table, or leave --store out; [imported.{both[0]}] in the plan, "
            "before it is frozen, takes it from the table alone",
        )
    if place is not None and url is not None:
        import analysis.indicators.compute

        found += analysis.indicators.compute.panels(plan, url, place, origin=str(path), checked=checked)
    return found


def _say_missing(plan: Plan, rows: list[Panel], table: Path | None) -> None:
    given = {panel.indicator for panel in rows}
    for primary in plan.primaries:
        if primary.id not in given:
            how = "a table by --panels" if primary.id in plan.imported or table is None else "--store"
            say(f"Nothing gives {primary.id}: name {how}.")


def _sources(
    store: str | None, territory: Path | None, table: Path | None
) -> tuple[Territory | None, str | None]:
    """The territory that the plan must agree with, and the store's url: None of what is not asked."""
    from contract.config import load_territory

    if table is None or store is not None:
        file, url = find_both(territory, store)
        return load_territory(file), url
    if territory is None:
        say("Nobody compared the plan with its territory: name it by --territory.")
        return None, None
    return load_territory(territory), None


def _entry(found: Verdict, validation: str) -> dict[str, object]:
    import hashlib

    heard = {"validation_hash": validation} if validation else {}
    return heard | {
        "territory": found.territory_id,
        "class": found.territory,
        "plan_hash": found.plan_hash,
        "data_hash": found.data_hash,
        "codes": list(found.codes),
        "rule": found.rule,
        "verdict_hash": hashlib.sha256(found.to_json().encode()).hexdigest(),
    }


def _print(plan: Plan, found: Verdict, *, explain: bool) -> None:
    from analysis.verdict.figures import figures
    from analysis.verdict.result import six_digits
    from analysis.words import keys, words
    from analysis.words.advice import explained

    show(f"{found.territory_id}: {words('classes', found.territory).en}")
    show(found.answer)
    if (look := found.look) is not None:
        announced = ", ".join(str(one) for one in look.announced)
        show(words("looks", "level", after=look.after, looks=announced, level=f"{look.level:.4f}").en)
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
        if one.without_site and one.robust is not None:
            left = ", ".join(f"without {site}: {name}" for site, name in one.without_site.items())
            show(f"{one.id}: {left}; robust contrast {one.robust:+.2f}")
        if (a := one.association) is not None:
            show(f"{one.id}: association after {a.estimate:+.2f} ({a.low:+.2f} to {a.high:+.2f}), no change")
        for code, about in one.details.items():
            show(f"  {code}: {about['what']}")
    for name, use in found.by_land_use.items():
        called = words("land_uses", name).en if name in keys("land_uses") else name
        show(f"{called}: {words('classes', use.verdict).en} {' '.join(use.codes)}".rstrip())
    numbers = figures(plan, found)
    for code in found.codes:
        which = f" ({found.details[code]['what']})" if code in found.details else ""
        show(f"{code}: {explained(code, numbers).en}{which}")
    show(f"plan {found.plan_hash}")
    show(f"data {found.data_hash}")
    if explain:
        content = six_digits({one.id: one.explain for one in found.indicators})
        show_json(content, indent=2)
