"""What a spool holds, read from beside a running gateway without disturbing it."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from contract.batch import RAW, STREAMS
from contract.errors import StoreError
from contract.instant import format_instant
from gateway.missed import SETTING, Miss, load_missed
from gateway.spool.file import PAGE_BYTES
from gateway.spool.records import span
from gateway.spool.watch import clocks, refusals
from gateway.spool.watch.clocks import ClockOffset, load_offsets
from gateway.spool.watch.health import DeviceHealth, read_healths
from gateway.spool.watch.patience import NOTE, Repeat, load_repeats


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream's numbers."""

    stream: str
    highest: int
    committed: int
    waiting: int
    """Records here that ingest has not confirmed."""


@dataclass(frozen=True, slots=True)
class Status:
    """The whole spool."""

    epoch: str
    streams: tuple[StreamStatus, ...]
    counters: dict[str, int]
    last_heard: dict[tuple[str, str], int]
    """(site, device) → last message [ns UTC]"""
    oldest: int | None
    """When the oldest waiting record was taken [ns UTC]; originals, which may wait long, left out."""
    used_bytes: int
    cap_bytes: int
    clips: dict[str, int]
    """Clips by state."""
    sent_today: int
    """Bytes upstream on the UTC day ``budget_day``, as last noted."""
    budget_day: str
    repeats: tuple[Repeat, ...] = ()
    """Devices that say again what was received, the latest first."""
    clocks: tuple[ClockOffset, ...] = ()
    """Devices whose clocks are wrong, the latest first."""
    missed: tuple[Miss, ...] = ()
    """Fields that nobody understood, by device, and topics that fit nobody."""
    gateway: str = ""
    """Whose spool it is; empty if its gateway has not said so yet."""
    budget_bytes: int = 0
    """Upstream a UTC day; 0 for no limit."""
    refusals: tuple[tuple[str, str, int], ...] = ()
    """(topic, reason, when [ns UTC]): what the broker refused this gateway."""
    health: tuple[DeviceHealth, ...] = ()
    """How each device of the territory that spoke here is doing."""

    @property
    def clips_heard(self) -> int:
        """Clips whose features are spooled, also those that have left the ring since."""
        left = (self.counters.get(name, 0) for name in ("clips_let_go", "clips_evicted"))
        return self.clips.get("heard", 0) + sum(left)

    def as_json(self) -> dict[str, object]:
        """What ``--json`` prints; times as ISO 8601."""
        return {
            "epoch": self.epoch,
            "streams": {
                s.stream: {"highest": s.highest, "committed": s.committed, "waiting": s.waiting}
                for s in self.streams
            },
            "counters": self.counters,
            "last_heard": {f"{s}/{d}": format_instant(at) for (s, d), at in self.last_heard.items()},
            "oldest_waiting": None if self.oldest is None else format_instant(self.oldest),
            "used_bytes": self.used_bytes,
            "cap_bytes": self.cap_bytes,
            "clips": self.clips,
            "sent_bytes": self.sent_today,
            "sent_day": self.budget_day,
            "not_understood": [one._asdict() for one in self.missed],
        }

    def as_lines(self) -> list[str]:
        """The same for people."""
        lines = [f"epoch {self.epoch}, {self.used_bytes / 2**20:.1f} of {self.cap_bytes / 2**20:.0f} MiB"]
        lines.append(f"sent upstream on {self.budget_day or 'no day yet'}: {self.sent_today / 2**20:.2f} MiB")
        lines += [
            f"{s.stream:<9} {s.highest:>10} taken {s.committed:>10} confirmed {s.waiting:>8} waiting"
            for s in self.streams
        ]
        lines += [f"{name} {value}" for name, value in sorted(self.counters.items())]
        lines += [f"clips {state} {count}" for state, count in sorted(self.clips.items())]
        lines += [
            f"{site}/{device} last heard {format_instant(at)}"
            for (site, device), at in sorted(self.last_heard.items())
        ]
        lines += [f"not understood {one.who or 'topic'} {one.name}: {one.times} times" for one in self.missed]
        return lines


def read_status(state: Path) -> Status:
    """The status of the spool in the folder ``state``; ``StoreError`` if there is none."""
    path = state / "spool.db"
    if not path.exists():
        raise StoreError(f"There is no spool in {state}", help="Start a gateway with this --state first")
    try:
        stuck = os.statvfs(state).f_flag & os.ST_RDONLY  # no lock can be taken there, and nobody writes
        mode = "mode=ro&immutable=1" if stuck else "mode=ro"
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None)
        try:
            return _read(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(
            f"The spool {path} cannot be read: {error}",
            help="Run this as the gateway's user; a damaged spool is set aside when the gateway starts",
        ) from error


def _read(connection: sqlite3.Connection) -> Status:
    run = connection.execute
    settings: dict[str, str] = dict(run("SELECT name, value FROM settings").fetchall())
    taken = dict(run("SELECT stream, highest FROM streams").fetchall())
    confirmed = dict(run("SELECT stream, sum(committed) FROM openings GROUP BY stream").fetchall())
    latest = run("SELECT epoch FROM openings ORDER BY base DESC LIMIT 1").fetchone()
    streams = tuple(
        StreamStatus(stream, taken[stream], confirmed.get(stream, 0), _waiting(connection, stream))
        for stream in STREAMS
    )
    spoke = run("SELECT site, device, max(last) FROM senders WHERE boot<>'' GROUP BY site, device")
    (oldest,) = run("SELECT min(received) FROM records WHERE id<?", (span(RAW)[0],)).fetchone()
    (pages,), (free,) = run("PRAGMA page_count").fetchone(), run("PRAGMA freelist_count").fetchone()
    return Status(
        latest[0] if latest else "",
        streams,
        dict(run("SELECT name, value FROM counters").fetchall()),
        {(site, device): last for site, device, last in spoke},
        oldest,
        (pages - free) * PAGE_BYTES,
        int(settings["cap_bytes"]),
        dict(run("SELECT state, count(*) FROM clips GROUP BY state").fetchall()),
        int(settings.get("budget_spent", "0")),
        settings.get("budget_day", ""),
        tuple(load_repeats(settings.get(NOTE, "[]"))),
        tuple(load_offsets(settings.get(clocks.NOTE, "[]"))),
        tuple(load_missed(settings.get(SETTING, ""))),
        settings.get("gateway", ""),
        int(settings.get("budget_bytes", "0")),
        refusals.load_refusals(settings.get(refusals.NOTE, "")),
        tuple(read_healths(connection)),
    )


def _waiting(connection: sqlite3.Connection, stream: str) -> int:
    query = "SELECT count(*) FROM records WHERE id BETWEEN ? AND ?"
    (count,) = connection.execute(query, span(stream)).fetchone()
    return int(count)
