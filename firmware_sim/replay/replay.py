"""A recording is a world that already happened: it is sent like any other.

1. ``run_replay`` sends a plan at a speed, or as fast as receipts allow, and waits until all is stored.
2. A clip waits until the gateway's ring takes it without pushing out one that nobody has heard, and
   at the end the replay waits until each was heard.
3. ``rehearse`` reads the same and sends nothing.
4. ``Replayed`` says what was sent and heard, what was left out, and what could not be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from contract.config import BrokerAddress
from contract.errors import EcoVivError, UnreachableError
from contract.instant import SECOND, Clock, SystemClock
from contract.line.bus import MqttBus
from contract.line.sender import Sender
from firmware_sim.line.fleet import Show, Watch, open_line
from firmware_sim.line.hearing import Hearing
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.line.tally import Sent
from firmware_sim.replay.plan import FileReport, ReplayPlan
from firmware_sim.replay.rows import RowFile
from firmware_sim.replay.strangers import Stranger

_BUSY = 200


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did."""

    sent: Sent
    files: tuple[FileReport, ...]
    strangers: tuple[Stranger, ...] = ()
    hearing: Hearing | None = None
    """What became of the clips; None where nobody waited for that."""
    unsent: tuple[Path, ...] = ()
    """Files that the ring had no room for before the replay gave up."""
    values: RowFile | None = None
    """What would be sent, one row a value; None where nobody asked."""

    @property
    def unread(self) -> int:
        """Rows, messages and files that could not be read."""
        return sum(report.findings.unread for report in self.files)

    def to_json(self) -> dict[str, object]:
        """As ``ecoviv replay --json`` prints it."""
        return {
            "sent": self.sent.messages,
            "readings": self.sent.readings,
            "clips": self.sent.clips,
            "clips_heard": self.hearing.heard if self.hearing else None,
            "unheard": self.hearing.unheard() if self.hearing else None,
            "unsent": [str(path) for path in self.unsent],
            "audio_parts": len(self.sent.parts),
            "kinds": dict(sorted(self.sent.kinds.items())),
            "repeated": self.sent.repeated,
            "resent": self.sent.resent,
            "unconfirmable": self.sent.unconfirmable,
            "unread": self.unread,
            "unknown_serials": [one.serial for one in self.strangers if one.serial],
            "files": [report.to_json() for report in self.files],
        }


def rehearse(plan: ReplayPlan, values: RowFile | None = None) -> Replayed:
    """Read everything and send nothing; ``values`` takes what would be sent, a repeated message once."""
    sent = Sent()
    for message in plan.messages():
        repeated = sent.repeated
        sent.take(message)
        sent.unconfirmable += not plan.confirms(message)
        if values is not None and sent.repeated == repeated:
            values.take(message)
    return Replayed(sent, tuple(plan.files.values()), tuple(plan.strangers), values=values)


def run_replay(
    plan: ReplayPlan,
    address: BrokerAddress,
    *,
    speed: float | None,
    wait_s: float,
    progress: Show | None = None,
    clock: Clock | None = None,
    wait_heard: bool = True,
) -> Replayed:
    """Send everything; ``speed`` times faster than it happened, or None for as fast as possible.

    ``wait_heard``: do not overrun the ring of clips, and wait until each was heard; who was not stands
    in the answer.  ``UnreachableError`` (exit 4) where not everything was confirmed as stored.
    """
    clock = clock or SystemClock()
    bus = open_line(address, f"replay-{clock.now():x}", clock)
    try:
        watch = Watch(Sender(bus, clock=clock), 0, progress, wait_s)
        follows = wait_heard and _sends_sound(plan)
        hearing = Hearing(watch.turn, clock, wait_s) if follows else None
        watch.sender.heed = hearing.heed if hearing else None
        whole = _play(plan, watch, bus, _Pace(watch, clock, speed), hearing)
        sent = watch.finish()
        if hearing is not None and whole:
            hearing.wait()
    except EcoVivError as error:
        _add_unread(error, plan)
        raise
    finally:
        bus.close()
    if sent.unconfirmable:
        raise UnreachableError(
            f"{sent.unconfirmable} of {sent.messages} messages were sent, but no receipt can cover them: they"
            " do not say who they are, or the recording begins or breaks off within their boot",
            help="Look for them with `ecoviv query`; a recording begun before its devices start has no gap",
        )
    files = tuple(plan.files.values())
    unsent = () if whole else tuple(one.path for one in files if not (one.messages or one.findings.unread))
    return Replayed(sent, files, tuple(plan.strangers), hearing, unsent)


def _sends_sound(plan: ReplayPlan) -> bool:
    """False where the caller selected topics without that of any piece of sound."""
    filters = plan.question.filters
    return not filters or any("/audio/" in name or name.endswith("#") for name in filters)


def _play(plan: ReplayPlan, watch: Watch, bus: MqttBus, pace: _Pace, hearing: Hearing | None) -> bool:
    """Everything, in its order; False where the ring had no room for a clip and nothing moved."""
    for message in plan.messages():
        pace.wait(message.instant)
        if hearing is not None:
            if message.kind == "clip" and not hearing.wait_for_room(message):
                return False
            hearing.take(message)
        if plan.confirms(message):
            watch.send(message)
        else:
            _send_unconfirmed(message, bus, watch)
    return True


def _send_unconfirmed(message: Outgoing, bus: MqttBus, watch: Watch) -> None:
    """Once to the broker, since nobody can answer for it."""
    watch.sent.take(message)
    watch.sent.unconfirmable += 1
    while bus.unconfirmed > _BUSY or not bus.publish(message.topic, message.payload):
        watch.turn(0.05)


def _add_unread(error: EcoVivError, plan: ReplayPlan) -> None:
    unread = sum(report.findings.unread for report in plan.files.values())
    if unread:
        error.add_note(f"{unread} rows, messages or files could not be read")


@dataclass(slots=True)
class _Pace:
    """Lets messages go when their time has come."""

    watch: Watch
    clock: Clock
    speed: float | None
    _first: int | None = field(default=None, init=False)
    _began: int = field(default=0, init=False)

    def wait(self, instant: int) -> None:
        if self.speed is None:
            return
        if self._first is None:
            self._first, self._began = instant, self.clock.monotonic()
        due = self._began + int((instant - self._first) / self.speed)
        while (left := due - self.clock.monotonic()) > 0:
            self.watch.turn(min(left / SECOND, 0.1))
