"""Quantising as TFLite does."""

import numpy as np
import pytest

from firmware.windows import quantize
from tools.errors import UserError


def test_halves_go_away_from_zero():
    x = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5], np.float32)
    assert quantize(x, 1.0, 0).tolist() == [1, 2, 3, -1, -2, -3]


def test_just_below_a_half_goes_to_zero():
    assert quantize(np.array([np.nextafter(np.float32(0.5), np.float32(0))]), 1.0, 0).tolist() == [0]


def test_values_beyond_the_range_saturate():
    assert quantize(np.array([1e9, -1e9, 0.0], np.float32), 0.02, -3).tolist() == [127, -128, -3]


def test_against_the_quantize_operator_of_tflite_by_its_definition():
    rng = np.random.default_rng(5)
    x = rng.uniform(-3, 3, (64, 128, 2)).astype(np.float32)
    scale, zero_point = np.float32(0.0157), 4
    away = np.array([int(abs(float(v)) + 0.5) * (1 if v >= 0 else -1) for v in (x / scale).ravel()])
    want = np.clip(away + zero_point, -128, 127).reshape(x.shape)
    assert np.array_equal(quantize(x, float(scale), zero_point), want)


def test_a_nan_is_refused():
    with pytest.raises(UserError, match="element 1 is not finite; got nan, want numbers"):
        quantize(np.array([0.0, np.nan], np.float32), 1.0, 0)
