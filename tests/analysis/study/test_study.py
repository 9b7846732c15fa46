"""What is asked: plans that fit their territory, seasons of the calendar."""

from __future__ import annotations

import pytest

from analysis.plan.plan import Plan
from analysis.plan.review.checked import Checked
from analysis.study.series import open_for_reading
from analysis.study.study import planned, unplanned
from contract.errors import ConfigurationError
from tests.analysis.conftest import Shelf, territory


def plan(**more: object) -> Plan:
    content: dict[str, object] = {
        "territory": "t",
        "selection": "random",
        "sites": [{"id": "s1", "arm": "control"}],
        "seasons": [
            {"id": "a", "start": "2021-04-01T00:00:00Z", "end": "2021-06-01T00:00:00Z", "period": "before"}
        ],
        "primaries": [{"id": "hill-q1", "margin": 0.1}],
        "validated": {
            "good": {"clips": 100, "precision": 0.95},
            "few": {"clips": 99, "precision": 1.0},
            "wrong": {"clips": 500, "precision": 0.94},
        },
    }
    return Plan.model_validate(content | more)


def test_species_count_with_100_clips_and_a_precision_of_95_per_cent() -> None:
    assert Checked.declared(plan()).trusted == ("good",)


def test_a_plan_of_another_territory_is_refused(shelf: Shelf) -> None:
    with open_for_reading(shelf.url) as archive, pytest.raises(ConfigurationError, match="territory"):
        planned(archive, territory(["control"]), plan(territory="elsewhere"))


def test_a_site_that_the_territory_has_not_is_named(shelf: Shelf) -> None:
    odd = plan(sites=[{"id": "s7", "arm": "control"}])
    with open_for_reading(shelf.url) as archive, pytest.raises(ConfigurationError, match="s7"):
        planned(archive, territory(["control"]), odd)


def test_a_species_counts_from_the_score_that_it_was_validated_from_on(shelf: Shelf) -> None:
    checked = {"clips": 100, "precision": 0.95}
    table = {"late": checked | {"threshold": 0.91}, "early": checked | {"threshold": 0.9}, "any": checked}
    shelf.put(shelf.heard(1, "2021-05-01T05:00:00Z", "late", "early", "any", "unknown"))  # each scores 0.9
    with open_for_reading(shelf.url) as archive:
        study = planned(archive, territory(["control"]), plan(validated=table))
        found = study.listening("s1", study.seasons[0])
    assert study.species == ("any", "early", "late")
    assert found.taxa == ("any", "early", "unknown")
    assert found.minutes.tolist() == [10.0]  # what scores too low was still listened to


def test_without_a_plan_each_year_with_data_is_a_season(shelf: Shelf) -> None:
    shelf.put(shelf.hours(1, "air_temperature", "2020-12-31T22:00:00Z", [1.0, 2.0, 3.0, 4.0]))
    shelf.put(shelf.heard(1, "2023-05-01T05:00:00Z"))
    with open_for_reading(shelf.url) as archive:
        study = unplanned(archive, territory(["control", "restored"]))
    assert [season.id for season in study.seasons] == ["2020", "2021", "2023"]
    assert study.arms == {"s1": "control", "s2": "restored"}
