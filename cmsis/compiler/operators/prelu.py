"""PRELU: x, or alpha * x where x < 0. Alpha is constant or computed, one for all, per channel or per value."""

from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, requantize
from cmsis.compiler.ir import Constant, Operator
from cmsis.compiler.node import Node
from cmsis.compiler.operators import broadcast
from cmsis.compiler.operators.binary import Binary, Scales
from tools.errors import UserError

_MAX_POSITIVE, _MAX_NEGATIVE = 1 << 21, 1 << 13  # Times 255 and 255 * 255 that is below 2^30.
_CALL = Template("edgeplug_prelu_s8($first, $second, &${prefix}_prelu, $count, $output)")


@dataclass(frozen=True)
class Prelu(Binary):
    """Inputs: x, alpha; alpha is broadcast to x."""

    builtin: ClassVar[str] = "PRELU"
    kernel: ClassVar[str] = "edgeplug_prelu_s8"
    returns_status: ClassVar[bool] = False
    header: ClassVar[str] = "edgeplug_nn.h"

    @classmethod
    def read(cls, node: Node) -> Operator:
        """Returns the operator of a .tflite node; raises UserError."""
        shape, alpha = node.int8_input(0).shape, node.int8_operand(1).shape
        if broadcast.broadcast_shape(shape, alpha) != shape:
            raise UserError(f"{node.layer}: alpha of PRELU does not fit; got {list(alpha)} on {list(shape)}, want a shape that"
                            " broadcasts to the input's. Fix: export the .tflite again")
        return super().read(node)

    def check(self, scales: Scales) -> None:
        """Raises UserError where a factor could overflow TFLite's arithmetic."""
        positive, negative = _factors(scales)
        if not (positive < _MAX_POSITIVE and negative < _MAX_NEGATIVE):
            raise UserError(f"{self.layer}: PRELU enlarges too much; got scales {scales.first.scale} and {scales.second.scale}"
                            f" in and {scales.target.scale} out, want factors below {_MAX_POSITIVE} and {_MAX_NEGATIVE}."
                            " Fix: calibrate the quantization again")

    def combine(self, scales: Scales, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns the outputs, not clamped."""
        positive, negative = multipliers(scales)
        x, y = x - scales.first.zero_point, y - scales.second.zero_point
        outputs = np.where(x >= 0, requantize(x, positive.value, positive.shift),
                           requantize(x * y, negative.value, negative.shift))
        return outputs + scales.target.zero_point

    def row_call(self, scales: Scales, prefix: str) -> tuple[tuple[Constant, ...], Template]:
        """Returns constants and the kernel's call."""
        positive, negative = multipliers(scales)
        members = (f"{-scales.first.zero_point}, {-scales.second.zero_point}, {scales.target.zero_point}, {positive.value},"
                   f" {positive.shift}, {negative.value}, {negative.shift}")
        return (c_source.struct(f"{prefix}_prelu", "edgeplug_prelu", members),), Template(_CALL.safe_substitute(prefix=prefix))


def multipliers(scales: Scales) -> tuple[Multiplier, Multiplier]:
    """Returns those for x >= 0 and, to be applied to the product with alpha, x < 0."""
    positive, negative = _factors(scales)
    return quantize_multiplier(positive), quantize_multiplier(negative)


def _factors(scales: Scales) -> tuple[float, float]:
    # TFLite multiplies and divides in float32 here, from left to right.
    source, alpha, target = (np.float32(one.scale) for one in (scales.first, scales.second, scales.target))
    with np.errstate(over="ignore"):
        return float(source / target), float(source * alpha / target)
