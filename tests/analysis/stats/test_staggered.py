"""Staggered starts against the published example of Callaway & Sant'Anna and planted truth."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from analysis.stats.starts.staggered import staggered_effects
from contract.errors import Refused

Shared = Callable[[str], Path]
YEARS = np.arange(2003, 2008)


def counties(shared_data: Shared) -> tuple[np.ndarray, np.ndarray]:
    with shared_data("reference/did_mpdta.csv").open() as lines:
        table = list(csv.DictReader(lines))
    names = sorted({row["countyreal"] for row in table})
    y, start = np.full((len(names), 5), np.nan), np.zeros(len(names))
    for row in table:
        i = names.index(row["countyreal"])
        y[i, int(row["year"]) - 2003] = float(row["lemp"])
        start[i] = float(row["first.treat"])
    return y, start


def test_minimum_wage_effects_are_the_published_ones(shared_data: Shared) -> None:
    # R did, att_gt without covariates: simple -0.0400; dynamic and group averages of its vignette
    found = staggered_effects(*counties(shared_data), YEARS)
    assert found.overall == pytest.approx(-0.0400, abs=1e-4)
    since = found.by_years_since_start()
    published = {-3: 0.0305, -2: -0.0006, -1: -0.0245, 0: -0.0199, 1: -0.0510, 2: -0.1373, 3: -0.1008}
    assert since == pytest.approx(published, abs=1e-4)
    assert found.by_cohort() == pytest.approx({2004: -0.0797, 2006: -0.0229, 2007: -0.0261}, abs=1e-4)


def test_a_universal_base_period_is_the_published_one_added_up(shared_data: Shared) -> None:
    # R did, att_gt without covariates, its vignette's table of one-year changes before the start: 2006:
    # 0.0065, -0.0028; 2007: 0.0305, -0.0027, -0.0311.  Against g - 1 these add up backwards, four digits each
    found = staggered_effects(*counties(shared_data), YEARS, base="universal")
    before = {(e.start, e.year): e.effect for e in found.effects if e.year < e.start}
    published = {
        (2004, 2003): 0.0,
        (2006, 2005): 0.0, (2006, 2004): 0.0028, (2006, 2003): 0.0028 - 0.0065,
        (2007, 2006): 0.0, (2007, 2005): 0.0311, (2007, 2004): 0.0311 + 0.0027,
        (2007, 2003): 0.0311 + 0.0027 - 0.0305,
    }  # fmt: skip
    assert before == pytest.approx(published, abs=1.5e-4)
    assert all(before[g, g - 1] == 0 for g in (2004, 2006, 2007))


@pytest.mark.parametrize("control", ["never", "not yet"])
def test_base_periods_agree_from_the_start_on(control: Literal["never", "not yet"]) -> None:
    rng = np.random.default_rng(10)
    y, start = rng.normal(size=(16, 9)), np.repeat([0, 3, 5, 7], 4)
    one, other = (
        staggered_effects(y, start, np.arange(9), control=control, base=base)
        for base in ("varying", "universal")
    )
    assert [e for e in one.effects if e.year >= e.start] == [e for e in other.effects if e.year >= e.start]
    assert one.overall == other.overall
    # against never-treated sites a change since g - 1 is the sum of the yearly ones, backwards
    if control == "never":
        yearly = {(e.start, e.year): e.effect for e in one.effects}
        for e in other.effects:
            if e.year < e.start:
                steps = sum(yearly[e.start, year] for year in range(e.year + 1, e.start))
                assert e.effect == pytest.approx(-steps, abs=1e-12)


def test_a_planted_effect_is_exact_without_noise() -> None:
    # sites and years differ, starts 3 and 5: effect 2 in the first year, 3 from the next on
    rng = np.random.default_rng(6)
    years, start = np.arange(8), np.repeat([0, 3, 5], 4)
    y = rng.normal(size=12)[:, None] + rng.normal(size=8)[None, :]
    for i, g in enumerate(start):
        if g:
            y[i, g:] += np.where(years[g:] == g, 2.0, 3.0)
    found = staggered_effects(y, start, years)
    assert found.by_years_since_start()[0] == pytest.approx(2.0)
    assert found.by_years_since_start()[2] == pytest.approx(3.0)
    assert found.by_years_since_start()[-1] == pytest.approx(0.0, abs=1e-12)
    assert found.by_year()[3] == pytest.approx(2.0)


def test_sites_that_begin_later_may_serve_as_controls() -> None:
    years, start = np.arange(8), np.repeat([3, 5, 7], 4)
    y = np.random.default_rng(7).normal(size=12)[:, None] + np.zeros(8)
    with pytest.raises(Refused):
        staggered_effects(y, start, years)
    trimmed = staggered_effects(y[:, :7], start, years[:7], control="not yet")
    assert trimmed.overall == pytest.approx(0.0, abs=1e-12)


def test_shuffled_starts_find_a_planted_effect_and_not_nothing() -> None:
    rng = np.random.default_rng(8)
    start = np.repeat([0, 4, 5], 8)
    y = rng.normal(0, 0.3, (24, 8))
    quiet = staggered_effects(y, start, np.arange(8), rng=np.random.default_rng(1), shuffles=199)
    y[start == 4, 4:] += 0.6
    y[start == 5, 5:] += 0.6
    loud = staggered_effects(y, start, np.arange(8), rng=np.random.default_rng(1), shuffles=199)
    assert loud.p <= 0.01
    assert quiet.p > 0.05


def test_small_cohorts_gaps_and_missing_baselines_are_refused() -> None:
    y, years = np.zeros((8, 5)), np.arange(5)
    with pytest.raises(Refused) as refusal:
        staggered_effects(y, [3, 3, 0, 0, 0, 0, 0, 0], years)
    assert refusal.value.codes == ("FEW_SITES",)
    with pytest.raises(Refused) as refusal:
        staggered_effects(np.full((8, 5), np.nan), [3] * 4 + [0] * 4, years)
    assert refusal.value.codes == ("MISSING_SEASON",)
    with pytest.raises(Refused) as refusal:
        staggered_effects(y, [0] * 8, years)
    assert refusal.value.codes == ("SHORT_BASELINE",)


def test_sites_restored_before_the_first_year_are_left_out() -> None:
    y = np.random.default_rng(9).normal(size=(12, 5))
    start = np.array([0, 0, 0, 0, 13, 13, 13, 13, 9, 9, 9, 9])
    whole = staggered_effects(y, start, np.arange(10, 15))
    part = staggered_effects(y[:8], start[:8], np.arange(10, 15))
    assert whole.overall == part.overall
