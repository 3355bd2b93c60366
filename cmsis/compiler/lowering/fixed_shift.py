"""Requantisation without a shift of its own: finds a factor and an addend that round like TFLite behind one fixed shift.

Purpose: TFLite's output is a step function of the sum. Over the sums that a filter can have, nearly always some
floor((floor(sum * 2^8 * factor / 2^32) + addend) / 2^12) has exactly the same steps, rounded twice or not; a kernel then needs
neither a shift for each filter nor a look at the sum's sign.
Inputs: a Multiplier, zero point and clamp, and the range of the sums. Outputs: factor and addend, or None where there is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cmsis.compiler.fixed_point import Clamp, Multiplier, requantize, requantize_once

SUM_SHIFT = 8
SHIFT = 12
_FACTOR_BITS = 31
_ADDENDS = (0, 1, -1, 2, -2, 3, -3)  # distance to the nominal one


@dataclass(frozen=True)
class FixedShift:
    """output = saturate((high word of (sum * 2^SUM_SHIFT * factor) + addend) >> SHIFT)."""

    factor: int
    addend: int


@dataclass(frozen=True)
class _Step:
    """Sums up to `below` must give less than `output`, sums from `reached` on at least that; None where no sum is asked for."""

    output: int
    below: int | None
    reached: int | None


@lru_cache(maxsize=None)
def fixed_shift(multiplier: Multiplier, zero_point: int, clamp: Clamp, lowest: int, highest: int, once: bool = False,
                shift: int = SHIFT) -> FixedShift | None:
    """Returns what equals clamp(requantize(sum) + zero_point), or `once` with requantize_once(), for all sums from `lowest` to `highest`,
    after clamping; `shift` instead of SHIFT.
    """
    if multiplier.value <= 0 or not -shift < multiplier.shift <= 0:
        return None
    nominal = multiplier.value * 2.0 ** (multiplier.shift + shift - SUM_SHIFT + 1)
    half = (1 << shift - 1) + (0 if once else 1 << shift - 1 + multiplier.shift)
    steps = tuple(_steps(multiplier, zero_point, clamp, lowest, highest, once))
    for distance in _ADDENDS:
        addend = (zero_point << shift) + half + distance
        low, high = _factors(steps, addend, shift)
        if low <= high:
            return FixedShift(min(max(round(nominal), low), high), addend)
    return None


def _steps(multiplier: Multiplier, zero_point: int, clamp: Clamp, lowest: int, highest: int, once: bool) -> Iterator[_Step]:
    outputs = np.arange(clamp.low + 1, clamp.high + 1)
    for output, reached in zip(outputs.tolist(), _least_sums(outputs - zero_point, multiplier, once).tolist()):
        yield _Step(output, min(reached - 1, highest) if reached > lowest else None,
                    max(reached, lowest) if reached <= highest else None)


def _least_sums(wanted: np.ndarray, multiplier: Multiplier, once: bool) -> np.ndarray:
    """Returns the least sums whose results are at least `wanted`."""
    factor = multiplier.value * 2.0 ** (multiplier.shift - 31)
    # Rounding twice moves a step by less than two of the units of the first rounding, which is at most two sums each.
    guesses = np.floor((wanted - 0.5) / factor).astype(np.int64)
    candidates = guesses[:, None] + np.arange(-5, 6)
    reached = (requantize_once if once else requantize)(candidates, multiplier.value, multiplier.shift) >= wanted[:, None]
    return candidates[np.arange(len(wanted)), np.argmax(reached, axis=1)]


def _factors(steps: tuple[_Step, ...], addend: int, shift: int) -> tuple[int, int]:
    """Returns the least and the largest factor that keep every step."""
    low, high = 1, (1 << _FACTOR_BITS) - 1
    for step in steps:
        # A sum reaches the output if sum * factor >= bound.
        bound = ((step.output << shift) - addend) << (32 - SUM_SHIFT)
        for sum_, most in ((step.reached, None), (step.below, bound - 1)):
            if sum_ is None:
                continue
            reaches = most is None
            if sum_ == 0:
                if reaches != (bound <= 0):
                    return 1, 0
            elif reaches == (sum_ > 0):
                low = max(low, -(-bound // sum_) if reaches else -(-most // sum_))
            else:
                high = min(high, bound // sum_ if reaches else most // sum_)
    return low, high
