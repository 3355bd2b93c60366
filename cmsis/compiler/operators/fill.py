"""FILL: a tensor of one value; the state with which an unrolled Keras LSTM or GRU begins.

With fixed shapes it is a constant, and fold_constants removes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import DType, Graph, Operator
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import require_same
from tools.errors import UserError


@dataclass(frozen=True)
class Fill(Operator):
    """Inputs: extents, value."""

    builtin: ClassVar[str] = "FILL"
    kernel: ClassVar[str] = ""
    types: ClassVar[tuple[DType, ...]] = tuple(DType)

    @classmethod
    def read(cls, node: Node) -> "Fill":
        """Returns the operator of a .tflite node; raises UserError."""
        extents, value = node.input(0), node.input(1)
        require_same(node, value, node.output())
        if extents.dtype not in (DType.INT32, DType.INT64) or len(extents.shape) != 1 or value.elements != 1:
            raise UserError(f"{node.layer}: FILL wants extents and one value; got {extents.shape} and {value.shape}, want [rank]"
                            " of int32 and []. Fix: export the .tflite again")
        return cls(node.layer, node.present_inputs(most=2), node.outputs)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the extents, or what the file states while they are not known."""
        extents = graph.input_of(self, 0)
        return tuple(extents.array().tolist()) if extents.constant else graph.output_of(self).shape

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return np.full(values[0], values[1].item(), values[1].dtype)
