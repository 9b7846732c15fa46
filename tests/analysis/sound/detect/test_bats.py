"""BatDetect2 behind the protocol: what the package itself says of a file whose species a person named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.sound.detect.detector import Detector, Hit, described
from analysis.sound.detect.folder import open_detector
from analysis.sound.detect.listen import Unheard, listen
from analysis.sound.detect.terms import terms_of
from analysis.sound.reader import open_audio

pytestmark = pytest.mark.filterwarnings("ignore")  # torch and librosa warn of themselves


@pytest.fixture(scope="module")
def bats() -> Detector:
    pytest.importorskip("torch", reason="the extra bats is not installed: torch is too heavy for every run")
    pytest.importorskip("batdetect2", reason="the extra bats is not installed")
    return open_detector("bats", None)


def best(path: Path, detector: Detector, least: float = 0.1) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in listen(open_audio(path), detector, place=None, least=least, validations={}):
        if isinstance(one, Hit):
            found[one.species] = max(found.get(one.species, 0.0), one.score)
    return found


def test_it_declares_itself(bats: Detector) -> None:
    known = terms_of("batdetect2", bats.model.version)
    assert known is not None
    assert (bats.model.licence, bats.model.commercial) == (known.licence, known.commercial)
    assert (bats.model.classes, bats.sample_rate, bats.placed) == (17, 256_000, False)
    assert "no commercial use" in described(bats)


def test_the_species_that_a_person_named_scores_most(
    bats: Detector, shared_data: Callable[[str], Path]
) -> None:
    # the recorder's own header says: Species Manual ID PIPPIP
    found = best(shared_data("audio/batdetect2_echometer_guano_256k_PIPPIP.wav"), bats, 0.3)
    assert list(found) == ["Pipistrellus pipistrellus"]


def test_in_windows_of_its_own_it_says_what_the_package_says(
    bats: Any, shared_data: Callable[[str], Path]
) -> None:
    from batdetect2.utils.detector_utils import process_file

    path = shared_data("audio/batdetect2_echometer_guano_256k_PIPPIP.wav")
    settings = {**bats._settings, "quiet": True}
    calls = process_file(str(path), bats._model, settings, bats._device)["pred_dict"]["annotation"]
    published: dict[str, float] = {}
    for call in calls:
        if call["start_time"] < 6 and call["class_prob"] >= 0.1:  # the rest is no window of ours
            published[call["class"]] = max(published.get(call["class"], 0.0), call["class_prob"])
    bats.chunk_s = 3.0
    try:
        assert best(path, bats) == pytest.approx(published, abs=2e-3)
    finally:
        bats.chunk_s = 1.0


def test_a_file_without_sound_is_no_effort(bats: Detector, shared_data: Callable[[str], Path]) -> None:
    path = shared_data("audio/batdetect2_audiomoth_nobat_trunc.WAV")
    (one,) = listen(open_audio(path), bats, place=None, least=0.1, validations={})
    assert isinstance(one, Unheard)
