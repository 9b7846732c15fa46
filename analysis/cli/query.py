"""Commands of analysis: ``query``, ``edge run``, and those of indicators and reports.

Numerics load inside the commands, so that ``ecoviv --help`` needs none of them.
"""

from __future__ import annotations

import csv
import json
import logging
import sys
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

import analysis.cli.report
from contract.config import broker_address, load_territory
from contract.errors import UsageError
from contract.instant import Window, parse_instant
from contract.line.service import Stopper, run
from contract.line.voice import speak

if TYPE_CHECKING:
    from analysis.edge.detections import Ears
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
    store: str = typer.Option(..., "--store", envvar="ECOVIV_STORE", help="The store, as sqlite:store.db."),
    territory: Path = typer.Option(..., "--territory", envvar="ECOVIV_TERRITORY", help="The territory file."),
    site: str | None = typer.Option(None, "--site", help="Only this site."),
    device: str | None = typer.Option(None, "--device", help="Only this device."),
    quantity: str | None = typer.Option(
        None, "--quantity", help="A quantity, or an index as ACI, ACI@maad-1.5.2 or its whole id."
    ),
    start: str | None = typer.Option(None, "--from", help="First instant, with zone: 2026-05-01T00:00:00Z."),
    end: str | None = typer.Option(None, "--to", help="End of the window, with zone, exclusive."),
    by: By = typer.Option(By.none, "--by", help="Points, hours of the local day, or local days."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON: {territory, store, by, series: […]}."),
    as_csv: bool = typer.Option(False, "--csv", help="Print CSV, one line a point or group."),
) -> None:
    """Read series: values with their flags and the effort behind them.

    Example: `ecoviv query --store sqlite:store.db --territory territory.toml --quantity ACI --by hour`
    """
    from analysis.study.query import ask
    from analysis.study.series import open_for_reading

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other", help="Choose one")
    place = load_territory(territory)
    with open_for_reading(store) as archive:
        answers = ask(
            archive,
            place,
            site=site,
            device=device,
            quantity=quantity,
            window=_window(start, end),
            by=by.value,
        )
    if not answers:
        Console(stderr=True).print("No point of these names lies in this window.", markup=False)
    if as_json:
        series = [answer.to_dict() for answer in answers]
        json.dump({"territory": place.id, "store": store, "by": by.value, "series": series}, sys.stdout)
        sys.stdout.write("\n")
    elif as_csv:
        _write_csv(answers)
    elif answers:
        _print(answers)


def edge_run(
    broker: str = typer.Option(
        "mqtt://127.0.0.1:1883", "--broker", envvar="ECOVIV_BROKER", help="The gateway's own broker."
    ),
    name: str = typer.Option("edge", "--id", help="Stable client id: its session waits for it."),
    detector: str | None = typer.Option(
        None, "--detector", help="Name species as well: birdnet, or fake for trying out."
    ),
    model: Path | None = typer.Option(None, "--model", help="Folder with the detector's model."),
    least: float = typer.Option(0.25, "--least", min=0.0, max=1.0, help="Lowest score to report."),
    territory: Path | None = typer.Option(
        None, "--territory", envvar="ECOVIV_TERRITORY", help="Where devices stand: narrows the species."
    ),
) -> None:
    """Measure the clips that a gateway announces, until Ctrl-C.

    Example: `ecoviv edge run --broker mqtt://127.0.0.1:1883`
    """
    from analysis.edge.worker import FILTERS, EdgeWorker
    from contract.line.bus import MqttBus

    ears = None if detector is None else _ears(detector, model, least, territory)
    speak(f"edge {name}")
    stopper = Stopper()
    address = broker_address(broker)
    bus = MqttBus(address, name, filters=FILTERS, announce=True)
    with closing(bus):
        bus.connect()
        worker = EdgeWorker(bus, ears)
        typer.echo(f"edge {name} ready on {address.url}", err=True)
        run(worker, bus.clock, stopper, logging.getLogger("ecoviv.edge"))
    raise typer.Exit(stopper.exit_code)


def _ears(detector: str, model: Path | None, least: float, territory: Path | None) -> Ears:
    from analysis.edge.detections import Ears
    from analysis.sound.detect.folder import open_detector

    if territory is None and detector != "fake":
        raise UsageError(
            "Without a place the detector names species that do not live here", help="Give --territory"
        )
    place = None if territory is None else load_territory(territory)
    sites = {} if place is None else {one.id: place.site_by_id[one.site] for one in place.devices}
    return Ears(open_detector(detector, model), least, sites)


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
        head = [one.site, one.device, one.quantity, one.qualifier, answer.unit]
        if by == "none":
            writer.writerows(
                [*head, time, value, "+".join(flags)] for time, value, flags in rows(answer.track)
            )
        else:
            writer.writerows([*head, group.key, group.value, group.n] for group in answer.groups)


def _print(answers: list[Answer]) -> None:
    console = Console()
    if answers[0].by == "none":
        names = ("site/device", "quantity", "points", "doubted", "mean", "valid min")
        table = Table(*(Column(name, overflow="fold") for name in names))
        for answer in answers:
            one, fit = answer.track.series, answer.track.usable().value
            table.add_row(
                f"{one.site}/{one.device}",
                escape(f"{one.quantity} [{answer.unit}] {one.qualifier}".strip()),
                str(len(answer.track.time)),
                str(answer.left_out),
                f"{fit.mean():.6g}" if len(fit) else "",
                f"{answer.valid_s / 60:.1f}" if answer.excerpts else "",
            )
        console.print(table)
        return
    for answer in answers:
        one = answer.track.series
        title = escape(
            f"{one.site} {one.device} {one.quantity} {one.qualifier} [{answer.unit}] {answer.timezone}"
        )
        table = Table(answer.by, answer.statistic, "n", "", title=title, title_justify="left")
        known = [group.value for group in answer.groups if group.value is not None]
        for group in answer.groups:
            shown = "" if group.value is None else f"{group.value:.6g}"
            table.add_row(str(group.key), shown, str(group.n), _bar(group.value, known))
        console.print(table)


def _bar(value: float | None, known: list[float]) -> str:
    if value is None or max(known) == min(known):
        return ""
    return "█" * (1 + round(29 * (value - min(known)) / (max(known) - min(known))))
