"""The options that several commands of ``ecoviv gateway`` take."""

from __future__ import annotations

import typer

from contract.nearby import FOUND

TERRITORY = typer.Option("--territory", envvar="ECOVIV_TERRITORY", help=f"The territory file; {FOUND}")
STATE = typer.Option("--state", help="Folder of the spool and the clips.")
BROKER = typer.Option(
    "--broker",
    envvar="ECOVIV_BROKER",
    help="mqtt://HOST:PORT or mqtts://…; secrets come from ECOVIV_BROKER_….",
)
STATE_THERE = typer.Option("--state", help=f"Folder of the spool and the clips; {FOUND}")
BROKER_THERE = typer.Option(
    "--broker",
    envvar="ECOVIV_BROKER",
    help="mqtt://HOST:PORT or mqtts://…; else that of the station that `ecoviv up` runs near by.",
)
FOLDER = typer.Option("--folder", help="Folder of the broker's files.")
HTTP = typer.Option(help="Also take HTTP, from weather stations and programs, on HOST:PORT.")
HTTP_TOKEN = typer.Option(help="File of the token for HTTP; required off this machine.")
JSON = typer.Option("--json", help="One JSON object on stdout.")
