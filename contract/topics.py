"""Topics: the only file that writes or parses one.

    ecoviv/1/{site}/{device}/{kind}          a sensor speaks (readings, features, detections, clip, health)
    ecoviv/1/{site}/{device}/audio/{sha}     a piece of a clip
    ecoviv/1/{site}/{device}/receipt         the gateway answers a sensor
    ecoviv/up/1/{gateway}/{stream}           batches from a gateway
    ecoviv/receipt/1/{gateway}/{stream}      ingest answers a gateway
    ecoviv/local/1/clip                      the gateway tells its edge worker of a clip
    ecoviv/status/1/{client}                 retained, with a last will
    ecoviv/claim/1/{device}                  a device presents its claim code
    ecoviv/claim/1/{device}/answer           and is told whether its credential counts

Service topics have roots of their own, so that no sensor's credential can write them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

SENSOR_FILTER = "ecoviv/1/+/+/+"
AUDIO_FILTER = "ecoviv/1/+/+/audio/+"
SENSOR_RECEIPT_FILTER = "ecoviv/1/+/+/receipt"
UP_FILTER = "ecoviv/up/1/+/+"
LOCAL_CLIP = "ecoviv/local/1/clip"
STATUS_FILTER = "ecoviv/status/1/+"
CLAIM_FILTER = "ecoviv/claim/1/+"
CLAIM_ANSWER_FILTER = "ecoviv/claim/1/+/answer"


@dataclass(frozen=True, slots=True)
class SensorTopic:
    """Where a sensor spoke.  ``kind`` is as written, also when it is none of ours."""

    site: str
    device: str
    kind: str


def sensor(site: str, device: str, kind: str) -> str:
    return f"ecoviv/1/{site}/{device}/{kind}"


def audio(site: str, device: str, sha256: str) -> str:
    return f"ecoviv/1/{site}/{device}/audio/{sha256}"


def sensor_receipt(site: str, device: str) -> str:
    return f"ecoviv/1/{site}/{device}/receipt"


def up(gateway: str, stream: str) -> str:
    return f"ecoviv/up/1/{gateway}/{stream}"


def receipt(gateway: str, stream: str) -> str:
    return f"ecoviv/receipt/1/{gateway}/{stream}"


def receipt_filter(gateway: str) -> str:
    return f"ecoviv/receipt/1/{gateway}/+"


def status(client: str) -> str:
    return f"ecoviv/status/1/{client}"


def claim(device: str) -> str:
    return f"ecoviv/claim/1/{device}"


def claim_answer(device: str) -> str:
    return f"ecoviv/claim/1/{device}/answer"


def parse_claim(topic: str) -> str | None:
    """The device that presents a claim code, or None."""
    parts = topic.split("/")
    return parts[3] if len(parts) == 4 and parts[:3] == ["ecoviv", "claim", "1"] else None


def shared(group: str, filter_: str) -> str:
    """A shared subscription: each message goes to one worker of the group."""
    return f"$share/{group}/{filter_}"


@lru_cache(maxsize=8_192)
def parse_sensor(topic: str) -> SensorTopic | None:
    """The sensor topic in ``topic``, or None; audio parts have kind ``audio``."""
    parts = topic.split("/")
    if parts[:2] != ["ecoviv", "1"]:
        return None
    if len(parts) == 5 or (len(parts) == 6 and parts[4] == "audio"):
        return SensorTopic(*parts[2:5])
    return None


def parse_up(topic: str) -> tuple[str, str] | None:
    """(gateway, stream) of an upstream topic, or None."""
    return _pair(topic, "up")


def parse_receipt(topic: str) -> tuple[str, str] | None:
    """(gateway, stream) of a receipt topic, or None."""
    return _pair(topic, "receipt")


def _pair(topic: str, root: str) -> tuple[str, str] | None:
    parts = topic.split("/")
    return (parts[3], parts[4]) if len(parts) == 5 and parts[:3] == ["ecoviv", root, "1"] else None


def matches(filter_: str, topic: str) -> bool:
    """True if ``topic`` is covered by the MQTT filter ``filter_`` (also a shared one)."""
    wanted = filter_.split("/")
    if wanted[0] == "$share":
        wanted = wanted[2:]
    found = topic.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position >= len(found) or level not in {"+", found[position]}:
            return False
    return len(wanted) == len(found)
