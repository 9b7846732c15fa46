"""Faults of a technician's day, each staged and then named by the whole doctor, with the next thing to do.

The table is what ``docs/technician/gateway.md`` promises: stage → finding, level, and words of the next step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.places import Territory
from ecoviv.station.broker import start_broker
from gateway.doctor.checks import examine
from tests.gateway.doctor import machines, stages
from tests.gateway.doctor.stages import DoctorClock, Stage, health_of
from tests.gateway.ends import Bench, make_bench

FAULTS: dict[str, tuple[Callable[[Stage], None], str, str, str]] = {
    "no gateway": (stages.nobody_works, "gateway", "fail", "Start `ecoviv gateway run`"),
    "no broker": (stages.no_broker, "broker port", "fail", "Start the broker there"),
    "a wrong host": (stages.wrong_name, "broker name", "fail", "Correct --broker"),
    "a folder open to others": (stages.open_folder, "state folder", "warn", "chmod 700"),
    "the disk is full": (machines.disk_full, "disk", "fail", "fit a larger card"),
    "the disk fills": (machines.disk_nearly_full, "disk", "warn", "Lower --clips-mb"),
    "no more files": (machines.no_more_files, "disk", "fail", "more inodes"),
    "a card gone read-only": (machines.card_read_only, "disk", "fail", "fit another card"),
    "a certificate ended": (machines.certificate_ended, "broker file", "fail", "Enrol with --host again"),
    "battery low": (health_of(battery_level=14.0), "battery s1/soil-1", "warn", "full battery along"),
    "battery empty": (health_of(battery_level=4.0), "battery s1/soil-1", "fail", "Change or charge"),
    "a lithium cell empty": (stages.lithium_cell_empty, "battery s1/soil-1", "fail", "Change or charge"),
    "battery falls": (stages.battery_falls, "battery s1/soil-1", "warn", "full battery along"),
    "card full": (stages.recorder_card_full, "card s1/mic-1", "fail", "Change its card"),
    "the device's own words": (health_of(text="sd write error 5"), "says s1/soil-1", "warn", "manual"),
    "two of one name": (stages.two_of_one_name, "two of s1/soil-1", "fail", "a name of its own"),
    "a wrong site": (stages.wrong_site, "wrong site s2/soil-1", "warn", "site s1 into its firmware"),
    "a stranger": (stages.stranger, "stranger s1/soil-9", "warn", "Add it to the territory"),
    "local time as UTC": (stages.clock_ahead, "clock s1/soil-1", "warn", "Let the device keep UTC"),
    "a clock never set": (stages.clock_never_set, "clock s1/soil-1", "warn", "Set the device's clock"),
    "a clock of January": (stages.clock_months_behind, "clock s1/soil-1", "warn", "Set the device's clock"),
    "every clock ahead": (stages.every_clock_ahead, "clock s1/air-1", "warn", "look at its own clock first"),
    "the gateway's clock": (stages.gateway_clock_set_back, "clock set back", "fail", "this machine's clock"),
    "ingest has left": (stages.ingest_left, "ingest", "warn", "Start `ecoviv ingest run`"),
    "ingest never came": (stages.ingest_never_came, "ingest", "warn", "with this broker"),
    "messages wait": (stages.ingest_never_came, "spool", "warn", "Check the link to ingest"),
    "the store is locked": (stages.store_locked, "ingest", "warn", "end what holds the store"),
    "the budget is spent": (stages.budget_spent, "budget", "warn", "raise --daily-mb"),
    "another gateway's id": (stages.other_id, "gateway id", "warn", "Use --id north"),
    "all uplinks unreadable": (stages.uplinks_unreadable, "sensor s1/air-1", "warn", "gateway map --try"),
    "an unreadable message": (stages.unreadable, "unreadable", "warn", "ecoviv ingest unreadable list"),
    "a topic that fits nobody": (stages.fits_nothing, "topics", "warn", "Give the device its address"),
    "fields nobody reads": (stages.not_understood, "not understood s1/soil-1", "warn", "gateway map --try"),
    "no codec": (stages.undecoded, "undecoded s1/soil-1", "warn", "payload formatter"),
    "a device repeats": (stages.repeats, "repeats s1/soil-1", "warn", "Let it read its receipts"),
    "a device is silent": (stages.silent, "sensor s1/soil-1", "fail", "Visit it"),
    "a device never spoke": (stages.never_heard, "sensor s2/soil-2", "warn", "check its power"),
    "a full spool": (stages.spool_full, "drops", "warn", "Raise --spool-mb"),
    "clips unheard": (stages.clips_unheard, "clips", "warn", "ecoviv edge run"),
    "a retained message": (stages.retained, "retained s1/soil-1", "warn", "Switch the retain flag off"),
}  # fmt: skip


@pytest.fixture
def stage(bench: Bench, tmp_path: Path, territory: Territory) -> Iterator[Stage]:
    (tmp_path / "small").mkdir()
    small = make_bench(tmp_path / "small", territory, 2**20)
    with start_broker(tmp_path / "broker") as running:
        on = Stage(bench, next(small), running.address)
        yield on
        on.end()
    next(small, None)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_staged_fault_is_named_with_the_next_thing_to_do(stage: Stage, fault: str) -> None:
    prepare, name, level, step = FAULTS[fault]
    prepare(stage)
    bench, clock = stage.bench, DoctorClock(stage.bench)
    found = examine(stage.gateway, bench.territory, bench.folder, stage.address, clock, stage.config)
    named = [one for one in found if one.name == name]
    assert named, f"not named; found {[(one.name, one.level) for one in found if one.level != 'ok']}"
    assert (named[0].level, step in named[0].next) == (level, True), named[0]
    assert all(one.next for one in found if one.level != "ok")


def test_a_bench_at_work_has_none_of_these_faults(stage: Stage) -> None:
    """All devices speak, ingest is there and confirms: what is not ``ok`` concerns broker and machine."""
    ingest = stage.at_the_broker("ingest-1", announce=True)
    stages.all_speak(stage)
    bench = stage.bench
    found = examine("", bench.territory, bench.folder, stage.address, DoctorClock(bench))
    ours = [one for one in found if one.level != "ok" and not one.name.startswith(("broker", "MQTT"))]
    assert {one.name for one in ours} <= {"gateway", "disk", "clock", "state folder"}, ours
    assert ingest.connected
