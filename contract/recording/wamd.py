"""wamd: what Wildlife Acoustics' recorders write, in a chunk of small chunks.

Each is an id (2 bytes), a length (4 bytes, little-endian) and a text, without padding.
Ids: Wildlife Acoustics, ``wa_meta.h``.
"""

from __future__ import annotations

import struct

_NAMES = {
    0x0001: "model",
    0x0002: "serial",
    0x0003: "firmware",
    0x0004: "prefix",
    0x0005: "start",
    0x0006: "position",
    0x0008: "software",
    0x000A: "notes",
    0x000B: "auto_id",
    0x000C: "manual_id",
    0x0012: "microphone",
    0x0015: "temperature_int",
    0x0016: "temperature_ext",
}


def parse_wamd(body: bytes) -> dict[str, str]:
    """The texts that have a name here and are not empty; what is cut off is left out."""
    fields: dict[str, str] = {}
    at = 0
    while at + 6 <= len(body):
        number, length = struct.unpack_from("<HI", body, at)
        value = body[at + 6 : at + 6 + length]
        if len(value) < length:
            break
        name, text = _NAMES.get(number), value.decode("utf-8", errors="replace").replace("\0", "").strip()
        if name and text:
            fields.setdefault(name, text)
        at += 6 + length
    return fields
