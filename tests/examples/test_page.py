"""The page of the wire cannot drift: its tables are those of the contract."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract import batch, reading, topics, wire
from contract.quantities import QUANTITIES, UNITS
from contract.reading import AudioPart
from gateway.spool.watch import patience

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "firmware" / "wire.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    assert lines, heading
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_quantities_and_units() -> None:
    said = [
        (
            name.strip("`"),
            unit.strip("`"),
            set(re.findall(r"`([^`]+)`", others)),
            plausible,
        )
        for name, unit, others, plausible in rows("Quantities")
    ]
    assert said == [
        (row.name, row.unit, UNITS[row.name] - {row.unit, ""}, f"{row.low:,g} to {row.high:,g}")
        for row in QUANTITIES.values()
    ]


def test_kinds() -> None:
    assert [row[0] for row in rows("Kinds")] == [f"`{kind}`" for kind in reading.KINDS]


def test_topics() -> None:
    assert [row[0].strip("`") for row in rows("Topics")] == [
        topics.sensor("SITE", "DEVICE", "KIND"),
        topics.audio("SITE", "DEVICE", "SHA256"),
        topics.sensor_receipt("SITE", "DEVICE"),
    ]


def test_fields_of_a_receipt() -> None:
    assert [row[0].strip("`") for row in rows("Keep until `spooled`")] == list(
        batch.DeviceReceipt.model_fields
    )


@pytest.mark.parametrize(
    "told",
    [
        f"at most {wire.MAX_MESSAGE_BYTES:,} bytes, {wire.MAX_DEPTH} levels of nesting",
        f"{reading.MAX_READINGS:,} readings, detections or values",
        f"{reading.PART_BYTES:,} bytes of content",
        f"at most {batch.MAX_REFUSED} texts of {batch.MAX_REFUSED_LETTERS} letters",
        f"up to {reading.MAX_SEQUENCE:,}",
        f"after three repeats some {patience.APART // 10**9} s apart",
    ],
)
def test_sizes(told: str) -> None:
    assert told in PAGE
    assert patience.REPEATS == 3
    assert (reading.MAX_READINGS, reading.MAX_DETECTIONS, reading.MAX_VALUES) == (1_000,) * 3


def test_examples_are_read_as_they_stand() -> None:
    message, receipt = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert wire.decode(message.encode()).seq == 7
    assert batch.DeviceReceipt.model_validate_json(receipt).spooled == 7


def test_a_part_of_sound_byte_by_byte() -> None:
    """Put together by the page's own rows, in their order."""
    boot, digest, content = b"p3f9a", bytes(range(32)), b"sound"
    written = {
        "`EVA` in ASCII": b"EVA",
        "version: 1": b"\x01",
        "B, the length of the boot id": bytes([len(boot)]),
        "boot id, ASCII": boot,
        "seq": (7).to_bytes(8, "big"),
        "SHA-256 of the whole file": digest,
        "index: 0 … count - 1": (2).to_bytes(4, "big"),
        "count": (3).to_bytes(4, "big"),
        "content": content,
    }
    table = rows("Parts of sound, byte by byte")
    for size, what in table[:-1]:
        assert len(written[what]) == (len(boot) if size == "B" else int(size)), what
    payload = b"".join(written[what] for _, what in table)
    assert wire.decode_part(payload) == AudioPart("p3f9a", 7, digest.hex(), 2, 3, content)
