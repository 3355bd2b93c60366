"""Constants and formulas of the fixed-point arithmetic, derived again with exact integers and Python's floats."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest

from cmsis.compiler.fixed_point import (Clamp, Multiplier, activation_clamp, quantize_multiplier, requantize,
                                        requantize_once)
from cmsis.compiler.operators import lstm_arithmetic, softmax_arithmetic

_CASES = 20000


@pytest.mark.parametrize(("factor", "expected"), (
    (0.0, Multiplier(0, 0)), (1.0, Multiplier(1 << 30, 1)), (0.5, Multiplier(1 << 30, 0)),
    (math.nextafter(1.0, 0.0), Multiplier(1 << 30, 1)), (2.0**-32, Multiplier(1 << 30, -31)), (2.0**-34, Multiplier(0, 0))))
def test_quantize_multiplier(factor, expected):
    assert quantize_multiplier(factor) == expected


def _half_up(x: Fraction) -> int:
    return math.floor(x + Fraction(1, 2))


def _half_away(x: Fraction) -> int:
    return int(math.copysign(math.floor(abs(x) + Fraction(1, 2)), x))


def test_requantisation_equals_exact_fractions():
    rng = random.Random(11)
    for _ in range(_CASES):
        value, shift = rng.randrange(1 << 30, 1 << 31), rng.randrange(-31, 6)
        x = rng.randrange(-(1 << 24), 1 << 24)
        high = _half_up(Fraction(x * (1 << max(shift, 0)) * value, 1 << 31))
        assert requantize(x, value, shift) == _half_away(Fraction(high, 1 << max(-shift, 0)))
        assert requantize_once(x, value, shift) == _half_up(Fraction(x * value, 1 << 31) * Fraction(2) ** shift)


@pytest.mark.parametrize(("activation", "expected"), (
    ("NONE", Clamp(-128, 127)), ("RELU", Clamp(-10, 127)), ("RELU6", Clamp(-10, 50)), ("RELU_N1_TO_1", Clamp(-20, 0))))
def test_activation_clamp(activation, expected):
    assert activation_clamp(activation, 0.1, -10) == expected


def test_constants_of_softmax():
    arithmetic = softmax_arithmetic
    assert arithmetic._EXP_MINUS_EIGHTH_Q31 == round(math.exp(-1 / 8) * 2**31)
    assert arithmetic._THIRD_Q31 == round(2**31 / 3)
    assert arithmetic._48_17THS_Q29 == round(48 / 17 * 2**29)
    assert arithmetic._32_17THS_Q29 == round(32 / 17 * 2**29)
    assert list(arithmetic._EXP_MINUS_POWERS_Q31) == [round(math.exp(-(2.0**k)) * 2**31) for k in range(-2, 5)]


def test_constants_of_the_lstm():
    arithmetic = lstm_arithmetic
    assert arithmetic._EXP_MINUS_EIGHTH == round(math.exp(-1 / 8) * 2**15)
    assert arithmetic._THIRD == round(2**15 / 3)
    assert arithmetic._48_17THS_Q13 == round(48 / 17 * 2**13)
    assert arithmetic._32_17THS_Q13 == round(32 / 17 * 2**13)
    assert list(arithmetic._EXP_MINUS_POWERS) == [round(math.exp(-(2.0**k)) * 2**15) for k in range(-2, 5)]


def test_functions_of_the_lstm_are_close_to_real_ones():
    x = np.arange(-(1 << 15), 1 << 15)
    np.testing.assert_allclose(lstm_arithmetic.logistic(x) / 2**15, 1 / (1 + np.exp(-x / 2**12)), atol=2e-4)
    for integer_bits in range(7):
        np.testing.assert_allclose(lstm_arithmetic.tanh(x, integer_bits) / 2**15, np.tanh(x / 2.0**(15 - integer_bits)), atol=4e-4)


def test_exponential_and_reciprocal_are_close_to_real_ones():
    x = np.arange(-(31 << 26), 1, 1 << 18, dtype=np.int64)
    np.testing.assert_allclose(softmax_arithmetic.exponential(x) / 2**31, np.exp(x / 2**26), atol=3e-7)
    for q in range(0, 1 << 31, 1 << 25):
        assert abs(softmax_arithmetic.reciprocal(q) / 2**31 - 1 / (1 + q / 2**31)) < 2e-8
