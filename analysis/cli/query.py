"""Commands of analysis: ``query``, ``edge run``, and those of indicators and reports.

Numerics load inside the commands, so that ``ecoviv --help`` needs none of them.
"""

from __future__ import annotations

import csv
import logging
import sys
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import analysis.cli.report
from analysis.cli.report import STORE, TERRITORY
from contract.config import broker_address, load_territory
from contract.errors import UsageError
from contract.instant import Window, format_instant, parse_instant
from contract.line.service import Stopper, run
from contract.line.voice import speak
from contract.nearby import find_both, find_territory
from contract.terminal import Column, cell, say, show_json, show_table

if TYPE_CHECKING:
    from analysis.edge.detections import Ears
    from analysis.study.heard import HeardSpecies
    from analysis.study.query import Answer

_EVER = Window(-(2**62), 2**62)


class By(StrEnum):
    """How points are grouped."""

    none = "none"
    hour = "hour"
    day = "day"


def register(app: typer.Typer) -> None:
    """Mount the commands of analysis."""
    app.command("query")(query)
    edge = typer.Typer(no_args_is_help=True, help="The worker that measures clips beside a gateway.")
    edge.command("run")(edge_run)
    app.add_typer(edge, name="edge")
    analysis.cli.report.register(app)


def query(
    store: str | None = STORE,
    territory: Path | None = TERRITORY,
    site: str | None = typer.Option(None, "--site", help="Only this site."),
    device: str | None = typer.Option(None, "--device", help="Only this device."),
    quantity: str | None = typer.Option(
        None,
        "--quantity",
        help="A quantity, detections, or an index as ACI, ACI@maad-1.5.2 or its whole id.",
    ),
    start: str | None = typer.Option(None, "--from", help="First instant, with zone: 2026-05-01T00:00:00Z."),
    end: str | None = typer.Option(None, "--to", help="End of the window, with zone, exclusive."),
    by: By = typer.Option(By.none, "--by", help="Points, hours of the local day, or local days."),
    as_json: bool = typer.Option(
        False, "--json", help="Print JSON: {territory, store, by, series: […], detections: […]}."
    ),
    as_csv: bool = typer.Option(False, "--csv", help="Print CSV, one line a point or group."),
) -> None:
    """Read series: values with their flags and the effort behind them; and what was heard.

    Example: `ecoviv query --quantity ACI --by hour`
    """
    from analysis.study.heard import QUANTITY, ask_heard
    from analysis.study.query import ask
    from analysis.study.series import open_for_reading

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other", help="Choose one")
    file, url = find_both(territory, store)
    place = load_territory(file)
    with open_for_reading(url) as archive:
        window = _window(start, end)
        answers: list[Answer] = []
        heard: list[HeardSpecies] = []
        if quantity != QUANTITY:
            answers = ask(
                archive, place, site=site, device=device, quantity=quantity, window=window, by=by.value
            )
        if quantity in (None, QUANTITY) and by is By.none:
            heard = ask_heard(archive, site=site, device=device, window=window)
        unreadable = archive.store.count_unreadable()
    if not answers and not heard:
        say("No point of these names lies in this window.")
        if unreadable:
            say(f"In the store {unreadable} unreadable: `ecoviv ingest unreadable list` says why.")
    if as_json:
        series = [answer.to_dict() for answer in answers]
        told = [one.to_dict() for one in heard]
        show_json({"territory": place.id, "store": url, "by": by.value, "series": series, "detections": told})
    elif as_csv and quantity == QUANTITY:
        _write_heard(heard)
    elif as_csv:
        _write_csv(answers)
    else:
        _print(answers)
        _print_heard(heard)


def edge_run(
    broker: str = typer.Option(
        "mqtt://127.0.0.1:1883", "--broker", envvar="ECOVIV_BROKER", help="The gateway's own broker."
    ),
    name: str = typer.Option("edge", "--id", help="Stable client id: its session waits for it."),
    detector: str | None = typer.Option(
        None, "--detector", help="Name species as well: birdnet, onnx, bats, or fake for trying out."
    ),
    model: Path | None = typer.Option(
        None, "--model", help="Folder of BirdNET's files, or TOML file of an ONNX model."
    ),
    least: float = typer.Option(0.25, "--least", min=0.0, max=1.0, help="Lowest score to report."),
    territory: Path | None = typer.Option(
        None, "--territory", envvar="ECOVIV_TERRITORY", help="Where devices stand: narrows the species."
    ),
    kept: Path | None = typer.Option(
        None, "--kept", help="Folder of sound that the gate for voices let through; without it none is kept."
    ),
    kept_days: float = typer.Option(30.0, "--kept-days", min=0.01, max=366, help="Days until it is deleted."),
    plan: Path | None = typer.Option(
        None, "--plan", help="The frozen plan: what it draws is kept for people to listen to; with --kept."
    ),
) -> None:
    """Measure the clips that a gateway announces, until Ctrl-C; voices are searched for in every one.

    Example: `ecoviv edge run --broker mqtt://127.0.0.1:1883`
    """
    from analysis.edge.voices import Keeper, status
    from analysis.edge.worker import FILTERS, EdgeWorker
    from analysis.sound.privacy.shelf import KeptSounds
    from analysis.sound.privacy.silero import NEXT, open_model
    from contract.line.bus import MqttBus

    ears = None if detector is None else _ears(detector, model, least, territory)
    speak(f"edge {name}")
    stopper = Stopper()
    address = broker_address(broker)
    gate, why = open_model()
    if gate is None:
        say(f"{why}. Next: {NEXT}. Until then no sound is kept, and nobody counts voices.")
    keeper = None if kept is None else Keeper(KeptSounds(kept, kept_days))
    if plan is not None:
        from analysis.edge.drawn import drawn_by

        if keeper is None:
            raise UsageError("--plan keeps sound, and no folder is named", help="Add --kept FOLDER")
        keeper.wanted = drawn_by(plan)
    if keeper is not None:
        keeper.shelf.open()
    bus = MqttBus(address, name, filters=FILTERS, announce=True, online=status(gate, why, keeper, ears))
    with closing(bus):
        bus.connect()
        worker = EdgeWorker(bus, ears, gate, keeper)
        say(f"edge {name} ready on {address.url}")
        run(worker, bus.clock, stopper, logging.getLogger("ecoviv.edge"))
    raise typer.Exit(stopper.exit_code)


def _ears(detector: str, model: Path | None, least: float, territory: Path | None) -> Ears:
    from analysis.edge.detections import Ears
    from analysis.sound.detect.detector import described
    from analysis.sound.detect.folder import open_detector

    hearing = open_detector(detector, model)
    say(described(hearing))
    if hearing.placed and detector != "fake":  # without a place it would name what does not live here
        territory = find_territory(territory)
    place = None if territory is None else load_territory(territory)
    sites = {} if place is None else {one.id: place.site_by_id[one.site] for one in place.devices}
    return Ears(hearing, least, sites)


def _window(start: str | None, end: str | None) -> Window | None:
    if start is None and end is None:
        return None
    first = _EVER.start if start is None else parse_instant(start)
    return Window(first, _EVER.end if end is None else parse_instant(end))


def _write_csv(answers: list[Answer]) -> None:
    from analysis.study.query import rows

    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = ["site", "device", "quantity", "qualifier", "unit"]
    by = answers[0].by if answers else "none"
    writer.writerow(names + (["time", "value", "flags"] if by == "none" else [by, "value", "n"]))
    for answer in answers:
        one = answer.track.series
        head = [cell(part) for part in (one.site, one.device, one.quantity, one.qualifier, answer.unit)]
        if by == "none":
            writer.writerows(
                [*head, time, value, "+".join(flags)] for time, value, flags in rows(answer.track)
            )
        else:
            writer.writerows([*head, group.key, group.value, group.n] for group in answer.groups)


_POINTS = (
    Column("site"),
    Column("device", drop=1),
    Column("quantity"),
    Column("unit", drop=2),
    Column("qualifier", drop=3),
    Column("points", drop=2, right=True),
    Column("doubted", drop=4, right=True),
    Column("mean", right=True),
    Column("valid min", drop=4, right=True),
)


def _print(answers: list[Answer]) -> None:
    if not answers:
        return
    if answers[0].by == "none":
        show_table(_POINTS, [_points_row(answer) for answer in answers])
        return
    for answer in answers:
        one = answer.track.series
        title = f"{one.site} {one.device} {one.quantity} {one.qualifier} [{answer.unit}] {answer.timezone}"
        known = [group.value for group in answer.groups if group.value is not None]
        columns = (
            Column(answer.by),
            Column(answer.statistic, right=True),
            Column("n", drop=1, right=True),
            Column("", drop=2),
        )
        rows = [(group.key, _six(group.value), group.n, _bar(group.value, known)) for group in answer.groups]
        show_table(columns, rows, title=title)


def _points_row(answer: Answer) -> tuple[object, ...]:
    one, fit = answer.track.series, answer.track.usable().value
    return (
        one.site,
        one.device,
        one.quantity,
        answer.unit,
        one.qualifier,
        len(answer.track.time),
        answer.left_out,
        _six(fit.mean()) if len(fit) else "",
        f"{answer.valid_s / 60:.1f}" if answer.excerpts else "",
    )


_HEARD = (
    Column("site"),
    Column("device", drop=1),
    Column("heard"),
    Column("model", drop=2),
    Column("detections", right=True),
    Column("doubted", drop=3, right=True),
    Column("best score", drop=4, right=True),
    Column("last"),
)


def _print_heard(heard: list[HeardSpecies]) -> None:
    if heard:
        show_table(
            _HEARD,
            [
                (one.site, one.device, one.taxon, one.model, one.n, one.doubted, _six(one.best), last)
                for one, last in ((one, format_instant(one.last)) for one in heard)
            ],
        )


def _write_heard(heard: list[HeardSpecies]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = ("site", "device", "taxon", "model", "n", "doubted", "best_score", "first", "last")
    writer.writerow(names)
    for one in heard:
        row = one.to_dict()
        writer.writerow([cell(row[name]) for name in names])


def _six(value: float | None) -> str:
    """Six significant digits, or nothing."""
    return "" if value is None else f"{value:.6g}"


def _bar(value: float | None, known: list[float]) -> str:
    if value is None or max(known) == min(known):
        return ""
    return "█" * (1 + round(29 * (value - min(known)) / (max(known) - min(known))))
