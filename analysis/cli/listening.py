"""Commands between the drawn list and the answers: ``review cut`` and ``review labels``.

Numerics and decoders load inside the commands.  Exit codes: 0 done, 3 a file or folder to correct, 5 nothing
to hear.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from analysis.cli.planned import JSON, now
from analysis.cli.sound import ReadIn
from contract.errors import ConfigurationError, UsageError
from contract.terminal import progress_bar, say, show, show_json

if TYPE_CHECKING:
    from analysis.plan.review.drawn import DrawnList
    from analysis.review.cut import Gate

LIST = typer.Argument(..., metavar="LIST", help="The list that `ecoviv review sample` wrote.")
PLAN = typer.Option(None, "--plan", help="The frozen plan: refuses a list that it does not draw.")


def add_to(review: typer.Typer) -> None:
    """The commands of listening, in the group ``review``."""
    review.command("cut")(review_cut)
    review.command("labels")(review_labels)


def review_cut(
    listed: Path = LIST,
    audio: Path = typer.Option(
        ..., "--audio", help="Folder of the recordings as recorders wrote them, or of kept snippets."
    ),
    out: Path = typer.Option(..., "--out", help="The folder to make."),
    plan: Path | None = PLAN,
    language: ReadIn = typer.Option(ReadIn.en, "--language", help="The language of the page."),
    per_page: int = typer.Option(50, "--per-page", min=1, max=500, help="Pieces on a page."),
    voices_checked: str = typer.Option(
        "", "--voices-checked", metavar="NAME",
        help="Who made sure that no voice is in these recordings, where no voice gate is installed.",
    ),
    as_json: bool = JSON,
) -> None:  # fmt: skip
    """Cut what a list draws out of the recordings, and make the page to listen on.

    Example: `ecoviv review cut review.json --audio recordings/ --out listening/`
    """
    from analysis.review.cut import cut, gather
    from analysis.review.folder import Wanted, check_free, write_folder

    drawn = _list(listed, plan)
    check_free(out)
    gate, answers_for = _gate(voices_checked)
    with progress_bar() as bar:
        looking = bar.add_task("looking for recordings", total=None)
        work = gather(drawn, audio, lambda looked, found: bar.update(looking, completed=looked))
        bar.update(looking, total=work.sources.looked_at, completed=work.sources.looked_at)
        _write_down(audio, {one.clip for one in work.pieces})
        cutting = bar.add_task("cutting", total=len(work.pieces))
        wanted = Wanted(per_page, language.value, answers_for, now())
        counts = write_folder(out, work, cut(work, gate, wanted.at), wanted, lambda: bar.advance(cutting))
    for problem in work.sources.unreadable:
        say(f"{problem}.")
    if as_json:
        show_json({"list": drawn.sha256(), "pieces": len(work.pieces), **counts, "out": str(out)})
    else:
        show(
            f"{counts['cut']} of {len(work.pieces)} pieces can be heard; {counts['gone']} gone, "
            f"{counts['altered']} altered, {counts['withheld']} withheld because of a voice."
        )
        if counts["cut"]:
            show(f"Open {out / ('listen.html' if (out / 'listen.html').exists() else 'listen-1.html')}")


def _write_down(folder: Path, clips: set[str]) -> None:
    """Who takes sound out of a folder that an edge kept is in its log before the first byte is copied."""
    import getpass

    from analysis.sound.privacy.shelf import KeptSounds

    if any(folder.glob("log-*.jsonl")):
        KeptSounds(folder).heard_by(clips, f"review cut, {getpass.getuser()}")


def review_labels(
    files: list[Path] = typer.Argument(
        ..., metavar="FILE…", help="Answered tables; of birdnet also the folder that its review sorted."
    ),
    program: str = typer.Option(..., "--from", metavar="raven|audacity|birdnet", help="Who wrote them."),
    listener: str = typer.Option(..., "--listener", help="Who answered."),
    listed: Path = typer.Option(..., "--list", help="The list that was cut."),
    out: Path = typer.Option(..., "--out", help="The file of labels to write, x.jsonl."),
    plan: Path | None = PLAN,
    as_json: bool = JSON,
) -> None:
    """Take over what somebody answered in Raven, Audacity or BirdNET-Analyzer, as labels.

    Example: `ecoviv review labels raven.txt --from raven --listener Ada --list review.json --out ada.jsonl`
    """
    from analysis.plan.file import whole_write
    from analysis.plan.review.labels import written
    from analysis.review.answers import Program, read_answers
    from analysis.review.pieces import pieces

    if program not in list(Program):
        raise UsageError(f"--from {program!r} is no program known", help=f"Say {', '.join(Program)}")
    name = " ".join(listener.split())
    if not 1 <= len(name) <= 100:
        raise UsageError("--listener names nobody", help="Give a name of at most 100 letters")
    if out.exists():
        raise UsageError(f"{out} is there already", help="Choose another name")
    drawn = _list(listed, plan)
    found = read_answers(files, Program(program), pieces(drawn), name, now())
    if not found.labels:
        raise ConfigurationError(
            f"There is no answer in {', '.join(map(str, files))}",
            help="Write yes, no or unsure into the column Answer, or behind the mark of each label",
        )
    whole_write(out, written(found.labels))
    if as_json:
        show_json({"labels": len(found.labels), "unanswered": found.unanswered, "out": str(out)})
    else:
        show(f"{len(found.labels)} labels of {name} in {out}; {found.unanswered} rows had no answer.")


def _list(path: Path, plan: Path | None) -> DrawnList:
    """The list; with a plan, only one that it draws."""
    from analysis.plan.plan import Plan
    from analysis.plan.review.drawn import read_list

    drawn = read_list(path)
    if plan is not None and (problems := drawn.problems(Plan.load(plan))):
        raise ConfigurationError(
            f"{path} is not the list of {plan}: {problems[0]}", help="Draw it by `ecoviv review sample`"
        )
    return drawn


def _gate(checked: str) -> tuple[Gate | None, str]:
    """The voice gate and who answers for it: the one installed, else a person, else none."""
    from analysis.review.gate import voice_gate

    gate, why = voice_gate()
    name = " ".join(checked.split())
    if gate is None and name:
        return (lambda audio, start_s, end_s: False), f"checked by {name}"
    if gate is None:
        say(f"No voice gate: {why}.")
    elif name:
        say("The voice gate is here and decides; --voices-checked is not needed.")
    return gate, "the voice gate"
