"""Drawn windows carry the parameters that they claim."""

import dataclasses

import numpy as np
import pytest

from model import spec
from model.data import disturbances, events, instrument, labels, power_quality
from model.data.portable import rms

SPEC = spec.load("model/voltage_event/voltage_event.yaml")
RANGES = SPEC.data.dataset.ranges
# One cycle of the nominal frequency by an ideal recorder: a DFT sees exactly what was put in.
CLEAN = dataclasses.replace(RANGES, frequency_deviation_hz=(0.0, 0.0), snr_db=(120.0, 120.0), dc_offset_pu=(0.0, 0.0), interharmonic_pu=(0.0, 0.0),
                            clip_pu=(20.0, 20.0), converter_bits=(24.0, 24.0), ringing_pu=(0.0, 0.0))
SEED = 3


@pytest.fixture(name="ideal")
def _ideal(monkeypatch):
    monkeypatch.setattr(instrument, "_RATE_SHARES", (1.0,) + (0.0,) * 7)
    monkeypatch.setattr(instrument, "_LOSING_FRACTION", 0.0)


def _draw(ranges, count=3000, seed=SEED):
    return power_quality.draw(ranges, count, 128, np.random.default_rng(seed))


def test_the_same_seed_gives_the_same_bits_and_another_one_others():
    first, again, other = _draw(RANGES, 200), _draw(RANGES, 200), _draw(RANGES, 200, SEED + 1)
    assert first.measured.tobytes() == again.measured.tobytes()
    assert not np.any(np.all(first.measured == other.measured, axis=(1, 2)))


def test_all_values_are_finite_and_every_class_occurs_at_every_rate():
    for seed in range(12):
        windows = _draw(SPEC.data.pilot.ranges, 1000, seed)
        assert windows.measured.shape == (1000, 128, 2) and np.isfinite(windows.measured).all()
        assert set(labels.label(windows)) == set(range(len(labels.CLASSES)))


def test_thd_is_what_a_dft_finds_where_a_dft_is_entitled(ideal):
    windows = _draw(dataclasses.replace(CLEAN, notch_depth=(0.0, 0.0)))
    stationary = ~windows.event_changes & (windows.transient_peak_pu == 0) & (windows.rms_pu > 0.2)
    spectrum = np.abs(np.fft.rfft(windows.measured[..., 0], axis=1))
    found = np.sqrt(np.sum(spectrum[:, 2:] ** 2, axis=1)) / spectrum[:, 1]
    assert stationary.sum() > 500
    assert np.allclose(found[stationary], windows.thd[stationary], atol=1e-3)


def test_notches_count_as_distortion(ideal, monkeypatch):
    monkeypatch.setattr(disturbances, "_NOTCHED_FRACTION", 1.0)
    windows = _draw(dataclasses.replace(CLEAN, background_thd=(0.0, 0.0), harmonics_thd=(0.0, 0.0)))
    stationary = ~windows.event_changes & (windows.transient_peak_pu == 0) & (windows.rms_pu > 0.2)
    spectrum = np.abs(np.fft.rfft(windows.measured[..., 0], axis=1))
    found = np.sqrt(np.sum(spectrum[:, 2:] ** 2, axis=1)) / spectrum[:, 1]
    assert np.median(windows.thd[stationary]) > 0.05
    assert np.allclose(found[stationary], windows.thd[stationary], rtol=0.25, atol=0.01)


def test_rms_is_that_of_the_window_before_noise_and_offset(ideal):
    windows = _draw(CLEAN)
    assert np.allclose(windows.rms_pu, rms(windows.measured[..., 0]), atol=1e-4)
    noisy = _draw(dataclasses.replace(CLEAN, snr_db=(20.0, 20.0), dc_offset_pu=(0.04, 0.04)))
    assert np.array_equal(windows.rms_pu, noisy.rms_pu)
    noise = noisy.measured[..., 0] - windows.measured[..., 0] - 0.04
    # Of the declared voltage, not of the window's own: a dead line is as noisy as a live one.
    dead = windows.rms_pu < 0.05
    assert rms(noise[dead]).mean() == pytest.approx(0.1, rel=0.02) and rms(noise[~dead]).mean() == pytest.approx(0.1, rel=0.02)


def test_slow_recorders_keep_the_voltage_and_lose_noise(monkeypatch):
    for place, rate in enumerate(instrument._RATES):
        shares = [0.0] * len(instrument._RATES)
        shares[place] = 1.0
        monkeypatch.setattr(instrument, "_RATE_SHARES", tuple(shares))
        clean, noisy = _draw(CLEAN, 1000), _draw(dataclasses.replace(CLEAN, snr_db=(20.0, 20.0)), 1000)
        steady = (labels.label(clean) == labels.CLASSES.index("normal")) & ~clean.event_changes
        found = disturbances.fundamental(clean.measured[steady][..., 0])
        assert steady.sum() > 50 and np.mean(np.abs(found - clean.amplitude_pu[steady]) < 0.01) > 0.9, rate
        noise = noisy.measured[..., 0] - clean.measured[..., 0]
        assert np.mean(noise ** 2) == pytest.approx(0.01 * rate / 128, rel=0.1), rate


def test_events_begin_end_and_evolve_inside_windows(ideal):
    windows = _draw(CLEAN)
    halves = rms(windows.measured[..., 0].reshape(-1, 2, 64))
    moved = np.abs(halves[:, 0] - halves[:, 1]) > 0.2 * halves.max(axis=1)
    falling = moved & (halves[:, 0] > halves[:, 1])
    assert 0.03 < falling.mean() and 0.03 < (moved & ~falling).mean()
    assert windows.event_changes[moved].mean() > 0.6


def test_courses_keep_to_their_levels():
    rng = np.random.default_rng(1)
    kind = np.full((4000, 1), events.KINDS.index("sag"))
    course = events.draw(CLEAN, kind, np.ones((4000, 1)), np.arange(128) / 128, rng)
    assert course.level_pu.min() > -1e-9 and course.level_pu.max() <= CLEAN.swell_level_pu[1] + 1e-9
    whole = ~course.changes
    assert np.ptp(course.level_pu[whole], axis=1).max() < 1e-6 and 0.3 < whole.mean() < 0.45
    assert np.abs(course.phase_jump_turns).max() <= CLEAN.phase_jump_turns[1] and not course.phase_jump_turns[whole].any()


def test_dead_lines_ring(ideal):
    windows = _draw(dataclasses.replace(CLEAN, interruption_level_pu=(0.0, 0.001), background_thd=(0.0, 0.0), ringing_pu=(0.0, 0.45)))
    ringing = (windows.fundamental_share < 0.5) & (windows.rms_pu > 0.1) & (windows.rms_pu < 0.5) & ~windows.event_changes
    assert ringing.sum() > 50 and labels.is_uncertain(windows)[ringing].mean() > 0.95


def test_a_sensor_clips_steps_and_loses():
    sensor = instrument.Sensor(*(np.array([[value]]) for value in (0.0, 0.0, 1.0, 0.25, 0.5, 3)))
    found = sensor.record(np.linspace(-2, 2, 64)[None], np.random.default_rng(1))[0]
    assert (found.min(), found.max()) == (-1, 1) and np.array_equal(found, np.rint(found * 4) / 4)
    whole = dataclasses.replace(sensor, lost=np.array([[0]])).record(np.linspace(-2, 2, 64)[None], np.random.default_rng(1))[0]
    changed = np.flatnonzero(found != whole)
    assert 0 < len(changed) <= 3 and set(found[changed]) == {whole[changed[0] - 1]}


def test_current_lags_by_the_load_angle(ideal):
    fixed = dataclasses.replace(CLEAN, load_angle_turns=(0.1, 0.1), load_thd=(0.0, 0.0), background_thd=(0.0, 0.0), notch_depth=(0.0, 0.0))
    windows = _draw(fixed)
    voltage, current = np.moveaxis(np.fft.rfft(windows.measured, axis=1)[:, 1], -1, 0)
    plain = (labels.label(windows) == labels.CLASSES.index("normal")) & ~windows.event_changes
    lag_turns = np.angle(voltage[plain] / current[plain]) / (2 * np.pi)
    assert plain.sum() > 200 and np.mean(np.abs(lag_turns - 0.1) < 1e-4) > 0.95
