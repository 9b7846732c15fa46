"""Mosquitto's own log: which version of MQTT each client spoke last, and who was refused.

A broker tells nobody else: neither its other clients nor ``$SYS`` learn a client's version.
Connections are logged as ``notice``, refused messages as ``debug``, which is off by default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_TAIL_BYTES = 4 * 2**20
_CONNECTED = re.compile(
    r"New client connected from (?P<from>\S+) as (?P<id>.+)"
    r" \(p(?P<p>\d+), c\d+, k\d+(?:, u'(?P<user>.*)')?\)\.\s*$"
)
_DENIED = re.compile(
    r"Denied PUBLISH from (?P<id>.+) \(d\d, q\d, r\d, m\d+, '(?P<topic>.*)', \.\.\. \(\d+ bytes\)\)"
)
_TAKEN = re.compile(r"Client (?P<id>.+) already connected, closing old connection\.\s*$")
VERSIONS = {"1": "3.1", "2": "3.1.1", "5": "5"}


@dataclass(slots=True)
class BrokerLog:
    """By user name, or by client id where there is none."""

    versions: dict[str, str] = field(default_factory=dict)
    """The version of MQTT of the latest connection."""
    denied: dict[str, tuple[int, str]] = field(default_factory=dict)
    """How many messages were refused, and the topic of the last."""
    names: dict[str, set[str]] = field(default_factory=dict)
    """Client id → everybody who logged in under it."""
    taken: dict[str, tuple[int, tuple[str, str]]] = field(default_factory=dict)
    """Client id → how often one ended the other's connection, and from where the last two came."""


def read_log(path: Path) -> BrokerLog:
    """What the last 4 MiB of the log say; ``OSError`` if it cannot be read."""
    found, users, places, took = BrokerLog(), dict[str, str](), dict[str, str](), ""
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - _TAIL_BYTES))
        text = stream.read().decode("utf-8", "replace")
    for line in text.splitlines():
        if match := _CONNECTED.search(line):
            name = users[match["id"]] = match["user"] or match["id"]
            found.names.setdefault(match["id"], set()).add(name)
            found.versions[name] = VERSIONS.get(match["p"], match["p"])
            place = match["from"].rpartition(":")[0]
            if took == match["id"]:
                count = found.taken.get(took, (0, ("", "")))[0] + 1
                found.taken[took] = (count, (places.get(took, "?"), place))
            places[match["id"]], took = place, ""
        elif match := _TAKEN.search(line):
            took = match["id"]
        elif match := _DENIED.search(line):
            name = users.get(match["id"], match["id"])
            found.denied[name] = (found.denied.get(name, (0, ""))[0] + 1, match["topic"])
    return found
