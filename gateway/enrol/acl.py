"""What each name may do on the broker, as Mosquitto reads it: rights and listeners.

1. The rights follow from the territory: a device writes its own kinds under its own site
   and reads its own receipt, nothing else; service topics are for services.
2. Every connection has a name of its own, and the broker takes it for its client id: so
   nobody reaches, ends or deletes another's session.  ``service.ROLE`` is for the only one of
   its role, ``ROLE.ID`` for one of several; ``gateway.ID`` cannot speak for another gateway.
3. ``claim.DEVICE`` may present a claim code and read the answer, nothing else.
4. What waits at the broker is bounded, for each session and for all of them.
5. The plain listener is for this machine.  With a certificate (``gateway.certificates.authority``) two
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
from gateway.formats.native import Native
from gateway.formats.recognised import filters_of

ROLES = ("gateway", "ingest", "edge", "network", "doctor", "retry", "replay")
"""``network``: network servers and stations that speak foreign formats; ``retry``: sends
unreadable messages and originals again; ``replay``: plays cards and files as the devices that
wrote them."""
SERVICES = tuple(f"service.{role}" for role in ROLES)
"""With a dot, which no device's name can have."""
DESK = "service.claims"
"""Answers claims; enrols itself."""
CLAIM = "claim."
BOUNDS = (
    "max_packet_size 2097152",
    "max_queued_messages 100000",
    "max_queued_bytes 67108864",
    "memory_limit 268435456",
)
"""A packet of 2 MiB; for each session 100,000 messages and 64 MiB; in all 256 MiB."""


def role_of(name: str) -> tuple[str, str] | None:
    """(role, its id, empty for ``service.ROLE``); None for a name that is no service's."""
    if name in SERVICES:
        return name.removeprefix("service."), ""
    role, _, own = name.partition(".")
    return (role, own) if role in ROLES and re.fullmatch(SLUG_PATTERN, own) else None


def rights(names: Iterable[str], territory: Territory) -> str:
    """The ACL file: who is not named has no right at all."""
    blocks = ["# Written by `ecoviv gateway enrol`: changes made here by hand are lost.\n"]
    for name in names:
        device = territory.device_by_id.get(name)
        lines = _device_rights(device) if device else _service_rights(name, territory)
        blocks.append("\n".join([f"user {name}", *(f"topic {line}" for line in lines)]) + "\n")
    return "\n".join(blocks)


def _device_rights(device: Device) -> list[str]:
    """At each site of its own: it may still hold what it recorded before it was moved."""
    lines: list[str] = []
    for site in device.sites:
        lines += [f"write {topics.sensor(site, device.id, kind)}" for kind in KINDS]
        lines += [
            f"write {topics.audio(site, device.id, '+')}",
            f"read {topics.sensor_receipt(site, device.id)}",
        ]
    return [*lines, f"write {topics.status(device.id)}"]


def _service_rights(name: str, territory: Territory) -> list[str]:
    if name.startswith(CLAIM):
        device = name.removeprefix(CLAIM)
        return [f"write {topics.claim(device)}", f"read {topics.claim_answer(device)}"]
    if name == DESK:
        return [f"read {topics.CLAIM_FILTER}", f"write {topics.CLAIM_ANSWER_FILTER}"]
    role, own = role_of(name) or ("", "")
    status = f"readwrite {topics.STATUS_FILTER}"
    return {
        "gateway": [*_gateway_rights(own or "+", territory), status],
        "ingest": [f"read {topics.UP_FILTER}", f"write {topics.receipt('+', '+')}", status],
        "edge": [
            f"read {topics.LOCAL_CLIP}",
            *(f"write {topics.sensor('+', '+', kind)}" for kind in ("features", "detections", "health")),
            f"read {topics.SENSOR_RECEIPT_FILTER}",
            status,
        ],
        "network": [f"write {filter_}" for filter_ in _filters(territory, native=False)],
        "doctor": [status, *(f"read {topics.sensor('+', '+', kind)}" for kind in KINDS)],
        "replay": [
            *(f"write {filter_}" for filter_ in Native.filters),
            f"read {topics.SENSOR_RECEIPT_FILTER}",
            status,
        ],
        "retry": [
            *(f"write {filter_}" for filter_ in _filters(territory, native=True)),
            f"write {topics.again('+')}",
        ],
    }.get(role, [])


def _gateway_rights(gateway: str, territory: Territory) -> list[str]:
    return [
        *(f"read {filter_}" for filter_ in _filters(territory, native=True)),
        f"read {topics.receipt(gateway, '+')}",
        f"read {topics.again(gateway)}",
        f"write {topics.up(gateway, '+')}",
        f"write {topics.SENSOR_RECEIPT_FILTER}",
        f"write {topics.LOCAL_CLIP}",
    ]


def _filters(territory: Territory, *, native: bool) -> list[str]:
    """What sensors of every format speak on; without ``native``, foreign ones alone."""
    return [one for one in filters_of(territory) if native or one not in Native.filters]


def listeners(folder: Path, plain: str = "1883 127.0.0.1") -> str:
    """The Mosquitto file to include; nobody without a name.

    ``plain``: port and address of the listener without TLS; on this machine only, unless said otherwise.
    """
    lines = [
        "# Written by `ecoviv gateway enrol`.  Include it: `include_dir` or mosquitto -c",
        "per_listener_settings false",
        "allow_anonymous false",
        f"password_file {folder / 'passwords'}",
        f"acl_file {folder / 'acl'}",
        *BOUNDS,
        "set_tcp_nodelay true",
        "persistence true",
        "autosave_interval 60",
        f"listener {plain}",
        "use_username_as_clientid true",
    ]
    if (folder / "server.crt").exists():
        lines += [
            "listener 8883",
            f"cafile {folder / 'ca.crt'}",
            f"certfile {folder / 'server.crt'}",
            f"keyfile {folder / 'server.key'}",
            "tls_version tlsv1.2",
            "use_username_as_clientid true",
            "listener 8884",
            f"cafile {folder / 'ca.crt'}",
            f"certfile {folder / 'server.crt'}",
            f"keyfile {folder / 'server.key'}",
            "tls_version tlsv1.2",
            "use_username_as_clientid true",
            "require_certificate true",
            "use_identity_as_username true",
            f"crlfile {folder / LIST}",
        ]
    return "\n".join(lines) + "\n"
