"""Finds a fixed-point factor that rounds like a real one.

Purpose: TFLite's fully connected multiplies sums with a double and rounds halves away from zero; the kernels have a 31-bit
multiplier and round halves up. Over the sums that a layer can have, both are step functions, and nearly always some
multiplier has exactly the same steps.
Inputs: the factor and the range of the sums. Outputs: a Multiplier, or None when there is none.
"""

import numpy as np

from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, requantize_once

_MAX_OUTPUT = 255  # |q - zero point|
_VALUES = (1 << 30, (1 << 31) - 1)


def round_real(x: np.ndarray, factor: np.ndarray | float) -> np.ndarray:
    """Returns x * factor in double, rounded to integers, halves away from zero."""
    product = np.asarray(x, np.float64) * factor
    return np.copysign(np.floor(np.abs(product) + 0.5), product).astype(np.int64)


def exact_multiplier(factor: float, largest: int) -> Multiplier | None:
    """Returns the Multiplier nearest to `factor` whose requantize_once() equals round_real() for all |x| <= `largest`.

    Equality is asked for results up to 255 in size; beyond, int8 saturates either way.
    """
    nominal = quantize_multiplier(factor)
    if nominal.value == 0:
        return nominal if not round_real(largest, factor) else None
    least, outputs = steps(factor, largest, _MAX_OUTPUT)
    before = requantize_once(least - 1, nominal.value, nominal.shift)
    after = requantize_once(least, nominal.value, nominal.shift)
    if np.all(before < outputs) and np.all(after >= outputs):
        return nominal
    return _nearest(nominal, [int(step) for step in least], [int(output) for output in outputs])


def steps(factor: float, largest: int, largest_output: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the least sum that rounds to each output or above, and those outputs; only sums up to `largest` in size."""
    outputs = np.arange(-largest_output, largest_output + 1)
    # Past the range nothing is asked, and huge quotients of tiny factors would not fit an integer.
    least = np.clip(np.floor((outputs - 0.5) / factor), -largest - 3.0, largest + 3.0).astype(np.int64) - 1
    for _ in range(3):
        least += round_real(least, factor) < outputs
    asked = (least > -largest) & (least <= largest) & (round_real(least, factor) >= outputs)
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
