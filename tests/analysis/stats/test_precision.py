"""Shares of right answers: exact limits, strata joined, listeners who err, drift, agreement."""

from __future__ import annotations

import math

import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis.stats.precision import UNKNOWN, Counted, agreement, exact_limits, stratified, unequal


def test_exact_limits_are_those_of_the_closed_form_where_all_agree() -> None:
    assert exact_limits(0, 10) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))
    assert exact_limits(10, 10) == (pytest.approx(0.025 ** (1 / 10)), 1.0)
    assert exact_limits(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("right", "n"), [(1, 7), (93, 100), (249, 250), (12, 31)])
def test_exact_limits_are_those_of_another_library(right: int, n: int) -> None:
    assert exact_limits(right, n) == pytest.approx(proportion_confint(right, n, method="beta"))


def test_one_stratum_has_its_own_exact_limits() -> None:
    share = stratified([Counted(500, 93, 7)])
    assert (share.value, share.low, share.high) == pytest.approx((0.93, *exact_limits(93, 100)))


def test_strata_are_joined_by_what_they_stand_for() -> None:
    """Weights .8 and .2; each half-width enters by its weight, squared (Zou & Donner)."""
    share = stratified([Counted(800, 45, 5), Counted(200, 50, 0)])
    low, high = exact_limits(45, 50), exact_limits(50, 50)
    assert share.value == pytest.approx(0.8 * 0.9 + 0.2)
    assert share.low == pytest.approx(share.value - math.hypot(0.8 * (0.9 - low[0]), 0.2 * (1 - high[0])))
    assert share.high == pytest.approx(share.value + 0.8 * (low[1] - 0.9))


def test_a_band_nobody_listened_to_may_be_anything() -> None:
    share = stratified([Counted(500, 100, 0), Counted(500, 0, 0)])
    assert share.value == 1.0
    assert share.low == pytest.approx(1 - math.hypot(0.5 * (1 - exact_limits(100, 100)[0]), 0.5))
    assert share.low < 0.5 < share.high


def test_what_is_doubtful_counts_against_and_for() -> None:
    sure, doubtful = stratified([Counted(1, 90, 10)]), stratified([Counted(1, 90, 10, 20)])
    assert sure.value == doubtful.value == 0.9
    assert doubtful.low == pytest.approx(exact_limits(90, 120)[0])
    assert doubtful.high == pytest.approx(exact_limits(110, 120)[1])


def test_nothing_heard_is_not_known() -> None:
    assert stratified([]) == UNKNOWN or not stratified([]).known
    assert not stratified([Counted(10, 0, 0, 3)]).known
    assert (UNKNOWN.low, UNKNOWN.high) == (0.0, 1.0)


def test_a_listener_who_errs_hides_a_better_or_worse_detector() -> None:
    """A true share of .95 heard by one who errs in 5 % is .95 x .95 + .05 x .05 = .905."""
    heard = Counted(1, 905_000, 95_000)
    plain, allowed = stratified([heard]), stratified([heard], erring=0.05)
    assert plain.high < 0.95 < allowed.high + 1e-3
    assert allowed.low == plain.low
    assert stratified([heard], erring=0.5).low == 0.0


def test_drift_is_the_z_test_of_two_shares() -> None:
    """250 answers each, 95 % and 80 %: z = .15 / sqrt(v1 + v2), each variance with half an answer on
    either side."""
    one, other = Counted(1, 238, 12), Counted(1, 200, 50)
    near = [(238.5 / 251) * (12.5 / 251) / 250, (200.5 / 251) * (50.5 / 251) / 250]
    z = (238 - 200) / 250 / math.sqrt(sum(near))
    assert unequal([[one], [other]]) == pytest.approx(math.erfc(z / math.sqrt(2)))
    assert unequal([[one], [one]]) == pytest.approx(1.0)
    assert unequal([[one], [Counted(1, 0, 0)]]) == 1.0


def test_three_groups_are_compared_at_once() -> None:
    groups = [[Counted(1, 90, 10)], [Counted(1, 90, 10)], [Counted(1, 60, 40)]]
    assert unequal(groups) < 1e-4 < unequal([*groups[:2], [Counted(1, 88, 12)]])


def test_agreement_is_cohens_kappa() -> None:
    """20 and 15 alike, 5 and 10 not: .70 observed, .50 by chance, so kappa .40."""
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert agreement(pairs) == pytest.approx(0.4)
    assert agreement([("yes", "yes")] * 3) == 1.0
    assert math.isnan(agreement([]))
