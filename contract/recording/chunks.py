"""Where the sound and the words lie in a WAV file, read before any conversion.

1. ``read_chunks`` walks the RIFF chunks and tolerates every lie about sizes.
2. A data chunk of size zero or one longer than the file (a power cut) is taken to
   end where the file ends, unless chunks with words follow it.
3. ``RecorderWords`` are the texts as they stand; what they mean is said elsewhere in this room.

Sources: Microsoft/IBM "Multimedia Programming Interface" (1991), EBU Tech 3306 (RF64),
EBU Tech 3285 (bext).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_WORDS = {b"LIST", b"guan", b"wamd", b"bext"}
_KNOWN = {*_WORDS, b"id3 ", b"ID3 ", b"iXML", b"cue ", b"fact", b"JUNK", b"PAD "}
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
_BYTES = {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}


@dataclass(slots=True)
class RecorderWords:
    """What stands beside the sound, unread.

    ``comment``/``artist`` of LIST/INFO; ``guano`` the text of the ``guan`` chunk; ``wamd`` its bytes;
    ``origination`` date and time of ``bext``; ``tags`` of FLAC, name -> value.
    """

    comment: str = ""
    artist: str = ""
    guano: str = ""
    wamd: bytes = b""
    origination: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class WavChunks:
    """What the RIFF skeleton says.

    ``data_offset``/``data_size`` [bytes], the size as far as the file really goes;
    ``stated_size`` as the header says; ``repaired`` True where the two differ;
    ``subtype`` libsndfile's name, empty where it is not linear PCM or float.
    """

    sample_rate: int = 0
    channels: int = 0
    subtype: str = ""
    data_offset: int = 0
    data_size: int = 0
    stated_size: int = 0
    repaired: bool = False
    words: RecorderWords = field(default_factory=RecorderWords)
    warnings: list[str] = field(default_factory=list)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of all channels; 0 where the coding is not linear."""
        return _BYTES.get(self.subtype, 0) * self.channels

    @property
    def frames(self) -> int:
        """Samples per channel that are really there; 0 where the coding is not linear."""
        return self.data_size // self.frame_bytes if self.frame_bytes else 0

    @property
    def mended(self) -> str:
        """What was repaired, as a warning; empty where the sizes are right."""
        if not self.repaired:
            return ""
        stated = f"header states {self.stated_size} bytes of sound"
        return f"sizes_wrong: {stated}, the file holds {self.data_size}"


def read_chunks(path: Path) -> WavChunks | None:
    """The chunks of a RIFF or RF64 WAVE file, or None where ``path`` is not one."""
    with path.open("rb") as stream:
        head = stream.read(12)
        if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
            return None
        found = WavChunks()
        _walk(stream, path.stat().st_size, found)
        return found


def take_chunk(name: bytes, body: bytes, words: RecorderWords) -> None:
    """Keep what one chunk says; of each kind the first counts."""
    if name == b"LIST" and body[:4] == b"INFO":
        _info(body, words)
    elif name == b"guan" and not words.guano:
        words.guano = body.decode("utf-8", errors="replace")
    elif name == b"wamd" and not words.wamd:
        words.wamd = body
    elif name == b"bext" and not words.origination and len(body) >= 338:
        day, time = (
            body[at : at + length].decode("ascii", "replace") for at, length in ((320, 10), (330, 8))
        )
        words.origination = f"{day} {time}".replace("\0", "").strip()


def _walk(stream: BinaryIO, size: int, found: WavChunks) -> None:
    wide_size = 0
    for _ in range(_CHUNK_LIMIT):
        head = stream.read(8)
        if len(head) < 8:
            return
        name, length = head[:4], int.from_bytes(head[4:], "little")
        start = stream.tell()
        body = stream.read(min(length, _TEXT_LIMIT)) if name in {*_WORDS, b"fmt ", b"ds64"} else b""
        if name == b"ds64" and len(body) >= 16:
            wide_size = struct.unpack_from("<Q", body, 8)[0]
        elif name == b"fmt " and not found.channels:
            _format(body, found)
        elif name == b"data" and not found.data_offset:
            if length == 0xFFFFFFFF and wide_size:
                length = wide_size
            length = _data(stream, start, length, size, found)
        else:
            take_chunk(name, body, found.words)
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


def _info(body: bytes, words: RecorderWords) -> None:
    position = 4
    while position + 8 <= len(body):
        name, length = struct.unpack_from("<4sI", body, position)
        text = body[position + 8 : position + 8 + length].split(b"\0")[0].decode("utf-8", errors="replace")
        if name == b"ICMT" and not words.comment:
            words.comment = text.strip()
        elif name == b"IART" and not words.artist:
            words.artist = text.strip()
        position += 8 + length + (length & 1)
