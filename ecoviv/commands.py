"""The roof's own commands: ``init``, ``up`` and ``demo``."""

from __future__ import annotations

import importlib.util
import signal
from importlib.resources import files
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import typer

from contract.config import load_territory
from contract.errors import UsageError
from contract.line.service import Stopper
from contract.nearby import FOUND, find_territory
from contract.terminal import say, show_json

Scenario = Literal["recovery", "erosion", "no-change", "confounded", "slowed-erosion", "schedule"]


def register(app: typer.Typer) -> None:
    """Mount the commands on ``app``."""
    app.command()(init)
    app.command()(up)
    app.command()(demo)


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write territory.toml.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented example of a territory file.

    Example: `ecoviv init my-territory`
    """
    path = folder / "territory.toml"
    if path.exists() and not force:
        raise UsageError(f"{path} exists already", help="Choose another folder, or add --force to replace it")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(files("ecoviv").joinpath("example/territory.toml").read_text(encoding="utf-8"))
    say(f"Wrote {path}. Describe your sites and devices in it, then: ecoviv up {path}")


def up(
    territory: Annotated[Path | None, typer.Argument(help=f"The territory file; {FOUND}")] = None,
    state: Annotated[Path, typer.Option(help="Folder for spool, clips, store and logs.")] = Path(
        "ecoviv-state"
    ),
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Port of the broker: free on 127.0.0.1, else 1883.")
    ] = None,
    listen: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Let sensors of the network in: an address of this machine."),
    ] = "",
    credentials: Annotated[
        Path, typer.Option(help="Folder of `ecoviv gateway enrol`, for this station alone.")
    ] = Path("broker"),
    open_to_all: Annotated[
        bool, typer.Option("--open", help="With --listen: anybody on that network may write.")
    ] = False,
    http: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Also take what weather stations and programs push.")
    ] = "",
    http_token_file: Annotated[
        Path | None, typer.Option(help="File of the token for HTTP; required off this machine.")
    ] = None,
) -> None:
    """Run broker, gateway, edge worker and ingest on this machine until Ctrl-C.

    Example: `ecoviv up territory.toml --listen 0.0.0.0`
    """
    from ecoviv.station import pushes
    from ecoviv.station.door import PORT, Door, advice, check
    from ecoviv.station.supervisor import Station

    territory = find_territory(territory)
    places = load_territory(territory)
    door = None
    if listen:
        door = Door(listen, port or PORT, None if open_to_all else credentials)
        check(door, places)
    if http_token_file is not None and not http:
        raise UsageError("--http-token-file opens no door", help="Add --http 0.0.0.0:8090")
    pushed = pushes.Pushes(http, http_token_file) if http else None
    if pushed:
        pushes.check(pushed)
    stopper = Stopper()
    station = Station(
        territory.resolve(), state.resolve(), port=port, door=door, pushes=pushed, services=_present()
    )
    try:
        station.start()
        say(f"Running on {station.address.url} ({station.broker.engine if station.broker else ''}).")
        for sentence in advice(door, places) if door else ():
            say(sentence)
        if pushed:
            say(pushes.advice(pushed))
        say(f"Store {station.store}. Stop with Ctrl-C.")
        while not stopper.stopping:
            for name in station.watch():
                say(f"{name} had died and was started again; its log is in {state / 'log'}")
            station.clock.sleep(0.5)
    finally:
        station.stop()
    raise typer.Exit(130)


def _present() -> tuple[str, ...]:
    """The services that are installed here; a core install has no edge worker."""
    from ecoviv.station.supervisor import SERVICES

    if all(importlib.util.find_spec(library) for library in ("numpy", "scipy", "soundfile")):
        return SERVICES
    say("Without the edge worker: sound is kept and not measured. It needs the extra [edge].")
    return tuple(name for name in SERVICES if name != "edge")


def demo(
    scenario: Annotated[
        Scenario, typer.Option(help="What really happens in the simulated territory.")
    ] = "recovery",
    seed: Annotated[int, typer.Option(help="Same seed, same territory.", min=0)] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for territory, store and report [ecoviv-demo/SCENARIO-SEED].")
    ] = None,
    kill: Annotated[
        bool, typer.Option("--kill", help="Kill broker, gateway and ingest at random moments meanwhile.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of the table.")
    ] = False,
) -> None:
    """Walk the whole road on this machine: sensors, broker, gateway, ingest, verdict, report.

    Example: `ecoviv demo --scenario no-change --seed 3`
    """
    from ecoviv.demo.run import run_demo
    from ecoviv.demo.words import print_result

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    folder = out or Path("ecoviv-demo") / f"{scenario}-{seed}"
    result = run_demo(scenario, seed, folder, kill=kill)
    if as_json:
        show_json(result.to_json())
    else:
        print_result(result)
    if result.lost or result.duplicated:
        raise typer.Exit(1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
