"""What the plan draws is kept through the gate; nothing else is, and the desk finds it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.edge.drawn import drawn_by
from analysis.edge.voices import Keeper
from analysis.plan.file import written
from analysis.plan.plan import Plan
from analysis.plan.review.sampling import chance
from analysis.sound.privacy.shelf import KeptSounds
from contract.errors import ConfigurationError
from contract.instant import SECOND, from_datetime, parse_instant
from contract.reading import Detections
from contract.testing.fixed_clock import FixedClock
from tests.analysis.edge.test_voices import Hears, said
from tests.analysis.edge.test_worker import clip, notice

SEED = "the lottery of Sunday"


def plan(path: Path, *, frozen: bool = True, **changes: Any) -> Path:
    """Of site s1, in the spring in which the clips of these tests were made."""
    content = {
        "territory": "t",
        "selection": "matched",
        "sites": [{"id": "s1", "arm": "control"}],
        "seasons": [
            {"id": "y", "start": "2019-04-01T00:00:00Z", "end": "2019-07-01T00:00:00Z", "period": "before"}
        ],
        "primaries": [{"id": "vocal-activity", "margin": 0.1}],
        "review": {"seed": SEED, "rates": [0.5], "taxa": {"Sonus 2 kHz": 0.0}},
    }
    made = Plan.model_validate({key: value for key, value in (content | changes).items() if value})
    path.write_text(written(made.freeze("2018-01-01T00:00:00Z") if frozen else made))
    return path


def keeper(folder: Path, asked: Path) -> Keeper:
    shelf = KeptSounds(folder, clock=FixedClock(parse_instant("2019-06-01T12:00:00Z")))
    shelf.open()
    return Keeper(shelf, drawn_by(asked))


def test_stretches_around_drawn_detections_are_kept(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", seconds=130)
    kept = keeper(tmp_path / "kept", plan(tmp_path / "plan.toml"))
    told = notice(path)
    begin = parse_instant(told.start)
    offsets = [
        (from_datetime(one.excerpt.start) - begin) / SECOND + heard.offset_s
        for one in said(path, Hears(), kept, with_ears=True)
        if isinstance(one, Detections)
        for heard in one.detections
        if heard.taxon == "Sonus 2 kHz"
    ]
    drawn = [one for one in offsets if chance(SEED, told.sha256, one, "Sonus 2 kHz") < 0.5]
    assert 0 < len(drawn) < len(offsets)
    assert kept.kept == len(drawn)
    assert len(list(kept.shelf.folder.glob("*.wav"))) == len(drawn)


def test_where_somebody_speaks_nothing_is_kept(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", seconds=60)
    kept = keeper(tmp_path / "kept", plan(tmp_path / "plan.toml"))
    said(path, Hears(*range(60)), kept, with_ears=True)
    assert (kept.kept, kept.withheld > 0) == (0, True)
    assert list(kept.shelf.folder.glob("*.wav")) == []


def test_a_site_outside_the_plan_and_another_season_keep_nothing(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", seconds=60)
    other = [{"id": "s2", "arm": "control"}]
    later = [{"id": "y", "start": "2020-04-01T00:00:00Z", "end": "2020-07-01T00:00:00Z", "period": "before"}]
    for number, changes in enumerate(({"sites": other}, {"seasons": later})):
        asked = plan(tmp_path / f"{number}.toml", **changes)
        kept = keeper(tmp_path / f"kept{number}", asked)
        said(path, Hears(), kept, with_ears=True)
        assert kept.kept == 0


def test_a_plan_that_may_still_change_draws_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not frozen"):
        drawn_by(plan(tmp_path / "plan.toml", frozen=False))
    with pytest.raises(ConfigurationError, match="asks for no review"):
        drawn_by(plan(tmp_path / "other.toml", review=None))
