"""What was taken: does it leave again, and how long is there room?  Messages, clips, and who hears these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.batch import RAW, STREAMS
from contract.instant import MINUTE, SECOND
from contract.places import Territory
from gateway.doctor.diagnosis import Diagnosis, span_text
from gateway.doctor.upward import PATIENCE, waits_for
from gateway.spool.records import ASIDE
from gateway.spool.status import Status

_RECORD_BYTES = 550
"""What a message of four readings (400 bytes) takes in the spool, index included: measured 536."""
_MANY_CLIPS = 200
"""An edge worker at work lets fewer wait."""


def check_spool(status: Status, now: int, territory: Territory, free: int) -> Iterator[Diagnosis]:
    """``now`` [ns UTC]; ``free``: bytes of the disk; the spool grows to its cap or to the end of the disk."""
    left = max(0, min(status.cap_bytes - status.used_bytes, free))
    waiting = sum(stream.waiting for stream in status.streams if stream.stream != RAW)
    age = waits_for(status, now)
    text = f"{waiting} messages wait, the oldest for {span_text(age)}" if waiting else "nothing waits"
    if waiting and age > PATIENCE:
        yield Diagnosis(
            "spool", "warn", f"{text}; at this rate there is room for {span_text(_lasts(left, status, age))}",
            "Check the link to ingest and that `ecoviv ingest run` works",
        )  # fmt: skip
    else:
        span = span_text(int(left / max(_expected(territory), 1e-9) * SECOND))
        yield Diagnosis(
            "spool",
            "ok",
            f"{text}; cut off from ingest there is room for {span} by the cadences"
            " of the territory, sound apart",
        )
    dropped = {name: status.counters.get(f"dropped_{name}", 0) for name in STREAMS}
    if originals := dropped.pop(RAW):
        yield Diagnosis(
            "originals", "ok",
            f"{originals} originals of foreign messages were given up for room; their values were not",
        )  # fmt: skip
    if any(dropped.values()):
        lost = ", ".join(f"{count} {name}" for name, count in dropped.items() if count)
        yield Diagnosis(
            "drops",
            "warn",
            f"the spool was full and gave up: {lost}",
            "Raise --spool-mb, or restore the link sooner",
        )
    if status.counters.get("too_large"):
        yield Diagnosis(
            "packets",
            "warn",
            f"{status.counters['too_large']} messages were larger than the broker takes and were set aside"
            f" in the folder {ASIDE} beside the spool",
            "Raise max_packet_size and message_size_limit of the broker between here and ingest",
        )
    if status.counters.get("spools_set_aside"):
        yield Diagnosis(
            "damage", "warn", "a damaged spool was set aside beside this one",
            "Replace the card; keep the file named …damaged-… for whoever looks after the store",
        )  # fmt: skip


def _lasts(left: int, status: Status, age: int) -> int:
    """When ``left`` bytes are full if all goes on as since the oldest waiting message [ns]."""
    return int(left * max(age, MINUTE) / max(status.used_bytes, 1))


def _expected(territory: Territory) -> float:
    """Bytes a second that the devices are expected to add."""
    return sum(_RECORD_BYTES / device.cadence_s for device in territory.devices)


def check_clips(status: Status) -> Iterator[Diagnosis]:
    """Whether an edge worker takes the clips, and whether any were lost or could not be joined."""
    waiting = status.clips.get("whole", 0)
    lost = status.counters.get("clips_evicted_unheard", 0)
    if lost:
        yield Diagnosis(
            "clips", "warn", f"{lost} clips left the ring before anybody heard them",
            "Start `ecoviv edge run`, or raise --clips-mb",
        )  # fmt: skip
    elif waiting > _MANY_CLIPS:
        yield Diagnosis(
            "clips", "warn", f"{waiting} clips wait to be heard", "Start `ecoviv edge run` beside the gateway"
        )
    else:
        yield Diagnosis("clips", "ok", f"{waiting} clips wait to be heard")
    if status.counters.get("clips_bad"):
        yield Diagnosis(
            "clips", "warn", f"{status.counters['clips_bad']} clips could not be joined from their pieces",
            "Read the reasons with `ecoviv ingest unreadable list`; check the recorder's card",
        )  # fmt: skip


def check_voices(said: Mapping[str, Mapping[str, Any]]) -> Iterator[Diagnosis]:
    """What is switched on that hears people; ``said``: client → what it says beside being there.

    A line for each edge worker.
    """
    for client, status in sorted(said.items()):
        if "voices" not in status:
            continue
        days, detector = status.get("kept_days", 0), str(status.get("detector", ""))[:80]
        stays = isinstance(days, int | float) and days > 0
        kept = f"sound that it lets through is kept for {days:g} days" if stays else "no sound is kept"
        heard = f"; species are named by {detector}" if detector else ""
        if model := str(status["voices"])[:80]:
            yield Diagnosis(f"voices {client}", "ok", f"the gate is there ({model}); {kept}{heard}")
        else:
            why = str(status.get("no_voices", ""))[:200]
            yield Diagnosis(
                f"voices {client}",
                "warn",
                f"there is no model for voices: no sound is kept, and nobody counts voices ({why}){heard}",
                "pip install 'ecoviv[edge]' again, then restart `ecoviv edge run`",
            )
