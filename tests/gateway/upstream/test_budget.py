"""A day's bytes: readings stop first, health last, and midnight opens the way."""

from __future__ import annotations

import pytest

from contract.instant import HOUR, SECOND
from gateway.spool.status import read_status
from gateway.upstream.budget import OVERHEAD_BYTES, Budget
from tests.gateway.ends import Bench, reading, say
from tests.gateway.upstream.test_forwarding import health


def budgeted(bench: Bench, bytes_a_day: int) -> None:
    bench.gateway.bytes_a_day = bytes_a_day
    bench.gateway.__post_init__()


def test_shares_of_the_day_end_in_order_of_priority(bench: Bench) -> None:
    """79 %, 94 % and 99 % of 100,000 bytes; then midnight, twelve hours after the bench's noon."""
    budget = Budget(bench.gateway.spool, bench.clock, 100_000)
    allowed = []
    for spent in (79_000, 94_000, 99_000, 101_000):
        budget.spend(spent - budget.spent - OVERHEAD_BYTES)
        allowed.append([stream for stream in ("health", "findings", "readings") if budget.allows(stream)])
    assert allowed == [["health", "findings", "readings"], ["health", "findings"], ["health"], []]
    bench.clock.advance(12 * HOUR)
    assert budget.allows("readings")
    assert budget.spent == 0


@pytest.mark.parametrize(
    ("stream", "percent"), [("audio", 50), ("readings", 80), ("findings", 95), ("health", 100)]
)
def test_a_stream_stops_when_its_share_is_spent_to_the_byte(bench: Bench, stream: str, percent: int) -> None:
    """Of 100,000 bytes, 1 % is 1,000."""
    budget = Budget(bench.gateway.spool, bench.clock, 100_000)
    budget.spend(percent * 1_000 - 1 - OVERHEAD_BYTES)
    assert budget.allows(stream), "one byte is left"
    budget.spend(1 - OVERHEAD_BYTES)
    assert not budget.allows(stream)


def test_what_the_budget_holds_back_waits_for_midnight(bench: Bench) -> None:
    budgeted(bench, 1_000)
    for seq in range(1, 200):
        say(bench.sensor, reading(seq, value=seq / 7))
        bench.turn(1)
    held = 199 - len(bench.ingest.payloads())
    assert held > 0
    say(bench.sensor, health(200), kind="health")
    bench.turn()
    assert read_status(bench.folder).streams[2].waiting == held
    bench.clock.advance(13 * HOUR)
    for _ in range(20):
        bench.clock.advance(SECOND)
        bench.turn(1)
    assert len(bench.ingest.payloads()) == 200


def test_the_count_survives_a_restart(bench: Bench) -> None:
    for seq in range(1, 50):
        say(bench.sensor, reading(seq))
    bench.turn(10)
    say(bench.sensor, reading(50))
    bench.turn(1)
    noted = read_status(bench.folder)
    assert noted.budget_day == "2026-05-01"
    bench.reopen()
    assert Budget(bench.gateway.spool, bench.clock).spent == noted.sent_today > 0
