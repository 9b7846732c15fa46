"""``ecoviv gateway …``: run, status, doctor."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="The gateway in the field: takes what sensors say and brings it to ingest.", no_args_is_help=True
)

_STATE = typer.Option("--state", help="Folder of the spool and the clips.")
_BROKER = typer.Option(
    "--broker",
    envvar="ECOVIV_BROKER",
    help="mqtt://HOST:PORT or mqtts://…; secrets come from ECOVIV_BROKER_….",
)
_JSON = typer.Option("--json", help="One JSON object on stdout.")


def register(parent: typer.Typer) -> None:
    """Mount the group ``gateway``."""
    parent.add_typer(app, name="gateway")


@app.command()
def run(
    territory: Annotated[
        Path, typer.Option("--territory", envvar="ECOVIV_TERRITORY", help="Territory file (TOML).")
    ],
    state: Annotated[Path, _STATE] = Path("gateway-state"),
    broker: Annotated[str, _BROKER] = "mqtt://127.0.0.1:1883",
    gateway: Annotated[str, typer.Option("--id", help="Name of this gateway: a slug.")] = "gateway-1",
    spool_mb: Annotated[int, typer.Option(min=16, help="Cap of the spool [MiB].")] = 256,
    clips_mb: Annotated[int, typer.Option(min=1, help="Cap of the ring of clips [MiB].")] = 4096,
    daily_mb: Annotated[float, typer.Option(min=0, help="Upstream a UTC day [MiB]; 0: no limit.")] = 0.0,
    wait_s: Annotated[float, typer.Option(help="Seconds to wait for the broker at the start.")] = 10.0,
) -> None:
    """Take what sensors say, keep it, bring it to ingest.

    Example: ecoviv gateway run --territory territory.toml --id north --broker mqtt://127.0.0.1:1883
    """
    import gc

    from contract.services import Stopper
    from gateway.assembly import assembled

    gc.set_threshold(100_000, 50, 100)  # messages hold no cycles; looking for them costs throughput
    logging.basicConfig(format="gateway: %(message)s", level=logging.WARNING)
    stopper = Stopper()
    with assembled(
        gateway,
        territory,
        state,
        broker,
        spool_mb=spool_mb,
        clips_mb=clips_mb,
        daily_mb=daily_mb,
        wait_s=wait_s,
    ) as (service, address):
        typer.echo(f"gateway {gateway} ready on {address.url}", err=True)
        service.run(stopper)
    raise typer.Exit(stopper.exit_code)


@app.command()
def doctor(
    territory: Annotated[
        Path, typer.Option("--territory", envvar="ECOVIV_TERRITORY", help="Territory file (TOML).")
    ],
    state: Annotated[Path, _STATE] = Path("gateway-state"),
    broker: Annotated[str, _BROKER] = "mqtt://127.0.0.1:1883",
    gateway: Annotated[str, typer.Option("--id", help="Name of this gateway: a slug.")] = "gateway-1",
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Say what is well, what is not, and what to do next.  Exit 1 if anything fails.

    Example: ecoviv gateway doctor --territory territory.toml --state /var/lib/ecoviv
    """
    from contract.config import broker_address, load_territory
    from contract.instant import SystemClock
    from gateway.health import examine

    findings = examine(gateway, load_territory(territory), state, broker_address(broker), SystemClock())
    if as_json:
        typer.echo(json.dumps({"findings": [finding.as_json() for finding in findings]}))
    else:
        for finding in findings:
            typer.echo(f"{finding.level:<5}{finding.name}: {finding.text}")
            if finding.next:
                typer.echo(f"     → {finding.next}")
    raise typer.Exit(1 if any(finding.level == "fail" for finding in findings) else 0)


@app.command()
def enrol(
    name: Annotated[
        str, typer.Argument(help="A device of the territory, or service.gateway, .ingest, .edge.")
    ],
    territory: Annotated[
        Path, typer.Option("--territory", envvar="ECOVIV_TERRITORY", help="Territory file (TOML).")
    ],
    folder: Annotated[Path, typer.Option("--folder", help="Folder of the broker's files.")] = Path("broker"),
    host: Annotated[
        list[str] | None, typer.Option(help="Name or address of the broker: makes its TLS certificate.")
    ] = None,
    certificate: Annotated[bool, typer.Option(help="A certificate instead of a password.")] = False,
    revoke: Annotated[bool, typer.Option(help="Take every right from NAME.")] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Give a device its credential and the broker its files; can be repeated and revoked.

    Example: ecoviv gateway enrol n1-soil --territory territory.toml --host gateway.local
    """
    from contract.config import load_territory
    from gateway import authority
    from gateway import enrol as credentials

    places = load_territory(territory)
    if revoke:
        credentials.revoke(name, places, folder)
        typer.echo(f"{name} has no rights any more; tell the broker to reload its files (SIGHUP)", err=True)
        return
    if host:
        authority.server_certificate(folder, host)
    shown = {"username": name, "password": credentials.enrol(name, places, folder)}
    if certificate:
        crt, key = authority.client_certificate(folder, name)
        shown = {"username": name, "certificate": str(crt), "key": str(key)}
    if as_json:
        typer.echo(json.dumps(shown))
    else:
        for word, text in shown.items():
            typer.echo(f"{word} {text}")
    typer.echo(f"Load {folder / 'ecoviv.conf'} into the broker. The password is not shown again.", err=True)


@app.command()
def install(
    territory: Annotated[
        Path, typer.Option("--territory", envvar="ECOVIV_TERRITORY", help="Territory file (TOML).")
    ],
    broker: Annotated[str, _BROKER] = "mqtt://127.0.0.1:1883",
    gateway: Annotated[str, typer.Option("--id", help="Name of this gateway: a slug.")] = "gateway-1",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the unit and change nothing.")] = False,
) -> None:
    """Let systemd start the gateway, restart it, and keep it in a small box.

    Example: ecoviv gateway install --territory /etc/ecoviv/territory.toml --dry-run
    """
    from gateway.unit import UNIT_PATH, unit, write_unit

    text = unit(gateway, territory, broker)
    if dry_run:
        typer.echo(text, nl=False)
        return
    write_unit(text)
    typer.echo(
        f"Wrote {UNIT_PATH}. Next: systemctl daemon-reload && systemctl enable --now ecoviv-gateway", err=True
    )


@app.command()
def status(
    state: Annotated[Path, _STATE] = Path("gateway-state"),
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """What the spool holds, without disturbing the gateway.

    Example: ecoviv gateway status --state /var/lib/ecoviv --json
    """
    from gateway.spool_status import read_status

    found = read_status(state)
    if as_json:
        typer.echo(json.dumps(found.as_json()))
        return
    for line in found.as_lines():
        typer.echo(line)
