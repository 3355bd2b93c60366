"""Quantises windows as the int8 model expects them, and voltages as the streaming detector does.

Inputs: float32 windows in natural units; scale and zero point as in the firmware's identity or the plan. Output: int8.
Non-goals: choosing windows, running them.
"""

import numpy as np

from tools.errors import UserError

CODES_PER_PU = 512
"""The converter's codes that the streaming detector takes."""


def quantize(x: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """int8 of `x` (float32, any shape): round(x / scale) + zero_point, clamped to -128..127.

    As TFLite's QUANTIZE does: the quotient in float32, halves rounded away from zero (NumPy's `round` would
    take them to the even neighbour).

    Raises:
        UserError: `x` has a NaN or an infinity.
    """
    finite = np.isfinite(x)
    if not finite.all():
        raise UserError(f"windows: element {int(np.argmin(finite))} is not finite; got {x.flat[np.argmin(finite)]}, "
                        "want numbers. Fix: regenerate the windows")
    quotient = x.astype(np.float32) / np.float32(scale)
    magnitude = np.floor(np.abs(quotient.astype(np.float64)) + 0.5)  # float64: 0.49999997 + 0.5 must stay below 1
    return np.clip(np.copysign(magnitude, quotient) + zero_point, -128, 127).astype(np.int8)


def to_codes(voltage_pu: np.ndarray) -> np.ndarray:
    """The codes that the streaming detector takes, int16 as `voltage_pu`: 12 bits, saturated."""
    return np.clip(np.floor(voltage_pu * CODES_PER_PU + 0.5), -2048, 2047).astype(np.int16)
