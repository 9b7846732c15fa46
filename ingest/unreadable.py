"""Commands for what nobody could read: list it, read it again, let it go.

``unreadable`` is mounted under ``ecoviv ingest``.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import Annotated

import typer

from contract.nearby import find_both, find_store
from contract.terminal import show, show_json
from ingest.options import Json, StoreUrl, Territory

LISTED = 50
"""Unreadable messages shown, unless all are asked for."""

unreadable = typer.Typer(help="Messages that nobody could read.", no_args_is_help=True)


@unreadable.command(name="list")
def list_unreadable(
    store: StoreUrl = None,
    everything: Annotated[bool, typer.Option("--all", help=f"All of it, not the last {LISTED}.")] = False,
    as_json: Json = False,
) -> None:
    """What nobody could read, with the reason: the last that came, or all.

    Example: ecoviv ingest unreadable list --json --all
    """
    from ingest.store import open_store
    from ingest.tables import print_unreadable

    with closing(open_store(find_store(store), read_only=True)) as opened:
        total = opened.count_unreadable()
        last = None if everything else LISTED
        print_unreadable(opened.unreadable(last=last), total, last, as_json=as_json)


@unreadable.command()
def dismiss(
    store: StoreUrl = None,
    ids: Annotated[list[int] | None, typer.Option("--id", help="Of `list`; may be given again.")] = None,
    topic: Annotated[str, typer.Option(help="What came on this topic.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="All that is listed.")] = False,
    why: Annotated[str, typer.Option(help="To be kept with it.")] = "",
    who: Annotated[str, typer.Option("--by", help="Who does it; by default who is logged in.")] = "",
    as_json: Json = False,
) -> None:
    """Let unreadable messages go.  Who did it, when, why and how many is kept; `ledger` shows it.

    Example: ecoviv ingest unreadable dismiss --topic birdnet --why "a test rig"
    """
    import getpass

    from contract.errors import UsageError
    from contract.instant import SystemClock
    from ingest.store import open_store

    if sum((bool(ids), bool(topic), everything)) != 1:
        raise UsageError("Say which messages may go", help="Give one of --id, --topic and --all")
    with closing(open_store(find_store(store))) as opened:
        chosen = ids or [one.id for one in opened.unreadable() if everything or one.topic == topic]
        done = opened.dismiss_unreadable(chosen, SystemClock().now(), who or getpass.getuser(), why)
    if as_json:
        show_json({"dismissed": done.messages, "bytes": done.bytes, "by": done.who, "why": done.why})
    else:
        show(f"{done.messages} dismissed by {done.who}, {done.bytes} bytes")


@unreadable.command()
def fields(store: StoreUrl = None, as_json: Json = False) -> None:
    """Fields of foreign messages that nobody understands, by device.

    Example: ecoviv ingest unreadable fields --json
    """
    from ingest.store import open_store
    from ingest.tables import print_fields

    with closing(open_store(find_store(store), read_only=True)) as opened:
        print_fields(opened.unknown_fields(), as_json=as_json)


@unreadable.command()
def retry(
    territory: Territory = None,
    store: StoreUrl = None,
    broker: Annotated[
        str, typer.Option("--broker", help="Also send what stays unreadable again, to its gateway.")
    ] = "",
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for what comes of what was sent again.")
    ] = 10.0,
    originals: Annotated[
        bool, typer.Option("--originals", help="Instead what was read, by the gateway's maps of today.")
    ] = False,
    device: Annotated[str, typer.Option(help="With --originals, only of this device.")] = "",
    as_json: Json = False,
) -> None:
    """Read it again, after the territory was corrected; say what became readable.

    Example: ecoviv ingest unreadable retry --territory territory.toml --broker mqtt://127.0.0.1:1883
    """
    if originals:
        _retry_originals(store, broker, device, as_json=as_json)
        return
    from contract.config import broker_address, load_territory
    from contract.instant import SystemClock
    from contract.line.bus import MqttBus
    from ingest.retry import Resent, answers, records, send_again
    from ingest.retry import retry as read_again
    from ingest.store import open_store

    file, url = find_both(territory, store)
    places = load_territory(file)
    sent: set[int] = set()
    came = Resent(0, 0, 0)
    with closing(open_store(url)) as opened:
        stored = read_again(opened, places)
        if broker and opened.count_unreadable():
            before = records(opened)
            bus = MqttBus(broker_address(broker), f"ingest-retry-{secrets.token_hex(3)}", passing=True)
            bus.connect()
            try:
                sent = send_again(opened, bus)
            finally:
                bus.close()
            came = answers(opened, sent, before, SystemClock(), wait)
        left = opened.count_unreadable()
    told = {"stored": stored, "sent_again": len(sent), "unreadable": left}
    if as_json:
        after = {"became_readable": came.read, "came_back": came.back, "unanswered": came.open}
        show_json(told | after if broker else told)
        return
    show(f"{stored} stored, {len(sent)} sent again, {left} still unreadable")
    if sent:
        show(
            f"Of those sent again: {came.read} became readable, {came.back} did not,"
            f" {came.open} not answered yet"
        )


def _retry_originals(store: str | None, broker: str, device: str, *, as_json: bool) -> None:
    from contract.config import broker_address
    from contract.errors import UsageError
    from contract.line.bus import MqttBus
    from ingest.retry import send_originals
    from ingest.store import open_store

    if not broker:
        raise UsageError("Originals are read by their gateways", help="Give --broker, where these listen")
    with closing(open_store(find_store(store), read_only=True)) as opened:
        bus = MqttBus(broker_address(broker), f"ingest-retry-{secrets.token_hex(3)}", passing=True)
        bus.connect()
        try:
            sent = send_originals(opened, bus, device or None)
        finally:
            bus.close()
    if as_json:
        show_json({"originals_sent": sent})
    else:
        show(f"{sent} originals sent; `ecoviv ingest unreadable fields` says later what is still unknown")
