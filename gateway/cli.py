"""``ecoviv gateway …``: run, status, doctor, map; enrol, claims, redeem; install."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contract.nearby import find_gateway, find_territory
from contract.terminal import say, show, show_json
from gateway import options

if TYPE_CHECKING:
    from contract.places import Territory

app = typer.Typer(
    help="The gateway in the field: takes what sensors say and brings it to ingest.", no_args_is_help=True
)


def register(parent: typer.Typer) -> None:
    """Mount the group ``gateway``."""
    parent.add_typer(app, name="gateway")


@app.command()
def run(
    territory: Annotated[Path | None, options.TERRITORY] = None,
    state: Annotated[Path, options.STATE] = Path("gateway-state"),
    broker: Annotated[str, options.BROKER] = "mqtt://127.0.0.1:1883",
    gateway: Annotated[str, typer.Option("--id", help="Name of this gateway: a slug.")] = "gateway-1",
    spool_mb: Annotated[int, typer.Option(min=16, help="Cap of the spool [MiB].")] = 256,
    clips_mb: Annotated[int, typer.Option(min=1, help="Cap of the ring of clips [MiB].")] = 4096,
    clips_heard_s: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds that a clip stays once it was heard.")
    ] = 30.0,
    daily_mb: Annotated[float, typer.Option(min=0, help="Upstream a UTC day [MiB]; 0: no limit.")] = 0.0,
    wait_s: Annotated[float, typer.Option(help="Seconds to wait for the broker at the start.")] = 10.0,
    http: Annotated[str, options.HTTP] = "",
    http_token_file: Annotated[Path | None, options.HTTP_TOKEN] = None,
) -> None:
    """Take what sensors say, keep it, bring it to ingest.

    Example: ecoviv gateway run --territory territory.toml --id north --broker mqtt://127.0.0.1:1883
    """
    import gc

    from contract.line.service import Stopper
    from contract.line.service import run as run_service
    from contract.line.voice import speak
    from gateway.assembly import assembled

    gc.set_threshold(100_000, 50, 100)  # messages hold no cycles; looking for them costs throughput
    speak(f"gateway {gateway}")
    stopper = Stopper()
    with assembled(
        gateway,
        find_territory(territory),
        state,
        broker,
        spool_mb=spool_mb,
        clips_mb=clips_mb,
        daily_mb=daily_mb,
        wait_s=wait_s,
        heard_stays_s=clips_heard_s,
        http=http,
        http_token_file=http_token_file,
    ) as (service, address, in_force):
        stopper.reload_by(in_force.ask)
        say(f"gateway {gateway} ready on {address.url}")
        run_service(service, service.clock, stopper, logging.getLogger("ecoviv.gateway"), in_force)
    raise typer.Exit(stopper.exit_code)


@app.command()
def doctor(
    territory: Annotated[Path | None, options.TERRITORY] = None,
    state: Annotated[Path | None, options.STATE_THERE] = None,
    broker: Annotated[str | None, options.BROKER_THERE] = None,
    gateway: Annotated[str, typer.Option("--id", help="Its name; that of the spool as a rule.")] = "",
    broker_config: Annotated[
        Path | None, typer.Option("--broker-config", help="Mosquitto's file; found by itself as a rule.")
    ] = None,
    as_json: Annotated[bool, options.JSON] = False,
) -> None:
    """Say what is well, what is not, and what to do next.  Exit 1 if anything fails.

    Example: ecoviv gateway doctor --territory territory.toml --state /var/lib/ecoviv/gateway
    """
    from contract.config import load_territory
    from contract.instant import SystemClock
    from contract.line.station import find_broker
    from gateway.doctor.checks import examine

    file, where = find_territory(territory), find_gateway(state)
    places, address = load_territory(file), find_broker(broker, "doctor", state=where)
    findings = examine(gateway, places, where, address, SystemClock(), broker_config, file)
    if as_json:
        show_json({"findings": [finding.as_json() for finding in findings]})
    else:
        for finding in findings:
            show(f"{finding.level:<4} {finding.name}: {finding.text}")
            if finding.next:
                show(f"     → {finding.next}")
    raise typer.Exit(1 if any(finding.level == "fail" for finding in findings) else 0)


@app.command()
def enrol(
    name: Annotated[
        str,
        typer.Argument(
            help="A device; service.gateway, .ingest, .edge, .network, .doctor, .retry; ROLE.ID of several."
        ),
    ],
    territory: Annotated[Path | None, options.TERRITORY] = None,
    folder: Annotated[Path, options.FOLDER] = Path("broker"),
    host: Annotated[
        list[str] | None, typer.Option(help="Name or address of the broker: makes its TLS certificate.")
    ] = None,
    certificate: Annotated[bool, typer.Option(help="A certificate instead of a password.")] = False,
    claim: Annotated[
        bool, typer.Option("--claim", help="A code to type on the device, which then makes its own secret.")
    ] = False,
    hours: Annotated[float, typer.Option(min=0.1, max=720, help="How long the code counts.")] = 24.0,
    qr: Annotated[str, typer.Option(help="The code as a QR code: FILE.svg, FILE.png, or - to show it.")] = "",
    revoke: Annotated[bool, typer.Option(help="Take every right from NAME.")] = False,
    as_json: Annotated[bool, options.JSON] = False,
) -> None:
    """Give a device its credential and the broker its files; can be repeated and revoked.

    Example: ecoviv gateway enrol n1-soil --territory territory.toml --host gateway.local
    """
    from contract.config import load_territory
    from contract.errors import UsageError
    from gateway.certificates import authority
    from gateway.enrol import credentials

    if revoke + certificate + claim > 1 or (qr and not claim):
        raise UsageError(
            "These options do not go together",
            help="Use one of --certificate, --claim and --revoke; --qr goes with --claim,"
            " because a label must hold no lasting secret",
        )
    places = load_territory(find_territory(territory))
    if revoke:
        credentials.revoke(name, places, folder)
        say(f"{name} has no rights any more; tell the broker to reload its files (SIGHUP)")
        return
    if certificate:
        authority.check_library()  # before what NAME had is void
    if host:
        authority.server_certificate(folder, host)
    if claim:
        _offer(name, places, folder, hours, qr, as_json)
        return
    shown = {"username": name, "password": credentials.enrol(name, places, folder)}
    if certificate:
        crt, key = authority.client_certificate(folder, name)
        shown = {"username": name, "certificate": str(crt), "key": str(key)}
    _show(shown, as_json)
    say(
        f"`ecoviv up` reads {folder} by itself; a broker of your own loads {folder / 'ecoviv.conf'}."
        " The password is not shown again."
    )


def _offer(name: str, places: Territory, folder: Path, hours: float, qr: str, as_json: bool) -> None:
    from contract.instant import SystemClock, format_instant
    from gateway.enrol.claims import offer
    from gateway.enrol.label import check_label, claim_link, draw

    if qr:
        check_label(qr)
    made = offer(name, places, folder, SystemClock(), hours)
    _show({"device": name, "code": made.shown, "counts_until": format_instant(made.ends)}, as_json)
    if qr:
        drawn = draw(claim_link(made, places, folder), qr)
        if drawn:
            typer.echo(drawn, err=True)  # colours of our own making
        else:
            say(f"Wrote {qr}")
    say("`ecoviv gateway claims` must run beside the broker. The code is not shown again.")


def _show(shown: dict[str, str], as_json: bool) -> None:
    if as_json:
        show_json(shown)
        return
    for word, text in shown.items():
        show(f"{word} {text}")


@app.command()
def claims(
    territory: Annotated[Path | None, options.TERRITORY] = None,
    folder: Annotated[Path, options.FOLDER] = Path("broker"),
    broker: Annotated[str, options.BROKER] = "mqtt://127.0.0.1:1883",
    pid_file: Annotated[
        Path, typer.Option("--pid-file", help="Where the broker writes its process number.")
    ] = Path("/run/mosquitto/mosquitto.pid"),
) -> None:
    """Answer devices that present a claim code, until Ctrl-C.  Runs as the broker's user.

    Example: ecoviv gateway claims --territory territory.toml --folder /etc/mosquitto/ecoviv
    """
    from contract.config import broker_address
    from contract.instant import SystemClock
    from contract.line.service import Stopper
    from contract.line.service import run as run_service
    from contract.line.territory import TerritoryInForce
    from contract.line.voice import speak
    from gateway.enrol.desk import open_desk

    speak("claims")
    stopper, clock = Stopper(), SystemClock()
    log, address = logging.getLogger("ecoviv.claims"), broker_address(broker)
    in_force = TerritoryInForce(find_territory(territory), clock, log)
    with open_desk(folder, in_force.territory, address, clock, pid_file) as desk:
        stopper.reload_by(in_force.ask)
        say(f"claims ready on {address.url}")
        run_service(desk, clock, stopper, log, in_force)
    raise typer.Exit(stopper.exit_code)


@app.command()
def redeem(
    device: Annotated[str, typer.Argument(help="This device's name in the territory.")],
    broker: Annotated[str, options.BROKER] = "mqtts://gateway.local:8883",
    out: Annotated[Path, typer.Option(help="Folder for the secret; nobody else may read it.")] = Path("."),
    certificate: Annotated[bool, typer.Option(help="A certificate instead of a password.")] = False,
    as_json: Annotated[bool, options.JSON] = False,
) -> None:
    """On a sensor that is a small computer: exchange a claim code for a credential.

    The code is asked for, or read from standard input.
    Example: ecoviv gateway redeem n1-recorder --broker mqtts://gateway.local:8883 --out /etc/ecoviv
    """
    from contract.config import broker_address
    from contract.instant import SystemClock
    from gateway.enrol.redeem import redeem_code

    address = broker_address(broker)
    code = typer.prompt("Claim code", err=True)
    found = redeem_code(device, code, address, out, SystemClock(), certificate=certificate)
    _show(found.as_words(), as_json)


@app.command()
def status(
    state: Annotated[Path | None, options.STATE_THERE] = None,
    devices: Annotated[bool, typer.Option("--devices", help="One line a device instead.")] = False,
    as_json: Annotated[bool, options.JSON] = False,
) -> None:
    """What the spool holds, without disturbing the gateway.

    Example: ecoviv gateway status --state /var/lib/ecoviv/gateway --devices
    """
    from gateway.doctor.devices import show_status

    show_status(find_gateway(state), devices=devices, as_json=as_json)


@app.command("map")
def map_(
    sample: Annotated[
        Path | None, typer.Option("--try", help="Payloads, or {topic, payload} a line: JSON or JSON Lines.")
    ] = None,
    topic: Annotated[str, typer.Option(help="Topic of the payloads that say none.")] = "",
    device: Annotated[str, typer.Option(help="Whose payloads they are, in the territory.")] = "",
    territory: Annotated[Path | None, options.TERRITORY] = None,
    as_json: Annotated[bool, options.JSON] = False,
) -> None:
    """Say what foreign messages would become, and what nobody understands; without a sample: every map.

    Example: ecoviv gateway map --try uplink.json --device n1-soil --territory territory.toml --json
    """
    from contract.config import load_territory
    from gateway.formats.maps.shipped import shipped_maps
    from gateway.trying import samples, tried

    if sample is None:
        for one in shipped_maps():
            show(f"{one.id:<26} {', '.join(one.names) or '-'}: {one.source}")
        return
    found = tried(samples(sample, topic), load_territory(find_territory(territory)), device)
    if as_json:
        show_json(found.as_json())
        return
    for line in found.as_lines():
        show(line)
