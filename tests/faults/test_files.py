"""Damaged files of loggers and of detections, a short and seeded share; and what a long run has found."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faults.damage.files import MUST_BE_NONE, Files, fuzz
from benchmarks.faults.damage.recorded import SAMPLES, databases

SOME = 6


def test_damaged_files_of_every_kind_are_read_or_refused_in_a_sentence() -> None:
    for kind, found in fuzz(SOME, 5).items():
        assert {fate: found[fate] for fate in MUST_BE_NONE} == dict.fromkeys(MUST_BE_NONE, 0), kind
        assert found["read"] or kind == "audiomoth", kind  # it holds no measurement


def fate(kind: str, old: bytes, new: bytes, folder: Path) -> dict[str, int]:
    """What becomes of the sample with ``old`` replaced."""
    name, content = (SAMPLES | databases(folder))[kind]
    assert old in content
    (folder / "card").mkdir()
    one = Files(kind, name, content.replace(old, new, 1), folder / "card")
    return dict(one.run(1, 1))


@pytest.mark.parametrize(
    ("kind", "old", "new", "becomes"),
    [
        # A cell larger than csv's limit of 131,072 letters was a traceback.
        ("hobo", b"85.0", b"x" * 140_000, "read"),
        ("knmi-hourly", b"   FX", b"x" * 140_000, "read"),
        # A header longer than what a kind is chosen by: its rows had different numbers of columns.
        ("campbell", b'"WVc"', b'"WVc",' + b"x," * 40_000, "told"),
        # Numbers in names, of thousands of digits: an infinite depth, and what Python does not read.
        ("em50", b"5TM 10cm", b"5TM " + b"9" * 400 + b"cm", "read"),
        ("em50", b"Port 3", b"Port " + b"9" * 5_000, "read"),
        ("campbell", b'"Hourly"', b'"' + b"9" * 400 + b'min"', "read"),
        ("meteo-france", b"44015001", b"9" * 6_000, "told"),
        # Half a letter, which JSON may say and no message can.
        ("batdetect2", b"Pipistrellus pipistrellus", rb"x\ud83d", "read"),
        ("ours", b"Turdus merula", rb"x\ud83d", "told"),
        # The number of files went into a text of 500 letters.
        ("song-meter", b",1,WA1", b"," + b"9" * 600 + b",WA1", "told"),
        # A count of 10^18 detections was read, line by line, until the memory was full.
        ("ours", b'"detections": 1', b'"detections": 999999999999999999', "read"),
        # The station's only row lost its column of dates: nothing was sent and nothing said.
        ("birdnet-pi", b"Date;Time", b"Time;Date", "told"),
    ],
)
def test_what_a_long_run_has_found(kind: str, old: bytes, new: bytes, becomes: str, tmp_path: Path) -> None:
    assert fate(kind, old, new, tmp_path) == {"files": 1, becomes: 1}
