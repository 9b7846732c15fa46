"""The comment that an AudioMoth writes, in every wording since firmware 1.0."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.recording.audiomoth import parse_comment

Shared = Callable[[str], Path]


def comments(shared_data: Shared) -> list[str]:
    table = shared_data("payloads/audiomoth_wav_comments.tsv").read_text().splitlines()[1:]
    return [line.split("\t")[1] for line in table]


def test_every_generation_of_audiomoth_comment_is_understood(shared_data: Shared) -> None:
    seen = 0
    for text in comments(shared_data):
        said = parse_comment(text)
        assert said is not None, text
        assert said.device is not None
        assert said.device in text
        assert said.gain is not None
        assert said.gain in text
        assert f"{said.battery_v}" in text or f"{said.battery_v:.2f}" in text
        assert said.zone is not None
        assert said.zone in text or ("(UTC" not in text and said.zone == "UTC")
        assert (said.temperature_c is None) == ("temperature" not in text)
        assert ((said.high_pass_hz or said.low_pass_hz) is None) == ("filter" not in text)
        assert (said.trigger is None) == ("threshold" not in text), text
        assert (said.stopped is None) == ("Recording stopped" not in text and "cancelled" not in text)
        assert said.external_microphone == ("external" in text)
        seen += 1
    assert seen == 32


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [  # read off the sentence by eye
        ("battery state was < 3.6V", "battery_bound", "<"),
        ("battery was greater than 4.9V", "battery_bound", ">"),
        ("at low-medium gain while battery was 3.4V", "gain", "low-medium"),
        ("at medium-high gain setting while battery state was 3.9V", "gain", "medium-high"),
        ("High-pass filter with frequency of 15.0kHz applied.", "high_pass_hz", 15_000.0),
        ("Band-pass filter applied with cut-off frequencies of 11.3kHz and 4.9kHz.", "low_pass_hz", 11_300.0),
        ("Band-pass filter with frequencies of 9.5kHz and 5.7kHz applied.", "high_pass_hz", 5_700.0),
        ("Low-pass filter applied with cut-off frequency of 2.9kHz.", "low_pass_hz", 2_900.0),
        ("Recording stopped by magnetic switch.", "stopped", "magnetic switch"),
        ("Recording cancelled before completion due to file size limit.", "stopped", "file size limit"),
        ("temperature was -30.0C.", "temperature_c", -30.0),
        ("", "local_time", "2023-05-03T19:19:09"),
    ],
)
def test_a_phrase_of_the_comment_gives_its_field(text: str, field: str, value: object) -> None:
    said = parse_comment(f"Recorded at 19:19:09 03/05/2023 (UTC+2:29) by AudioMoth 0000000000001234 {text}")
    assert getattr(said, field) == value


def test_a_sentence_of_another_recorder_is_no_audiomoth_comment() -> None:
    assert parse_comment("Recorded at home") is None
    assert parse_comment("") is None


@pytest.mark.parametrize(
    ("wording", "zone"),
    [  # only firmware 1.0 states no zone, and it asks gmtime; no other wording may lack one
        ("at gain setting 2 while battery state was 3.8V", "UTC"),
        ("at gain setting 4 while battery state was > 5.0V", "UTC"),
        ("at medium gain while battery was 4.2V.", None),
    ],
)
def test_without_zone_only_the_first_firmware_means_utc(wording: str, zone: str | None) -> None:
    said = parse_comment(f"Recorded at 19:19:09 03/05/2027 by AudioMoth 0000000000001234 {wording}")
    assert said is not None
    assert said.zone == zone


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(
        st.sampled_from("Recorded at by AudioMoth 0123456789ABCDEF:/.-()UTC+V was gain\n"), max_size=200
    )
)
def test_any_comment_is_answered(text: str) -> None:
    parse_comment(text)
    parse_comment("Recorded at 20:00:00 01/05/2024 (UTC) by AudioMoth 0123456789ABCDEF " + text)
