"""TANH."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.node import Node
from cmsis.compiler.operators.look_up import Unary, quantized, real_inputs
from cmsis.compiler.operators.tanh_arithmetic import tanh


@dataclass(frozen=True)
class Tanh(Unary):
    """TANH."""

    builtin: ClassVar[str] = "TANH"

    @classmethod
    def outputs_for(cls, node: Node) -> np.ndarray:
        """Returns the output for each of VALUES; raises UserError."""
        return quantized(node, tanh(real_inputs(node)))
