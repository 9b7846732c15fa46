"""Small files with the words that recorders write, built from their specifications by hand."""

from __future__ import annotations

import struct

RATE, FRAMES = 16_000, 1_600


def chunk(name: bytes, body: bytes) -> bytes:
    """One RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def wamd(*fields: tuple[int, str]) -> bytes:
    """The body of a wamd chunk: its version, then id and text of each field."""
    body = struct.pack("<HIH", 0, 2, 1)
    for number, text in fields:
        body += struct.pack("<HI", number, len(text.encode())) + text.encode()
    return body


def bext(day: str, time: str) -> bytes:
    """A bext chunk that states its origination: 256 + 32 + 32 bytes of text go before it."""
    return b"\0" * 320 + day.encode() + time.encode() + b"\0" * 264


def wav(
    comment: str = "", guano: str = "", own: bytes = b"", origination: tuple[str, str] | None = None
) -> bytes:
    """A tenth of a second of silence at 16 kHz, 16 bits, with words around it."""
    chunks = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16))
    if comment:
        chunks += chunk(b"LIST", b"INFO" + chunk(b"ICMT", comment.encode() + b"\0"))
    if origination:
        chunks += chunk(b"bext", bext(*origination))
    chunks += chunk(b"data", b"\1\0\2\0" * (FRAMES // 2))
    chunks += chunk(b"guan", guano.encode()) if guano else b""
    chunks += chunk(b"wamd", own) if own else b""
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def flac(*tags: str, kept: bytes = b"") -> bytes:
    """The blocks of a FLAC file before any sound: STREAMINFO, comments, a chunk kept from a WAV."""
    vendor = b"Frontier Labs"
    body = struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(tags))
    for tag in tags:
        body += struct.pack("<I", len(tag.encode())) + tag.encode()
    blocks = [(0, bytes(34)), (4, body)] + ([(2, b"riff" + kept)] if kept else [])
    joined = b"".join(
        bytes([kind | (0x80 if at == len(blocks) - 1 else 0)]) + len(content).to_bytes(3, "big") + content
        for at, (kind, content) in enumerate(blocks)
    )
    return b"fLaC" + joined
