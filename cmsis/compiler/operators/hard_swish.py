"""HARD_SWISH: x * min(max(x + 3, 0), 6) / 6, in the 16-bit fixed point of TFLite.

Source of the formulas: TFLite's int8 reference, restated. Notation: Q0.15 is an int16 with 15 fractional bits.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, rounding_shift
from cmsis.compiler.node import Node
from cmsis.compiler.operators.look_up import VALUES, Unary
from tools.errors import UserError

_HIGH_BITS = 7  # Inputs are worked on with 7 more bits: |q - zero point| <= 255 then fills an int16.
_THREE = 3 / 32768  # The scale on which 3.0 is 1.0 in Q0.15.
_MAX_OUTPUT_FACTOR = 1 - 2.0 ** -32  # TFLite refuses a factor that rounds to 1.
_MAX_UNIT_FACTOR = (1 << 9) / _THREE
_INT16_MIN, _INT16_MAX = -(1 << 15), (1 << 15) - 1


@dataclass(frozen=True)
class HardSwish(Unary):
    """HARD_SWISH."""

    builtin: ClassVar[str] = "HARD_SWISH"

    @classmethod
    def outputs_for(cls, node: Node) -> np.ndarray:
        """Returns the output for each of VALUES; raises UserError."""
        source, target = node.int8_input(0).quantization, node.int8_output().quantization
        fine_scale = np.float32(source.scale) / np.float32(1 << _HIGH_BITS)
        with np.errstate(over="ignore"):
            output_factor, unit_factor = float(fine_scale / np.float32(target.scale)), float(fine_scale / np.float32(_THREE))
        if not (output_factor < _MAX_OUTPUT_FACTOR and unit_factor < _MAX_UNIT_FACTOR):
            raise UserError(f"{node.layer}: HARD_SWISH enlarges too much; got scale {source.scale} in and {target.scale} out,"
                            " want an input scale below 128 times the output's and below 2^16."
                            " Fix: calibrate the quantization again")
        return hard_swish(VALUES - source.zero_point, quantize_multiplier(output_factor),
                          quantize_multiplier(unit_factor)) + target.zero_point


def hard_swish(x: np.ndarray, to_output: Multiplier, to_unit: Multiplier) -> np.ndarray:
    """Returns outputs less their zero point for inputs less theirs.

    `to_output` leads from x * 2**7 to output steps, `to_unit` to x / 3 in Q0.15.
    """
    fine = x << _HIGH_BITS
    gate = (_unit(fine, to_unit) + (1 << 15)) >> 1
    product = gate * _multiply(fine, to_output)
    towards_zero = np.sign(product) * (np.abs(product) >> 15)
    return rounding_shift(towards_zero, -to_output.shift)


def _unit(fine: np.ndarray, to_unit: Multiplier) -> np.ndarray:
    """Returns x / 3 in Q0.15, saturated to [-1, 1)."""
    left = max(to_unit.shift, 0)
    # All but one bit of the left shift come first, so that the multiplication loses little.
    scaled = _multiply(_saturate(fine << max(left - 1, 0)), to_unit)
    return rounding_shift(_saturate(scaled << min(left, 1)), max(-to_unit.shift, 0))


def _multiply(x: np.ndarray, factor: Multiplier) -> np.ndarray:
    """Returns x * value / 2**15, halves up, with the factor's value rounded to 16 bits."""
    value = min((factor.value + (1 << 15)) >> 16, _INT16_MAX)
    return (x * value + (1 << 14)) >> 15


def _saturate(x: np.ndarray) -> np.ndarray:
    return x.clip(_INT16_MIN, _INT16_MAX)
