"""SHAPE, STRIDED_SLICE and PACK: how TFLite's converter computes the target shape of Keras' Flatten and Reshape.

With fixed shapes that target is known (see reshape.py), so these lose their reader and remove_dead_operators drops them.
One that survives computes on data; it has no kernel, and Operator.emit refuses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import DType, Graph, Operator
from cmsis.compiler.node import Node


@dataclass(frozen=True)
class ShapeArithmetic(Operator):
    """Inputs: whatever the file states."""

    kernel: ClassVar[str] = ""
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.INT32)

    @classmethod
    def read(cls, node: Node) -> "ShapeArithmetic":
        """Returns the operator of a .tflite node; raises UserError."""
        node.output()
        return cls(node.layer, node.present_inputs(), node.outputs)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the shape that the file states."""
        return graph.output_of(self).shape

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Raises UserError: nothing that is computed depends on this operator."""
        raise self.refusal()


@dataclass(frozen=True)
class Shape(ShapeArithmetic):
    """SHAPE."""

    builtin: ClassVar[str] = "SHAPE"


@dataclass(frozen=True)
class StridedSlice(ShapeArithmetic):
    """STRIDED_SLICE."""

    builtin: ClassVar[str] = "STRIDED_SLICE"


@dataclass(frozen=True)
class Pack(ShapeArithmetic):
    """PACK."""

    builtin: ClassVar[str] = "PACK"
