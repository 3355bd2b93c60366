"""Drawn windows carry the parameters that they claim."""

import dataclasses

import numpy as np
import pytest

from model import spec
from model.data import labels, power_quality
from model.data.portable import rms

SPEC = spec.load("model/voltage_event/voltage_event.yaml")
RANGES = SPEC.data.dataset.ranges
# One cycle of the nominal frequency without noise or offset: a DFT sees exactly what was put in.
CLEAN = dataclasses.replace(RANGES, frequency_deviation_hz=(0.0, 0.0), snr_db=(120.0, 120.0), dc_offset_pu=(0.0, 0.0))
SEED = 3


def _draw(ranges, count=3000):
    return power_quality.draw(ranges, count, 128, np.random.default_rng(SEED))


def test_the_same_seed_gives_the_same_bits_and_another_one_others():
    first, again = _draw(RANGES, 200), _draw(RANGES, 200)
    assert first.measured.tobytes() == again.measured.tobytes()
    other = power_quality.draw(RANGES, 200, 128, np.random.default_rng(SEED + 1))
    assert not np.any(np.all(first.measured == other.measured, axis=(1, 2)))


def test_all_values_are_finite_and_every_class_occurs():
    windows = _draw(SPEC.data.pilot.ranges)
    assert np.isfinite(windows.measured).all()
    assert set(labels.label(windows)) == set(range(len(labels.CLASSES)))


def test_thd_is_what_a_dft_finds_where_a_dft_is_entitled():
    windows = _draw(CLEAN)
    # The DFT must see a whole stationary cycle: windows whose spectrum is that of envelope and harmonics alone.
    spectrum = np.abs(np.fft.rfft(windows.measured[..., 0], axis=1)) / 64 / np.sqrt(2)
    fundamental = spectrum[:, 1]
    stationary = (np.abs(fundamental - windows.amplitude_pu) < 1e-3) & ~windows.transient
    found = np.sqrt(np.sum(spectrum[:, 2:] ** 2, axis=1)) / fundamental
    assert stationary.sum() > 500
    # A few windows with an onset in their last samples look stationary.
    assert np.mean(np.abs(found - windows.thd)[stationary] < 1e-3) > 0.97


def test_rms_is_that_of_the_window_before_noise_and_offset():
    windows = _draw(CLEAN)
    assert np.allclose(windows.rms_pu, rms(windows.measured[..., 0]), atol=1e-4)
    noisy = _draw(dataclasses.replace(CLEAN, snr_db=(20.0, 20.0), dc_offset_pu=(0.04, 0.04)))
    assert np.array_equal(windows.rms_pu, noisy.rms_pu)
    noise = noisy.measured[..., 0] - windows.measured[..., 0] - 0.04
    assert np.median(rms(noise) / noisy.rms_pu) == pytest.approx(0.1, rel=0.02)


def test_events_begin_and_end_inside_windows():
    windows = _draw(CLEAN)
    halves = rms(windows.measured[..., 0].reshape(-1, 2, 64))
    moved = np.abs(halves[:, 0] - halves[:, 1]) > 0.2 * halves.max(axis=1)
    falling = moved & (halves[:, 0] > halves[:, 1])
    assert 0.03 < falling.mean() and 0.03 < (moved & ~falling).mean()


def test_current_lags_by_the_load_angle():
    fixed = dataclasses.replace(CLEAN, load_angle_turns=(0.1, 0.1), load_thd=(0.0, 0.0), background_thd=(0.0, 0.0))
    windows = _draw(fixed)
    voltage, current = np.moveaxis(np.fft.rfft(windows.measured, axis=1)[:, 1], -1, 0)
    plain = (labels.label(windows) == labels.CLASSES.index("normal")) & (np.abs(np.abs(voltage) / 64 / np.sqrt(2)
                                                                              - windows.amplitude_pu) < 1e-3)
    lag_turns = np.angle(voltage[plain] / current[plain]) / (2 * np.pi)
    assert plain.sum() > 200 and np.mean(np.abs(lag_turns - 0.1) < 1e-4) > 0.97
