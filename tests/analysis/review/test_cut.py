"""What is cut out of recordings: the right samples, once each, through the gate, or the reason why not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.plan import ledger
from analysis.plan.review.labels import NotHeard, read_labels
from analysis.review.cut import Audible, Gate, Work, cut, gather
from analysis.review.folder import Wanted, write_folder
from analysis.review.pieces import pieces
from analysis.sound.reader import Audio, open_audio
from analysis.sound.snippet import snippet_of
from contract.errors import ConfigurationError, Refused
from tests.analysis.review.recorded import AT, RATE, ROBIN, WREN, drawn, listed, no_voice, recording


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    folder = tmp_path / "cards" / "DCIM"
    folder.mkdir(parents=True)
    return folder


def one_by_one(work: Work, gate: Gate | None = no_voice) -> dict[float, Audible | NotHeard]:
    found = list(cut(work, gate, AT))
    return {one.offset_s if isinstance(one, NotHeard) else one.piece.offset_s: one for one in found}


def test_a_piece_is_the_detection_and_a_second_either_side_clipped_to_the_recording(cards: Path) -> None:
    clip = recording(cards / "A.WAV", 1)
    said, _ = soundfile.read(cards / "A.WAV")
    work = gather(listed([drawn(clip, 0.0), drawn(clip, 3.0), drawn(clip, 6.0)]), cards.parent)
    found = one_by_one(work)
    # by hand: [0, 4), [2, 7) and [5, 8) of 8 s
    for offset, (begin, end) in {0.0: (0, 4), 3.0: (2, 7), 6.0: (5, 8)}.items():
        one = found[offset]
        assert isinstance(one, Audible)
        assert np.array_equal(one.snippet.samples[:, 0], said[begin * RATE : end * RATE])
        assert one.within_s == offset - begin


def test_flac_keeps_every_bit_of_every_channel(cards: Path) -> None:
    recording(cards / "A.WAV", 2, channels=2)
    said, _ = soundfile.read(cards / "A.WAV", dtype="int16")
    flac = snippet_of(open_audio(cards / "A.WAV"), 1.0, 3.0).flac()
    heard, rate = soundfile.read(io.BytesIO(flac), dtype="int16")
    assert rate == RATE
    assert np.array_equal(heard, said[RATE : 3 * RATE])


def test_ultrasound_is_played_ten_times_slower(cards: Path) -> None:
    recording(cards / "BAT.WAV", 3, seconds=0.5, rate=256_000)
    snippet = snippet_of(open_audio(cards / "BAT.WAV"), 0.0, 0.5)
    heard, rate = soundfile.read(io.BytesIO(snippet.flac(slowed=snippet.slowed)))
    assert (snippet.slowed, rate, len(heard)) == (10, 25_600, 128_000)


def test_a_detection_drawn_twice_is_heard_once(cards: Path) -> None:
    clip = recording(cards / "A.WAV", 4)
    twice = [drawn(clip, 1.0, score=0.6), drawn(clip, 1.0, score=0.9, duration_s=2.0), drawn(clip, 1.0, WREN)]
    assert sorted((one.taxon, one.duration_s) for one in pieces(listed(twice))) == [(ROBIN, 3.0), (WREN, 3.0)]


def test_the_order_mixes_and_is_the_same_for_everybody() -> None:
    clips = [f"{n:064x}" for n in range(40)]
    order = [one.clip for one in pieces(listed(drawn(clip, 0.0) for clip in clips))]
    again = [one.clip for one in pieces(listed(drawn(clip, 0.0) for clip in clips))]
    assert order == again
    # of 39 neighbours about 1 follows its own in a random order; the list itself has 39
    assert sum(int(a, 16) + 1 == int(b, 16) for a, b in pairwise(order)) < 6


def test_what_cannot_be_heard_says_why(cards: Path) -> None:
    here, changed, lost, beyond = (recording(cards / f"{n}.WAV", n) for n in range(4))
    (cards / "2.WAV").unlink()
    (cards / "1.WAV").rename(cards / f"{changed}.wav")
    with (cards / f"{changed}.wav").open("r+b") as sink:
        sink.seek(4000)
        sink.write(b"other")
    work = gather(
        listed([drawn(here, 1.0), drawn(changed, 2.0), drawn(lost, 3.0), drawn(beyond, 9.0)]), cards.parent
    )
    found = one_by_one(work)
    assert isinstance(found[1.0], Audible)
    assert {key: one.unheard for key, one in found.items() if isinstance(one, NotHeard)} == {
        2.0: "altered", 3.0: "gone", 9.0: "gone",
    }  # fmt: skip


def test_the_gate_hears_the_stretch_that_would_be_kept_and_withholds_it_whole(cards: Path) -> None:
    clip = recording(cards / "A.WAV", 5)
    asked = []

    def gate(audio: Audio, start_s: float, end_s: float) -> bool:
        asked.append((audio.sha256, start_s, end_s))
        return start_s == 2.0

    found = one_by_one(gather(listed([drawn(clip, 0.5), drawn(clip, 3.0)]), cards), gate)
    assert sorted(asked) == [(clip, 0.0, 4.5), (clip, 2.0, 7.0)]
    assert isinstance(found[0.5], Audible)
    withheld = found[3.0]
    assert isinstance(withheld, NotHeard)
    assert withheld.unheard == "withheld"


def test_without_a_gate_nothing_is_cut(cards: Path) -> None:
    work = gather(listed([drawn(recording(cards / "A.WAV", 6), 1.0)]), cards)
    with pytest.raises(ConfigurationError, match="without a voice gate"):
        list(cut(work, None, AT))


def test_a_list_without_detections_and_a_folder_without_its_sound_are_refused(cards: Path) -> None:
    with pytest.raises(Refused, match="no drawn detection"):
        gather(listed([]), cards)
    recording(cards / "A.WAV", 7)
    with pytest.raises(ConfigurationError, match=r"None of the 1 recordings .* among the 1 WAV"):
        gather(listed([drawn("e" * 64, 1.0)]), cards)
    with pytest.raises(ConfigurationError, match="There is no folder"):
        gather(listed([drawn("e" * 64, 1.0)]), cards / "nowhere")


def kept_by_an_edge(cards: Path, place: Path, clip: str, start_s: float, end_s: float) -> Path:
    """As an edge keeps a stretch: a WAV, and a line in the chained log beside it."""
    said, rate = soundfile.read(cards / "A.WAV", dtype="int16")
    place.mkdir()
    kept = place / f"{clip[:16]}-{round(start_s * 1000):08d}.wav"
    soundfile.write(kept, said[round(start_s * rate) : round(end_s * rate)], rate)
    content = {
        "file": kept.name, "sha256": open_audio(kept).sha256, "length_s": end_s - start_s, "clip": clip,
        "start_s": start_s,
    }  # fmt: skip
    ledger.append(place / "log-2026.jsonl", "kept", AT, content)
    return kept


def test_a_kept_stretch_stands_in_for_its_recording(cards: Path, tmp_path: Path) -> None:
    clip = recording(cards / "A.WAV", 8)
    whole = one_by_one(gather(listed([drawn(clip, 3.0)]), cards))[3.0]
    kept_by_an_edge(cards, tmp_path / "kept", clip, 1.5, 7.5)
    found = one_by_one(gather(listed([drawn(clip, 3.0), drawn(clip, 7.7)]), tmp_path / "kept"))
    one, other = found[3.0], found[7.7]
    assert isinstance(one, Audible)
    assert isinstance(whole, Audible)
    assert np.array_equal(one.snippet.samples, whole.snippet.samples)
    assert one.within_s == whole.within_s
    assert isinstance(other, NotHeard)
    assert other.unheard == "gone"


def test_a_kept_stretch_with_other_bytes_is_altered(cards: Path, tmp_path: Path) -> None:
    clip = recording(cards / "A.WAV", 9)
    kept = kept_by_an_edge(cards, tmp_path / "kept", clip, 1.5, 7.5)
    kept.write_bytes(kept.read_bytes()[:-2] + b"zz")
    found = one_by_one(gather(listed([drawn(clip, 3.0)]), tmp_path / "kept"))[3.0]
    assert isinstance(found, NotHeard)
    assert found.unheard == "altered"


WANTED = Wanted(per_page=2, tongue="en", voices="checked by N. N.", at=AT)


def silent() -> None:
    return None


def test_the_folder_holds_pages_sounds_tables_and_what_nobody_can_hear(cards: Path, tmp_path: Path) -> None:
    clip, other = recording(cards / "A.WAV", 10), recording(cards / "B.WAV", 11)
    (cards / "B.WAV").unlink()
    wanted = listed([drawn(clip, 0.0), drawn(clip, 2.0), drawn(clip, 4.0, WREN), drawn(other, 1.0)])
    work, out = gather(wanted, cards), tmp_path / "out"
    counts = write_folder(out, work, cut(work, no_voice, AT), WANTED, silent)
    assert counts == {"cut": 3, "gone": 1, "altered": 0, "withheld": 0}
    assert sorted(path.name for path in out.iterdir()) == [
        "audacity", "cut.json", "listen-1.html", "listen-2.html", "sounds", "sounds.csv", "unheard.jsonl",
    ]  # fmt: skip
    assert [one.key for one in read_labels([out / "unheard.jsonl"])[1]] == [(other, 1000, ROBIN)]
    for page in out.glob("*.html"):
        assert "meadow" not in page.read_text()
    # what was cut is itself a folder to cut from: the same sounds again
    again = one_by_one(gather(listed(wanted.drawn[:3]), out))
    first = one_by_one(gather(listed(wanted.drawn[:3]), cards))
    for offset, one in first.items():
        twin = again[offset]
        assert isinstance(one, Audible)
        assert isinstance(twin, Audible)
        assert np.array_equal(one.snippet.samples, twin.snippet.samples)
        assert one.within_s == twin.within_s


def test_a_withheld_sound_is_nowhere_in_the_folder(cards: Path, tmp_path: Path) -> None:
    clip = recording(cards / "A.WAV", 12)
    work, out = gather(listed([drawn(clip, 0.0), drawn(clip, 4.0, WREN)]), cards), tmp_path / "out"
    write_folder(out, work, cut(work, lambda audio, start, end: start > 1, AT), WANTED, silent)
    manifest = json.loads((out / "cut.json").read_text())
    assert [one["offset_s"] for one in manifest["sounds"]] == [0.0]
    assert not [path for path in out.rglob("*") if "Troglodytes" in path.name]
    assert "Troglodytes" not in (out / "listen.html").read_text()


@pytest.mark.parametrize("failing", ["full", "stopped"])
def test_a_folder_that_cannot_be_finished_is_not_begun(
    cards: Path, tmp_path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, out = gather(listed([drawn(recording(cards / "A.WAV", 13), 1.0)]), cards), tmp_path / "out"

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device") if failing == "full" else KeyboardInterrupt

    monkeypatch.setattr("analysis.review.folder.raven_table", fail)
    expected: Callable[..., object] = {
        "full": lambda: pytest.raises(ConfigurationError, match="No space left"),
        "stopped": lambda: pytest.raises(KeyboardInterrupt),
    }[failing]
    with expected():  # type: ignore[attr-defined]
        write_folder(out, work, cut(work, no_voice, AT), WANTED, silent)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cards"]


def test_nothing_that_is_there_is_written_over(cards: Path, tmp_path: Path) -> None:
    work, out = gather(listed([drawn(recording(cards / "A.WAV", 14), 1.0)]), cards), tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="is there already"):
        write_folder(out, work, cut(work, no_voice, AT), WANTED, silent)
    assert [path.name for path in out.iterdir()] == ["notes.txt"]
