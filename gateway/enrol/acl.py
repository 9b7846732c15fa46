"""What each name may do on the broker, as Mosquitto reads it: rights and listeners.

1. The rights follow from the territory: a device writes its own kinds under its own site
   and reads its own receipt, nothing else; service topics are for services.
2. ``gateway.ID`` is the service of one gateway: it cannot speak for another one.
3. ``claim.DEVICE`` may present a claim code and read the answer, nothing else.
4. The plain listener is for this machine.  With a certificate (``gateway.certificates.authority``) two
   TLS ports are opened: 8883 asks for a password, 8884 for a certificate that is not on the
   list of those revoked (``gateway.certificates.revocation``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from contract import topics
from contract.places import SLUG_PATTERN, Device, Territory
from contract.reading import KINDS
from gateway.certificates.revocation import LIST
from gateway.formats import FORMATS
from gateway.formats.birdnet_go import topics_of

SERVICES = ("service.gateway", "service.ingest", "service.edge", "service.network")
"""With a dot, which no device's name can have.  ``service.network``: network servers and
stations that speak foreign formats."""
DESK = "service.claims"
"""Answers claims; enrols itself."""
CLAIM = "claim."
_GATEWAY = "gateway."


def gateway_of(name: str) -> str | None:
    """The gateway whose own service ``name`` is; None for any other name."""
    own = name.removeprefix(_GATEWAY)
    return own if name.startswith(_GATEWAY) and re.match(SLUG_PATTERN, own) else None


def rights(names: Iterable[str], territory: Territory) -> str:
    """The ACL file: who is not named has no right at all."""
    blocks = ["# Written by `ecoviv gateway enrol`: changes made here by hand are lost.\n"]
    for name in names:
        device = territory.device_by_id.get(name)
        lines = _device_rights(device) if device else _service_rights(name, territory)
        blocks.append("\n".join([f"user {name}", *(f"topic {line}" for line in lines)]) + "\n")
    return "\n".join(blocks)


def _device_rights(device: Device) -> list[str]:
    kinds = [f"write {topics.sensor(device.site, device.id, kind)}" for kind in KINDS]
    return [
        *kinds,
        f"write {topics.audio(device.site, device.id, '+')}",
        f"read {topics.sensor_receipt(device.site, device.id)}",
        f"write {topics.status(device.id)}",
    ]


def _service_rights(name: str, territory: Territory) -> list[str]:
    gateway = "+" if name == "service.gateway" else gateway_of(name)
    status = f"readwrite {topics.STATUS_FILTER}"
    if gateway is not None:
        return [
            *(f"read {filter_}" for form in FORMATS.values() for filter_ in form.filters),
            *(f"read {topic}" for topic in topics_of(territory)),
            f"read {topics.receipt(gateway, '+')}",
            f"write {topics.up(gateway, '+')}",
            f"write {topics.SENSOR_RECEIPT_FILTER}",
            f"write {topics.LOCAL_CLIP}",
            status,
        ]
    if name.startswith(CLAIM):
        device = name.removeprefix(CLAIM)
        return [f"write {topics.claim(device)}", f"read {topics.claim_answer(device)}"]
    return {
        "service.ingest": [f"read {topics.UP_FILTER}", f"write {topics.receipt('+', '+')}", status],
        "service.edge": [
            f"read {topics.LOCAL_CLIP}",
            *(f"write {topics.sensor('+', '+', kind)}" for kind in ("features", "detections", "health")),
            f"read {topics.SENSOR_RECEIPT_FILTER}",
            status,
        ],
        "service.network": [
            *(
                f"write {filter_}"
                for kind, form in FORMATS.items()
                if kind != "native"
                for filter_ in form.filters
            ),
            *(f"write {topic}" for topic in topics_of(territory)),
        ],
        DESK: [f"read {topics.CLAIM_FILTER}", f"write {topics.CLAIM_ANSWER_FILTER}"],
    }.get(name, [])


def listeners(folder: Path) -> str:
    """The Mosquitto file to include; nobody without a name, the plain port on this machine only."""
    lines = [
        "# Written by `ecoviv gateway enrol`.  Include it: `include_dir` or mosquitto -c",
        "per_listener_settings false",
        "allow_anonymous false",
        f"password_file {folder / 'passwords'}",
        f"acl_file {folder / 'acl'}",
        "max_packet_size 2097152",
        "max_queued_messages 100000",
        "set_tcp_nodelay true",
        "persistence true",
        "autosave_interval 60",
        "listener 1883 127.0.0.1",
    ]
    if (folder / "server.crt").exists():
        lines += [
            "listener 8883",
            f"cafile {folder / 'ca.crt'}",
            f"certfile {folder / 'server.crt'}",
            f"keyfile {folder / 'server.key'}",
            "tls_version tlsv1.2",
            "listener 8884",
            f"cafile {folder / 'ca.crt'}",
            f"certfile {folder / 'server.crt'}",
            f"keyfile {folder / 'server.key'}",
            "tls_version tlsv1.2",
            "require_certificate true",
            "use_identity_as_username true",
            f"crlfile {folder / LIST}",
        ]
    return "\n".join(lines) + "\n"
