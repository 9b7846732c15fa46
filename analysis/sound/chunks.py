"""Where the sound and the words lie in a WAV file, read before any conversion.

1. ``read_chunks`` walks the RIFF chunks and tolerates every lie about sizes.
2. A data chunk of size zero or one longer than the file (a power cut) is taken to
   end where the file ends, unless sound chunks of their own follow it.

Sources: Microsoft/IBM "Multimedia Programming Interface" (1991), EBU Tech 3306 (RF64).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_KNOWN = {b"LIST", b"guan", b"id3 ", b"ID3 ", b"bext", b"iXML", b"cue ", b"fact", b"wamd", b"JUNK", b"PAD "}
_TEXT_LIMIT = 1 << 20
_CHUNK_LIMIT = 4096
_SUBTYPES = {
    (1, 8): "PCM_U8",
    (1, 16): "PCM_16",
    (1, 24): "PCM_24",
    (1, 32): "PCM_32",
    (3, 32): "FLOAT",
    (3, 64): "DOUBLE",
}


@dataclass(slots=True)
class WavChunks:
    """What the RIFF skeleton says.

    ``data_offset``/``data_size`` [bytes], the size as far as the file really goes;
    ``stated_size`` as the header says; ``repaired`` True where the two differ;
    ``subtype`` soundfile's name, empty where it is not linear PCM or float;
    ``comment``/``artist`` of LIST/INFO; ``guano`` the text of the ``guan`` chunk.
    """

    sample_rate: int = 0
    channels: int = 0
    subtype: str = ""
    data_offset: int = 0
    data_size: int = 0
    stated_size: int = 0
    comment: str = ""
    artist: str = ""
    guano: str = ""
    repaired: bool = False
    warnings: list[str] = field(default_factory=list)


def read_chunks(path: Path) -> WavChunks | None:
    """The chunks of a RIFF or RF64 WAVE file, or None where ``path`` is not one."""
    with path.open("rb") as stream:
        head = stream.read(12)
        if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
            return None
        found = WavChunks()
        _walk(stream, path.stat().st_size, found)
        return found


def _walk(stream: BinaryIO, size: int, found: WavChunks) -> None:
    wide_size = 0
    for _ in range(_CHUNK_LIMIT):
        head = stream.read(8)
        if len(head) < 8:
            return
        name, length = head[:4], int.from_bytes(head[4:], "little")
        start = stream.tell()
        body = stream.read(min(length, _TEXT_LIMIT)) if name in (b"fmt ", b"LIST", b"guan", b"ds64") else b""
        if name == b"ds64" and len(body) >= 16:
            wide_size = struct.unpack_from("<Q", body, 8)[0]
        elif name == b"fmt " and not found.channels:
            _format(body, found)
        elif name == b"LIST" and body[:4] == b"INFO":
            _info(body, found)
        elif name == b"guan":
            found.guano = body.decode("utf-8", errors="replace")
        elif name == b"data" and not found.data_offset:
            if length == 0xFFFFFFFF and wide_size:
                length = wide_size
            length = _data(stream, start, length, size, found)
        stream.seek(start + length + (length & 1))


def _data(stream: BinaryIO, start: int, stated: int, size: int, found: WavChunks) -> int:
    """Note where the samples lie; the length really there [bytes]."""
    rest = size - start
    length = stated
    if stated > rest or (stated == 0 and rest > 0 and stream.read(4) not in _KNOWN):
        length, found.repaired = rest, True
    found.data_offset, found.data_size, found.stated_size = start, length, stated
    return length


def _format(body: bytes, found: WavChunks) -> None:
    if len(body) < 16:
        found.warnings.append("format_chunk_short")
        return
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if tag == 0xFFFE and len(body) >= 26:
        tag = int.from_bytes(body[24:26], "little")
    found.sample_rate, found.channels = rate, channels
    found.subtype = _SUBTYPES.get((tag, bits), "")


def _info(body: bytes, found: WavChunks) -> None:
    position = 4
    while position + 8 <= len(body):
        name, length = (
            body[position : position + 4],
            int.from_bytes(body[position + 4 : position + 8], "little"),
        )
        text = body[position + 8 : position + 8 + length].split(b"\0")[0].decode("utf-8", errors="replace")
        if name == b"ICMT" and not found.comment:
            found.comment = text.strip()
        elif name == b"IART" and not found.artist:
            found.artist = text.strip()
        position += 8 + length + (length & 1)
