"""Whose clock is believed."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from random import Random

import pytest

from contract.instant import DAY, HOUR, MINUTE, SECOND, parse_instant
from contract.reading import Flag
from ingest.rules.clocks import Anchor, Placement, disagrees, doubted, judge

NOON = parse_instant("2026-05-01T12:00:00Z")
ANCHOR = Anchor(source=1, seq=1, digest=b"", offset=NOON)


@pytest.mark.parametrize(
    ("time", "doubt"),
    [
        ("1999-12-31T23:59:59Z", True),
        ("2000-01-01T00:00:00Z", False),
        ("2025-05-01T12:00:00Z", False),  # a year late is no fault
        ("2026-05-01T12:02:00Z", False),  # two minutes ahead, not more
        ("2026-05-01T12:02:01Z", True),
        ("2026-05-01T14:00:00Z", True),  # the local time of a French summer, sent as UTC
    ],
)
def test_only_the_impossible_is_doubted(time: str, doubt: bool) -> None:
    assert doubted(parse_instant(time), NOON) is doubt


def test_no_time_is_not_a_doubted_time() -> None:
    assert not doubted(None, NOON)


@pytest.mark.parametrize(
    ("uptime", "error", "out"),
    [
        (0, 60 * SECOND, False),
        (0, 61 * SECOND, True),
        (100 * DAY, 72 * MINUTE, False),  # 0.0005 x 100 days = 72 minutes, and one more allowed
        (100 * DAY, 74 * MINUTE, True),
        (HOUR, -HOUR, True),
    ],
)
def test_time_and_uptime_may_drift_apart_a_little(uptime: int, error: int, out: bool) -> None:
    assert disagrees(NOON + uptime + error, uptime // 1_000_000, ANCHOR) is out


def test_a_32_bit_counter_that_started_again_is_no_disagreement() -> None:
    """2^32 ms = 49.71 days after the boot the counter reads 0."""
    assert not disagrees(NOON + 2**32 * 1_000_000, 0, ANCHOR)
    assert not disagrees(NOON + 2 * 2**32 * 1_000_000 + HOUR, 3_600_000, ANCHOR)


def test_a_doubted_time_is_replaced_where_an_anchor_allows() -> None:
    assert judge(0, 60_000, True, ANCHOR) == Placement(NOON + MINUTE, NOON + MINUTE, Flag.REANCHORED)
    assert judge(0, None, True, ANCHOR) == Placement(0, 0, Flag.CLOCK)
    assert judge(0, 60_000, True, None) == Placement(0, 0, Flag.CLOCK)


def test_a_jump_of_a_day_is_undone_by_uptime() -> None:
    assert judge(NOON + DAY, 60_000, False, ANCHOR).time == NOON + MINUTE


def test_a_good_time_is_left_alone() -> None:
    assert judge(NOON + MINUTE + 3, 60_000, False, ANCHOR) == Placement(NOON + MINUTE + 3, 0, Flag(0))


def test_gps_outranks_rtc_whatever_came_first() -> None:
    rtc, gps = Anchor(2, 1, b"", NOON + DAY), Anchor(0, 9, b"", NOON)
    assert min(rtc, gps) is gps


def improvements(sequences: Iterable[int]) -> int:
    """How often the best anchor changes as messages of these sequences come one by one."""
    best, changes = None, 0
    for seq in sequences:
        candidate = Anchor(1, seq, sha256(b"%d" % seq).digest()[:16], NOON)
        if best is None or candidate < best:
            best, changes = candidate, changes + 1
    return changes


def test_the_best_anchor_changes_seldom_in_whatever_order_messages_come() -> None:
    """Each change places a boot again: n changes would be n² messages.

    Of k digests in a random order the lowest so far changes H(k) = 1 + 1/2 + … + 1/k times on average;
    newest first, the 14 octaves below 8,192 come one after the other: at most 14 H(8,192) = 134.
    """
    newest_first, shuffled = list(range(8_191, 0, -1)), list(range(1, 8_192))
    Random(1).shuffle(shuffled)
    assert improvements(range(1, 8_192)) == 1, "the first is the best"
    assert improvements(newest_first) < 134
    assert improvements(shuffled) < 134
