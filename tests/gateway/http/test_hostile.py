"""A short, seeded share of hostile requests; and that it sees faults."""

from __future__ import annotations

import pytest

from benchmarks.faults.damage.http import LEAST_LET_IN, SLOWEST_S, fuzz

SEED, REQUESTS = 5, 3_000


def test_hostile_requests_raise_nothing_lose_nothing_and_leave_no_secret() -> None:
    tally = fuzz(REQUESTS, SEED)
    assert tally.undeclared == []
    assert (tally.lost, tally.secrets) == (0, 0)
    assert tally.slowest_s < SLOWEST_S
    assert tally.requests == REQUESTS == tally.let_in + sum(tally.refused.values())
    assert tally.let_in > LEAST_LET_IN * REQUESTS
    assert set(tally.refused) == {400, 401, 404, 408, 411, 413}
    assert 0 < tally.unreadable < tally.entries


def test_a_secret_that_is_kept_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http.visit.blanked", lambda push, _known: push)
    assert fuzz(300, SEED).secrets


def test_an_error_that_nobody_declared_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_key: str) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("gateway.http.visit.key_of", broken)
    assert fuzz(100, SEED).undeclared
