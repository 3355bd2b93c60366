"""The physical constraint: budgets hold whatever one asks for, and arithmetic is exact."""

import numpy as np
import pytest

from gates.adversarial import constraint as c
from tools.errors import UserError

_MAX_CHANGE_PU = 0.05


@pytest.fixture(name="windows")
def _windows():
    turns = np.arange(128) / 128
    waves = [np.stack([level * np.sin(2 * np.pi * (turns + phase)), 0.3 * np.cos(2 * np.pi * turns)], axis=1)
             for level, phase in ((1.4, 0.1), (0.7, 0.3), (0.0, 0.0))]
    return np.array(waves, np.float32)


@pytest.fixture(name="limits")
def _limits():
    return c.Constraint.of(128, _MAX_CHANGE_PU)


def _random_change(limits, windows, seed, size):
    rng = np.random.default_rng(seed)
    none = limits.none(windows)
    return c.Change(rng.normal(0, size, none.amplitude.shape), rng.normal(0, size, none.weights.shape))


@pytest.mark.parametrize("size", [1e-4, 0.01, 1.0, 100.0])
def test_projected_changes_keep_both_budgets(limits, windows, size):
    for seed in range(20):
        change = limits.project(_random_change(limits, windows, seed, size), windows)
        assert np.abs(limits.delta(change, windows)).max() <= _MAX_CHANGE_PU
        labelled = change.weights.copy()
        labelled[:, c.KINDS["offset"]] = labelled[:, c.KINDS["noise"]] = 0
        part = limits.delta(c.Change(change.amplitude, labelled), windows)
        rms = np.sqrt(np.square(windows + part).mean(axis=1)) - np.sqrt(np.square(windows.astype(float)).mean(axis=1))
        assert np.abs(rms).max() <= c.LABEL_MARGIN_PU


def test_a_change_within_the_budgets_is_kept(limits, windows):
    change = c.Change(limits.none(windows).amplitude, limits.none(windows).weights)
    change.weights[:, c.KINDS["offset"]] = 0.03125
    assert np.array_equal(limits.project(change, windows).weights, change.weights)
    assert np.all(limits.delta(change, windows) == 0.03125)


def test_ascent_climbs_a_linear_slope_up_to_the_budget(limits, windows):
    slope = np.ones_like(windows)
    change = limits.none(windows)
    heights = []
    for _ in range(20):
        change = limits.ascend(change, slope, windows, 0.1)
        heights.append(float((limits.delta(change, windows) * slope)[0, :, 0].sum()))
    assert heights[0] > 0
    assert heights[-1] > 0.5 * _MAX_CHANGE_PU * 128


def test_sums_do_not_depend_on_their_order(limits, windows):
    rng = np.random.default_rng(3)
    change = limits.project(_random_change(limits, windows, 1, 1.0), windows)
    shuffle = rng.permutation(len(limits.directions))
    shuffled = c.Constraint(_MAX_CHANGE_PU, limits.directions[shuffle])
    assert np.array_equal(limits.delta(change, windows),
                          shuffled.delta(c.Change(change.amplitude, change.weights[:, shuffle]), windows))


def test_directions_have_peak_one_and_kinds_cover_them(limits):
    assert np.all(np.abs(limits.directions).max(axis=1) <= 1)
    assert np.all(np.abs(limits.directions).max(axis=1) > 0.97)
    assert sorted(row for rows in c.KINDS.values() for row in range(len(limits.directions))[rows]) == list(
        range(len(limits.directions)))


def test_noise_keeps_clear_of_the_harmonics(limits):
    spectrum = np.abs(np.fft.rfft(limits.directions[c.KINDS["noise"]], axis=1))
    assert spectrum[:, :max(c.HARMONIC_ORDERS) + 1].max() < 0.001 * spectrum.max()


def test_windows_that_are_too_short_are_refused():
    with pytest.raises(UserError, match="windows are too short for the changes tried on them; got 80 samples, want more than 80"):
        c.Constraint.of(80, _MAX_CHANGE_PU)
