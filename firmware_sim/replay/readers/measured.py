"""Results of ``ecoviv indices`` and ``ecoviv detect``: the recorder's own messages, without its sound.

1. ``survey`` walks a file of results once and says where the lines of each recording lie.
2. ``MeasuredReader`` reads the lines of one recording when its time comes.  Windows and detections
   of one recording are one boot, detections first, as the edge worker says them; the
   messages are built by the same ``contract.recording.messages``.
3. What the edge worker would measure otherwise (without the gate, a first channel alone) is
   refused: it would be other content under the same identity.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from contract import topics
from contract.errors import EcoVivError
from contract.instant import SECOND, parse_instant
from contract.places import Device
from contract.reading import Detections, Features, Model
from contract.recording.chunks import RecorderWords
from contract.recording.header import header_of
from contract.recording.messages import (
    HeardClip,
    Listened,
    boot_id,
    detections,
    features,
    instrument,
    model_of,
    of_clip,
)
from contract.wire import encode
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.reader import Findings, Nowhere, Question, owner, stand

_WINDOW_S, _MOST_SAMPLES = 60.0, 2_880_000
"""The edge worker's window: so long, and no more samples."""
_SETTINGS = re.compile(r"detector=(.+)@(.+)#(\S+) geo=(\S+) date=(\S+) least=(\S+) thresholds=\S+(?: .+)?")
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)

_MOST_DETECTIONS = 200_000
"""Of one recording; a damaged line can count more than fit into memory."""
Record = Mapping[str, Any]


@dataclass(slots=True)
class Results:
    """Where the lines of one recording lie: result file -> offsets of its windows, or of its effort."""

    file: Path
    """The recording, as the results name it."""
    windows: dict[Path, list[int]] = field(default_factory=dict)
    efforts: dict[Path, int] = field(default_factory=dict)


class NoResult(ValueError):
    """A line that no command of ours wrote."""


def survey(path: Path, found: dict[tuple[str, str], Results]) -> str:
    """Note in ``found``, by hash and name of the recording, what ``path`` holds; what is wrong, or empty."""
    with path.open("rb") as stream:
        number, offset = 0, 0
        while line := stream.readline():
            number += 1
            try:
                record = _record(line)
                name = Path(str(record["file"]))
                results = found.setdefault((str(record["sha256"]), name.name), Results(name))
                if "values" in record:
                    results.windows.setdefault(path, []).append(offset)
                else:
                    hits = [stream.readline() for _ in range(_count(record))]
                    if hits and not hits[-1].endswith(b"\n"):
                        return f"line {number} counts more detections than follow: hear it again to its end"
                    results.efforts[path] = offset
                    number += len(hits)
            except _MALFORMED:
                if not line.endswith(b"\n"):
                    return f"line {number} is cut short"
                return (
                    f"line {number} was not written by ecoviv indices --out x.jsonl or detect --out x.jsonl"
                )
            offset = stream.tell()
    return "" if number else "it is empty"


def _record(line: bytes) -> dict[str, Any]:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise NoResult("not a record")
    if b"\\u" in line:
        json.dumps(
            record, ensure_ascii=False
        ).encode()  # half a letter, which nobody wrote, is a ``ValueError``
    return record


def _count(effort: Record) -> int:
    """How many detections follow a line of effort."""
    count = int(effort["detections"])
    if not 0 <= count <= _MOST_DETECTIONS:
        raise NoResult(f"it counts {count} detections")
    return count


def _at(path: Path, offset: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The record at ``offset`` and the detections that it counts."""
    with path.open("rb") as stream:
        stream.seek(offset)
        record = _record(stream.readline())
        count = 0 if "values" in record else _count(record)
        return record, [_record(stream.readline()) for _ in range(count)]


@dataclass(frozen=True, slots=True)
class MeasuredReader:
    """Reads the ``results`` of one recording."""

    results: Results
    name: str = "measured"

    def read(self, path: Path, question: Question, findings: Findings) -> Iterator[Outgoing]:
        """Detections and features of the recording ``path``, a boot for each pair of result files."""
        for measured, heard in zip_longest(self.results.windows.items(), self.results.efforts.items()):
            try:
                windows = [_at(measured[0], offset)[0] for offset in measured[1]] if measured else []
                effort, hits = _at(*heard) if heard else (None, [])
                if why := _unlike_the_worker(windows):
                    findings.problem(f"{path}: {why}")
                    continue
                messages = list(_messages(path, question, findings, windows, effort, hits))
            except Nowhere as error:
                findings.problem(f"{path}: {error.message}")
                continue
            except (*_MALFORMED, OSError) as error:
                said = str(error) if isinstance(error, NoResult) else f"its results are damaged ({error})"
                findings.problem(f"{path}: {said}")
                continue
            yield from messages


def _unlike_the_worker(windows: Sequence[Record]) -> str:
    if any(one["quality"]["gate"] == "off" for one in windows):
        return "it was measured with --no-gate; measure it again without"
    if windows and {one["channel"] for one in windows} != set(range(windows[0]["channels"])):
        return "not every channel was measured; measure it again without --first-channel"
    return ""


def _messages(
    path: Path,
    question: Question,
    findings: Findings,
    windows: Sequence[Record],
    effort: Record | None,
    hits: Sequence[Record],
) -> Iterator[Outgoing]:
    """Numbered without a gap as far as they are wanted."""
    first = windows[0] if windows else effort
    if first is None:
        return
    start = _start(path, first, findings)
    device = owner(path, _serials(path, windows, effort), "acoustic", question, start)
    if start is not None:
        device = stand(device, start, question)
    windows = windows if question.wants(topics.sensor(device.site, device.id, "features")) else ()
    wanted = question.wants(topics.sensor(device.site, device.id, "detections"))
    if start is None or not (windows or (wanted and effort)):
        return
    clip = HeardClip(device.site, device.id, first["sha256"], (start + question.shift) // 1_000 * 1_000)
    end = clip.start + round(_duration(first) * SECOND)
    ids = sorted({name for one in windows for name in (*one["values"], *one["absent"])})
    hearing = _hearing(effort, device, question) if wanted and effort else None
    boot = boot_id(clip, (*ids, hearing[1]) if hearing else ids, _window_s(windows))
    seq = 0
    if hearing and effort:
        for heard in detections(clip, boot, hearing[0], _listened(effort, hits)):
            seq = heard.seq
            yield _outgoing(heard, end)
    for number, said in enumerate(windows, 1):
        message = features(clip, boot, seq + number, said)
        yield _outgoing(of_clip(message, clip) if number == len(windows) else message, end)


def _serials(path: Path, windows: Sequence[Record], effort: Record | None) -> list[str]:
    """Every name that may be the recorder's, the likeliest first."""
    said = [str(one["serial"]) for one in windows[:1] if one["serial"]]
    said += [str(one) for one in (effort or {}).get("serials", ())]
    return list(dict.fromkeys([*said, *header_of(path.stem, RecorderWords()).serials]))


def _start(path: Path, first: Record, findings: Findings) -> int | None:
    """Of the recording [ns UTC]; None, with a finding, where nobody knows it."""
    try:
        offset = round(float(first.get("offset_s", 0.0)) * SECOND)
        if first["start"] is not None:
            return parse_instant(str(first["start"])) - offset
        why = first.get("reason") or "its start is not known"
        findings.problem(f"{path}: {why}; measure it again with --territory or --zone")
    except EcoVivError as error:
        findings.problem(f"{path}: {error.message}")
    return None


def _duration(first: Record) -> float:
    if "duration_s" not in first:
        raise NoResult("it was heard by an earlier version; hear it again with ecoviv detect --out")
    return float(first["duration_s"])


def _window_s(windows: Sequence[Record]) -> float:
    """The window that was asked for.  A recording that is shorter is the same under every window: that
    of the edge worker then."""
    if not windows:
        return _WINDOW_S
    first, rate = windows[0], windows[0]["sample_rate_hz"]
    length, near = float(first["window_s"]), 2.0 / rate
    alone = length >= first["duration_s"] - near and length <= _WINDOW_S
    usual = abs(length - min(_WINDOW_S, _MOST_SAMPLES / rate)) <= near
    return _WINDOW_S if alone or usual else length


def _hearing(effort: Record, device: Device, question: Question) -> tuple[Model, str]:
    """The detector as messages name it, and its part of the boot."""
    parts = _SETTINGS.fullmatch(effort["settings"])
    if parts is None:
        raise NoResult("its line of effort names no detector")
    name, version, weights, geo, date, text = parts.groups()
    least = float(text)
    places: dict[str, tuple[float, float]] = {}
    if geo != "none":
        latitude, longitude = (float(part) for part in geo.split(","))
        places = _places(question)
        own = places.get(device.id)
        if date != "None" or own is None or f"{own[0]:g},{own[1]:g}" != geo:
            places = {device.id: (latitude, longitude)}
    identity = instrument(f"{name}@{version}#{weights}", least, places)
    return model_of(name, version, weights, least), identity if date == "None" else f"{identity};date={date}"


def _places(question: Question) -> dict[str, tuple[float, float]]:
    """Device -> latitude and longitude of its site [deg], as the edge worker has them of the territory."""
    place = question.territory
    if place is None:
        return {}
    sites = {one.id: place.site_by_id[one.site] for one in place.devices}
    return {device: (site.latitude, site.longitude) for device, site in sites.items()}


def _listened(effort: Record, hits: Sequence[Record]) -> Listened:
    return Listened(
        duration_s=_duration(effort),
        channels=effort["channels"],
        sample_rate_hz=effort["sample_rate_hz"],
        firmware=effort["firmware"],
        hits=hits,
        closed=effort["not_heard"],
    )


def _outgoing(message: Features | Detections, instant: int) -> Outgoing:
    topic = topics.sensor(message.site, message.device, message.kind)
    points = len(message.values) if isinstance(message, Features) else 0
    return Outgoing(
        instant, message.site, message.device, message.boot, message.seq, topic, encode(message), points,
        message.kind,
    )  # fmt: skip
