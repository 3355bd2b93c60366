"""tanh of a float32, to the bit as the C library gives it to TFLite.

Why not a correctly rounded one: that differs in the last place for every fourth argument, which changes a quantised table now
and then. Source of the formulas: the exponential less one of Sun's fdlibm, which glibc used up to 2.40, restated on arrays: with
x = k * ln 2 + r, |r| <= ln 2 / 2, exp(r) - 1 follows from a polynomial in r^2. Every operation is one of float32.
"""

import numpy as np

_HALF, _ONE, _TWO, _THREE, _SIX = (np.float32(number) for number in (0.5, 1, 2, 3, 6))
_LOG2_E = np.float32(1.4426950216)
# ln 2 in two parts, the first with so few bits that small multiples of it are exact.
_LN2_HIGH, _LN2_LOW = np.float32(6.9313812256e-01), np.float32(9.0580006145e-06)
_NEAR_ZERO, _NEAR_ONE_STEP = np.float32(0.5 * np.log(2)), np.float32(1.5 * np.log(2))
# From the highest power to the constant.
_POLYNOMIAL = tuple(np.float32(coefficient) for coefficient in (
    -2.0109921195e-07, 4.0082177293e-06, -7.9365076090e-05, 1.5873016091e-03, -3.3333335072e-02, 1))
_SATURATED = np.float32(10)  # From here on tanh is 1.


def tanh(x: np.ndarray) -> np.ndarray:
    """Returns tanh(x), float32: of e = exp(2 x) - 1 where |x| >= 1, else of e = exp(-2 x) - 1."""
    size = np.minimum(np.abs(x), _SATURATED)
    large = size >= 1
    e = exponential_less_one(np.where(large, size, -size) * _TWO)
    ratio = np.where(large, _TWO, -e) / (e + _TWO)
    return np.copysign(np.where(size >= _SATURATED, _ONE, np.where(large, _ONE - ratio, ratio)), x)


def exponential_less_one(x: np.ndarray) -> np.ndarray:
    """Returns exp(x) - 1 for x in [-2, 0] or [2, 20], float32."""
    k = _multiples_of_ln2(x)
    high, low = x - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    lost = (high - r) - low  # r + lost is x - k * ln 2 to more than 24 bits.
    correction, half_square = _correction(r)
    near_zero = r - (r * correction - half_square)
    error = (r * (correction - lost) - lost) - half_square
    exponent = k.astype(np.int32)
    power, inverse = np.ldexp(_ONE, exponent), np.ldexp(_ONE, -exponent)
    return np.select([k == 0, k == -1, k < -1, k < 23],
                     [near_zero, _HALF * (r - error) - _HALF, (_ONE - (error - r)) * power - _ONE,
                      ((_ONE - inverse) - (error - r)) * power],
                     ((r - (error + inverse)) + _ONE) * power)


def _multiples_of_ln2(x: np.ndarray) -> np.ndarray:
    rounded = np.trunc(_LOG2_E * x + np.copysign(_HALF, x))
    size = np.abs(x)
    return np.select([size <= _NEAR_ZERO, size < _NEAR_ONE_STEP], [np.float32(0), np.sign(x)], rounded)


def _correction(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns what (exp(r) - 1) lacks of r + r^2 / 2, over r, and r^2 / 2."""
    half = _HALF * r
    half_square = r * half
    polynomial = np.full_like(r, _POLYNOMIAL[0])
    for coefficient in _POLYNOMIAL[1:]:
        polynomial = coefficient + half_square * polynomial
    estimate = _THREE - polynomial * half
    return half_square * ((polynomial - estimate) / (_SIX - r * estimate)), half_square
