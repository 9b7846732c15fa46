"""Kept sound: in by the gate alone, out after its days, each step in a log that shows edits."""

from __future__ import annotations

import hashlib
import io
import json
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.sound.privacy.gate import Speech
from analysis.sound.privacy.shelf import KeptSound, KeptSounds, WithheldSound, wav_of
from analysis.sound.reader import Audio, open_audio
from contract.errors import ConfigurationError, UsageError
from contract.instant import DAY, parse_instant
from contract.recording.messages import HeardClip
from contract.testing.fixed_clock import FixedClock
from tests.analysis.sound.privacy.conftest import Clip

NOON = parse_instant("2026-05-01T12:00:00Z")
NOBODY = Speech(np.zeros((1, 400)))
SOMEBODY = Speech(np.ones((1, 400)))


@pytest.fixture
def shelf(tmp_path: Path) -> KeptSounds:
    made = KeptSounds(tmp_path / "kept", days=30, clock=FixedClock(NOON))
    made.open()
    return made


def heard(audio: Audio) -> HeardClip:
    return HeardClip("s1", "d1", audio.sha256, NOON)


def keep(shelf: KeptSounds, path: Path, start: float = 3.0) -> KeptSound:
    audio = open_audio(path)
    found = shelf.keep(audio, heard(audio), start, start + 9, NOBODY)
    assert isinstance(found, KeptSound)
    return found


def test_what_is_kept_is_the_stretch_and_its_owner_s_alone(shelf: KeptSounds, clip: Clip) -> None:
    path = clip(12, channels=2)
    found = keep(shelf, path)
    whole, stretch = soundfile.read(path, dtype="int16")[0], soundfile.read(found.path, dtype="int16")[0]
    assert np.array_equal(stretch, whole[48_000:192_000])
    assert hashlib.sha256(found.path.read_bytes()).hexdigest() == found.sha256
    modes = {stat.S_IMODE(one.stat().st_mode) for one in shelf.folder.iterdir()}
    assert (modes, stat.S_IMODE(shelf.folder.stat().st_mode)) == ({0o600}, 0o700)


def test_kept_again_it_is_the_same_file_and_one_line_of_the_log(shelf: KeptSounds, clip: Clip) -> None:
    path = clip(12)
    assert keep(shelf, path) == keep(shelf, path)
    assert [entry["kind"] for entry in shelf.entries()] == ["kept"]


@pytest.mark.parametrize(("speech", "why"), [(SOMEBODY, "voice"), (None, "not heard")])
def test_a_voice_and_what_nobody_heard_leave_no_byte(
    shelf: KeptSounds, clip: Clip, speech: Speech | None, why: str
) -> None:
    audio = open_audio(clip(12))
    assert shelf.keep(audio, heard(audio), 0, 9, speech) == WithheldSound(why)
    assert list(shelf.folder.iterdir()) == []


def test_a_clip_of_another_hash_is_withheld(shelf: KeptSounds, clip: Clip) -> None:
    audio = open_audio(clip(12))
    other = HeardClip("s1", "d1", "0" * 64, NOON)
    assert shelf.keep(audio, other, 0, 9, NOBODY) == WithheldSound("of another hash")


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24), ("PCM_U8", 8), ("FLOAT", 24)])
def test_samples_come_out_as_they_went_in(clip: Clip, subtype: str, bits: int) -> None:
    path = clip(2, subtype=subtype)
    before, _ = soundfile.read(path)
    after, _ = soundfile.read(io.BytesIO(wav_of(open_audio(path), 0, 2)))
    assert np.abs(before - after).max() <= (0 if subtype != "FLOAT" else 2.0**-bits)


def test_after_its_days_it_is_deleted_and_the_log_proves_it(shelf: KeptSounds, clip: Clip) -> None:
    found = keep(shelf, clip(12))
    shelf.clock.advance(30 * DAY - 1)  # type: ignore[attr-defined]
    assert shelf.expire() == []
    shelf.clock.advance(1)  # type: ignore[attr-defined]
    assert shelf.expire() == [found.path.name]
    assert not found.path.exists()
    last = shelf.entries()[-1]
    assert (last["kind"], last["sha256"], last["kept_at"]) == (
        "deleted",
        found.sha256,
        "2026-05-01T12:00:00Z",
    )
    assert (shelf.audit(), shelf.expire()) == ([], [])


def test_what_was_kept_in_the_future_is_due(shelf: KeptSounds, clip: Clip) -> None:
    keep(shelf, clip(12))
    shelf.clock = FixedClock(NOON - 400 * DAY)
    assert len(shelf.expire()) == 1


def test_who_listens_is_written_down_before_a_byte_is_copied(
    shelf: KeptSounds, clip: Clip, tmp_path: Path
) -> None:
    found = keep(shelf, clip(12))
    copy = shelf.hand_out(found.path.name, " A. Martin ", tmp_path / "mine.wav")
    assert copy.read_bytes() == found.path.read_bytes()
    last = shelf.entries()[-1]
    assert (last["kind"], last["who"], last["file"]) == ("listened", "A. Martin", found.path.name)
    with pytest.raises(UsageError, match="Who listens"):
        shelf.hand_out(found.path.name, " ", tmp_path / "another.wav")
    with pytest.raises(UsageError, match="there already"):
        shelf.hand_out(found.path.name, "A. Martin", copy)
    assert len(shelf.entries()) == 2


def test_sound_that_is_gone_or_other_is_handed_to_nobody(
    shelf: KeptSounds, clip: Clip, tmp_path: Path
) -> None:
    found = keep(shelf, clip(12))
    found.path.write_bytes(b"other")
    with pytest.raises(ConfigurationError, match="other bytes"):
        shelf.hand_out(found.path.name, "A. Martin", tmp_path / "x.wav")
    found.path.unlink()
    with pytest.raises(ConfigurationError, match="not among the kept sound"):
        shelf.hand_out(found.path.name, "A. Martin", tmp_path / "x.wav")
    assert not (tmp_path / "x.wav").exists()


def test_the_audit_names_what_does_not_fit(shelf: KeptSounds, clip: Clip) -> None:
    first = keep(shelf, clip(12))
    second = keep(shelf, clip(12.5, name="second.wav"), start=0.0)
    assert shelf.audit() == []
    first.path.unlink()
    second.path.write_bytes(b"other")
    (shelf.folder / "mine.wav").write_bytes(b"brought along")
    shelf.clock.advance(32 * DAY)  # type: ignore[attr-defined]
    said = "\n".join(shelf.audit())
    for words in (
        "nobody wrote down",
        "other bytes",
        "was to be deleted 30 days after",
        "mine.wav lies among",
    ):
        assert words in said
    assert len(shelf.audit()) == 4


def test_an_edited_log_is_named_and_nothing_more_is_kept(shelf: KeptSounds, clip: Clip) -> None:
    found = keep(shelf, clip(12))
    log = shelf.folder / "log-2026.jsonl"
    entry = json.loads(log.read_text())
    log.write_text(json.dumps(entry | {"device": "d2"}, sort_keys=True, separators=(",", ":")) + "\n")
    assert "log-2026.jsonl is broken at entry 1" in shelf.audit()[0]
    with pytest.raises(ConfigurationError, match="no sound is kept"):
        shelf.keep(*(audio := open_audio(clip(13)), heard(audio)), 0, 9, NOBODY)
    assert [one.name for one in shelf.folder.glob("*.wav")] == [found.path.name]


def test_half_written_sound_goes_at_the_start(shelf: KeptSounds) -> None:
    (shelf.folder / "x.wav.part").write_bytes(b"half")
    shelf.open()
    assert list(shelf.folder.iterdir()) == []


@pytest.mark.parametrize("days", [0, -1, 400])
def test_days_that_nobody_may_keep_sound_for_are_refused(tmp_path: Path, days: float) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot be kept for {days} days"):
        KeptSounds(tmp_path, days=days)
