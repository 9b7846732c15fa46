"""Record and replay: the same bytes on the same topics, once, and an honest end."""

from __future__ import annotations

import json
import threading
from datetime import UTC
from pathlib import Path

import pytest

from contract.errors import ConfigurationError, UnreachableError
from contract.instant import DAY, SECOND, SystemClock
from contract.reading import Features, Readings
from contract.wire import decode
from ecoviv.station.broker import RunningBroker
from firmware_sim.line.fleet import run_simulation
from firmware_sim.line.outgoing import Outgoing
from firmware_sim.replay.plan import ReplayPlan, plan_replay
from firmware_sim.replay.readers.columns import known_maps
from firmware_sim.replay.readers.native import header_line, message_line
from firmware_sim.replay.readers.reader import Question
from firmware_sim.replay.record import run_record
from firmware_sim.replay.replay import rehearse, run_replay
from firmware_sim.world.scenario import Scale
from firmware_sim.world.world import World
from tests.firmware_sim.gateways import RunningGateway

SCALE = Scale(restored=1, control=1, reference=0, days=5, before=1, after=1, clips=1)


def _plan(*paths: Path, rounds: int = 1, until: int | None = None, **asked: object) -> ReplayPlan:
    question = Question(**asked)  # type: ignore[arg-type]
    return plan_replay(paths, question, maps=known_maps(), rounds=rounds, until=until)


@pytest.fixture
def recording(tmp_path: Path) -> tuple[Path, list[Outgoing]]:
    """A simulated world as a recorder would have written it."""
    messages = list(World(4, "recovery", SCALE).messages())
    path = tmp_path / "world.recording"
    lines = [message_line(m.instant, m.topic, m.payload) for m in messages]
    path.write_bytes(header_line(0, "mqtt://test") + b"".join(lines))
    return path, messages


def test_what_was_recorded_is_what_was_published(
    broker: RunningBroker, gateway: RunningGateway, tmp_path: Path
) -> None:
    path, done = tmp_path / "live.recording", threading.Event()
    up = threading.Event()
    recorder = threading.Thread(
        target=lambda: run_record(
            broker.address, path, seconds=60, sound=True, stopping=done.is_set, progress=lambda _: up.set()
        )
    )
    recorder.start()
    assert up.wait(10)
    sent = run_simulation(World(6, "recovery", SCALE), broker.address, client_id="fleet-record")
    done.wait(0.5)
    done.set()
    recorder.join(20)
    live = dict(gateway.gateway.payloads), dict(gateway.gateway.topics_of)
    plan = _plan(path)
    played = {(m.device, m.boot, m.seq): (m.topic, m.payload) for m in plan.messages()}
    assert set(played) == set(sent.identities())
    assert {key: payload for key, (_, payload) in played.items()} == live[0]
    assert {key: topic for key, (topic, _) in played.items()} == live[1]


def test_sound_is_recorded_only_where_it_was_asked_for(
    broker: RunningBroker, gateway: RunningGateway, tmp_path: Path
) -> None:
    up, done = threading.Event(), threading.Event()
    path = tmp_path / "quiet.recording"
    recorder = threading.Thread(
        target=lambda: run_record(
            broker.address, path, seconds=20, stopping=done.is_set, progress=lambda _: up.set()
        )
    )
    recorder.start()
    assert up.wait(10)
    sent = run_simulation(World(6, "recovery", SCALE), broker.address, client_id="fleet-quiet")
    done.wait(0.3)
    done.set()
    recorder.join(20)
    said = [json.loads(line)["topic"] for line in path.read_bytes().splitlines()[1:]]
    assert sent.clips == 1
    assert {one.rpartition("/")[2] for one in said} == {"readings", "features", "detections", "health"}


def test_replaying_twice_adds_nothing(
    broker: RunningBroker, gateway: RunningGateway, recording: tuple[Path, list[Outgoing]]
) -> None:
    path, messages = recording
    for _ in range(2):
        replayed = run_replay(_plan(path), broker.address, speed=None, wait_s=20)
        assert replayed.unread == 0
        assert replayed.sent.readings == sum(
            {(m.device, m.boot, m.seq): m.readings for m in messages}.values()
        )
    assert set(gateway.gateway.payloads) == {(m.device, m.boot, m.seq) for m in messages}
    assert gateway.gateway.conflicts == 0


def test_a_recording_moved_to_now_has_new_identities_and_moved_times(
    recording: tuple[Path, list[Outgoing]],
) -> None:
    path, messages = recording
    until = messages[0].instant + 1_000 * DAY
    plan = _plan(path, until=until)
    moved = list(plan.messages())
    assert moved[0].instant == until
    assert len(moved) == len(messages)
    assert not {m.boot for m in moved} & {m.boot for m in messages}
    for before, after in zip(messages, moved, strict=True):
        if before.kind in {"readings", "features"} and before.readable:
            old, new = decode(before.payload), decode(after.payload)
            assert old.instant is not None
            assert new.instant == old.instant + 1_000 * DAY
            if isinstance(old, Readings) and isinstance(new, Readings):
                assert [r.value for r in old.readings] == [r.value for r in new.readings]
            if isinstance(old, Features) and isinstance(new, Features):
                assert (new.excerpt.start - old.excerpt.start).days == 1_000


def test_a_selection_of_topics_is_numbered_anew_without_gaps(
    recording: tuple[Path, list[Outgoing]],
) -> None:
    path, _ = recording
    selected = list(_plan(path, filters=("ecoviv/1/+/+/features",)).messages())
    assert {m.kind for m in selected} == {"features"}
    boots: dict[str, set[int]] = {}
    for message in selected:
        boots.setdefault(message.boot, set()).add(message.seq)
    assert all(numbers == set(range(1, len(numbers) + 1)) for numbers in boots.values())


def test_each_pass_of_a_loop_is_a_recording_of_its_own(folder: Path) -> None:
    path = folder / "data_94184102_0.csv"
    messages = list(_plan(path, rounds=3, given=("jura", "tms")).messages())
    assert len(messages) == 90
    assert len({m.boot for m in messages}) == 3
    # The passes follow one another by whole days.
    assert messages[30].instant - messages[0].instant == DAY


def test_files_are_merged_by_time(folder: Path) -> None:
    plan = _plan(folder, given=("jura", "tms"), zone=UTC)
    instants = [m.instant for m in plan.messages()]
    assert instants == sorted(instants)
    assert {report.reader for report in plan.files.values()} == {"audio", "tomst"}


def test_speed_stretches_time(broker: RunningBroker, gateway: RunningGateway, folder: Path) -> None:
    plan, clock = _plan(folder / "data_94184102_0.csv", given=("jura", "tms")), SystemClock()
    began = clock.monotonic()
    run_replay(plan, broker.address, speed=1_200, wait_s=60)
    # 29 minutes at 1,200 times their speed are 1.45 s.
    assert 1.45 <= (clock.monotonic() - began) / SECOND < 30


def test_a_recording_that_begins_within_a_boot_is_sent_but_not_called_stored(
    broker: RunningBroker, gateway: RunningGateway, recording: tuple[Path, list[Outgoing]], tmp_path: Path
) -> None:
    _, messages = recording
    late = [m for m in messages if m.device.endswith("soil")][40:80]
    path = tmp_path / "late.recording"
    path.write_bytes(
        header_line(0, "x") + b"".join(message_line(m.instant, m.topic, m.payload) for m in late)
    )
    with pytest.raises(UnreachableError, match="no receipt can cover them"):
        run_replay(_plan(path), broker.address, speed=None, wait_s=10)
    threading.Event().wait(0.5)
    assert {(m.device, m.boot, m.seq) for m in late} <= set(gateway.gateway.payloads)


def test_a_torn_last_line_is_said_and_the_rest_is_played(recording: tuple[Path, list[Outgoing]]) -> None:
    path, messages = recording
    path.write_bytes(path.read_bytes()[:-20])
    replayed = rehearse(_plan(path))
    assert replayed.unread == 1
    assert "cut short" in replayed.files[0].findings.problems[0]
    assert replayed.sent.messages + replayed.sent.repeated == len(messages) - 1


def test_a_recording_is_never_overwritten(broker: RunningBroker, tmp_path: Path) -> None:
    path = tmp_path / "old.recording"
    path.write_bytes(b"precious")
    with pytest.raises(ConfigurationError, match="exists already"):
        run_record(broker.address, path, seconds=0.1)
    assert path.read_bytes() == b"precious"
