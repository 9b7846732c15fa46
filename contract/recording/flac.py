"""The words in a FLAC file: Vorbis comments, and chunks kept from a WAV that it was made of.

1. Metadata blocks are walked up to the sound; one that is longer than the file ends the walk.
2. Tags ``NAME=value`` keep their spelling; the first of a name counts.
3. A block of the application ``riff`` holds one chunk of the former WAV, header and all.

Source: RFC 9639 (FLAC), sections 8.1 to 8.6; Xiph, "Ogg Vorbis I format specification", comments.
"""

from __future__ import annotations

import struct
from pathlib import Path

from contract.recording.chunks import RecorderWords, take_chunk

_TAGS, _APPLICATION = 4, 2
_TEXT_LIMIT = 1 << 20
_MOST_BLOCKS, _MOST_TAGS = 256, 200


def read_flac_words(path: Path) -> RecorderWords:
    """The words of a FLAC file; none where it is no FLAC file."""
    words = RecorderWords()
    with path.open("rb") as stream:
        if stream.read(4) != b"fLaC":
            return words
        for _ in range(_MOST_BLOCKS):
            head = stream.read(4)
            if len(head) < 4:
                break
            length, start = int.from_bytes(head[1:], "big"), stream.tell()
            kind = head[0] & 0x7F
            if kind in (_TAGS, _APPLICATION):
                _take_block(kind, stream.read(min(length, _TEXT_LIMIT)), words)
            if head[0] & 0x80:
                break
            stream.seek(start + length)
    _known_tags(words)
    return words


def _take_block(kind: int, body: bytes, words: RecorderWords) -> None:
    if kind == _TAGS:
        for name, value in parse_tags(body).items():
            words.tags.setdefault(name, value)
    elif body[:4] == b"riff" and len(body) >= 12:
        take_chunk(body[4:8], body[12:], words)


def parse_tags(body: bytes) -> dict[str, str]:
    """The comments of a VORBIS_COMMENT block, name -> value; what is cut off is left out."""
    tags: dict[str, str] = {}
    try:
        (vendor,) = struct.unpack_from("<I", body)
        (count,) = struct.unpack_from("<I", body, 4 + vendor)
        at = 8 + vendor
        for _ in range(min(count, _MOST_TAGS)):
            (length,) = struct.unpack_from("<I", body, at)
            text = body[at + 4 : at + 4 + length].decode("utf-8", errors="replace")
            at += 4 + length
            if at > len(body):
                break
            name, equals, value = text.partition("=")
            if equals and value.strip("\0 "):
                tags.setdefault(name.strip(), value.replace("\0", "").strip())
    except struct.error:
        return tags
    return tags


def _known_tags(words: RecorderWords) -> None:
    """Tags that stand for what a WAV says in a chunk."""
    upper = {name.upper(): value for name, value in words.tags.items()}
    words.comment = words.comment or upper.get("COMMENT", "") or upper.get("DESCRIPTION", "")
    words.artist = words.artist or upper.get("ARTIST", "")
    words.guano = words.guano or upper.get("GUANO", "")
