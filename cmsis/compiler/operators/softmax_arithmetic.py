"""The fixed-point softmax of TFLite's int8 reference, in NumPy.

Source of the formulas: gemmlowp's fixed point (exponential by a Taylor polynomial on [-1/4, 0) times constants for the
remaining bits, reciprocal by Newton's method), restated. Notation: Qm.n is an int32 with n fractional bits.
"""

import numpy as np

from cmsis.compiler.fixed_point import Multiplier, high_multiply, rounding_shift
from cmsis.compiler.ir import INT8_MAX, INT8_MIN

_ONE_Q31 = (1 << 31) - 1
_ONE_Q29 = 1 << 29
_QUARTER_Q26 = 1 << 24
_EIGHTH_Q31 = 1 << 28
_EXP_MINUS_EIGHTH_Q31 = 1895147668  # round(exp(-1/8) * 2**31)
_THIRD_Q31 = 715827883  # round(2**31 / 3)
_48_17THS_Q29 = 1515870810  # round(48 / 17 * 2**29)
_32_17THS_Q29 = 1010580540  # round(32 / 17 * 2**29)
# round(exp(-2**k) * 2**31), k = -2 to 4.
_EXP_MINUS_POWERS_Q31 = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
_SUM_BITS = 12  # The sum of exponentials is Q12.19.


def exponential(x: np.ndarray) -> np.ndarray:
    """Returns exp(x) in Q0.31 for x <= 0 in Q5.26."""
    fraction = (x & (_QUARTER_Q26 - 1)) - _QUARTER_Q26
    result = _exponential_near_zero(fraction << 5)
    remainder = fraction - x
    for bit, factor in enumerate(_EXP_MINUS_POWERS_Q31):
        result = np.where(remainder & (_QUARTER_Q26 << bit), high_multiply(result, factor), result)
    return np.where(x == 0, _ONE_Q31, result)


def _exponential_near_zero(x: np.ndarray) -> np.ndarray:
    """Returns exp(x) for x in [-1/4, 0), both Q0.31: a polynomial of fourth order around -1/8."""
    x = x + _EIGHTH_Q31
    x2 = high_multiply(x, x)
    x3 = high_multiply(x2, x)
    x4 = high_multiply(x2, x2)
    higher = rounding_shift(high_multiply(rounding_shift(x4, 2) + x3, _THIRD_Q31) + x2, 1)
    return _EXP_MINUS_EIGHTH_Q31 + high_multiply(_EXP_MINUS_EIGHTH_Q31, x + higher)


def reciprocal(x: int) -> int:
    """Returns 1 / (1 + x) in Q0.31 for x in [0, 1) in Q0.31, by three steps of Newton's method."""
    half_denominator = (x + _ONE_Q31 + 1) // 2
    estimate = _48_17THS_Q29 - int(high_multiply(half_denominator, _32_17THS_Q29))
    for _ in range(3):
        error = _ONE_Q29 - int(high_multiply(half_denominator, estimate))
        estimate += int(high_multiply(estimate, error)) << 2
    return min(estimate << 1, _ONE_Q31)


def softmax_row(row: np.ndarray, multiplier: Multiplier, diff_min: int) -> np.ndarray:
    """Returns the int8 softmax (scale 1/256, zero point -128) of one int8 row."""
    differences = row.astype(np.int64) - int(row.max())
    counted = differences >= diff_min
    exponentials = exponential(high_multiply(differences * (1 << multiplier.shift), multiplier.value))
    total = int(np.where(counted, rounding_shift(exponentials, _SUM_BITS), 0).sum())
    headroom = 32 - total.bit_length()
    scale = reciprocal((total << headroom) - (1 << 31))
    exponent = _SUM_BITS - headroom + 31 - 8
    scaled = rounding_shift(high_multiply(exponentials, scale), exponent) + INT8_MIN
    return np.where(counted, np.clip(scaled, INT8_MIN, INT8_MAX), INT8_MIN).astype(np.int8)
