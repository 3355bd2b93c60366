"""TFLite's integer arithmetic, exactly, on NumPy arrays. ROUNDING.md says which operator uses what.

Purpose: derive the constants of requantisation from scales, and model the kernels' arithmetic for the NumPy reference.
Source of the formulas: TFLite's quantization_util and gemmlowp's fixed point, restated as integer formulas.
"""

import math
from dataclasses import dataclass

import numpy as np

from cmsis.compiler.ir import INT8_MAX, INT8_MIN

_INT32_MAX = (1 << 31) - 1


@dataclass(frozen=True)
class Multiplier:
    """A real factor as `value / 2**31 * 2**shift`, `value` 0 or in [2**30, 2**31), `shift` in [-31, 30]."""

    value: int
    shift: int


@dataclass(frozen=True)
class Clamp:
    """An inclusive range of quantised values."""

    low: int = INT8_MIN
    high: int = INT8_MAX


def quantize_multiplier(factor: float) -> Multiplier:
    """Returns the nearest Multiplier to `factor` >= 0; below 2**-32 it is zero."""
    if factor == 0:
        return Multiplier(0, 0)
    fraction, shift = math.frexp(factor)
    value = _round_half_away(fraction * (1 << 31))
    if value == 1 << 31:
        value, shift = value // 2, shift + 1
    return Multiplier(0, 0) if shift < -31 else Multiplier(value, shift)


def high_multiply(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    """Returns round(a * b / 2**31), halves up: the saturating rounding doubling high multiply without its one overflow."""
    return (np.asarray(a, np.int64) * b + (1 << 30)) >> 31


def rounding_shift(x: np.ndarray, exponent: np.ndarray | int) -> np.ndarray:
    """Returns round(x / 2**exponent), halves away from zero; exponent >= 0."""
    x = np.asarray(x, np.int64)
    half = (np.int64(1) << np.asarray(exponent, np.int64)) >> 1
    return np.where(np.asarray(exponent) > 0, (x + half - (x < 0)) >> exponent, x)


def requantize(x: np.ndarray, value: np.ndarray | int, shift: np.ndarray | int) -> np.ndarray:
    """Returns x times a Multiplier, rounded twice: by the high multiply, then by the right shift (TFLite's default)."""
    left, right = np.maximum(shift, 0), np.maximum(-np.asarray(shift), 0)
    return rounding_shift(high_multiply(np.asarray(x, np.int64) << left, value), right)


def requantize_once(x: np.ndarray, value: np.ndarray | int, shift: np.ndarray | int) -> np.ndarray:
    """Returns x times a Multiplier, rounded once, halves up (what the fully connected kernels do)."""
    total = 31 - np.asarray(shift, np.int64)
    return (np.asarray(x, np.int64) * value + (np.int64(1) << (total - 1))) >> total


def wrap(x: np.ndarray) -> np.ndarray:
    """Returns x modulo 2**32, in the range of int32."""
    return ((np.asarray(x, np.int64) + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def requantize_wrapped(x: np.ndarray, factor: Multiplier) -> np.ndarray:
    """Returns requantize() of any int32; a left shift wraps."""
    return requantize(wrap(wrap(x) << max(factor.shift, 0)), factor.value, min(factor.shift, 0))


def requantize_wide(x: np.ndarray, value: np.ndarray | int, shift: np.ndarray | int) -> np.ndarray:
    """Returns x, of up to 48 bits, times a Multiplier cut to 15 bits, rounded once, halves up (TFLite's default for int64)."""
    total = 15 - np.asarray(shift, np.int64)
    return (np.asarray(x, np.int64) * reduced(value) + (np.int64(1) << (total - 1))) >> total


def reduced(value: np.ndarray | int) -> np.ndarray:
    """Returns a Multiplier's value / 2**16, halves up, at most 2**15 - 1."""
    return np.minimum((np.asarray(value, np.int64) + (1 << 15)) >> 16, (1 << 15) - 1)


def activation_clamp(activation: str, scale: float, zero_point: int, limits: Clamp = Clamp()) -> Clamp:
    """Returns the quantised range of a fused activation; `activation` is NONE, RELU, RELU6 or RELU_N1_TO_1.

    `limits` are those of the output's type.
    """
    bounds = {"NONE": (None, None), "RELU": (0.0, None), "RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}
    low, high = bounds[activation]
    return Clamp(limits.low if low is None else max(limits.low, _quantize(low, scale, zero_point)),
                 limits.high if high is None else min(limits.high, _quantize(high, scale, zero_point)))


def _quantize(real: float, scale: float, zero_point: int) -> int:
    with np.errstate(over="ignore"):
        steps = float(np.float32(real) / np.float32(scale))
    return zero_point + _round_half_away(max(-_INT32_MAX, min(_INT32_MAX, steps)))


def _round_half_away(x: float) -> int:
    return int(math.copysign(math.floor(abs(x) + 0.5), x))
