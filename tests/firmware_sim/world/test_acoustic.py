"""What devices hear: detector, effort, indices and sound."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from firmware_sim.world.nature.acoustic import (
    DEFINITIONS,
    SCHEDULE,
    Soundscape,
    draw_soundscape,
    recognise,
    simple_indices,
    valid_seconds,
)
from firmware_sim.world.nature.sound import CLIP_S, RATE_HZ, synthesise, wav_bytes
from firmware_sim.world.nature.species import SPECIES
from firmware_sim.world.scenario import SimulatedDetector, stream


def _soundscape(
    calls: list[tuple[int, float, float]], *, rain: float = 0.0, dead: bool = False, loud: float = 0.5
) -> Soundscape:
    """Calls as (species number, offset, duration)."""
    species, offset, duration = zip(*calls, strict=True) if calls else ((), (), ())
    return Soundscape(
        np.array(species, dtype=np.int64),
        np.array(offset, dtype=np.float64),
        np.array(duration, dtype=np.float64),
        np.full(len(calls), loud),
        wind=0.0,
        rain=rain,
        insects=0.0,
        traffic=0.0,
        dead=dead,
    )


def test_recall_and_false_positives_are_those_of_the_detector() -> None:
    rng, detector = stream(1, "recall"), SimulatedDetector(recall=0.6, false_positives=0.01)
    one_call = _soundscape([(0, 10.0, 1.0)])
    reports = [report for _ in range(4_000) for report in recognise(one_call, detector, rng)]
    true = sum(report.true for report in reports)
    false = len(reports) - true
    # 4,000 minutes: binomial and Poisson, five standard deviations.
    assert abs(true - 2_400) < 5 * (4_000 * 0.6 * 0.4) ** 0.5
    expected = 4_000 * 0.01 * len(SPECIES)
    assert abs(false - expected) < 5 * expected**0.5
    assert all(detector.threshold <= report.score <= 1 for report in reports)


def test_activity_is_the_share_of_seconds_with_a_call() -> None:
    # 10.5-11.0 touches seconds 10 and 11; 20.0-20.5 touches second 20: 3 of 60.
    indices = simple_indices(_soundscape([(0, 10.5, 0.5), (1, 20.0, 0.5)]))
    assert indices[DEFINITIONS["ACTIVITY"]] == pytest.approx(3 / 60, abs=1e-6)
    assert indices[DEFINITIONS["EVENTS"]] == 2


def test_rain_shortens_the_effort_and_hides_the_calls_in_it() -> None:
    # Above 1 mm/h each mm takes a fifth of the minute: 3 mm/h leave 60 %.
    wet = _soundscape([(0, 50.0, 1.0)], rain=3.0)
    assert valid_seconds(wet) == pytest.approx(36)
    assert simple_indices(wet)[DEFINITIONS["EVENTS"]] == 0
    sure = SimulatedDetector(recall=1.0, false_positives=0.0)
    assert recognise(wet, sure, stream(1, "rain")) == []


def test_a_dead_microphone_has_no_effort_no_index_and_no_report() -> None:
    dead = _soundscape([(0, 10.0, 1.0)], dead=True)
    assert valid_seconds(dead) == 0
    assert simple_indices(dead) == {}
    assert recognise(dead, SimulatedDetector(recall=1.0, false_positives=0.5), stream(1, "dead")) == []


def test_calls_follow_the_schedule_and_the_rate() -> None:
    rate = np.zeros(len(SPECIES))
    rate[0] = 2.0
    rng = stream(1, "calls")
    dawn = SCHEDULE[1]
    calls = [
        len(draw_soundscape(rate, dawn, wind=1, rain=0, dead=False, rng=rng).species) for _ in range(2_000)
    ]
    # Poisson with mean 2 x 1.00 at the height of dawn.
    assert abs(sum(calls) - 4_000) < 5 * 4_000**0.5


def test_a_clip_is_a_16_bit_wav_with_its_bird_at_its_frequency() -> None:
    cuckoo = next(i for i, species in enumerate(SPECIES) if species.name == "Cuculus canorus")
    samples = synthesise(_soundscape([(cuckoo, 2.0, 1.0)], loud=1.0), stream(1, "clip"))
    with wave.open(io.BytesIO(wav_bytes(samples))) as reader:
        assert (reader.getframerate(), reader.getsampwidth(), reader.getnchannels()) == (RATE_HZ, 2, 1)
        assert reader.getnframes() == int(CLIP_S * RATE_HZ)
    call = samples[2 * RATE_HZ : 2 * RATE_HZ + RATE_HZ // 2].astype(np.float64)
    peak = np.fft.rfftfreq(len(call), 1 / RATE_HZ)[np.argmax(np.abs(np.fft.rfft(call)))]
    assert 500 <= peak <= 700


def test_rain_and_insects_are_audible() -> None:
    quiet = synthesise(_soundscape([]), stream(1, "a")).astype(np.float64)
    rainy = synthesise(_soundscape([], rain=5.0), stream(1, "a")).astype(np.float64)
    assert rainy.std() > 1.5 * quiet.std()
