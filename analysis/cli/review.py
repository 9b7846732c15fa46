"""Commands of listening: ``review sample`` and ``review result``.

Numerics load inside the commands.  Exit codes: 0 done, 3 a file to correct, 5 nothing to listen to, or
nothing heard.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from analysis.cli.listening import add_to
from analysis.cli.planned import JSON
from analysis.cli.report import STORE, TERRITORY
from contract.errors import ConfigurationError, UsageError
from contract.nearby import find_both
from contract.terminal import Column, say, show, show_json, show_table

if TYPE_CHECKING:
    from analysis.plan.review.findings import CellPrecision, ReviewResult

_CANNOT_TELL = 5
_PLAN = typer.Option(..., "--plan", envvar="ECOVIV_PLAN", help="The frozen plan, with [review].")
_FOUND = (
    Column("taxon"),
    Column("arm", drop=2),
    Column("period", drop=2),
    Column("detections", drop=3),
    Column("heard"),
    Column("precision (95 % interval)"),
    Column("not heard", drop=1),
)


def register(app: typer.Typer) -> None:
    """Mount ``review``."""
    review = typer.Typer(
        no_args_is_help=True, help="Listen to drawn detections: how often is the detector right?"
    )
    review.command("sample")(review_sample)
    review.command("result")(review_result)
    add_to(review)
    app.add_typer(review, name="review")


def review_sample(
    plan: Path = _PLAN,
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    out: Path = typer.Option(Path("review.json"), "--out", help="The list to write."),
    as_json: bool = JSON,
) -> None:
    """Draw the detections to listen to, as the frozen plan says; exit code 5: none.

    Example: `ecoviv review sample --plan plan.toml --out review.json`
    """
    from analysis.plan.file import whole_write
    from analysis.plan.plan import Plan
    from analysis.review.sample import sample
    from analysis.study.series import open_for_reading
    from contract.config import load_territory

    loaded = Plan.load(plan)
    if loaded.changes():
        raise ConfigurationError(
            f"{plan} is not frozen, or was edited since",
            help="Run `ecoviv plan freeze`: seed and rates must be fixed first",
        )
    if out.exists():
        raise UsageError(f"{out} is there already", help="Choose another name with --out")
    file, url = find_both(territory, store)
    place = load_territory(file)
    if place.id != loaded.territory:
        raise ConfigurationError(
            f"{plan} is of the territory {loaded.territory!r}, {file} of {place.id!r}",
            help="Give the plan and the territory file that belong together",
        )
    with open_for_reading(url) as archive:
        listed = sample(archive, loaded, lambda site: say(f"Reading {site}"))
    lost = sum(one.without_clip for one in listed.population)
    counted = sum(sum(one.counts) for one in listed.population)
    if listed.drawn:
        whole_write(out, listed.model_dump_json(indent=1) + "\n")
    if as_json:
        show_json({"detections": counted, "drawn": len(listed.drawn), "without_clip": lost})
    else:
        show(f"{len(listed.drawn)} of {counted} detections to listen to")
    if lost:
        say(f"Of {lost} detections nobody knows the recording: their program named none.")
    if not listed.drawn:
        say("Nothing was drawn: check the taxa and rates under [review], and what the store heard.")
        raise typer.Exit(_CANNOT_TELL)
    say(f"Wrote {out}. Where the sound is: ecoviv review cut {out} --audio FOLDER")


def review_result(
    list_: Path = typer.Argument(..., metavar="LIST", help="The list of `review sample`."),
    answers: list[Path] = typer.Argument(
        ..., help="Files of answers, of all listeners, and unheard.jsonl of `review cut`."
    ),
    plan: Path = _PLAN,
    out: Path = typer.Option(Path("validation.json"), "--out", help="The validation file to write."),
    as_json: bool = JSON,
) -> None:
    """How often the detector is right, by taxon, arm and period; exit code 5: nobody answered.

    Example: `ecoviv review result review.json ada.jsonl unheard.jsonl --plan plan.toml`
    """
    from analysis.plan.file import whole_write
    from analysis.plan.plan import Plan
    from analysis.plan.review.drawn import read_list
    from analysis.plan.review.labels import read_labels
    from analysis.plan.review.validation import is_validation, results, validation

    loaded, listed = Plan.load(plan), read_list(list_)
    if out.exists() and not is_validation(out):
        raise UsageError(f"{out} is there already, and is none of these files", help="Choose another --out")
    if loaded.review is None:
        raise ConfigurationError(f"{plan} asks for no review", help="Give the plan that drew the list")
    if problems := listed.problems(loaded):
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise ConfigurationError(
            f"{list_}: {problems[0]}{more}", help="Draw it again by `ecoviv review sample`"
        )
    labels, unheard = read_labels(answers)
    wanted = {one.key for one in listed.drawn}
    for one in (*labels, *unheard):
        if one.key not in wanted:
            raise ConfigurationError(
                f"{one.taxon} at {one.offset_s:g} s of {one.clip[:12]} is answered and not on {list_}",
                help="Give the answers to this list; none of them was used",
            )
    if not labels:
        say("Nobody has answered: listen first, on the page of `ecoviv review cut`.")
        raise typer.Exit(_CANNOT_TELL)
    found, text = validation(listed, labels, unheard, loaded.review)
    whole_write(out, text)
    if as_json:
        show_json(results(found))
    else:
        _print(found)
    say(f"Wrote {out}. It enters a verdict by: ecoviv verdict --plan {plan} --validation {out}")


def _print(found: ReviewResult) -> None:
    show_table(_FOUND, [_row(one) for one in (*found.totals, *found.cells)])
    for pair, kappa in found.kappa.items():
        show(f"{pair[0]} and {pair[1]} agree with kappa {kappa:.2f}.")
    if found.erring:
        show(f"Where two listened they contradict each other in {found.erring:.1%}; intervals allow for it.")
    for taxon, one in found.curves.items():
        if one.threshold is not None:
            show(f"{taxon}: detections from a score of {one.threshold:.2f} on reach the precision asked.")
        else:
            show(f"{taxon}: no threshold for the precision asked{f', since {one.why}' if one.why else ''}.")
    for taxon in found.thin:
        show(f"{taxon} does not count yet: {_thin(found, taxon)}.")
    for taxon in found.drifted:
        show(f"{taxon}: DETECTOR_DRIFT, p {found.drift[taxon]:.2g}: right more often in one arm or period.")


def _thin(found: ReviewResult, taxon: str) -> str:
    """The first reason why too little was heard of a taxon."""
    for one in found.cells:
        if one.taxon == taxon and not one.whole:
            return (
                f"{one.arm} sites {one.period}: {one.decided} decided of {one.drawn} drawn; {_missing(one)}"
            )
    if found.unheard[taxon] <= 0.05:
        return "more of it could not be heard in one arm or period than in another"
    return "a band of score has fewer than 20 decided answers, and not one to each detection"


def _missing(one: CellPrecision) -> str:
    said = [f"{n} {why}" for why, n in sorted(one.unheard.items())]
    return ", ".join([*said, f"{one.without_clip} of no known recording"])


def _row(one: CellPrecision) -> list[Any]:
    share = one.precision
    said = f"{share.value:.3f} ({share.low:.3f} to {share.high:.3f})" if share.known else "unknown"
    missing = ", ".join(f"{n} {why}" for why, n in sorted(one.unheard.items()))
    return [
        one.taxon,
        one.arm or "all",
        one.period or "all",
        str(one.detections),
        f"{one.answered} of {one.drawn}",
        said,
        missing,
    ]
