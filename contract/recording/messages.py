"""What is said of a recording, as the recorder's own messages: the same sound, the same bytes.

1. ``HeardClip`` is whose recording it is and when it began.
2. ``boot_id`` names clip, start and what it was measured and heard by: another set is another boot.
   ``instrument`` is the part of it that names a detector.
3. ``features`` turns one measured window of one channel into one message; ``of_clip`` names the
   clip in the last one.
4. ``detections`` gives one message a minute and channel, also where nothing was heard: silence
   that was listened to is effort.  Stretches that the quality gate closed are no effort.

Who measures clips as they come and who sends what was measured before build their messages
here, so that the two are one.  Nothing here depends on the machine, on its clock or on where
the file lies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract.instant import SECOND, to_datetime
from contract.reading import MAX_DETECTIONS, Detection, Detections, Excerpt, Features, Finding, Model

MINUTE_S = 60.0
_LONGEST_REASON = 500
_LONGEST_FIRMWARE = 40


@dataclass(frozen=True, slots=True)
class HeardClip:
    """A recording of ``device`` at ``site``, by its content, from ``start`` [ns UTC] on."""

    site: str
    device: str
    sha256: str
    start: int


def boot_id(clip: HeardClip, ids: Sequence[str], window_s: float) -> str:
    """``edge-`` and 16 hex digits of SHA-256 over clip, start, definitions and window [s].

    ``ids``: sorted definition ids; after them the ``instrument``, if there was one.
    """
    definitions = hashlib.sha256("\n".join((*ids, f"window_s={window_s:g}")).encode()).hexdigest()
    text = f"{clip.sha256}{definitions}{clip.start}"
    return f"edge-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def instrument(model: str, least: float, places: Mapping[str, tuple[float, float]]) -> str:
    """A detector as ``id@version#hash``, its lowest score, and device -> (latitude, longitude) [deg]
    of the filter of place and season."""
    said = ",".join(f"{device}:{lat:g}:{lon:g}" for device, (lat, lon) in sorted(places.items()))
    return f"{model};least={least:g};{said}"


def model_of(name: str, version: str, weights: str, least: float) -> Model:
    """A detector as it stands in messages; the hash of its weights is part of the version."""
    return Model(id=name, version=f"{version}#{weights[:8]}", threshold=least)


def features(clip: HeardClip, boot: str, seq: int, said: Mapping[str, Any]) -> Features:
    """One window of one channel; ``said`` is its record as ``ecoviv indices --json`` writes it."""
    start = to_datetime(clip.start + round(said["offset_s"] * SECOND))
    excerpt = Excerpt(
        start=start,
        duration_s=said["window_s"],
        valid_s=float(said["quality"]["valid_s"]),
        channel=said["channel"],
        sample_rate_hz=said["sample_rate_hz"],
    )
    return Features(
        site=clip.site,
        device=clip.device,
        boot=boot,
        seq=seq,
        time=start,
        firmware=str(said["header"].get("firmware", ""))[:_LONGEST_FIRMWARE],
        excerpt=excerpt,
        values=dict(sorted(said["values"].items())),
        absent={name: reason[:_LONGEST_REASON] for name, reason in sorted(said["absent"].items())},
        quality=_findings(said["quality"]),
    )


def unreadable(clip: HeardClip, boot: str, seq: int, ids: Sequence[str], reason: str) -> Features:
    """No value at all, and why."""
    start = to_datetime(clip.start)
    return Features(
        site=clip.site,
        device=clip.device,
        boot=boot,
        seq=seq,
        time=start,
        excerpt=Excerpt(start=start, duration_s=0.0, valid_s=0.0),
        absent=dict.fromkeys(ids, reason[:_LONGEST_REASON]),
    )


def of_clip(message: Features, clip: HeardClip) -> Features:
    """``message`` with the clip named: the last one of a clip."""
    return message.model_copy(update={"excerpt": message.excerpt.model_copy(update={"clip": clip.sha256})})


def _findings(quality: Mapping[str, Any]) -> dict[str, Finding]:
    """The gate and every figure that it looked at, with its threshold."""
    flags = set(quality["flags"])
    found = {
        name: Finding(
            value=float(figure["value"]), threshold=float(figure["threshold"]), flagged=name in flags
        )
        for name, figure in sorted(quality["figures"].items())
    }
    closed = quality["gate"] == "closed"
    return {"gate_closed": Finding(value=float(closed), threshold=0.5, flagged=closed)} | found


@dataclass(frozen=True, slots=True)
class Listened:
    """What a detector did with a recording of ``duration_s`` [s].

    ``hits`` and ``closed`` are records as ``ecoviv detect --out`` writes them: of the one
    ``species``, ``score`` and, where that is scored apart, ``det_prob``; of both ``channel``,
    ``offset_s``, ``window_s`` [s].
    """

    duration_s: float
    channels: int
    sample_rate_hz: int
    firmware: str
    hits: Iterable[Mapping[str, Any]]
    closed: Iterable[Mapping[str, Any]]


def detections(clip: HeardClip, boot: str, model: Model, said: Listened) -> Iterator[Detections]:
    """One message a minute and channel, sequence 1, 2, 3 …"""
    heard: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    closed: dict[tuple[int, int], float] = {}
    for one in said.hits:
        heard.setdefault(_minute_of(one), []).append(one)
    for one in said.closed:
        closed[_minute_of(one)] = closed.get(_minute_of(one), 0.0) + one["window_s"]
    for seq, key in enumerate(_minutes(said), 1):
        length = min(MINUTE_S, said.duration_s - key[0] * MINUTE_S)
        start = to_datetime(clip.start + round(key[0] * MINUTE_S * SECOND))
        excerpt = Excerpt(
            start=start,
            duration_s=length,
            valid_s=max(0.0, length - closed.get(key, 0.0)),
            channel=key[1],
            sample_rate_hz=said.sample_rate_hz,
        )
        yield Detections(
            site=clip.site,
            device=clip.device,
            boot=boot,
            seq=seq,
            time=start,
            firmware=said.firmware[:_LONGEST_FIRMWARE],
            excerpt=excerpt,
            model=model,
            detections=tuple(_detection(one, key[0]) for one in heard.get(key, [])[:MAX_DETECTIONS]),
        )


def _minute_of(one: Mapping[str, Any]) -> tuple[int, int]:
    return int(one["offset_s"] // MINUTE_S), one["channel"]


def _minutes(said: Listened) -> list[tuple[int, int]]:
    """(minute, channel) in order; a rest of less than a millisecond is none."""
    count = max(1, -(-int(said.duration_s * 1000) // int(MINUTE_S * 1000)))
    return [(minute, channel) for minute in range(count) for channel in range(said.channels)]


def _detection(one: Mapping[str, Any], minute: int) -> Detection:
    return Detection(
        taxon=one["species"],
        score=round(min(1.0, max(0.0, one["score"])), 6),
        offset_s=one["offset_s"] - minute * MINUTE_S,
        duration_s=one["window_s"],
        det_prob=None if one.get("det_prob") is None else round(min(1.0, max(0.0, one["det_prob"])), 6),
    )
