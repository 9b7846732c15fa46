"""The command line: mounts the rooms' commands and turns errors into sentences.

1. Each room's ``register`` adds its commands; heavy libraries load only when one is called.
2. ``main`` catches once: an ``EcoVivError`` becomes one sentence with the next step on
   stderr and its exit code; so does a path or disk that fails; a missing extra is named;
   Ctrl-C is 130.  A reader that leaves early (``| head -1``) ends it quietly.

Exit codes: 0 ok, 1 failure, 2 usage, 3 configuration, 4 cannot reach, 5 cannot tell, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

import typer
from rich.console import Console

import analysis.cli.query
import analysis.cli.sound
import analysis.cli.verdict
import ecoviv.commands
import firmware_sim.cli
import gateway.cli
import ingest.cli
from contract.errors import EcoVivError

_EXTRA_OF = {
    "numpy": "edge",
    "scipy": "edge",
    "soundfile": "edge",
    "librosa": "analysis",
    "pandas": "analysis",
    "matplotlib": "analysis",
    "jinja2": "analysis",
    "statsmodels": "analysis",
    "pyarrow": "ingest",
    "duckdb": "ingest",
    "influxdb_client": "ingest",
    "iotcore": "broker",
    "segno": "label",
    "ai_edge_litert": "birdnet",
}

app = typer.Typer(
    name="ecoviv",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="From field sensors to a verdict: is the erosion of biodiversity here being reversed?\n\n"
    "Example: `ecoviv demo` walks the whole road on this machine.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ecoviv {version('ecoviv')}")
        raise typer.Exit


@app.callback()
def _root(
    show: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Options that come before any command."""


for room in (
    ecoviv.commands,
    firmware_sim.cli,
    gateway.cli,
    ingest.cli,
    analysis.cli.query,
    analysis.cli.sound,
    analysis.cli.verdict,
):
    room.register(app)


def _run_app() -> None:
    """``app()``; a reader that has gone away is ``BrokenPipeError``, whoever noticed it."""
    try:
        app()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        sys.stdout.flush()
        raise


def main() -> None:
    """Run the command line; the only place where errors end."""
    if os.name == "nt":
        sys.stderr.write("EcoViv does not run on Windows. Use Linux or macOS, for example through WSL.\n")
        raise SystemExit(1)
    console = Console(stderr=True, highlight=False)
    try:
        _run_app()
    except EcoVivError as error:
        console.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        console.print(f"{error.message}.", markup=False)
        console.print(f"Next: {error.help}.", markup=False)
        raise SystemExit(error.exit_code) from error
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA_OF:
            raise
        console.print(
            f"This command needs {package}, which is not installed.\n"
            f"Next: pip install 'ecoviv[{_EXTRA_OF[package]}]'.",
            markup=False,
        )
        raise SystemExit(3) from error
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        console.print(f"{where}{error.strerror or error}.", markup=False)
        console.print("Next: Check this path, who may write there and how much room is left.", markup=False)
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None
