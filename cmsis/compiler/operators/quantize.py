"""QUANTIZE from int8 to int8: another scale and zero point for the same values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import DType
from cmsis.compiler.node import Node
from cmsis.compiler.operators.look_up import Unary, rescaled
from tools.errors import UserError


@dataclass(frozen=True)
class Quantize(Unary):
    """QUANTIZE; from float32, at a network's input, it is the caller's."""

    builtin: ClassVar[str] = "QUANTIZE"

    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.FLOAT32)  # Only to say what helps against float32.

    @classmethod
    def read(cls, node: Node) -> Unary:
        """Returns the operator of a .tflite node; raises UserError."""
        if node.input(0).dtype is not DType.INT8:
            raise UserError(f"{node.layer}: QUANTIZE only from int8 to int8; got {node.input(0).dtype.value} in, want int8."
                            " Fix: set inference_input_type to int8 in the TFLite converter")
        return super().read(node)

    @classmethod
    def outputs_for(cls, node: Node) -> np.ndarray:
        """Returns the output for each of VALUES; raises UserError."""
        source, target = node.int8_input(0).quantization, node.int8_output().quantization
        return rescaled(node, source.scale / target.scale)
