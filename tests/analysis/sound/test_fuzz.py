"""Damaged headers, a short and seeded share of ``benchmarks/fuzz_audio.py``."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sound.audiomoth import parse_comment
from analysis.sound.header import Header, guano_fields
from benchmarks.fuzz_audio import LEAST_ACCEPTED, try_all


def test_damaged_files_are_measured_or_refused_clearly(tmp_path: Path) -> None:
    tally = try_all(400, 7, tmp_path)
    assert tally.undeclared == []
    assert tally.accepted_share >= LEAST_ACCEPTED


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(
        st.sampled_from("Recorded at by AudioMoth 0123456789ABCDEF:/.-()UTC+V was gain\n"), max_size=200
    )
)
def test_any_comment_is_answered(text: str) -> None:
    parse_comment(text)
    parse_comment("Recorded at 20:00:00 01/05/2024 (UTC) by AudioMoth 0123456789ABCDEF " + text)


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(
        st.builds(
            "{}: {}".format,
            st.sampled_from(
                ["Timestamp", "Loc Position", "TE", "Samplerate", "Length", "Note", "A|B", "", "|"]
            ),
            st.text(max_size=30),
        ),
        max_size=6,
    )
)
def test_any_guano_is_answered(lines: list[str]) -> None:
    fields = guano_fields("\n".join(lines), Header())
    assert all(isinstance(value, str) for value in fields.values())
