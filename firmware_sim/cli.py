"""The commands of the simulated field: ``sim``, ``record``, ``replay``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contract.config import broker_address, load_territory, load_toml
from contract.errors import EcoVivError, UsageError
from contract.instant import SystemClock, parse_zone
from contract.line.service import Stopper
from contract.recording.start import Fold, named_device
from contract.terminal import progress_bar, say, show, show_json

if TYPE_CHECKING:
    from firmware_sim.line.fleet import SendingProgress, Show
    from firmware_sim.line.tally import Sent
    from firmware_sim.replay.readers.detections.told import Told
    from firmware_sim.replay.readers.reader import Question

_LOCAL = "mqtt://127.0.0.1:1883"

Broker = Annotated[str, typer.Option(help="The gateway's broker; secrets come from ECOVIV_BROKER_….")]
_NEAR = "The gateway's broker; else that of the station that `ecoviv up` runs near by."
NearBroker = Annotated[str | None, typer.Option("--broker", envvar="ECOVIV_BROKER", help=_NEAR)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Wait = Annotated[float, typer.Option(min=1, help="Give up when nothing has moved for so many seconds.")]


def register(app: typer.Typer) -> None:
    """Mount the commands on ``app``."""
    app.command()(sim)
    app.command()(record)
    app.command()(replay)


def sim(
    scenario: Annotated[
        str,
        typer.Option(help="recovery, erosion, no-change, confounded, slowed-erosion or schedule."),
    ] = "recovery",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    broker: Broker = _LOCAL,
    territory_out: Annotated[
        Path | None, typer.Option(help="Write the territory file here, before anything is sent.")
    ] = None,
    sites: Annotated[int, typer.Option(min=1, help="Restored sites, and as many control sites.")] = 9,
    reference: Annotated[int, typer.Option(min=0, help="Reference sites.")] = 3,
    days: Annotated[int, typer.Option(min=1, help="Recording days of each spring.")] = 20,
    clips: Annotated[int, typer.Option(min=0, help="Sound files sent whole.")] = 30,
    wait: Wait = 60.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; print the counts.")] = False,
    as_json: Json = False,
) -> None:
    """Send a simulated territory, five springs long, to a broker.

    Example: `ecoviv sim --scenario erosion --seed 7 --territory-out territory.toml --dry-run`
    """
    from firmware_sim.line.fleet import run_simulation
    from firmware_sim.line.tally import Sent
    from firmware_sim.world.scenario import Scale
    from firmware_sim.world.world import World

    world = World(
        seed, scenario, Scale(restored=sites, control=sites, reference=reference, days=days, clips=clips)
    )
    if territory_out is not None:
        _write_territory(territory_out, world.territory_toml())
    if dry_run:
        sent = Sent()
        for message in world.messages():
            sent.take(message)
    else:
        address = broker_address(broker)
        with _bar("Messages stored") as advance:
            sent = run_simulation(world, address, progress=advance, wait_s=wait)
    _print_sent(sent, {"scenario": scenario, "seed": seed, "truth": world.truth()}, as_json)


def record(
    file: Annotated[Path, typer.Argument(help="The new recording.")],
    broker: Broker = _LOCAL,
    seconds: Annotated[
        float | None, typer.Option("--for", min=0.1, help="Stop after so many seconds; else at Ctrl-C.")
    ] = None,
    sound: Annotated[bool, typer.Option("--sound", help="Clips too; no gate for voices hears them.")] = False,
    as_json: Json = False,
) -> None:
    """Capture what the sensors of a gateway say, to be replayed later; sound only if asked for.

    Example: `ecoviv record --broker mqtt://127.0.0.1:1883 --for 3600 hour.recording`
    """
    from firmware_sim.replay.record import run_record

    stopper = Stopper()
    address = broker_address(broker)
    with progress_bar() as bar:
        task = bar.add_task(f"Messages of {address.url}", total=None)
        recorded = run_record(
            address,
            file,
            seconds=seconds,
            sound=sound,
            stopping=lambda: stopper.stopping,
            progress=lambda now: bar.update(task, completed=now.messages),
        )
    counts = {"file": str(file), "messages": recorded.messages, "bytes": recorded.content_bytes}
    if as_json:
        show_json(counts)
    else:
        show(f"{recorded.messages} messages in {file}")
    raise typer.Exit(stopper.exit_code)


def replay(
    paths: Annotated[list[Path], typer.Argument(help="Recordings, sound files, logger files, folders.")],
    broker: NearBroker = None,
    territory: Annotated[
        Path | None, typer.Option(help="The territory file: whose serials, zones and calibrations.")
    ] = None,
    as_device: Annotated[
        str,
        typer.Option("--as", metavar="SITE/DEVICE", help="Whose files these are, if they name no serial."),
    ] = "",
    zone: Annotated[str, typer.Option(help="Zone of local times, where the device states none.")] = "",
    fold: Annotated[
        Fold | None, typer.Option(help="Which pass of the hour that comes twice in autumn.")
    ] = None,
    speed: Annotated[str, typer.Option(help="So many times faster than it happened, or max.")] = "max",
    shift: Annotated[str, typer.Option(help="now: move all times so that it begins now; or none.")] = "none",
    topics: Annotated[
        list[str] | None, typer.Option(help="Send these topics alone (MQTT filter; may be repeated).")
    ] = None,
    loop: Annotated[int, typer.Option(min=1, help="Play so many times; each pass is a new recording.")] = 1,
    column_map: Annotated[
        list[Path] | None, typer.Option("--map", help="A column map of your own; may be repeated.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME@VERSION", help="Of detections whose file does not say: the detector.")
    ] = "",
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Likewise: scores below it were not reported.")
    ] = None,
    start: Annotated[str, typer.Option(help="Likewise: when its one recording began, with its zone.")] = "",
    duration: Annotated[
        float | None,
        typer.Option(min=0.001, max=31_622_400, help="Likewise: how long each of its recordings is [s]."),
    ] = None,
    analysed: Annotated[
        Path | None, typer.Option(help="All that was analysed: the folder of sound, or a list of names.")
    ] = None,
    names: Annotated[
        Path | None, typer.Option(help="A list that makes scientific names of others: a line a species.")
    ] = None,
    wait: Wait = 60.0,
    wait_heard: Annotated[
        bool,
        typer.Option(
            "--wait-heard/--no-wait-heard", help="Send clips as the ring takes them; wait for each."
        ),
    ] = True,
    measured: Annotated[
        bool,
        typer.Option(
            "--measured", help="PATHS are results of indices and detect --out x.jsonl: send these, no sound."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; --json lists all values.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Play recordings, sound files and logger files as the device that made them.

    Ends 0 only when everything was stored and every clip was heard; 1 if something could not be
    read; 3 if the territory lacks a serial; 4 if something was not confirmed, or not heard.

    Example: `ecoviv replay recordings/ data_94184102_0.csv --territory territory.toml`
    """
    from contract.line.station import find_broker
    from firmware_sim.replay.plan import plan_replay
    from firmware_sim.replay.readers.columns import ColumnMap, known_maps
    from firmware_sim.replay.readers.detections.told import told_of
    from firmware_sim.replay.replay import rehearse, run_replay
    from firmware_sim.replay.rows import RowFile
    from firmware_sim.replay.telling import print_replayed, say_heard

    rate, clock = _speed(speed), SystemClock()
    if shift not in {"now", "none"}:
        raise UsageError(f"--shift {shift!r} is not known", help="Write --shift now or --shift none")
    own = tuple(load_toml(ColumnMap, path) for path in column_map or ())
    plan = plan_replay(
        paths,
        _question(
            territory,
            as_device,
            zone,
            fold,
            topics or (),
            told_of(model, threshold, start, duration, names, analysed),
        ),
        maps=own + known_maps(),
        rounds=loop,
        until=clock.now() if shift == "now" else None,
        measured=measured,
    )
    if dry_run or not plan.sources:
        with RowFile() as rows:
            rehearsed = rehearse(plan, rows if dry_run and as_json else None)
            raise typer.Exit(print_replayed(rehearsed, plan.question.territory, as_json))
    address = find_broker(broker, "replay")
    try:
        with _bar("Messages stored") as advance:
            replayed = run_replay(
                plan,
                address,
                speed=rate,
                wait_s=wait,
                progress=advance,
                wait_heard=wait_heard and not measured,
            )
    except EcoVivError as error:
        for note in getattr(error, "__notes__", ()):
            say(note)
        raise
    say_heard(replayed, wait)
    raise typer.Exit(print_replayed(replayed, plan.question.territory, as_json))


def _question(
    territory: Path | None,
    as_device: str,
    zone: str,
    fold: Fold | None,
    filters: list[str] | tuple[str, ...],
    told: Told,
) -> Question:
    from firmware_sim.replay.readers.reader import Question

    place = None if territory is None else load_territory(territory)
    return Question(
        territory=place,
        given=named_device(as_device, place) if as_device else None,
        zone=parse_zone(zone) if zone else None,
        fold=fold,
        filters=tuple(filters),
        told=told,
    )


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError as error:
        raise UsageError(f"--speed {text!r} is no number", help="Write --speed 60 or --speed max") from error
    if not 0 < speed < float("inf"):
        raise UsageError(f"--speed {text} does not move", help="Write a number above 0, or max")
    return speed


@contextmanager
def _bar(title: str) -> Iterator[Show]:
    """A progress bar on stderr."""
    with progress_bar() as bars:
        task = bars.add_task(title, total=None)

        def advance(now: SendingProgress) -> None:
            bars.update(task, completed=now.stored, total=now.expected)

        yield advance


def _print_sent(sent: Sent, more: dict[str, object], as_json: bool) -> None:
    counts: dict[str, object] = {
        "sent": sent.messages,
        "readings": sent.readings,
        "clips": sent.clips,
        "audio_parts": len(sent.parts),
        "unreadable": len(sent.unreadable),
        "repeated": sent.repeated,
        "resent": sent.resent,
    }
    if as_json:
        show_json(more | counts)
        return
    for name, count in counts.items():
        show(f"{name.replace('_', ' '):<12} {count}")


def _write_territory(path: Path, text: str) -> None:
    """A territory that somebody wrote by hand is never replaced by a simulated one."""
    if path.exists() and path.read_bytes() != text.encode():
        raise UsageError(f"{path} exists already", help="Give another --territory-out, or move it away")
    path.write_text(text, encoding="utf-8")
