"""LOGISTIC: Keras' sigmoid. Output scale 1/256."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.node import Node
from cmsis.compiler.operators.look_up import Unary, quantized, real_inputs
from tools.errors import UserError

_SCALE = 1 / 256


@dataclass(frozen=True)
class Logistic(Unary):
    """LOGISTIC."""

    builtin: ClassVar[str] = "LOGISTIC"

    @classmethod
    def outputs_for(cls, node: Node) -> np.ndarray:
        """Returns the output for each of VALUES; raises UserError."""
        target = node.int8_output().quantization
        if target.scale != _SCALE:
            raise UserError(f"{node.layer}: LOGISTIC with an unusual output; got scale {target.scale}, want 1/256."
                            " Fix: export the .tflite again")
        return quantized(node, sigmoid(real_inputs(node)))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Returns 1 / (1 + exp(-x)) as TFLite computes it: in float32, with an exponential rounded to float32."""
    with np.errstate(over="ignore"):
        exponentials = np.array([_exponential(-float(value)) for value in x]).astype(np.float32)
    return np.float32(1) / (np.float32(1) + exponentials)


def _exponential(x: float) -> float:
    # NumPy's float32 exponential depends on the CPU; above 709 a double overflows, above 89 a float32.
    return math.exp(min(x, 700.0))
