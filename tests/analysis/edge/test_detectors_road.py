"""A detector of the user's own from the edge worker to the report: through messages and a store alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from analysis.edge.detections import Ears, hear
from analysis.edge.worker import answers
from analysis.indicators.compute import study_of
from analysis.report import write_report
from analysis.report.content import detections_by_label
from analysis.sound.detect.detector import ModelFile, Named, Place, Samples
from analysis.sound.detect.folder import open_detector
from analysis.sound.reader import open_audio
from contract.batch import ClipNotice
from contract.recording.messages import HeardClip
from tests.analysis.conftest import Shelf, territory
from tests.analysis.sound.detect.stand_in import RATE, write_stand_in


def test_what_a_model_of_ones_own_hears_reaches_the_report_with_its_licence(
    shelf: Shelf, tmp_path: Path
) -> None:
    ears, place = Ears(open_detector("onnx", write_stand_in(tmp_path)), 0.6, {}), territory(["control"] * 2)
    noise = np.random.default_rng(0).normal(0, 0.002, 20 * RATE)
    for site, level in ((1, 0.8), (2, 0.0)):  # a loud clip, and one in which nothing is heard
        path = tmp_path / f"{site}.wav"
        soundfile.write(path, noise + level * np.sin(np.arange(len(noise)) * 2 * np.pi / 32), RATE)
        notice = ClipNotice(
            site=f"s{site}",
            device=f"d{site}",
            sha256=open_audio(path).sha256,
            path=str(path),
            start="2022-05-01T04:00:00Z",
            start_source="filename",
            name=path.name,
        )
        shelf.put(*answers(path, notice, (), ears))
    study = study_of(shelf.url, place, None)
    with study.archive:
        assert detections_by_label(study) == {"Erithacus rubecula": 4, "Turdus merula": 4}
        cells = {site: study.listening(site, study.seasons[0]) for site in study.sites}
    # 20 s each: silence that was listened to is effort
    assert {site: float(one.minutes.sum()) for site, one in cells.items()} == {"s1": 20 / 60, "s2": 20 / 60}
    page = write_report(place, shelf.url, None, None, tmp_path / "r.html", "en").read_text(encoding="utf-8")
    row = page.partition("Detectors that listened")[2].partition("</table>")[0]
    assert f">perch</th><td>2.0#{ears.detector.model.hash[:8]}</td><td>Apache-2.0</td><td>allowed</td>" in row


class _Calls:
    """Hears one bat in every second, and scores apart that anything called."""

    model = ModelFile("calls", "1", "0" * 16, "mine", False, 1)
    sample_rate, chunk_s, placed = RATE, 1.0, False

    def hear(self, chunk: Samples, place: Place | None) -> list[Named]:
        assert place is None
        return [Named("Nyctalus noctula", "", 0.6, 0.9)]


def test_that_anything_called_stays_beside_the_score(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.01, 2 * RATE), RATE)
    place = territory(["control"]).site_by_id["s1"]
    heard = hear(path, HeardClip("s1", "d1", "0" * 64, 0), "b", Ears(_Calls(), 0.5, {"d1": place}))
    assert [(one.score, one.det_prob) for m in heard for one in m.detections] == [(0.6, 0.9)] * 2
