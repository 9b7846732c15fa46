"""Topics: the only file that writes or parses one.

``parse`` takes a topic apart once, where a message arrives; afterwards its parts are read
from the typed value (``Delivery.place``).

    ecoviv/1/{site}/{device}/{kind}          a sensor speaks (readings, features, detections, clip, health)
    ecoviv/1/{site}/{device}/audio/{sha}     a piece of a clip
    ecoviv/1/{site}/{device}/receipt         the gateway answers a sensor
    ecoviv/up/1/{gateway}/{stream}           batches from a gateway
    ecoviv/receipt/1/{gateway}/{stream}      ingest answers a gateway
    ecoviv/again/1/{gateway}                 originals of foreign messages, to be read again
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


MAX_TOPIC = 1_000
"""Letters of a topic that are looked at and kept; what is beyond is cut off."""


@dataclass(frozen=True, slots=True)
class SensorTopic:
    """Where a sensor speaks, or is answered (kind ``receipt``)."""

    site: str
    device: str
    kind: str
    """As written, also when it is none of ours."""
    sha256: str = ""
    """Of the clip, where the kind is ``audio``."""


@dataclass(frozen=True, slots=True)
class UpTopic:
    """Where a gateway sends the batches of a stream to ingest."""

    gateway: str
    stream: str


@dataclass(frozen=True, slots=True)
class ReceiptTopic:
    """Where ingest answers a gateway for a stream."""

    gateway: str
    stream: str


@dataclass(frozen=True, slots=True)
class AgainTopic:
    """Where a gateway is sent originals, to read them again."""

    gateway: str


@dataclass(frozen=True, slots=True)
class ClaimTopic:
    """Where a device presents its claim code."""

    device: str


@dataclass(frozen=True, slots=True)
class OtherTopic:
    """A foreign topic, or one of ours that names nothing that a service has to know."""


Topic = SensorTopic | UpTopic | ReceiptTopic | AgainTopic | ClaimTopic | OtherTopic


def sensor(site: str, device: str, kind: str) -> str:
    """Where the device at the site speaks of ``kind``."""
    return f"ecoviv/1/{site}/{device}/{kind}"


def audio(site: str, device: str, sha256: str) -> str:
    """Where the device sends the pieces of the clip with this SHA-256."""
    return f"ecoviv/1/{site}/{device}/audio/{sha256}"


def sensor_receipt(site: str, device: str) -> str:
    """Where the gateway tells the device what is spooled and stored."""
    return f"ecoviv/1/{site}/{device}/receipt"


def up(gateway: str, stream: str) -> str:
    """Where the gateway sends the batches of a stream."""
    return f"ecoviv/up/1/{gateway}/{stream}"


def receipt(gateway: str, stream: str) -> str:
    """Where ingest tells the gateway what of the stream is committed."""
    return f"ecoviv/receipt/1/{gateway}/{stream}"


def receipt_filter(gateway: str) -> str:
    """All receipts of one gateway."""
    return f"ecoviv/receipt/1/{gateway}/+"


def again(gateway: str) -> str:
    """Where the gateway is sent a batch of originals, to read them by the maps that it has now."""
    return f"ecoviv/again/1/{gateway}"


def status(client: str) -> str:
    """Where a client says, retained, whether it is there."""
    return f"ecoviv/status/1/{client}"


def claim(device: str) -> str:
    """Where the device presents its claim code."""
    return f"ecoviv/claim/1/{device}"


def claim_answer(device: str) -> str:
    """Where the device is told whether its credential counts."""
    return f"ecoviv/claim/1/{device}/answer"


def shared(group: str, filter_: str) -> str:
    """A shared subscription: each message goes to one worker of the group."""
    return f"$share/{group}/{filter_}"


def parse(topic: str) -> Topic:
    """What ``topic`` names; every text is a topic of some kind, nothing is refused."""
    return _parse(topic[:MAX_TOPIC])


@lru_cache(maxsize=8_192)
def _parse(topic: str) -> Topic:
    match topic.split("/"):
        case ["ecoviv", "1", site, device, "audio", sha256]:
            return SensorTopic(site, device, "audio", sha256)
        case ["ecoviv", "1", site, device, kind]:
            return SensorTopic(site, device, kind)
        case ["ecoviv", "up", "1", gateway, stream]:
            return UpTopic(gateway, stream)
        case ["ecoviv", "receipt", "1", gateway, stream]:
            return ReceiptTopic(gateway, stream)
        case ["ecoviv", "again", "1", gateway]:
            return AgainTopic(gateway)
        case ["ecoviv", "claim", "1", device]:
            return ClaimTopic(device)
    return OtherTopic()


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
