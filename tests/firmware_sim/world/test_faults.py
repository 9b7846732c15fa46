"""Faults: each hits both arms alike, and shows on the line as it would in the field."""

from __future__ import annotations

from collections import Counter

import pytest

from contract.instant import parse_instant
from contract.reading import ClipManifest, Detections, Features, Readings
from contract.wire import decode, decode_part, salvage
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.world.faults import DRIFT_K_PER_DAY
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World

SCALE = Scale(restored=4, control=4, reference=0, days=16, before=1, after=1, clips=3)


@pytest.fixture(scope="module")
def world() -> World:
    return World(11, "no-change", SCALE)


@pytest.fixture(scope="module")
def messages(world: World) -> list[Outgoing]:
    return list(world.messages())


def test_every_kind_hits_as_many_restored_as_control_devices_at_the_same_time(world: World) -> None:
    arms: dict[str, Counter[tuple[str, int]]] = {"restored": Counter(), "control": Counter()}
    for fault in world.faults:
        arms[fault.arm][fault.kind, fault.window.start] += 1
    assert arms["restored"] == arms["control"]
    assert {kind for kind, _ in arms["control"]} == {
        "drift", "stuck", "dropout", "dead_microphone", "wrong_clock", "unreadable",
    }  # fmt: skip


def test_a_dead_microphone_gives_absence_and_no_effort(world: World, messages: list[Outgoing]) -> None:
    fault = next(f for f in world.faults if f.kind == "dead_microphone")
    deaf: set[tuple[str, int]] = set()
    for message in messages:
        if message.device != fault.device or message.kind not in {"features", "detections"}:
            continue
        found = decode(message.payload)
        assert isinstance(found, Features | Detections)
        if found.excerpt.valid_s == 0:
            deaf.add((message.boot, message.seq))
            if isinstance(found, Features):
                assert found.values == {}
                assert len(found.absent) == 3
    # In each of two springs from noon to noon: six recordings, each with features and detections.
    assert len(deaf) == 2 * 6 * 2


def test_one_clip_is_of_a_dead_microphone(messages: list[Outgoing]) -> None:
    parts: dict[str, dict[int, bytes]] = {}
    for message in messages:
        if message.kind == "audio":
            part = decode_part(message.payload)
            parts.setdefault(part.sha256, {})[part.index] = part.content
    manifests = [decode(m.payload) for m in messages if m.kind == "clip"]
    assert len({m.sha256 for m in manifests if isinstance(m, ClipManifest)}) == SCALE.clips
    sounds = [b"".join(pieces[i] for i in sorted(pieces))[44:] for pieces in parts.values()]
    assert sum(len(set(sound)) <= 2 for sound in sounds) == 1


def test_a_wrong_clock_says_1970_with_uptime_and_is_set_within_the_same_boot(
    world: World, messages: list[Outgoing]
) -> None:
    fault = next(f for f in world.faults if f.kind == "wrong_clock")
    boots: dict[str, list[Readings]] = {}
    for message in messages:
        if message.device == fault.device and message.readable:
            found = decode(message.payload)
            assert isinstance(found, Readings)
            boots.setdefault(found.boot, []).append(found)
    wrong = [boot for boot, said in boots.items() if any(m.clock == "none" for m in said)]
    assert len(wrong) == 2  # one restart in each of the two springs
    said = boots[wrong[0]]
    lost = [m for m in said if m.time is not None and m.time.year == 1970]
    right = [m for m in said if m.time is not None and m.time.year > 2000]
    assert lost
    assert right
    for one in lost:
        assert one.uptime_ms is not None
        assert one.instant is not None
        assert abs(one.uptime_ms * 1_000_000 - one.instant) < 2_000_000_000
    anchor = right[0]
    assert anchor.instant is not None
    assert anchor.uptime_ms is not None
    started = anchor.instant - anchor.uptime_ms * 1_000_000
    assert abs(started - fault.window.start) < 2_000_000_000


def test_unreadable_messages_still_say_who_they_are(messages: list[Outgoing]) -> None:
    bad = [m for m in messages if not m.readable]
    assert bad
    assert all(salvage(m.payload) == (m.device, m.boot, m.seq) for m in bad)


def test_some_messages_come_twice_and_some_late(messages: list[Outgoing]) -> None:
    times = Counter((m.device, m.boot, m.seq) for m in messages)
    twice = sum(count == 2 for count in times.values())
    # One in a hundred, within five standard deviations of a binomial.
    expected = 0.01 * len(times)
    assert abs(twice - expected) < 5 * expected**0.5
    late = 0
    highest: dict[tuple[str, str], int] = {}
    for message in messages:
        key = (message.device, message.boot)
        late += message.seq < highest.get(key, 0)
        highest[key] = max(message.seq, highest.get(key, 0))
    assert late > 0


def test_drift_and_stuck_bend_the_deep_thermometer_only(world: World) -> None:
    year = world.scale.years[0]
    spring, clean = world.spring(year), World(11, "no-change", SCALE)
    clean.faults = ()
    straight = clean.spring(year)
    numbers = {p.device("soil"): p.number for p in world.parcels}
    drifting = next(f for f in world.faults if f.kind == "drift")
    site = numbers[drifting.device]
    last = spring.weather.hour_at(drifting.window.end) - 1
    days = (drifting.window.end - drifting.window.start) / 86_400e9
    bend = spring.soil.deep[site, last] - straight.soil.deep[site, last]
    assert bend == pytest.approx(DRIFT_K_PER_DAY * days, abs=DRIFT_K_PER_DAY / 12)
    stuck = next(f for f in world.faults if f.kind == "stuck")
    at = slice(spring.weather.hour_at(stuck.window.start), spring.weather.hour_at(stuck.window.end))
    assert len(set(spring.soil.deep[numbers[stuck.device], at])) == 1
    assert (spring.soil.moisture == straight.soil.moisture).all()


def test_faults_beyond_a_short_season_are_left_out() -> None:
    short = World(1, "recovery", Scale(restored=1, control=1, reference=0, days=2, before=1, after=1))
    assert short.faults == ()
    first = parse_instant(f"{short.scale.first_day(short.scale.years[0])}T00:00:00Z")
    assert short.spring(short.scale.years[0]).midnight == first
