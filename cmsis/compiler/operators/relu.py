"""RELU, RELU6 and RELU_N1_TO_1 as operators of their own: where nothing in front of them could take them in."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.fixed_point import activation_clamp
from cmsis.compiler.node import Node
from cmsis.compiler.operators.look_up import Unary, rescaled


@dataclass(frozen=True)
class Relu(Unary):
    """RELU; rescales where input and output differ in quantization."""

    builtin: ClassVar[str] = "RELU"

    @classmethod
    def outputs_for(cls, node: Node) -> np.ndarray:
        """Returns the output for each of VALUES; raises UserError."""
        source, target = node.int8_input(0).quantization, node.int8_output().quantization
        # TFLite divides the scales in float32 here.
        with np.errstate(over="ignore"):
            factor = float(np.float32(source.scale) / np.float32(target.scale))
        clamp = activation_clamp(cls.builtin, target.scale, target.zero_point)
        return rescaled(node, factor).clip(clamp.low, clamp.high)


@dataclass(frozen=True)
class Relu6(Relu):
    """RELU6."""

    builtin: ClassVar[str] = "RELU6"


@dataclass(frozen=True)
class ReluN1To1(Relu):
    """RELU_N1_TO_1."""

    builtin: ClassVar[str] = "RELU_N1_TO_1"
