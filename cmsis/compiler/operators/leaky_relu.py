"""LEAKY_RELU: x, or alpha * x where x < 0."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.node import Node
from cmsis.compiler.operators.look_up import VALUES, Unary, rescaled
from tools.errors import UserError


@dataclass(frozen=True)
class LeakyRelu(Unary):
    """LEAKY_RELU; alpha is one number for all."""

    builtin: ClassVar[str] = "LEAKY_RELU"

    @classmethod
    def outputs_for(cls, node: Node) -> np.ndarray:
        """Returns the output for each of VALUES; raises UserError."""
        source, target = node.int8_input(0).quantization, node.int8_output().quantization
        alpha = node.option(schema.LeakyReluOptions.ALPHA, "f", 0.0)
        if not math.isfinite(alpha):
            raise UserError(f"{node.layer}: alpha of LEAKY_RELU is no number; got {alpha}, want a finite one."
                            " Fix: export the .tflite again")
        # TFLite multiplies and divides in float32 here, from left to right.
        scale, step = np.float32(source.scale), np.float32(target.scale)
        with np.errstate(over="ignore"):
            positive, negative = float(scale / step), float(scale * np.float32(alpha) / step)
        return np.where(VALUES >= source.zero_point, rescaled(node, positive), rescaled(node, negative))
