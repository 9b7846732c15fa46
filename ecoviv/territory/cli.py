"""``ecoviv territory …``: check, show, move."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contract.config import contradictions, load_territory
from contract.errors import UsageError
from contract.instant import format_instant
from contract.nearby import FOUND, find_territory
from contract.places import Device
from contract.places.deployments import Stay
from contract.terminal import say, show, show_json

app = typer.Typer(no_args_is_help=True, help="Which device was where, from when to when.")

_File = Annotated[
    Path | None,
    typer.Option("--territory", "-t", envvar="ECOVIV_TERRITORY", help=f"The territory file; {FOUND}"),
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of sentences.")]


def register(root: typer.Typer) -> None:
    """Mount the commands on ``root``."""
    root.add_typer(app, name="territory")


@app.command()
def check(territory: _File = None, as_json: _Json = False) -> None:
    """Say everything that contradicts itself in the territory file, with its key.  Exit 3 if anything does.

    Example: `ecoviv territory check --territory territory.toml`
    """
    path = find_territory(territory)
    found = contradictions(path)
    if as_json:
        rows = [{"key": key, "reason": reason} for key, reason in found]
        show_json({"file": str(path), "contradictions": rows})
    else:
        for key, reason in found:
            show(f"{path}: {key}: {reason}")
        if not found:
            place = load_territory(path)
            show(f"{path}: {len(place.sites)} sites and {len(place.devices)} devices, no contradiction")
    raise typer.Exit(3 if found else 0)


@app.command("show")
def show_(
    device: Annotated[str, typer.Argument(help="One device; without it: all.")] = "",
    territory: _File = None,
    as_json: _Json = False,
) -> None:
    """Say where each device was, from when to when.

    Example: `ecoviv territory show n1-soil`
    """
    place = load_territory(find_territory(territory))
    chosen = [one for one in place.devices if device in {"", one.id}]
    if not chosen:
        raise UsageError(f"The territory has no device {device!r}", help="`ecoviv territory show` names all")
    if as_json:
        rows = {one.id: [_row(stay) for stay in one.stays] for one in chosen}
        show_json({"territory": place.id, "devices": rows})
        return
    for one in chosen:
        for stay in one.stays:
            show(f"{one.id} is at {stay.device.site} {_when(stay)}{_with(stay.device)}")


@app.command()
def move(
    device: Annotated[str, typer.Argument(help="Which device.")],
    site: Annotated[str, typer.Argument(help="Where it is from then on; the same site if it was replaced.")],
    since: Annotated[
        str, typer.Option("--from", metavar="DATE", help="From when: 2026-05-01, or 2026-05-01T09:00:00Z.")
    ],
    serial: Annotated[str, typer.Option(help="Its serial from then on, if it was replaced.")] = "",
    address: Annotated[str, typer.Option(help="Its address from then on, if it was replaced.")] = "",
    calibration: Annotated[str, typer.Option(help="Its curve from then on, by its id.")] = "",
    territory: _File = None,
    as_json: _Json = False,
) -> None:
    """Write into the territory file that a device was moved, replaced or recalibrated; comments stay.

    Example: `ecoviv territory move n1-soil n2 --from 2026-05-01`
    """
    from contract.places.deployments import moment
    from ecoviv.territory.moving import Move
    from ecoviv.territory.moving import move as write

    try:
        day = moment(since)
    except ValueError as error:
        raise UsageError(f"--from {since!r}: {error}", help="Write --from 2026-05-01") from error
    path = find_territory(territory)
    changed = {"serial": serial, "address": address, "calibration": calibration}
    more = tuple((key, value) for key, value in changed.items() if value)
    added = write(path, Move(device, site, day, more))
    stays = load_territory(path).device_by_id[device].stays
    if as_json:
        show_json(
            {"file": str(path), "added": added, "device": device, "stays": [_row(one) for one in stays]}
        )
        return
    for line in added:
        show(line)
    say(f"{path}: {device} is at {site} {_when(stays[-1])}. What it says or recorded then belongs there.")
    say("Running services read the file by themselves; set the site in the device's own settings, too.")


def _row(stay: Stay[Device]) -> dict[str, object]:
    then = stay.device
    return {
        "site": then.site,
        "from": None if stay.begin is None else format_instant(stay.begin),
        "until": None if stay.end is None else format_instant(stay.end),
        "serial": then.serial,
        "address": then.address,
        "depth_m": then.depth_m,
        "height_m": then.height_m,
        "calibration": then.soil_calibration,
    }


def _when(stay: Stay[Device]) -> str:
    return "always" if stay.begin is None and stay.end is None else stay.text()


def _with(device: Device) -> str:
    told = {"serial": device.serial, "address": device.address, "curve": device.soil_calibration}
    words = [f"{name} {value}" for name, value in told.items() if value]
    return f", {', '.join(words)}" if words else ""
