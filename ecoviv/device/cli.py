"""The commands for who builds a device: ``ecoviv device check``."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contract.config import BrokerAddress, broker_address
from contract.errors import UsageError
from contract.instant import SystemClock
from contract.places import SLUG_PATTERN
from contract.terminal import Column, show_json, show_table

if TYPE_CHECKING:
    from ecoviv.station.broker import RunningBroker
    from firmware_sim.check.rows import CheckResult

app = typer.Typer(no_args_is_help=True, help="For who builds a device that speaks EcoViv's wire.")


def register(root: typer.Typer) -> None:
    """Mount the commands on ``root``."""
    root.add_typer(app, name="device")


@app.callback()
def _device() -> None:
    """For who builds a device that speaks EcoViv's wire.

    Example: `ecoviv device check meadow-3/soil-1 --listen 0.0.0.0`
    """


@app.command()
def check(
    device: Annotated[str, typer.Argument(metavar="SITE/DEVICE", help="As in its topics.")],
    run: Annotated[
        str,
        typer.Option(
            help="The command that starts the firmware here; words {host} and {port} are filled in."
        ),
    ] = "",
    broker: Annotated[str, typer.Option(help="A broker that runs; else one is started.")] = "",
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where the started broker lets the device in.")
    ] = "",
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Port of the started broker.")] = None,
    wait: Annotated[
        float, typer.Option(min=1, help="Seconds within which the device says something, or repeats it.")
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Play a gateway to a device and judge, row by row, how it keeps what it measured.

    Receipts, repeated and refused ones, loss of power, a killed broker, a new card in the gateway: the rules
    of docs/firmware/wire.md. The played gateway's clock is three hours ahead, and nothing is stored: take no
    device that is at work. Ends 0 if no row is wrong, else 1.

    Example: `ecoviv device check s1/soil-1 --run "./ecoviv-sensor -p {port} -s s1 -d soil-1 -q q -e 500"`
    """
    from ecoviv.device.bench import LocalBench
    from firmware_sim.check.check import check_firmware

    site, _, name = device.partition("/")
    if not (re.match(SLUG_PATTERN, site) and re.match(SLUG_PATTERN, name)):
        raise UsageError(f"{device!r} names no device", help="Write SITE/DEVICE, as in its topics")
    clock = SystemClock()
    with _broker(broker, listen, port) as (address, ours):
        bench = LocalBench(address, run, ours, clock)
        try:
            result = check_firmware(
                site, name, address, bench, wait_s=wait, clock=clock, own_id=secrets.token_hex(4)
            )
        finally:
            bench.end()
    if as_json:
        show_json(result.to_json())
    else:
        _show(result)
    raise typer.Exit(0 if result.passed else 1)


@contextmanager
def _broker(url: str, listen: str, port: int | None) -> Iterator[tuple[BrokerAddress, RunningBroker | None]]:
    """Its address, and the broker itself if it was started here."""
    from ecoviv.station.broker import start_broker
    from ecoviv.station.door import PORT, Door

    if url:
        if listen or port:
            raise UsageError(
                "--listen and --port are for a broker that is started", help="Leave --broker out"
            )
        yield broker_address(url), None
        return
    with tempfile.TemporaryDirectory(prefix="ecoviv-check-") as folder:
        door = Door(listen, port or PORT) if listen else None
        with start_broker(Path(folder), port=port, door=door) as running:
            yield running.address, running


def _show(result: CheckResult) -> None:
    words = {True: "right", False: "WRONG", None: "not tried"}
    show_table(
        [Column("row"), Column(""), Column("found", prose=True), Column("next step", prose=True)],
        [(one.rule, words[one.passed], one.found, one.next_step) for one in result.rows],
    )
