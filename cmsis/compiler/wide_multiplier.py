"""A 63-bit fixed-point factor that rounds like a double.

Purpose: TFLite's fully connected multiplies sums with a double and rounds halves away from zero. 16-bit outputs have 65,536
steps, and 31 bits seldom hit them all; the double's own 53, a little enlarged against ties below zero, do. So they do for the few
units of 8-bit layers whose 256 steps 31 bits miss.
Inputs: the factor and the range of the sums. Outputs: a WideMultiplier, or None when there is none.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from cmsis.compiler.exact_multiplier import round_real, steps
from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier

_RESULTS = (-(1 << 15) - 1, 1 << 15)
_MAX_SUM = (1 << 31) - 1
_BITS = 63
_MAX_SHIFT = 62


@dataclass(frozen=True)
class WideMultiplier:
    """A real factor as (high * 2**32 + low) / 2**(32 + shift), `high` in [0, 2**31), `low` in [0, 2**32), `shift` in [1, 62]."""

    high: int
    low: int
    shift: int

    def scale(self, x: np.ndarray) -> np.ndarray:
        """Returns x, of 32 bits, times this factor, rounded once, halves up."""
        x = np.asarray(x, np.int64)
        return (x * self.high + (x * self.low >> 32) + (1 << (self.shift - 1))) >> self.shift

    def has_steps(self, least: np.ndarray, outputs: np.ndarray) -> bool:
        """Whether the results first reach each of `outputs` at the sum `least`."""
        return bool(np.all(self.scale(least - 1) < outputs) and np.all(self.scale(least) >= outputs))


def widen(factor: Multiplier) -> WideMultiplier:
    """Returns the same factor in the wide form."""
    return WideMultiplier(factor.value, 0, 31 - factor.shift)


@cache
def wide_multiplier(factor: float, sums: tuple[int, int], results: tuple[int, int] = _RESULTS) -> WideMultiplier | None:
    """Returns one near to `factor` that rounds like round_real() for sums from the first to the last, within the least and the
    largest of `results`, those that int16 holds if not given; or None.

    The kernels saturate sums to 32 bits: from there on the result has to be saturated, too.
    """
    fraction, exponent = math.frexp(factor)
    value, shift = int(fraction * (1 << 53)) << (_BITS - 53), 31 - exponent
    if shift > _MAX_SHIFT:
        value, shift = value >> (shift - _MAX_SHIFT), _MAX_SHIFT
    if shift < 1 or max(-sums[0], sums[1]) > _MAX_SUM and round_real(_MAX_SUM, factor) < results[1]:
        return None
    least, outputs = _steps(factor, sums, results)
    for larger in (value >> 53, value >> 52, value >> 51, 0):
        candidate = WideMultiplier((value + larger) >> 32, (value + larger) & 0xFFFFFFFF, shift)
        if (value + larger) >> _BITS == 0 and candidate.has_steps(least, outputs):
            return candidate
    return None


def _steps(factor: float, sums: tuple[int, int], results: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return steps(factor, (max(sums[0], -_MAX_SUM), min(sums[1], _MAX_SUM)), results)


def exact_short(factor: float, sums: tuple[int, int]) -> Multiplier | None:
    """Returns the nearest Multiplier where that rounds as wide_multiplier() asks, else None."""
    nominal = quantize_multiplier(factor)
    wide = widen(nominal)
    if not 1 <= wide.shift <= _MAX_SHIFT or wide_multiplier(factor, sums) is None:
        return None
    return nominal if wide.has_steps(*_steps(factor, sums, _RESULTS)) else None
