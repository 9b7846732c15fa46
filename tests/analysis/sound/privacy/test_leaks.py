"""A short form of `benchmarks/voices.py`: three levels, five seconds of two recordings of the real day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from benchmarks.loads.speech import can_speak
from benchmarks.voices import Alone, Mix, line, measured, table

LEVELS = (10.0, 0.0, -5.0)


def test_no_phrase_slips_through_at_minus_5_db_and_above(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    if not can_speak():
        pytest.skip("espeak-ng is not installed here")
    files = []
    for whole in sorted(shared_data("audio/s4a_day").glob("*.flac"))[20::48]:
        samples, rate = soundfile.read(whole)
        files.append(tmp_path / whole.name)
        soundfile.write(files[-1], samples[: 5 * rate], rate)
    found = [measured((number, path), LEVELS) for number, path in enumerate(files)]
    mixes = [one for some, _ in found for one in some]
    assert len(mixes) == len(files) * 6
    assert [one for one in mixes if one.missed or one.kept] == []
    assert not any(one.called for _, windows in found for one in windows)


def test_the_table_counts_what_it_is_given() -> None:
    mixes = [Mix("-5 dB", False, 2, 0), Mix("-5 dB", True, 1, 1), Mix("-10 dB", True, 1, 1)]
    windows = [Alone(called, not called, bird) for called in (True, False) for bird in (True, False)]
    rows = list(table(mixes, windows))
    assert rows[2] == "| phrases missed at -5 dB | 1 of 2 | 50.0% | 90.5% | ≤ 5% BROKEN |"
    assert rows[3].startswith("| windows with speech that would be kept at -5 dB | 1 of 3 | 33.3%")
    assert rows[4].endswith("|  |")
    assert rows[6].startswith("| windows without it called voice | 2 of 4 | 50.0%")
    # Wilson's interval by hand: none of 96 is at most 1.96^2 / (96 + 1.96^2) = 3.8 %
    assert line("none", 0, 96, 0.05) == "| none | 0 of 96 | 0.0% | 3.8% | ≤ 5% holds |"
    assert line("nobody", 0, 0, 0.05) == "| nobody | not counted | | | |"
