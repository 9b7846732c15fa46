"""``plan draw``: the candidates are frozen first, a public seed named later decides the arms.

Exit codes: 0 done, 1 the plan's arms are not those of its draw, 3 a file to correct.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from analysis.cli.planned import JSON, now
from contract.errors import ConfigurationError, EcoVivError, UsageError
from contract.terminal import say, show, show_json

if TYPE_CHECKING:
    from analysis.plan.tables import Draw


def plan_draw(
    plan: Path = typer.Argument(..., help="The plan; its ledger remembers the candidates."),
    candidates: Path | None = typer.Option(
        None, "--candidates", help="TOML: [candidates] and [restored], by land use."
    ),
    seed: str | None = typer.Option(
        None,
        "--seed",
        help="Public, and not to be known when the candidates were frozen: a lottery's numbers.",
    ),
    source: str = typer.Option("", "--source", help="Where and when the seed was published."),
    verify: bool = typer.Option(False, "--verify", help="Draw again, and compare with the plan."),
    as_json: bool = JSON,
) -> None:
    """Draw the arms by lot, so that anybody can draw them again.

    First with --candidates alone: the list is frozen in the plan's ledger.  Later with --seed as well: the
    tables for the plan are printed.

    Example: `ecoviv plan draw plan.toml --verify`
    """
    if verify:
        _verify(plan, as_json=as_json)
        return
    if candidates is None:
        raise UsageError("Nothing to draw from", help="Add --candidates FILE, or --verify")
    listed = _listed(candidates)
    if seed is not None and (len(seed) < 8 or len(source) < 3):
        raise UsageError(
            "A draw needs a public --seed of at least 8 letters, and its --source",
            help="Say which lottery, block or bulletin gave it, and when",
        )
    if seed is None:
        _freeze(plan, candidates, listed, as_json=as_json)
    else:
        _draw(plan, candidates, listed | {"seed": seed, "source": source}, as_json=as_json)


def _verify(path: Path, *, as_json: bool) -> None:
    from analysis.plan.draw import differences
    from analysis.plan.plan import Plan

    plan = Plan.load(path)
    if plan.draw is None:
        raise ConfigurationError(f"{path}: draw: this table is missing", help="`ecoviv plan draw` prints it")
    found = differences(plan)
    if as_json:
        show_json({"drawn": not found, "differences": list(found), "seed": plan.draw.seed})
    for one in found:
        say(one)
    if found:
        raise EcoVivError(
            f"{path}: the arms are not those of its draw", help="Draw anew, or correct the sites"
        )
    if not as_json:
        show(f"The arms are those that {plan.draw.seed!r} gives ({plan.draw.source})")


def _listed(path: Path) -> dict[str, Any]:
    from contract.config import read_toml

    table = read_toml(path)
    if unknown := sorted(set(table) - {"candidates", "restored"}):
        raise ConfigurationError(f"{path}: {unknown[0]} is no table of candidates", help="Take it out")
    return table


def _checked(path: Path, table: dict[str, Any]) -> Draw:
    from analysis.plan.draw import HOW
    from analysis.plan.tables import Draw
    from contract.config import validated

    draw = validated(Draw, table, path)
    if wrong := draw.fault():
        raise ConfigurationError(f"{path}: {wrong.removeprefix('draw.')}", help=HOW)
    return draw


def _freeze(plan: Path, path: Path, listed: dict[str, Any], *, as_json: bool) -> None:
    from analysis.plan.draw import candidates_sha256
    from analysis.plan.ledger import append, beside, intact

    digest = candidates_sha256(_checked(path, listed | {"seed": "not named yet", "source": "none"}))
    intact(beside(plan))
    entry = append(beside(plan), "candidates", now(), {"candidates": digest})
    if as_json:
        show_json({"candidates": digest, "entry": entry["hash"]})
    else:
        show(digest)
        say("Now wait for a seed that nobody can know today, and name it with --seed and --source.")


def _draw(plan: Path, path: Path, table: dict[str, Any], *, as_json: bool) -> None:
    from analysis.plan.draw import candidates_sha256, drawn_arms
    from analysis.plan.file import toml_table
    from analysis.plan.ledger import beside, intact

    draw = _checked(path, table)
    digest = candidates_sha256(draw)
    if not any(entry.get("candidates") == digest for entry in intact(beside(plan)).entries):
        raise ConfigurationError(
            f"{path}: these candidates were not frozen in {beside(plan)}",
            help="Freeze them first, without --seed; who draws from a list made afterwards chooses",
        )
    arms = drawn_arms(draw)
    if as_json:
        show_json({"candidates": digest, "arms": arms})
        return
    tables: dict[str, dict[str, Any]] = {
        "draw": {"seed": draw.seed, "source": draw.source},
        "draw.candidates": {use: list(names) for use, names in draw.candidates.items()},
        "draw.restored": dict(draw.restored),
    }
    for name, table_ in tables.items():
        show(f"[{name}]")
        for line in toml_table(table_).splitlines():
            show(line)
    for name, arm in sorted(arms.items()):
        say(f"{name} {arm}")
