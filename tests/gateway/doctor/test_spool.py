"""How long there is room, by what was taken and by what is to come."""

from __future__ import annotations

from dataclasses import replace

from contract.instant import HOUR
from gateway.doctor.spool import check_spool
from gateway.spool.status import read_status
from tests.gateway.ends import NOON, Bench, reading, say


def test_a_spool_that_does_not_empty_says_how_long_it_lasts(bench: Bench) -> None:
    """Half of the cap filled in 10 h leaves another 10 h."""
    bench.ingest.mute = True
    say(bench.sensor, reading(1))
    bench.turn()
    status = read_status(bench.folder)
    half = replace(status, used_bytes=status.cap_bytes // 2)
    assert half.oldest is not None
    (diagnosis,) = check_spool(half, half.oldest + 10 * HOUR, bench.territory, 2**40)
    assert (diagnosis.level, diagnosis.text) == (
        "warn",
        "1 messages wait, the oldest for 10 h; at this rate there is room for 10 h",
    )


def test_a_spool_says_how_long_it_may_be_cut_off(bench: Bench) -> None:
    """Four devices, a message of 550 bytes an hour each: 2,200 bytes an hour; 22 MB last 10,000 h."""
    status = read_status(bench.folder)
    (diagnosis,) = check_spool(status, NOON, bench.territory, 22_000_000)
    assert "there is room for 417 days" in diagnosis.text
    (diagnosis,) = check_spool(status, NOON, bench.territory, 0)
    assert "there is room for 0 s" in diagnosis.text


def test_the_disk_ends_before_the_cap_does(bench: Bench) -> None:
    """1,000,000 bytes in 10 h; another 500,000 on the disk last 5 h whatever the cap says."""
    bench.ingest.mute = True
    say(bench.sensor, reading(1))
    bench.turn()
    status = replace(read_status(bench.folder), used_bytes=1_000_000)
    assert status.oldest is not None
    (diagnosis,) = check_spool(status, status.oldest + 10 * HOUR, bench.territory, 500_000)
    assert diagnosis.text.endswith("at this rate there is room for 5 h")
