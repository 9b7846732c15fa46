"""What a file holds goes to where its device was then, message by message.

1. A file may begin at one site and end at another: a logger that was moved without being emptied.
2. At each site it is a recording of its own, with a boot of its own, numbered from 1.
3. What was recorded while the device was nowhere is not sent, and said.

Devices without dates, recordings of the wire and sound (placed by its reader) pass as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from contract import topics, wire
from contract.instant import from_datetime
from contract.reading import Detections, Features
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.readers.reader import Findings, Nowhere, Question, stand

_SOUND = frozenset({"clip", "audio"})


def placed(
    messages: Iterable[Outgoing], path: Path, question: Question, findings: Findings
) -> Iterator[Outgoing]:
    """``messages`` of ``path``, each at the site of its time; ``ConfigurationError`` where --as denies it."""
    numbers: Counter[tuple[str, str, str]] = Counter()
    for message in messages:
        device = question.owners.get((path, message.device))
        if device is None or not device.deployment or message.kind in _SOUND:
            yield message
            continue
        try:
            site = stand(device, _recorded(message) - question.shift, question).site
        except Nowhere as error:
            findings.problem(f"{path}: {error.message}")
            continue
        key = (message.device, message.boot, site)
        numbers[key] += 1
        yield _moved(message, site, numbers[key])


def _recorded(message: Outgoing) -> int:
    """When it was measured, or when what was listened to begins [ns UTC, as moved]."""
    said = wire.read(message.payload)
    if isinstance(said, Features | Detections):
        return from_datetime(said.excerpt.start)
    return message.instant if said.instant is None else said.instant


def _moved(message: Outgoing, site: str, seq: int) -> Outgoing:
    if (site, seq) == (message.site, message.seq):
        return message
    boot = message.boot
    if site != message.site:
        boot = f"replay-{hashlib.sha256(f'{boot} {site}'.encode()).hexdigest()[:24]}"
    told = json.loads(message.payload) | {"site": site, "boot": boot, "seq": seq}
    payload = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    topic = topics.sensor(site, message.device, message.kind)
    return replace(message, site=site, boot=boot, seq=seq, topic=topic, payload=payload)
