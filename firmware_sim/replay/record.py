"""Captures what the sensors of a broker say, to be replayed later.

1. A client of its own subscribes to all that sensors send; to sound, and to what announces it, only where
   that was asked for: here no gate searches it for voices.
2. Each message becomes a line: time of receipt, topic, payload; receipts are not recorded.
3. A line is on disk before the broker is told that the message was received.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from contract import topics
from contract.config import BrokerAddress
from contract.errors import ConfigurationError
from contract.instant import SECOND, Clock, SystemClock
from contract.line.bus import MqttBus
from firmware_sim.replay.readers.native import header_line, message_line


@dataclass(slots=True)
class Recorded:
    """What was captured."""

    messages: int = 0
    content_bytes: int = 0


def run_record(
    address: BrokerAddress,
    path: Path,
    *,
    seconds: float | None = None,
    sound: bool = False,
    stopping: Callable[[], bool] = lambda: False,
    progress: Callable[[Recorded], None] | None = None,
    clock: Clock | None = None,
) -> Recorded:
    """Record into a new file for ``seconds``, or until ``stopping``; ``sound``: clips too, as they come."""
    clock = clock or SystemClock()
    filters = (topics.SENSOR_FILTER, *((topics.AUDIO_FILTER,) if sound else ()))
    left_out = {"receipt"} if sound else {"receipt", "clip", "audio"}
    bus = MqttBus(address, f"recorder-{secrets.token_hex(4)}", filters, session_s=300, clock=clock)
    bus.connect()
    recorded = Recorded()
    try:
        with _new_file(path) as file:
            file.write(header_line(clock.now(), address.url))
            end = None if seconds is None else clock.monotonic() + int(seconds * SECOND)
            while not stopping() and (end is None or clock.monotonic() < end):
                deliveries = bus.poll(0.2, 500)
                for delivery in deliveries:
                    place = delivery.place
                    if not isinstance(place, topics.SensorTopic) or place.kind in left_out:
                        continue
                    file.write(message_line(clock.now(), delivery.topic, delivery.payload))
                    recorded.messages += 1
                    recorded.content_bytes += len(delivery.payload)
                if deliveries:
                    file.flush()
                    os.fsync(file.fileno())
                    bus.acknowledge(deliveries)
                if progress is not None:
                    progress(recorded)
    finally:
        bus.close()
    return recorded


def _new_file(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileExistsError as error:
        raise ConfigurationError(
            f"{path} exists already", help="Name another file; a recording is never overwritten"
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}",
            help="Name a file in a folder that you may write to",
        ) from error
