"""SHAPE: part of how TFLite's converter computes the target shape of Keras' Flatten and Reshape.

With fixed shapes it is a constant: fold_constants removes it, and with it what it feeds (STRIDED_SLICE, PACK).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import DType, Graph, Operator
from cmsis.compiler.node import Node


@dataclass(frozen=True)
class Shape(Operator):
    """Inputs: any value."""

    builtin: ClassVar[str] = "SHAPE"
    kernel: ClassVar[str] = ""
    types: ClassVar[tuple[DType, ...]] = tuple(DType)
    value_independent: ClassVar[bool] = True

    @classmethod
    def read(cls, node: Node) -> "Shape":
        """Returns the operator of a .tflite node; raises UserError."""
        node.input(0)
        node.output()
        return cls(node.layer, node.inputs[:1], node.outputs)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [rank]."""
        return (len(graph.input_of(self, 0).shape),)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the input's shape, whatever its value."""
        return np.array(graph.input_of(self, 0).shape, graph.output_of(self).dtype.value)
