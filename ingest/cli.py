"""Commands of ingest: run the service, see what was lost, take care of the store.

``register`` mounts them under ``ecoviv ingest``.
"""

from __future__ import annotations

import gc
import logging
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from contract.nearby import find_store, find_territory
from contract.terminal import say, show, show_json
from ingest.options import BrokerUrl, Json, NewStoreUrl, StoreUrl, Territory
from ingest.unreadable import unreadable

DEFAULT_STORE = "sqlite:ecoviv.db"
_GC_THRESHOLDS = (100_000, 50, 100)
"""Messages hold no cycles: looking for them less often nearly doubles the throughput."""
DEFAULT_BROKER = "mqtt://127.0.0.1:1883"

group = typer.Typer(help="Store what gateways send; show what was lost or unreadable.", no_args_is_help=True)

group.add_typer(unreadable, name="unreadable")


def register(app: typer.Typer) -> None:
    """Mount the group ``ingest`` on the roof's application."""
    app.add_typer(group, name="ingest")


@group.command()
def run(
    territory: Territory = None,
    store: NewStoreUrl = DEFAULT_STORE,
    broker: BrokerUrl = DEFAULT_BROKER,
    identity: Annotated[str, typer.Option("--id", help="Stable name of this worker.")] = "ingest-1",
    share: Annotated[
        Path | None,
        typer.Option("--share", help="Divide the work with all workers that name this file; it is made."),
    ] = None,
) -> None:
    """Receive, check, write, answer; until Ctrl-C.

    Example: ecoviv ingest run --territory territory.toml --store sqlite:ecoviv.db
    """
    from contract.config import broker_address
    from contract.instant import SystemClock
    from contract.line.bus import MqttBus
    from contract.line.service import Stopper
    from contract.line.service import run as run_service
    from contract.line.territory import TerritoryInForce
    from contract.line.voice import speak
    from ingest.service import Ingest, batches_filter
    from ingest.share import share_group
    from ingest.store import open_store

    gc.set_threshold(*_GC_THRESHOLDS)
    speak(f"ingest {identity}")
    stopper = Stopper()
    clock, log = SystemClock(), logging.getLogger("ecoviv.ingest")
    in_force = TerritoryInForce(find_territory(territory), clock, log)
    stopper.reload_by(in_force.ask)
    address = broker_address(broker)
    opened = open_store(store)
    batches = batches_filter("" if share is None else share_group(share))
    bus = MqttBus(address, identity, (batches,), announce=True, clock=clock)
    try:
        ingest = Ingest(opened, bus, in_force.territory, clock)
        bus.connect()
        say(f"ingest {identity} ready on {address.url}")
        run_service(ingest, clock, stopper, log, in_force)
    finally:
        bus.close()
        opened.close()
    raise typer.Exit(stopper.exit_code)


@group.command()
def ledger(
    store: StoreUrl = None,
    gateway: Annotated[str, typer.Option(help="Only this gateway.")] = "",
    as_json: Json = False,
) -> None:
    """What was sent, stored, missing and dropped.  Exit 1 if any of it is missing, dropped or not kept.

    Example: ecoviv ingest ledger --store sqlite:ecoviv.db
    """
    from ingest.ledger import is_whole, silences
    from ingest.ledger import ledger as lines_of
    from ingest.store import open_store
    from ingest.tables import print_ledger

    with closing(open_store(find_store(store), read_only=True)) as opened:
        lines = [line for line in lines_of(opened.streams()) if gateway in ("", line.gateway)]
        quiet = list(silences(opened.boots()))
        clips, unkept, dismissed = opened.clips(), opened.unkept(), opened.dismissals()
    print_ledger(lines, quiet, clips, unkept, dismissed, as_json=as_json)
    raise typer.Exit(0 if is_whole(lines, unkept) else 1)


@group.command()
def export(
    out: Annotated[
        Path | None, typer.Argument(help="A .parquet or .csv file; without it, CSV to stdout.")
    ] = None,
    store: StoreUrl = None,
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    quantity: Annotated[str | None, typer.Option(help="Only this quantity or definition id.")] = None,
    since: Annotated[str, typer.Option("--from", help="From this time on.")] = "",
    until: Annotated[str, typer.Option("--to", help="Before this time.")] = "",
) -> None:
    """Every point with its unit and flags, as CSV or Parquet.

    Example: ecoviv ingest export may.csv --from 2026-05-01T00:00:00Z --to 2026-06-01T00:00:00Z
    """
    from contract.instant import Window, parse_instant
    from ingest.export import Choice, export_file
    from ingest.store import open_store

    window = Window(parse_instant(since or "1900-01-01T00:00Z"), parse_instant(until or "2200-01-01T00:00Z"))
    choice = Choice(window if since or until else None, site, quantity)
    with closing(open_store(find_store(store), read_only=True)) as opened:
        count = export_file(opened, out, choice)
    say(f"{count} points")


@group.command()
def init(store: NewStoreUrl = DEFAULT_STORE) -> None:
    """Make what the store needs before the first commit: a file, a folder, a bucket.

    Example: ecoviv ingest init --store 'influxdb:http://127.0.0.1:8086/ecoviv?org=park&journal=ecoviv.db'
    """
    from ingest.store import make_store

    make_store(store)
    say("The store is ready")


@group.command()
def seal(
    store: StoreUrl = None,
    keep_days: Annotated[int, typer.Option(min=0, help="Whole UTC days to leave unsealed.")] = 2,
    as_json: Json = False,
) -> None:
    """Move the points of past days of a local: store into Parquet files.

    Example: ecoviv ingest seal --store local:ecoviv-store
    """
    from contract.instant import DAY, SystemClock
    from ingest.store import open_store
    from ingest.tables import print_sealed

    clock = SystemClock()
    with closing(open_store(find_store(store))) as opened:
        days = opened.seal((clock.now() // DAY - keep_days) * DAY)
    print_sealed(days, as_json=as_json)


@group.command()
def verify(store: StoreUrl = None, as_json: Json = False) -> None:
    """Check pages, messages and sealed files.  Exit 1 if anything is wrong.

    Example: ecoviv ingest verify --store local:ecoviv-store
    """
    from ingest.store import open_store

    with closing(open_store(find_store(store), read_only=True)) as opened:
        faults = opened.verify()
    if as_json:
        show_json(faults)
    else:
        for line in faults or ["Nothing is wrong"]:
            show(line)
    raise typer.Exit(1 if faults else 0)


@group.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")], store: StoreUrl = None
) -> None:
    """Copy the store as of one moment, while ingest goes on.

    Example: ecoviv ingest backup /media/usb/ecoviv-2026-05-01
    """
    from ingest.store import open_store

    with closing(open_store(find_store(store), read_only=True)) as opened:
        opened.backup(folder)
    say(f"Backed up to {folder}")


@group.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="What `backup` wrote.")], store: NewStoreUrl = DEFAULT_STORE
) -> None:
    """Put a backup where no store is yet, and verify it.

    Example: ecoviv ingest restore /media/usb/ecoviv-2026-05-01 --store local:again
    """
    from ingest.store import restore_store

    restore_store(folder, store)
    verify(store)
