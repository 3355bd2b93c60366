"""RESHAPE, EXPAND_DIMS and SQUEEZE: other views of the same bytes. They cost nothing at run time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import DType, Graph, Operator
from cmsis.compiler.node import Node
from tools.errors import UserError


@dataclass(frozen=True)
class View(Operator):
    """Inputs: value. The target shape is the output tensor's; it is checked against the element count."""

    kernel: ClassVar[str] = ""
    aliases_input: ClassVar[bool] = True
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.INT32)

    @classmethod
    def read(cls, node: Node) -> "View":
        """Returns the operator of a .tflite node; raises UserError."""
        source, target = node.input(0), node.output()
        if source.dtype is not target.dtype or source.quantization != target.quantization:
            raise UserError(f"{node.layer}: {node.builtin} must keep type and quantization; got {source.quantization}"
                            f" in and {target.quantization} out, want the same. Fix: export the .tflite again")
        return cls(node.layer, node.present_inputs()[:1], node.outputs)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the shape that the file states for the output if it holds as many elements, else the input's."""
        source, target = graph.input_of(self, 0), graph.output_of(self)
        return target.shape if source.elements == target.elements else source.shape

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the same elements in the output's shape."""
        return values[0].reshape(graph.output_of(self).shape)


@dataclass(frozen=True)
class Reshape(View):
    """RESHAPE; its second input, the shape, repeats what the output tensor says."""

    builtin: ClassVar[str] = "RESHAPE"


@dataclass(frozen=True)
class ExpandDims(View):
    """EXPAND_DIMS."""

    builtin: ClassVar[str] = "EXPAND_DIMS"


@dataclass(frozen=True)
class Squeeze(View):
    """SQUEEZE."""

    builtin: ClassVar[str] = "SQUEEZE"
