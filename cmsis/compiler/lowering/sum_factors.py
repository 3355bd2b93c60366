"""Finds a sum of two products that rounds like TFLite's ADD and SUB.

Purpose: TFLite scales both operands to 2^20 steps, rounds, adds, scales and rounds again: some 20 cycles a value. Nearly always
a sum of two products, cut off once, gives the same output for all 256 * 256 pairs of operands, in 7.
Inputs: the outputs of all pairs. Outputs: a SumFactors that was tried on every pair, or None. Method: start from the real
factors, then from slightly larger ones, which round halves away from zero; then move the sum towards the pair that is
furthest off, as little as puts that right, time and again.
"""

from dataclasses import dataclass

import numpy as np

from cmsis.compiler.fixed_point import Clamp
from cmsis.compiler.ir import INT8_MAX, INT8_MIN

_RESULT_BITS = 20  # Fractional bits of the sum, and
_FACTOR_BITS = 28  # of the factors: the kernel multiplies q << 8 and drops 16 bits.
_ENLARGEMENTS = (0.0, *(2.0 ** -exponent for exponent in range(20, 11, -1)))
_STEPS = 400
_NEAR = 1 << 13  # Pairs further from a step's edge don't matter to the search; the last check is of all.
_NEVER = 1 << 62
_VALUES = np.arange(INT8_MIN, INT8_MAX + 1)
PAIRS = (np.repeat(_VALUES, 256), np.tile(_VALUES, 256))
"""Both operands of all pairs of int8."""


@dataclass(frozen=True)
class SumFactors:
    """output = clamp((floor(x * first / 2^8) + floor(y * second / 2^8) + bias) >> 20), every term an int32."""

    first: int
    second: int
    bias: int

    def total(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns the sum before it is cut off."""
        return ((x * self.first) >> 8) + ((y * self.second) >> 8) + self.bias

    def outputs(self, x: np.ndarray, y: np.ndarray, clamp: Clamp) -> np.ndarray:
        """Returns what the kernel gives."""
        return (self.total(x, y) >> _RESULT_BITS).clip(clamp.low, clamp.high)


def sum_factors(outputs: np.ndarray, factors: tuple[float, float], zero_points: tuple[int, int, int],
                 clamp: Clamp) -> SumFactors | None:
    """Returns a SumFactors equal to `outputs`, the clamped ones of PAIRS, or None where none was found.

    `factors` are the operands' scales over the output's, the second negative for a difference; `zero_points` are the
    operands' and the output's.
    """
    if not _fits(factors):
        return None
    search = _Search(outputs, zero_points, clamp)
    starts = [np.array([*(factor * (1 + more) for factor in factors), 0.0]) for more in _ENLARGEMENTS]
    search.narrow(starts[0])
    point = min(starts, key=search.worst)
    for _ in range(_STEPS):
        if not search.worst(point):
            return search.verified(point)
        point = search.towards_worst(point)
    return None


def _fits(factors: tuple[float, float]) -> bool:
    """Whether factors and sums are int32 whatever the operands."""
    spare = 1 << 22
    largest = sum(abs(factor) for factor in factors) * 255 + 256
    return (max(abs(factor) for factor in factors) * (1 << _FACTOR_BITS) < (1 << 31) - spare
            and largest * (1 << _RESULT_BITS) < (1 << 31) - spare)


class _Search:
    """A point is both real factors and what to add to the output, all in output steps."""

    def __init__(self, outputs: np.ndarray, zero_points: tuple[int, int, int], clamp: Clamp):
        self._zero_points = zero_points
        self._x, self._y = PAIRS
        # Between these the sum must lie; a clamped output has one end only.
        self._low = np.where(outputs > clamp.low, outputs << _RESULT_BITS, -_NEVER)
        self._high = np.where(outputs < clamp.high, ((outputs + 1) << _RESULT_BITS) - 1, _NEVER)
        self._all = self._x, self._y, self._low, self._high

    def narrow(self, point: np.ndarray) -> None:
        """Keeps only the pairs that are near an edge at `point`, the nearest at least."""
        total = self._sum(point).total(self._x, self._y)
        distance = np.minimum(total - self._low, self._high - total)
        kept = distance <= max(_NEAR, int(distance.min()))
        self._x, self._y, self._low, self._high = (array[kept] for array in self._all)

    def worst(self, point: np.ndarray) -> int:
        """Returns by how much the pair that is furthest off misses its output, 0 where none does."""
        return int(np.abs(self._misses(point)).max())

    def towards_worst(self, point: np.ndarray) -> np.ndarray:
        """Returns the nearest point, by and large, where that pair is right."""
        misses = self._misses(point)
        pair = int(np.argmax(np.abs(misses)))
        reach = np.array([self._x[pair] - self._zero_points[0], self._y[pair] - self._zero_points[1], 128]) / 128
        move = (misses[pair] + np.sign(misses[pair])) / (1 << _RESULT_BITS)
        return point + move * reach / np.array([128, 128, 1]) / (reach @ reach)

    def verified(self, point: np.ndarray) -> SumFactors | None:
        """Returns the sum at `point` if it is right for all pairs, those far from an edge included."""
        x, y, low, high = self._all
        found = self._sum(point)
        total = found.total(x, y)
        return found if np.all((total >= low) & (total <= high)) else None

    def _misses(self, point: np.ndarray) -> np.ndarray:
        """Returns what each sum lacks to its interval, with its sign; 0 inside."""
        total = self._sum(point).total(self._x, self._y)
        return total.clip(self._low, self._high) - total

    def _sum(self, point: np.ndarray) -> SumFactors:
        first, second, more = (float(number) for number in point)
        zero = self._zero_points[2] - first * self._zero_points[0] - second * self._zero_points[1]
        # 1/2 to round, and 1 for what the two shifts cut off on average.
        return SumFactors(round(first * (1 << _FACTOR_BITS)), round(second * (1 << _FACTOR_BITS)),
                           round((zero + 0.5 + more) * (1 << _RESULT_BITS)) + 1)
