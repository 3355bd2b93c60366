"""The portable functions against the math module, edges plus random."""

import math

import numpy as np
import pytest

from model.data import portable

SEED = 20


def _points(low, high, edges):
    return np.concatenate([edges, np.random.default_rng(SEED).uniform(low, high, 2000)])


def test_sin_and_cos_within_bound():
    turns = _points(-30, 30, [0, 0.25, 0.5, 0.75, 1, -0.25, 0.125, 1e-9])
    # fmod is exact, so that the reference keeps its accuracy for many turns.
    reference = [math.sin(2 * math.pi * math.fmod(turn, 1)) for turn in turns]
    assert np.max(np.abs(portable.sin_turns(turns) - reference)) < 2e-15
    shifted = [math.sin(2 * math.pi * math.fmod(turn + 0.25, 1)) for turn in turns]
    assert np.max(np.abs(portable.cos_turns(turns) - shifted)) < 2e-15
    assert portable.sin_turns(np.array([0.0, 0.25, -0.25])).tolist() == [0.0, 1.0, -1.0]


def test_exp_within_bound():
    exponents = _points(-200, 200, [0, 0.5, -0.5, 1, 1.5])
    relative = portable.exp2(exponents) / [2.0 ** exponent for exponent in exponents] - 1
    assert np.max(np.abs(relative)) < 2e-15
    relative = portable.exp(exponents) / [math.exp(exponent) for exponent in exponents] - 1
    assert np.max(np.abs(relative)) < 1e-15 * 200
    assert portable.decibel_to_ratio(np.array([20.0, 0.0]))[1] == 1.0
    assert portable.decibel_to_ratio(np.array([20.0]))[0] == pytest.approx(10, rel=1e-14)


def test_rms_of_a_sine_is_its_amplitude_over_root_two():
    wave = 3 * portable.sin_turns(np.arange(128)[None] / 128)
    assert portable.rms(wave)[0] == pytest.approx(3 / math.sqrt(2), rel=1e-14)
