"""Finds a fixed-point factor that rounds like a real one.

Purpose: TFLite's fully connected multiplies sums with a double and rounds halves away from zero; the kernels have a 31-bit
multiplier and round halves up. Over the sums that a layer can have, both are step functions, and nearly always some
multiplier has exactly the same steps.
Inputs: the factor, the range of the sums, and that of the results which matter. Outputs: a Multiplier, or None when there is none.
"""

import numpy as np

from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, requantize_once

_RESULTS = (-256, 255)  # q - zero point, one more below, where nothing is asked
_VALUES = (1 << 30, (1 << 31) - 1)


def round_real(x: np.ndarray, factor: np.ndarray | float) -> np.ndarray:
    """Returns x * factor in double, rounded to integers, halves away from zero."""
    product = np.asarray(x, np.float64) * factor
    return np.copysign(np.floor(np.abs(product) + 0.5), product).astype(np.int64)


def exact_multiplier(factor: float, sums: tuple[int, int], results: tuple[int, int] = _RESULTS) -> Multiplier | None:
    """Returns the Multiplier nearest to `factor` whose requantize_once() equals round_real() for sums from the first to the last.

    Equality is asked for within the least and the largest of `results`: beyond, outputs saturate either way.
    """
    nominal = quantize_multiplier(factor)
    if nominal.value == 0:
        return nominal if not round_real(np.array(sums), factor).any() else None
    least, outputs = steps(factor, sums, results)
    before = requantize_once(least - 1, nominal.value, nominal.shift)
    after = requantize_once(least, nominal.value, nominal.shift)
    if np.all(before < outputs) and np.all(after >= outputs):
        return nominal
    return _nearest(nominal, [int(step) for step in least], [int(output) for output in outputs])


def steps(factor: float, sums: tuple[int, int], results: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the least sum that rounds to each result or above, and those results, but for the least one, which all sums below
    have, too; only steps between two of the sums from the first to the last.
    """
    outputs = np.arange(results[0] + 1, results[1] + 1)
    # Past the range nothing is asked, and huge quotients of tiny factors would not fit an integer.
    least = np.clip(np.floor((outputs - 0.5) / factor), sums[0] - 3.0, sums[1] + 3.0).astype(np.int64) - 1
    for _ in range(3):
        least += round_real(least, factor) < outputs
    asked = (least > sums[0]) & (least <= sums[1]) & (round_real(least, factor) >= outputs)
    return least[asked], outputs[asked]


def _nearest(nominal: Multiplier, steps: list[int], outputs: list[int]) -> Multiplier | None:
    """Returns the value nearest to the nominal one that keeps every step where it is: an intersection of intervals."""
    low, high = _VALUES
    for step, output in zip(steps, outputs):
        # step * value >= bound > (step - 1) * value, where bound = (output - 1/2) * 2**(31 - shift).
        bound = (2 * output - 1) << (30 - nominal.shift)
        if step > 0:
            low = max(low, -(-bound // step))
        if step < 0:
            high = min(high, bound // step)
        if step > 1:
            high = min(high, -(-bound // (step - 1)) - 1)
        if step < 1:
            low = max(low, bound // (step - 1) + 1)
    return Multiplier(min(max(nominal.value, low), high), nominal.shift) if low <= high else None
