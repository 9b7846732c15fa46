"""``ecoviv privacy …``: check recordings for voices; kept sound: log, listen, expire; sheet and notice."""

from __future__ import annotations

from pathlib import Path

import typer

from contract.errors import ConfigurationError, EcoVivError
from contract.nearby import FOUND
from contract.terminal import say, show, show_json

app = typer.Typer(no_args_is_help=True, help="What is heard of people, kept, listened to and deleted.")

_KEPT = typer.Option(
    Path("ecoviv-state/kept"), "--kept", help="Folder of kept sound; that of `edge run --kept`."
)
_DAYS = typer.Option(30.0, "--days", min=0.01, max=366, help="Days until kept sound is deleted.")
_JSON = typer.Option(False, "--json", help="Print JSON.")


def register(root: typer.Typer) -> None:
    """Mount the commands on ``root``."""
    app.command("check")(check)
    app.command("log")(log)
    app.command("listen")(listen)
    app.command("expire")(expire)
    app.command("sheet")(sheet)
    root.add_typer(app, name="privacy")


def check(
    paths: list[Path] = typer.Argument(..., metavar="FILE|FOLDER…", help="WAV or FLAC files, or folders."),
    as_json: bool = _JSON,
) -> None:
    """Say how long voices are in recordings, and what of them could be kept.  Exit 3 if one is unreadable.

    Example: `ecoviv privacy check recordings/`
    """
    from analysis.sound.batch import find_audio
    from analysis.sound.privacy.gate import WINDOW_S, listen, verdicts
    from analysis.sound.privacy.silero import NEXT, open_model
    from analysis.sound.reader import open_audio

    model, why = open_model()
    if model is None:
        raise ConfigurationError(why, help=NEXT)
    failed = 0
    for path in find_audio(paths):
        try:
            speech = listen(open_audio(path), model)
        except EcoVivError as error:
            failed += 1
            say(f"{error.message}. Next: {error.help}.")
            continue
        judged = [str(one) for one in verdicts(speech.windows())]
        seconds = [round(speech.seconds(n, 0, speech.heard_s), 3) for n in range(len(speech.probability))]
        counts = {name: judged.count(name) for name in ("clear", "doubt", "voice")}
        if as_json:
            show_json(
                {"file": str(path), "window_s": WINDOW_S, "voice_s": seconds, "windows": judged, **counts}
            )
        else:
            said = ", ".join(f"{count} {name}" for name, count in counts.items())
            show(f"{path}: {max(seconds):g} s of voice; windows of {WINDOW_S:g} s: {said}")
    raise typer.Exit(3 if failed else 0)


def log(kept: Path = _KEPT, days: float = _DAYS, as_json: bool = _JSON) -> None:
    """Print what was kept, listened to and deleted, and what does not fit.  Exit 1 if anything does not.

    Example: `sudo ecoviv privacy log --kept /var/lib/ecoviv/edge/kept`
    """
    from analysis.sound.privacy.shelf import KeptSounds

    sounds = KeptSounds(_there(kept), days)
    entries, doubts = sounds.entries(), sounds.audit()
    if as_json:
        show_json({"entries": entries, "doubts": doubts})
    else:
        for one in entries:
            whose = one.get("who") or one.get("device") or f"kept on {one.get('kept_at', '')}"
            show(f"{one['at']} {one['kind']:<8} {one['file']} {whose}")
        for doubt in doubts:
            say(doubt)
        if not entries:
            say("No sound was ever kept here.")
    raise typer.Exit(1 if doubts else 0)


def listen(
    name: str = typer.Argument(..., metavar="NAME", help="Of a kept sound, as `privacy log` has it."),
    to: Path = typer.Argument(..., metavar="OUT.WAV", help="Where to copy it."),
    by: str = typer.Option(..., "--by", help="Who listens; it is written down."),
    kept: Path = _KEPT,
) -> None:
    """Copy a kept sound, so that a person can listen to it; who, when and which is in the log first.

    Example: `sudo ecoviv privacy listen 0a1b2c3d4e5f6071-00003000.wav mine.wav --by "A. Martin"`
    """
    from analysis.sound.privacy.shelf import KeptSounds

    KeptSounds(_there(kept)).hand_out(name, by, to)
    say(f"Wrote {to}, and your name into the log. The copy is yours to delete.")


def expire(kept: Path = _KEPT, days: float = _DAYS) -> None:
    """Delete kept sound that is older than so many days, and write down what it was.

    `edge run --kept` does it by itself; this is for a station whose worker is gone.
    Example: `sudo ecoviv privacy expire --kept /var/lib/ecoviv/edge/kept --days 30`
    """
    from analysis.sound.privacy.shelf import KeptSounds

    gone = KeptSounds(_there(kept), days).expire()
    for name in gone:
        show(name)
    say(f"Deleted {len(gone)}; the log says what they were.")


def sheet(
    out: Path = typer.Argument(Path("privacy"), metavar="FOLDER", help="Where to write the four pages."),
    territory: Path | None = typer.Option(
        None, "--territory", envvar="ECOVIV_TERRITORY", help=f"The territory file; {FOUND}"
    ),
    broker: str | None = typer.Option(
        None, "--broker", envvar="ECOVIV_BROKER", help="The station's broker, to ask what is switched on."
    ),
    kept: Path = _KEPT,
    controller: str = typer.Option("", "--controller", help="Who answers for it; else an empty line."),
    contact: str = typer.Option("", "--contact", help="How to reach them; else an empty line."),
) -> None:
    """Write the sheet for the register of processing and the notice for the site, in French and in English.

    They say what this station has switched on now, as its edge worker says it.
    Example: `ecoviv privacy sheet --controller "Parc naturel" --contact dpo@parc.example`
    """
    from analysis.edge.asked import ask
    from analysis.plan.file import whole_write
    from analysis.report.privacy_sheet import StationFacts, notice, register
    from analysis.sound.privacy.shelf import KeptSounds
    from contract.config import load_territory
    from contract.instant import SystemClock, format_instant
    from contract.line.station import find_broker
    from contract.nearby import find_territory

    place = load_territory(find_territory(territory))
    workers = tuple(ask(find_broker(broker, "doctor")))
    kinds = [one["kind"] for one in KeptSounds(kept).entries()] if kept.is_dir() else []
    hearing = [one for one in place.devices if "acoustic" in one.sensors]
    facts = StationFacts(
        territory=place.id,
        sites=tuple(sorted({site for one in hearing for site in one.sites})),
        workers=workers,
        on=format_instant(SystemClock().now())[:10],
        kept=kinds.count("kept"),
        deleted=kinds.count("deleted"),
        listened=kinds.count("listened"),
        controller=controller,
        contact=contact,
    )
    out.mkdir(parents=True, exist_ok=True)
    for tongue in ("fr", "en"):
        for name, page in (("register", register(facts, tongue)), ("notice", notice(facts, tongue))):
            whole_write(out / f"{name}.{tongue}.html", page)
            say(f"Wrote {out / f'{name}.{tongue}.html'}")
    if not workers:
        say("No edge worker answered: the pages say so. Start `ecoviv edge run` and write them again.")


def _there(kept: Path) -> Path:
    if not kept.is_dir():
        raise ConfigurationError(
            f"{kept} is no folder of kept sound",
            help="Name that of `edge run --kept`; under systemd it is /var/lib/ecoviv/edge/kept, for sudo",
        )
    return kept
