"""The commands of a station: ``ecoviv station install``."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from contract.nearby import FOUND, find_territory
from contract.terminal import say

app = typer.Typer(no_args_is_help=True, help="The services of a station, started and watched by systemd.")


def register(root: typer.Typer) -> None:
    """Mount the commands on ``root``."""
    root.add_typer(app, name="station")


@app.callback()
def _station() -> None:
    """The services of a station, started and watched by systemd.

    Example: `sudo ecoviv station install --territory /etc/ecoviv/territory.toml`
    """


@app.command()
def install(
    territory: Annotated[Path | None, typer.Option(help=f"The territory file; {FOUND}")] = None,
    services: Annotated[
        str,
        typer.Option(
            help="Which, with commas, of gateway, edge, ingest, claims; edge and ingest if installed."
        ),
    ] = "",
    broker: Annotated[
        str, typer.Option(help="mqtt://HOST:PORT or mqtts://…", envvar="ECOVIV_BROKER")
    ] = "mqtt://127.0.0.1:1883",
    gateway: Annotated[str, typer.Option("--id", help="Name of this gateway: a slug.")] = "gateway-1",
    store: Annotated[
        str, typer.Option(help="Where ingest keeps.")
    ] = "sqlite:/var/lib/ecoviv/ingest/store.db",
    secrets: Annotated[
        Path, typer.Option(help="Folder of gateway.password, edge.password, ingest.password and ca.crt.")
    ] = Path("/etc/ecoviv"),
    claims: Annotated[
        Path | None, typer.Option("--claims", help="Answer claim codes too, for the broker's FOLDER.")
    ] = None,
    gateway_options: Annotated[
        str, typer.Option(help="Further options of `gateway run`, such as '--daily-mb 20 --clips-mb 8192'.")
    ] = "",
    edge_options: Annotated[str, typer.Option(help="Further options of `edge run`.")] = "",
    ingest_options: Annotated[str, typer.Option(help="Further options of `ingest run`.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the units and change nothing.")] = False,
) -> None:
    """Let systemd start the services of this station, restart them, and keep each in a small box.

    Passwords are read from the folder of --secrets where they lie there; only root needs to read them.
    Example: `sudo ecoviv station install --territory /etc/ecoviv/territory.toml --id north`
    """
    from ecoviv.station.units import StationPlan, sysusers, units, write

    chosen = tuple(services.replace(" ", "").split(",")) if services else _installed()
    if claims is not None and "claims" not in chosen:
        chosen += ("claims",)
    options = (("gateway", gateway_options), ("edge", edge_options), ("ingest", ingest_options))
    choice = StationPlan(
        find_territory(territory), chosen, gateway, broker, store, secrets, claims, options
    )  # fmt: skip
    if dry_run:
        for name, text in ({"sysusers.d/ecoviv.conf": sysusers(choice)} | units(choice)).items():
            typer.echo(f"# {name}\n{text}")
        return
    for path in write(choice):
        say(f"Wrote {path}")
    names = " ".join(f"ecoviv-{name}" for name in chosen)
    say(f"Next: systemd-sysusers && systemctl daemon-reload && systemctl enable --now {names}")


def _installed() -> tuple[str, ...]:
    """The services whose extras are here; what is missing is said."""
    found = ["gateway"]
    for service, library in (("edge", "numpy"), ("ingest", "duckdb")):
        if importlib.util.find_spec(library) is not None:
            found.append(service)
        else:
            say(f"Without {service}: it needs the extra [{service}], which is not installed here.")
    return tuple(found)
