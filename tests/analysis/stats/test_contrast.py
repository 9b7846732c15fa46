"""Contrasts against R, SciPy, hand calculations and brute force."""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from analysis.stats.additive import kept_seasons, site_means
from analysis.stats.contrast import arm_change, family, holm, interval, welch, with_variance
from analysis.stats.permutation import (
    Design,
    arrangements,
    count,
    moments,
    smallest_p,
    step_down,
    studentised,
)
from analysis.stats.power import detectable, power, smallest_found
from analysis.stats.student import exp, log, normal_quantile, t_quantile, t_tail


def design(restored: int, control: int, strata: int = 1) -> Design:
    """Restored sites first in every stratum; equal weights."""
    arms = np.tile(np.arange(restored + control) < restored, strata)
    return Design(arms, np.repeat(np.arange(strata), restored + control), np.full(strata, 1 / strata))


def micro(*values: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([round(value * 1e6) for value in values], dtype=np.int64)


def everyone(
    x: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.ones(x.shape, dtype=bool)


@pytest.mark.parametrize("df", [1.0, 2.5, 6.0, 14.2, 80.0])
@pytest.mark.parametrize("t", [0.0, 1e-3, 0.7, 2.1, 9.0, 60.0])
def test_student_tails_agree_with_scipy(t: float, df: float) -> None:
    assert t_tail(t, df) == pytest.approx(2 * stats.t.sf(t, df), rel=1e-11)


@pytest.mark.parametrize("tail", [0.5, 0.1, 0.05, 0.001])
@pytest.mark.parametrize("df", [1.3, 4.0, 37.7])
def test_student_quantiles_agree_with_scipy(tail: float, df: float) -> None:
    assert t_quantile(tail, df) == pytest.approx(stats.t.isf(tail / 2, df), rel=1e-11)


def test_portable_logarithm_and_exponential_agree_with_the_machine() -> None:
    for x in np.geomspace(1e-12, 1e12, 400):
        assert log(float(x)) == pytest.approx(float(np.log(x)), rel=1e-14, abs=1e-15)
    for x in np.linspace(-600, 600, 401):
        assert exp(float(x)) == pytest.approx(float(np.exp(x)), rel=1e-13)
    assert normal_quantile(0.8) == pytest.approx(stats.norm.ppf(0.8), abs=1e-7)


def test_one_number_a_site_gives_the_published_aphid_answer(shared_data: Callable[[str], Path]) -> None:
    """Grass et al. 2017: .155 by one number a site, where mixed models say .054 to .102."""
    with shared_data("reference/baci_aphids_data.csv").open() as source:
        rows = list(csv.DictReader(source))
    logs = {(row["Plot"], row["Time"]): float(row["logcount"]) for row in rows}
    arms = {row["Plot"]: row["Treatment"] == "present" for row in rows}
    d = micro(*(logs[plot, "X15.07."] - logs[plot, "X18.06."] for plot in arms))
    two = Design(np.array(list(arms.values())), np.zeros(8, dtype=np.intp), np.ones(1))
    found = welch(d, everyone(d), two)
    assert found.value == pytest.approx(0.86006100525, abs=2e-6)
    assert round(found.p, 3) == 0.155


def test_welch_in_one_stratum_is_scipys_welch() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(0, [1.0] * 5 + [3.0] * 9)
    found = welch(micro(*x), np.ones(14, dtype=bool), design(5, 9))
    peer = stats.ttest_ind(x[:5], x[5:], equal_var=False)
    assert (found.p, found.df) == pytest.approx((peer.pvalue, peer.df), rel=1e-4)
    low, high = peer.confidence_interval()
    half = found.half_width(0.05)
    assert (found.value - half, found.value + half) == pytest.approx((low, high), abs=1e-5)


def test_strata_are_weighted_and_their_variances_pooled_by_arm() -> None:
    # stratum 0: restored 1, 3 (mean 2), control 0, 2 (mean 1): theta 1
    # stratum 1: restored 6, 8 (mean 7), control 1, 3 (mean 2): theta 5
    # theta = .25 x 1 + .75 x 5 = 4; each arm pools (2 + 2) / 2 = 2
    # variance = 2 (1/16 + 9/16) / 2 for each arm = .625 x 2 = 1.25
    two = Design(np.tile([True, True, False, False], 2), np.repeat([0, 1], 4), np.array([0.25, 0.75]))
    d = micro(1, 3, 0, 2, 6, 8, 1, 3)
    found = welch(d, everyone(d), two)
    assert (found.value, found.error**2, found.df) == pytest.approx((4.0, 1.25, 4.0))
    theta, variance = moments(d[None], everyone(d[None]), arrangements(two, b"").restored, two)
    assert (theta[0, 0] / 1e6, variance[0, 0] / 1e12) == pytest.approx((4.0, 1.25))


def test_arrangements_are_all_different_and_counted() -> None:
    assert count(design(4, 4)) == 70
    assert count(design(2, 2, strata=2)) == 36
    table = arrangements(design(2, 2, strata=2), b"").restored
    assert len(np.unique(table, axis=0)) == len(table) == 36
    assert (table[:, :4].sum(axis=1) == 2).all()
    assert (table[0] == design(2, 2, strata=2).restored).all()


def test_small_designs_cannot_reach_five_per_cent() -> None:
    assert smallest_p(design(3, 3)) == pytest.approx(0.1)  # 2 of 20
    assert smallest_p(design(2, 2, strata=2)) == pytest.approx(2 / 36)
    assert smallest_p(design(4, 4)) == pytest.approx(2 / 70)  # .029
    assert smallest_p(design(3, 5)) == pytest.approx(1 / 56)


def test_drawn_arrangements_depend_on_the_seed_alone_and_are_fair() -> None:
    many = design(20, 20)
    one, again, other = (arrangements(many, seed).restored for seed in (b"a", b"a", b"b"))
    assert (one == again).all()
    assert (one != other).any()
    assert len(one) == 10_000
    assert (one.sum(axis=1) == 20).all()
    # each site is restored in half of 9,999 draws; 5 standard errors are .025
    assert np.abs(one[1:].mean(axis=0) - 0.5).max() < 0.025


def test_permutation_p_is_that_of_brute_force() -> None:
    rng = np.random.default_rng(4)
    x = micro(*rng.normal(size=9))
    two = design(4, 5)
    t = studentised(*moments(x[None], everyone(x[None]), arrangements(two, b"").restored, two))[:, 0]

    def brute(chosen: tuple[int, ...]) -> float:
        rest = [i for i in range(9) if i not in chosen]
        return abs(float(stats.ttest_ind(x[list(chosen)], x[rest], equal_var=False).statistic))

    all_t = sorted(brute(chosen) for chosen in combinations(range(9), 4))
    assert np.sort(t) == pytest.approx(all_t, rel=1e-9)


def test_step_down_is_westfall_and_youngs_algorithm() -> None:
    rng = np.random.default_rng(2)
    t = np.abs(rng.normal(size=(500, 4)))
    t[0] = [3.1, 0.4, 2.2, 1.0]
    order = [0, 2, 3, 1]
    expected, last = {}, 0.0
    for place, k in enumerate(order):
        last = max(last, float((t[:, order[place:]].max(axis=1) >= t[0, k]).mean()))
        expected[k] = last
    assert step_down(t) == pytest.approx([expected[k] for k in range(4)])


def test_a_smaller_statistic_never_gets_a_smaller_p() -> None:
    """The first indicator often reaches 2.0 by chance, the second never reaches 1.9."""
    t = np.concatenate([[[2.0, 1.9]], np.tile([3.0, 0.1], (40, 1)), np.tile([0.1, 0.1], (59, 1))])
    assert step_down(t) == pytest.approx([0.41, 0.41])


def test_permutation_alone_never_decides() -> None:
    """One restored site gains much, the others a little: 2 of 70 arrangements, but Welch is not sure."""
    x = micro(1.0, 1.1, 1.2, 9.0, 0.0, 0.1, -0.1, 0.05)
    found = family(x[None], everyone(x[None]), design(4, 4), arrangements(design(4, 4), b""))
    assert found.permuted[0] == pytest.approx(2 / 70)
    assert found.raw[0] == found.adjusted[0] == found.estimates[0].p > 0.05


def test_holm_by_hand() -> None:
    # sorted .01, .02, .04: 3 x .01 = .03, 2 x .02 = .04, .04 -> .04
    assert holm(np.array([0.04, 0.01, 0.02])) == pytest.approx([0.04, 0.03, 0.04])


def test_one_sure_indicator_among_many_survives_where_holm_alone_would_be_mute() -> None:
    """4 v 4: Holm over permutation p values gives .057 at best; max-|t| can reach .029."""
    rng = np.random.default_rng(8)
    x = np.stack([micro(*rng.normal(size=8)), micro(10, 11, 9, 10, 0, 1, -1, 0)])
    found = family(x, everyone(x), design(4, 4), arrangements(design(4, 4), b""))
    assert found.permuted[1] == pytest.approx(2 / 70)
    assert found.adjusted[1] <= 0.05 < found.adjusted[0]


def test_missing_sites_are_left_out_of_every_arrangement() -> None:
    x = micro(1, 2, 3, 50, 0, 1, 1, -50)
    here = np.array([True, True, True, False, True, True, True, False])
    theta, variance = moments(x[None], here[None], design(4, 4).restored[None].astype(float), design(4, 4))
    found = welch(x, here, design(4, 4))
    assert (found.n_restored, found.n_control) == (3, 3)
    assert theta[0, 0] / 1e6 == pytest.approx(found.value)
    assert variance[0, 0] / 1e12 == pytest.approx(found.error**2)


@pytest.mark.parametrize(("restored", "control"), [(4, 4), (5, 12), (12, 12)])
def test_the_interval_is_never_inside_welchs_and_moves_with_the_data(restored: int, control: int) -> None:
    rng = np.random.default_rng(restored)
    two = design(restored, control)
    draws = arrangements(two, b"x")
    x = micro(*rng.normal(0, 0.3, restored + control))
    estimate = welch(x, everyone(x), two)
    half = estimate.half_width(0.05)
    low, high = interval(x, everyone(x), two, draws)
    assert low <= estimate.value - half + 1e-12
    assert high >= estimate.value + half - 1e-12
    moved = interval(x + 1_000_000 * two.restored, everyone(x), two, draws)
    assert moved == pytest.approx((low + 1, high + 1), abs=1e-5)


def test_the_ends_of_the_interval_are_where_a_test_begins_to_reject() -> None:
    rng = np.random.default_rng(21)
    two = design(4, 4)
    draws = arrangements(two, b"")
    x = micro(*rng.normal(0, 0.3, 8))
    low, high = interval(x, everyone(x), two, draws)
    for end, outward in ((low, -1), (high, 1)):
        beyond = x - np.where(two.restored, round((end + outward * 0.01) * 1e6), 0)
        within = x - np.where(two.restored, round((end - outward * 0.01) * 1e6), 0)
        raw = [float(family(y[None], everyone(y[None]), two, draws).raw[0]) for y in (beyond, within)]
        assert raw[0] <= 0.05 < raw[1]


def test_year_variance_widens_an_arms_own_interval() -> None:
    x = micro(0.2, 0.3, 0.4, 0.3, 0, 0, 0, 0.1)
    own = arm_change(x, everyone(x), design(4, 4), restored=True)
    assert own.value == pytest.approx(0.3)
    # t(3) x sd / 2, sd = sqrt(.02 / 3)
    assert own.half_width(0.05) == pytest.approx(3.18244630 * np.sqrt(0.02 / 3) / 2, rel=1e-6)
    wider = with_variance(own, 0.04, 6)
    assert wider.error == pytest.approx(np.sqrt(own.error**2 + 0.04))
    assert wider.half_width(0.05) > own.half_width(0.05)


def test_additive_site_means_are_least_squares() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(size=(7, 4))
    y[1, 2] = y[4, 0] = y[5, 1] = y[5, 3] = np.nan
    site, season = np.nonzero(np.isfinite(y))
    table = np.zeros((len(site), 7 + 3))
    table[np.arange(len(site)), site] = 1
    for row, s in enumerate(season):
        table[row, 7:] = -1 if s == 3 else np.eye(3)[s]  # effects sum to zero
    expected = np.linalg.lstsq(table, y[site, season])[0]
    fit = site_means(y)
    assert fit is not None
    assert fit.sites == pytest.approx(expected[:7])
    assert fit.seasons[:3] == pytest.approx(expected[7:])


def test_a_lost_good_season_does_not_bias_a_site() -> None:
    """Two sites that differ by 1 in every season keep that difference when one season is lost."""
    y = np.array([[0.0, 5.0, 1.0], [1.0, np.nan, 2.0]])
    fit = site_means(y)
    assert fit is not None
    assert fit.sites[1] - fit.sites[0] == pytest.approx(1.0)
    assert np.nanmean(y[1]) - np.nanmean(y[0]) == pytest.approx(-0.5)  # what a plain mean would say


def test_unlinked_seasons_are_not_compared() -> None:
    assert site_means(np.array([[1.0, np.nan], [np.nan, 2.0]])) is None


def test_a_season_that_lost_more_than_a_third_of_one_arm_goes_for_both() -> None:
    present = np.ones((6, 3), dtype=bool)
    present[0, 1] = False  # 2 of 3 restored left: kept
    present[3:5, 2] = False  # 1 of 3 controls left: dropped
    assert kept_seasons(present, np.arange(6) < 3, 2 / 3).tolist() == [True, True, False]


def test_power_is_half_at_the_critical_value_and_the_detectable_effect_has_the_power_wanted() -> None:
    x = micro(*np.random.default_rng(5).normal(0, 0.3, 40))
    estimate = welch(x, everyone(x), design(20, 20))
    assert power(estimate, 2.5 * estimate.error, 2.5) == pytest.approx(0.5)
    assert power(estimate, detectable(estimate, 2.5), 2.5) == pytest.approx(0.8)


def test_few_sites_need_a_larger_effect_than_a_t_test_would_say() -> None:
    """4 v 4, SD 1: a t test's minimum is (2.447 + .906) x sqrt(1/2) = 2.37."""
    shifts = smallest_found((1.0, 1.0), design(4, 4), arrangements(design(4, 4), b""), 1, 6.0)
    assert 2.2 < shifts[160] < 3.2
    more = smallest_found((1.0, 1.0), design(4, 4), arrangements(design(4, 4), b""), 4, 6.0)
    assert more[160] > shifts[160]
