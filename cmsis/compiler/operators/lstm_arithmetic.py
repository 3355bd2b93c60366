"""The 16-bit fixed-point functions of TFLite's integer LSTM, in NumPy: a logistic and tanh of their own, not those of LOGISTIC.

Source of the formulas: gemmlowp's fixed point on int16 (exponential by a Taylor polynomial on [-1/4, 0) times constants for the
remaining bits, quotients by Newton's method), restated. Notation: Qm.n is an int16 with n fractional bits, m + n = 15.
"""

import numpy as np

from cmsis.compiler.fixed_point import rounding_shift

LOW, HIGH = -(1 << 15), (1 << 15) - 1
_ONE_Q13 = 1 << 13
_EIGHTH = 1 << 12
_EXP_MINUS_EIGHTH = 28918  # round(exp(-1/8) * 2**15)
_THIRD = 10923  # round(2**15 / 3)
_48_17THS_Q13 = 23130  # round(48 / 17 * 2**13)
_32_17THS_Q13 = 15420  # round(32 / 17 * 2**13)
# round(exp(-2**k) * 2**15), k = -2 to 4.
_EXP_MINUS_POWERS = (25520, 19875, 12055, 4435, 600, 11, 0)


def logistic(x: np.ndarray) -> np.ndarray:
    """Returns 1 / (1 + exp(-x)) in Q0.15 for x in Q3.12."""
    x = np.asarray(x, np.int64)
    positive = saturate(_reciprocal(_exponential(-np.abs(x), 3)) << 1)
    return np.where(x > 0, positive, np.where(x < 0, HIGH - positive, 1 << 14))


def tanh(x: np.ndarray, integer_bits: int) -> np.ndarray:
    """Returns tanh(x) in Q0.15 for x in Qm.n, m = `integer_bits` in [0, 6]."""
    x = np.asarray(x, np.int64)
    # tanh(|x|) = (1 - exp(-2 |x|)) / (1 + exp(-2 |x|)); twice x is x with one more integer bit.
    size = saturate((_reciprocal(_exponential(-np.abs(x), integer_bits + 1)) - _ONE_Q13) << 2)
    return np.sign(x) * size


def saturate(x: np.ndarray) -> np.ndarray:
    """Returns the nearest int16."""
    return np.clip(x, LOW, HIGH)


def _multiply(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    """Returns a * b / 2**15, halves up."""
    return (a * b + (1 << 14)) >> 15


def _exponential(x: np.ndarray, integer_bits: int) -> np.ndarray:
    """Returns exp(x) in Q0.15 for x <= 0 in Qm.n, m = `integer_bits` in [1, 7]."""
    fraction_bits = 15 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    fraction = (x & (quarter - 1)) - quarter
    result, rest = _exponential_near_zero(fraction << integer_bits), fraction - x
    for power, factor in zip(range(-2, integer_bits), _EXP_MINUS_POWERS):
        result = np.where(rest & (1 << (fraction_bits + power)), _multiply(result, factor), result)
    return np.where(x == 0, HIGH, np.where(x < -(1 << (fraction_bits + 5)), 0, result))


def _exponential_near_zero(x: np.ndarray) -> np.ndarray:
    """Returns exp(x) for x in [-1/4, 0), both Q0.15: a polynomial of fourth order around -1/8."""
    x = x + _EIGHTH
    x2 = _multiply(x, x)
    x3, x4 = _multiply(x2, x), _multiply(x2, x2)
    higher = rounding_shift(_multiply(rounding_shift(x4, 2) + x3, _THIRD) + x2, 1)
    return np.minimum(_EXP_MINUS_EIGHTH + _multiply(x + higher, _EXP_MINUS_EIGHTH), HIGH)


def _reciprocal(x: np.ndarray) -> np.ndarray:
    """Returns 2 / (1 + x) in Q2.13 for x in [0, 1) in Q0.15, by three steps of Newton's method."""
    half_denominator = (x + HIGH + 1) >> 1
    estimate = _48_17THS_Q13 + _multiply(half_denominator, -_32_17THS_Q13)
    for _ in range(3):
        error = _ONE_Q13 - _multiply(half_denominator, estimate)
        estimate = estimate + (_multiply(estimate, error) << 2)
    return estimate
