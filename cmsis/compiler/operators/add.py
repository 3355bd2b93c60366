"""ADD and SUB of two int8 tensors."""

from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, requantize
from cmsis.compiler.ir import Constant
from cmsis.compiler.operators.binary import ClampedBinary, Scales
from tools.errors import UserError

_LEFT_SHIFT = 20
_CALL = Template("""arm_elementwise_add_s8($first, $second, $first_offset, $first_factor,
        $second_offset, $second_factor, $left_shift, $output, $output_offset,
        $output_factor, $low, $high, $count)""")


@dataclass(frozen=True)
class Add(ClampedBinary):
    """ADD: both operands in steps of 2^-20 of twice the larger scale, added, rescaled; rounded twice at each of the three."""

    builtin: ClassVar[str] = "ADD"
    kernel: ClassVar[str] = "arm_elementwise_add_s8"
    activation_option: ClassVar[int] = schema.AddOptions.FUSED_ACTIVATION_FUNCTION
    sign: ClassVar[int] = 1

    def check(self, scales: Scales) -> None:
        """Raises UserError where the result's scale is too fine for TFLite's arithmetic."""
        largest = max(scales.first.scale, scales.second.scale)
        if not 2 * largest < scales.target.scale * (1 << _LEFT_SHIFT) * (1 - 2.0 ** -32):
            raise UserError(f"{self.layer}: output steps of {self.builtin} are too fine; got scale {scales.target.scale} for"
                            f" operands of {largest}, want more than 2^-19 of that. Fix: calibrate the quantization again")

    def combine(self, scales: Scales, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns the outputs, not clamped."""
        first, second, output = multipliers(scales, self.sign)
        total = (_requantized((x - scales.first.zero_point) << _LEFT_SHIFT, first)
                 + _requantized((y - scales.second.zero_point) << _LEFT_SHIFT, second))
        return _requantized(total, output) + scales.target.zero_point

    def row_call(self, scales: Scales, prefix: str) -> tuple[tuple[Constant, ...], Template]:
        """Returns the kernel's call; it needs no constants."""
        first, second, output = (f"{one.value}, {one.shift}" for one in multipliers(scales, self.sign))
        return (), Template(_CALL.safe_substitute(
            first_offset=-scales.first.zero_point, first_factor=first, second_offset=-scales.second.zero_point,
            second_factor=second, left_shift=_LEFT_SHIFT, output_offset=scales.target.zero_point, output_factor=output,
            low=self.clamp.low, high=self.clamp.high))


@dataclass(frozen=True)
class Sub(Add):
    """SUB: ADD whose second multiplier is negative."""

    builtin: ClassVar[str] = "SUB"
    activation_option: ClassVar[int] = schema.SubOptions.FUSED_ACTIVATION_FUNCTION
    sign: ClassVar[int] = -1


def multipliers(scales: Scales, sign: int) -> tuple[Multiplier, Multiplier, Multiplier]:
    """Returns those of both operands and of the sum."""
    twice = 2 * max(scales.first.scale, scales.second.scale)
    second = quantize_multiplier(scales.second.scale / twice)
    return (quantize_multiplier(scales.first.scale / twice), Multiplier(sign * second.value, second.shift),
            quantize_multiplier(twice / ((1 << _LEFT_SHIFT) * scales.target.scale)))


def _requantized(x: np.ndarray, factor: Multiplier) -> np.ndarray:
    return requantize(x, factor.value, factor.shift)
