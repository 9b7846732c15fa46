"""The formulas by hand: small arrays whose answer is known without a computer."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.indices.acoustic.ecoviv import BandSums, band_bins, band_indices, cell_level, frame_samples
from analysis.indices.acoustic.formulas import decibel, evenness, gini, nearest_band, shannon
from analysis.indices.acoustic.maad.core_set import into_bins
from analysis.indices.acoustic.maad.matrix import MatrixSums, standardised_moment
from analysis.indices.acoustic.maad.regions import regions
from analysis.indices.acoustic.order import row_medians
from analysis.indices.acoustic.soundecology import bioacoustic, cover_bands
from analysis.sound.measure.ecoviv import ask_for_cells, outcomes
from analysis.sound.measure.spectrum import BinSums
from contract.recording.header import Header


def test_evenness_of_known_shares() -> None:
    assert evenness(np.array([1.0, 1, 1, 1])) == pytest.approx(1)
    assert evenness(np.array([1.0, 1, 2])) == pytest.approx(1.5 * math.log(2) / math.log(3))
    assert evenness(np.array([5.0])) == 0
    assert math.isnan(evenness(np.zeros(4)))
    assert math.isnan(evenness(np.array([])))


def test_shannon_of_known_shares() -> None:
    assert shannon(np.array([2.0, 2, 4])) == pytest.approx(1.5 * math.log(2))


def test_gini_of_known_incomes() -> None:
    # one of four has everything: 1 - 1/4; 1, 2, 3, 4: 2 x 30 / 10 / 4 - 5 / 4 = 0.25
    assert gini(np.array([0.0, 0, 0, 9])) == pytest.approx(0.75)
    assert gini(np.array([4.0, 1, 3, 2])) == pytest.approx(0.25)
    assert gini(np.array([3.0, 3, 3])) == pytest.approx(0)
    assert math.isnan(gini(np.zeros(3)))


def test_the_nearest_band_shares_its_border_and_stops_at_the_last_bin() -> None:
    centres = np.arange(0.0, 4000, 500)
    assert nearest_band(centres, 0, 1000) == slice(0, 3)
    assert nearest_band(centres, 1000, 2000) == slice(2, 5)
    assert nearest_band(centres, 10_000, 20_000) == slice(7, 8)


def test_decibels() -> None:
    assert decibel(np.array([1.0, 10, 0.1])) == pytest.approx([0, 20, -20])
    assert np.isfinite(decibel(np.array([0.0]))).all()


def test_half_open_bands_share_no_bin() -> None:
    edges = [500, 1000, 2000, 5000, 9000]
    bins = [range(*band_bins(low, high).indices(340)) for low, high in pairwise(edges)]
    assert [number for band in bins for number in band] == list(range(340))
    assert bins[0][0] == 0
    assert len(bins[0]) == 20


def test_frames_of_forty_milliseconds() -> None:
    assert frame_samples(48_000) == (1920, 960)
    assert frame_samples(22_050) == (882, 441)
    assert frame_samples(312_500) == (12_500, 6_250)
    assert frame_samples(11_025) is None


def test_bins_of_a_kilohertz() -> None:
    energy, edges = into_bins(np.arange(8.0), np.arange(0.0, 4000, 500), 1000.0)
    assert edges.tolist() == [0, 1000, 2000, 3000]
    assert energy.tolist() == [1.0, 5.0, 9.0, 13.0]


def test_standardised_moments() -> None:
    # two values at plus and minus one, sd 1: 0 and 4 / (4 - 1)
    x = np.array([1.0, -1, 1, -1])
    assert standardised_moment(x, 3) == 0
    assert standardised_moment(x, 4) == pytest.approx(4 / 3)


@given(
    rows=st.integers(1, 4),
    count=st.integers(1, 3000),
    seed=st.integers(0, 99),
    distinct=st.sampled_from([1, 2, 5, 10**9]),
)
def test_bracketed_medians_are_numpy_s(rows: int, count: int, seed: int, distinct: int) -> None:
    values = np.random.default_rng(seed).integers(0, distinct, (rows, count)).astype(float)
    np.testing.assert_array_equal(row_medians(values), np.median(values, axis=1))


def test_medians_of_a_row_that_is_sorted_or_periodic() -> None:
    # a sample of every sixteenth value can be as misleading as possible
    rows = np.stack((np.arange(4096.0), np.tile(np.arange(16.0), 256), np.repeat([0.0, 1.0], 2048)))
    np.testing.assert_array_equal(row_medians(rows), np.median(rows, axis=1))


def test_runs_of_four_frames_are_events() -> None:
    quiet, loud = 1.0, 10.0
    row = np.array([quiet] * 15 + [loud] * 3 + [quiet] * 5 + [loud] * 4 + [quiet, quiet * 0.5] + [loud] * 6)
    sums = MatrixSums(np.arange(1.0) * 100, len(row), loud)
    sums.add(0, row[None, :].copy())
    assert (sums.events[0], sums.event_frames[0]) == (2, 10)
    assert sums.active[0] == pytest.approx(13 / len(row))


def test_a_block_of_sound_is_one_region() -> None:
    amplitude = np.full((200, 64), 1e-4)
    amplitude[50:70, 20:40] = 1e-2
    found = regions(amplitude, frame_s=0.01, bin_hz=50.0, last_s=60.0)
    assert found["nROI"] == pytest.approx(1)
    assert found["aROI"] == pytest.approx(100 * 20 * 20 / (200 * 64))


def test_rain_and_hum_are_no_regions() -> None:
    amplitude = np.full((200, 64), 1e-4)
    amplitude[100:110] = 1e-1  # everything at once
    amplitude[:, 30] = 1e-1  # always
    found = regions(amplitude, frame_s=0.01, bin_hz=50.0, last_s=60.0)
    assert found["nROI"] == 0


def test_rows_of_soundecology_share_borders() -> None:
    covered = np.zeros(1600)
    covered[99:200] = 1.0  # rows 100 to 200 of R
    shares = cover_bands(covered, 32_000)
    assert len(shares) == 10
    assert shares[0] == pytest.approx(1 / 100)
    assert shares[1] == 1
    assert shares[2] == pytest.approx(1 / 101)


def test_the_area_of_a_flat_spectrum_is_nothing() -> None:
    assert bioacoustic(np.ones(256), 1.0, 32_000) == 0
    step = np.where(np.arange(256) >= 63, 10.0, 1.0)
    # rows 32 to 128 of R: 65 of 97 stand 10 dB above the least, 0.016 rows per Hz
    assert bioacoustic(step, 1.0, 32_000) == pytest.approx(65 * 10 * 0.016)
    assert math.isnan(bioacoustic(np.ones(256), 1.0, 8_000))


def test_a_cell_counts_from_twice_the_power_of_the_mean_amplitude() -> None:
    # amplitude 1 in 1-9 kHz, 9 below: twice the power of 1 is the amplitude sqrt(2), whatever is below
    amplitude = np.where(np.arange(340) < 20, 9.0, 1.0)
    assert cell_level(amplitude) == pytest.approx(math.sqrt(2), rel=1e-15)


def test_silence_has_no_diversity() -> None:
    # the level of an all-zero band is undefined, so that no cell reaches it
    sums = BinSums(340, per_frame=True)
    sums.add(np.zeros((9, 340)))
    ask_for_cells(sums)
    sums.recount(iter([np.zeros((9, 340))]))
    found = outcomes(sums, 48_000, Header(), ("ADI", "AEI"))
    assert all(isinstance(value, str) and value for value in found.values())


def test_bi_stands_on_the_tenth_percentile_of_bands_of_500_hz() -> None:
    # 14 bands, two at 0 dB and twelve at 20: the percentile lies 0.3 of the way from the second to the
    # third, at 6 dB, and the mean at 240 / 14; a narrow gap in the third changes its mean only
    power = np.ones(340)
    power[band_bins(3000, 9000)] = 100.0
    ones = np.ones(340)
    assert band_indices(BandSums(power, ones, ones, ones, np.ones(9)))["BI"] == pytest.approx(240 / 14 - 6)
    power[band_bins(5000, 5025)] = 0.0
    narrow = band_indices(BandSums(power, ones, ones, ones, np.ones(9)))["BI"]
    assert narrow == pytest.approx((220 + 10 * math.log10(95)) / 14 - 0.3 * 10 * math.log10(95))
