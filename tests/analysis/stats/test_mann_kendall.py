"""Trend tests against R (trend, modifiedmk), pymannkendall, hand calculations and laws."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kendalltau

from analysis.stats import mann_kendall as mk
from contract.errors import Refused

Shared = Callable[[str], Path]
SERIES = ["nile", "sunspot_year_1900", "ar1_trend", "ties"]


def reference(shared_data: Shared, name: str) -> dict[str, Any]:
    return json.loads(shared_data("reference/mannkendall_R.json").read_text())[name]  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", SERIES)
def test_mann_kendall_and_sen_match_r(shared_data: Shared, name: str) -> None:
    row = reference(shared_data, name)
    found, sen = mk.mann_kendall(row["x"]), mk.sen_slope(row["x"])
    assert found.s == row["S"]
    ours = [found.variance, found.z, found.p, sen.slope, sen.lower, sen.upper]
    theirs = [row[k] for k in ("varS", "z", "p", "sen", "sen_lcl", "sen_ucl")]
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("name", SERIES)
def test_corrections_for_memory_match_r(shared_data: Shared, name: str) -> None:
    row = reference(shared_data, name)
    corrected = mk.mann_kendall_hamed_rao(row["x"])
    assert corrected.z == pytest.approx(row["mmkh"]["Corrected Zc"], rel=1e-9)
    assert corrected.inflation == pytest.approx(row["mmkh"]["N/N*"], rel=1e-9)
    for free, key in ((False, "pwmk"), (True, "tfpwmk")):
        white = mk.mann_kendall_prewhitened(row["x"], trend_free=free)
        assert white.s == row[key]["S"]
        assert white.p == pytest.approx(row[key]["P-value"], rel=1e-9)


def test_seasons_match_r(shared_data: Shared) -> None:
    row = reference(shared_data, "nottem_seasonal")
    x = np.array(row["x"])
    for month in range(12):
        one = mk.mann_kendall(x[month::12])
        assert one.s == row["S"][month]
        assert one.p == pytest.approx(row["p"][month], rel=1e-9)
    assert mk.seasonal_mann_kendall(x).p == pytest.approx(row["overall_p"], rel=1e-9)


def test_the_plain_test_agrees_with_pymannkendall() -> None:
    pymannkendall = pytest.importorskip("pymannkendall")
    rng = np.random.default_rng(8)
    for n in (5, 30, 120):
        x = rng.normal(size=n).round(1)
        peer, found = pymannkendall.original_test(x), mk.mann_kendall(x)
        assert [found.s, found.z, found.p] == pytest.approx([peer.s, peer.z, peer.p], rel=1e-12)


def test_four_values_by_hand() -> None:
    # 1, 3, 2, 4: five pairs up, one down: S = 4; variance 4*3*13/18; slopes 2 1/2 1 -1 1/2 2
    found, sen = mk.mann_kendall([1, 3, 2, 4]), mk.sen_slope([1, 3, 2, 4])
    assert found.s == 4
    assert found.variance == pytest.approx(156 / 18)
    assert found.z == pytest.approx(3 / np.sqrt(156 / 18))
    assert found.tau_a == found.tau_b == pytest.approx(4 / 6)
    assert sen.slope == 0.75


@pytest.mark.parametrize("name", SERIES)
def test_tau_a_is_that_of_modifiedmk_and_tau_b_that_of_scipy(shared_data: Shared, name: str) -> None:
    # R's modifiedmk divides by all pairs, R's trend and cor.test by those that ties leave, as scipy does
    row = reference(shared_data, name)
    found = mk.mann_kendall(row["x"])
    assert found.tau_a == pytest.approx(row["mmkh"]["Tau"], rel=1e-9)
    peer = kendalltau(np.arange(len(row["x"])), row["x"], variant="b")
    assert found.tau_b == pytest.approx(peer.statistic, rel=1e-12)


def test_two_taus_of_a_tie_by_hand() -> None:
    # 1, 1, 2, 3: five of six pairs differ, all up: tau a 5/6, tau b 5 / sqrt(6 x 5)
    found = mk.mann_kendall([1, 1, 2, 3])
    assert found.tau_a == pytest.approx(5 / 6)
    assert found.tau_b == pytest.approx(5 / np.sqrt(30))


def test_taus_of_seasons_are_of_their_sums() -> None:
    # one season 1, 1, 2, 3 (S 5 of 6, room for sqrt 30), one 4, 3, 2, 1 (S -6, room for 6)
    found = mk.seasonal_mann_kendall([1, 4, 1, 3, 2, 2, 3, 1], period=2)
    assert found.tau_a == pytest.approx(-1 / 12)
    assert found.tau_b == pytest.approx(-1 / (np.sqrt(30) + 6))


def test_gaps_keep_their_place_in_the_slope() -> None:
    assert mk.sen_slope([0.0, np.nan, 2.0, np.nan, 4.0]).slope == 1.0


def test_a_constant_series_has_no_p() -> None:
    found = mk.mann_kendall([2.0] * 6)
    assert np.isnan(found.p)
    assert np.isnan(found.tau_b)
    assert found.tau_a == 0


def test_short_series_are_refused() -> None:
    with pytest.raises(Refused):
        mk.mann_kendall([1.0, 2.0, 3.0])
    for call in (mk.mann_kendall_hamed_rao, mk.mann_kendall_prewhitened):
        with pytest.raises(Refused) as refusal:
            call(np.arange(10.0))
        assert refusal.value.codes == ("SHORT_BASELINE",)


def test_reversing_time_reverses_the_trend() -> None:
    x = np.random.default_rng(9).normal(size=40).cumsum()
    one, other = mk.mann_kendall(x), mk.mann_kendall(x[::-1])
    assert one.s == -other.s
    assert mk.sen_slope(x).slope == pytest.approx(-mk.sen_slope(x[::-1]).slope)
