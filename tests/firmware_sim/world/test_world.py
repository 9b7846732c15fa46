"""The simulated territory: same seed same bytes, a shape that holds, effects as planted."""

from __future__ import annotations

import hashlib
from itertools import islice
from math import cos, hypot, radians
from pathlib import Path

import numpy as np
import pytest

from contract.config import load_territory
from contract.errors import ConfigurationError, UnknownName, UnreadableMessage
from contract.instant import DAY, HOUR
from contract.reading import Detections, Features, Readings
from contract.wire import decode, decode_part
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.world.nature.weather import SPIN_UP_DAYS
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World

SMALL = Scale(restored=3, control=3, reference=1, days=15, before=1, after=1, clips=2)


@pytest.fixture(scope="module")
def messages() -> list[Outgoing]:
    return list(World(5, "recovery", SMALL).messages())


def _digest(seed: int, scenario: str) -> str:
    digest = hashlib.sha256()
    for message in islice(World(seed, scenario, SMALL).messages(), 1_500):
        digest.update(message.topic.encode() + b"\x00" + message.payload)
    return digest.hexdigest()


def test_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first = _digest(1, "recovery")
    assert first == _digest(1, "recovery")
    assert first != _digest(2, "recovery")


def test_default_size_is_the_demonstrations() -> None:
    world = World(1)
    arms = [parcel.arm for parcel in world.parcels]
    assert (arms.count("restored") >= 8, arms.count("control") >= 8, arms.count("reference")) == (
        True,
        True,
        3,
    )
    assert world.scale.days >= 15
    assert world.expected_messages >= 40_000
    # Three soil values and four of weather an hour, before faults.
    assert len(arms) * 5 * world.scale.days * 24 * 7 >= 200_000
    strata = {(parcel.land_use, parcel.arm) for parcel in world.parcels}
    assert len(strata) == 9


def test_expected_number_of_messages_is_nearly_what_comes(messages: list[Outgoing]) -> None:
    distinct = {(m.device, m.boot, m.seq) for m in messages}
    expected = World(5, "recovery", SMALL).expected_messages
    assert abs(len(distinct) - expected) < 0.02 * expected


def test_every_message_reads_back_except_those_planted_unreadable(messages: list[Outgoing]) -> None:
    unreadable = 0
    for message in messages:
        if message.kind == "audio":
            assert decode_part(message.payload).seq == message.seq
            continue
        try:
            found = decode(message.payload)
        except UnreadableMessage:
            unreadable += 1
            assert not message.readable
            continue
        assert (found.device, found.boot, found.seq) == (message.device, message.boot, message.seq)
    assert unreadable > 0


def test_sequences_of_each_boot_are_one_to_n(messages: list[Outgoing]) -> None:
    boots: dict[tuple[str, str], set[int]] = {}
    for message in messages:
        boots.setdefault((message.device, message.boot), set()).add(message.seq)
    assert all(numbers == set(range(1, len(numbers) + 1)) for numbers in boots.values())


def test_soil_and_weather_are_hourly(messages: list[Outgoing]) -> None:
    world = World(5, "recovery", SMALL)
    silent = {fault.device for fault in world.faults if fault.kind == "dropout"}
    device = next(d for p in world.parcels if (d := p.device("soil")) not in silent)
    times = set()
    for message in messages:
        if message.device == device and message.readable:
            found = decode(message.payload)
            assert isinstance(found, Readings)
            times |= {r.time for r in found.readings if r.quantity == "soil_moisture"}
    # Two springs of 15 days.
    assert len(times) == 2 * 15 * 24


def test_birds_are_heard_most_at_dawn_and_listening_in_vain_is_said(messages: list[Outgoing]) -> None:
    heard: dict[int, list[int]] = {}
    for message in messages:
        if message.kind == "detections":
            found = decode(message.payload)
            assert isinstance(found, Detections)
            heard.setdefault(found.excerpt.start.hour, []).append(len(found.detections))
    means = {hour: float(np.mean(counts)) for hour, counts in heard.items()}
    assert max(means, key=lambda hour: means[hour]) in {4, 5}
    assert len(means) == 6
    assert min(min(counts) for counts in heard.values()) == 0


def test_features_carry_definition_ids_and_activity_is_a_share(messages: list[Outgoing]) -> None:
    found = decode(next(m for m in messages if m.kind == "features").payload)
    assert isinstance(found, Features)
    values = {name.partition("@")[0]: value for name, value in found.values.items()}
    assert set(values) == {"ACTIVITY", "EVENTS", "LEVEL"}
    assert 0 <= values["ACTIVITY"] <= 1


def test_territory_file_reads_back_as_the_territory(tmp_path: Path) -> None:
    world = World(3, "no-change", SMALL)
    path = tmp_path / "territory.toml"
    path.write_text(world.territory_toml(), encoding="utf-8")
    assert load_territory(path) == world.territory()


def test_arms_are_interleaved_and_sites_more_than_500_m_apart() -> None:
    parcels = World(1).parcels
    opposite = 0
    for one in parcels:
        distances = []
        for other in parcels:
            if other is not one:
                east = (other.longitude - one.longitude) * 111_320 * cos(radians(46.6))
                north = (other.latitude - one.latitude) * 111_320
                distances.append((hypot(east, north), other.arm))
        assert min(distances)[0] > 500
        opposite += any(arm != one.arm for _, arm in sorted(distances)[:2])
    assert opposite >= 0.9 * len(parcels)


def _site_changes(world: World) -> dict[str, tuple[list[float], list[float]]]:
    """After minus before of each site, straight from the drawn world: {class: (restored, control)}."""
    years, restored_year = world.scale.years, world.scale.restored_on.year
    after = np.array([year >= restored_year for year in years])
    springs = [world.spring(year) for year in years]
    first = SPIN_UP_DAYS * 24
    table = {
        "calls": np.log(world.community.rate.sum(axis=2)),
        "species": np.log(world.community.present.sum(axis=2)),
        "moisture": np.array([spring.soil.moisture[:, first:].mean(axis=1) for spring in springs]),
        "swing": -np.array([spring.air[:, first:].std(axis=1) for spring in springs]),
    }
    sides = [[p.number for p in world.parcels if p.arm == arm] for arm in ("restored", "control")]
    changes = {}
    for name, values in table.items():
        change = values[after].mean(axis=0) - values[~after].mean(axis=0)
        changes[name] = (list(change[sides[0]]), list(change[sides[1]]))
    return changes


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("scenario", "sign"), [("recovery", 1), ("erosion", -1), ("no-change", 0)])
def test_effects_are_planted_as_the_scenario_says(seed: int, scenario: str, sign: int) -> None:
    for name, (restored, control) in _site_changes(World(seed, scenario)).items():
        spread = np.sqrt((np.var(restored, ddof=1) + np.var(control, ddof=1)) / 2)
        effect = (np.mean(restored) - np.mean(control)) / spread
        if sign:
            assert sign * effect >= 2.3, (name, effect)
        else:
            # Nine against nine: an honest difference stays within 3 standard errors of 0.
            assert abs(effect) < 3 * np.sqrt(2 / 9), (name, effect)


def test_truth_names_what_was_planted() -> None:
    truth = World(1, "no-change").truth()
    classes = truth["classes"]
    assert isinstance(classes, dict)
    assert {row["effect"] for row in classes.values()} == {0.0}
    assert truth["territory"] == "stable or inconclusive"


def test_plan_facts_hold_a_validation_study_that_species_may_pass() -> None:
    facts = World(1).plan_facts()
    assert [season.period for season in facts.seasons] == ["before"] * 2 + ["after"] * 3
    assert len(facts.species) >= 25
    assert all(species.validated_clips >= 100 for species in facts.species)
    assert all(species.precision >= 0.95 for species in facts.species)


def test_confounded_replaces_the_detector_of_restored_sites_only() -> None:
    world = World(1, "confounded", SMALL)
    arms = {parcel.site: parcel.arm for parcel in world.parcels}
    seen: set[tuple[str, int, str, str]] = set()
    for message in world.messages():
        if message.kind == "detections":
            found = decode(message.payload)
            assert isinstance(found, Detections)
            arm, year = arms[message.site], found.excerpt.start.year
            seen.add((arm, year, found.model.version, found.firmware))
    before, after = world.scale.years
    assert {row for row in seen if row[0] == "restored"} == {
        ("restored", before, "1.0", "sim-1.0"),
        ("restored", after, "2.0", "sim-2.0"),
    }
    assert {row[2:] for row in seen if row[0] != "restored"} == {("1.0", "sim-1.0")}


def test_a_season_begins_at_midnight_of_its_first_day() -> None:
    world = World(1, "recovery", SMALL)
    spring = world.spring(world.scale.years[0])
    assert spring.midnight % DAY == 0
    assert spring.weather.hour_at(spring.midnight + HOUR) == SPIN_UP_DAYS * 24 + 1


def test_unknown_scenario_and_empty_arm_are_refused() -> None:
    with pytest.raises(UnknownName, match="not a scenario"):
        World(1, "miracle")
    with pytest.raises(ConfigurationError):
        Scale(restored=0)


def test_truth_expects_nothing_of_a_class_that_was_not_changed() -> None:
    classes = World(1, "slowed-erosion").truth()["classes"]
    assert isinstance(classes, dict)
    assert {name: row["expected"] for name, row in classes.items()} == {
        "community": "slowed erosion",
        "soil": "slowed erosion",
        "microclimate": "stable or inconclusive",
    }
