"""MUL of two int8 tensors."""

from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, requantize
from cmsis.compiler.ir import Constant
from cmsis.compiler.operators.binary import ClampedBinary, Scales
from tools.errors import UserError

_MAX_FACTOR = 1 << 13  # 255 * 255 * 2^13 is below 2^30.
_CALL = Template("""arm_elementwise_mul_s8($first, $second, $first_offset, $second_offset, $output,
        $output_offset, $multiplier, $shift, $low, $high, $count)""")


@dataclass(frozen=True)
class Mul(ClampedBinary):
    """MUL: the product of both operands less their zero points, rescaled."""

    builtin: ClassVar[str] = "MUL"
    kernel: ClassVar[str] = "arm_elementwise_mul_s8"
    activation_option: ClassVar[int] = schema.MulOptions.FUSED_ACTIVATION_FUNCTION

    def check(self, scales: Scales) -> None:
        """Raises UserError where the product's factor could overflow TFLite's arithmetic."""
        if not _factor(scales) < _MAX_FACTOR:
            raise UserError(f"{self.layer}: MUL enlarges too much; got scales {scales.first.scale} and {scales.second.scale} in"
                            f" and {scales.target.scale} out, want a factor below {_MAX_FACTOR}."
                            " Fix: calibrate the quantization again")

    def combine(self, scales: Scales, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns the outputs, not clamped."""
        factor = multiplier(scales)
        product = (x - scales.first.zero_point) * (y - scales.second.zero_point)
        return requantize(product, factor.value, factor.shift) + scales.target.zero_point

    def row_call(self, scales: Scales, prefix: str) -> tuple[tuple[Constant, ...], Template]:
        """Returns the kernel's call; it needs no constants."""
        factor = multiplier(scales)
        return (), Template(_CALL.safe_substitute(
            first_offset=-scales.first.zero_point, second_offset=-scales.second.zero_point,
            output_offset=scales.target.zero_point, multiplier=factor.value, shift=factor.shift, low=self.clamp.low,
            high=self.clamp.high))


def multiplier(scales: Scales) -> Multiplier:
    """Returns that of the product."""
    return quantize_multiplier(_factor(scales))


def _factor(scales: Scales) -> float:
    # TFLite multiplies and divides in float32 here.
    with np.errstate(over="ignore"):
        return float(np.float32(scales.first.scale) * np.float32(scales.second.scale) / np.float32(scales.target.scale))
