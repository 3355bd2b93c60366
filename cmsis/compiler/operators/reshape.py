"""RESHAPE, EXPAND_DIMS and SQUEEZE: other views of the same bytes. They cost nothing at run time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.ir import DType, Graph
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import Copy, Movement, require_same


@dataclass(frozen=True)
class View(Movement):
    """Inputs: value. The target shape is the output tensor's; as far as the operator's own arguments allow it."""

    @classmethod
    def read(cls, node: Node) -> "View":
        """Returns the operator of a .tflite node; raises UserError."""
        require_same(node, node.input(0), node.output())
        return cls(node.layer, node.present_inputs(most=2)[:1], node.outputs)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the shape that the file states for the output if it differs by extents of 1 only, else the input's."""
        source, target = graph.input_of(self, 0).shape, graph.output_of(self).shape
        return target if [one for one in source if one > 1] == [one for one in target if one > 1] else source

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the same elements in the output's shape."""
        return values[0].reshape(graph.output_of(self).shape)

    def copies(self, graph: Graph) -> tuple[Copy, ...]:
        """Returns one copy of all bytes."""
        return (Copy(0, 0, 0, 0, (), graph.input_of(self, 0).size_bytes),)


@dataclass(frozen=True)
class Reshape(View):
    """RESHAPE; `wanted` is the shape, in which -1 stands for the rest: its second input where that is known, else an option."""

    wanted: tuple[int, ...] | None = None

    builtin: ClassVar[str] = "RESHAPE"

    @classmethod
    def read(cls, node: Node) -> "Reshape":
        """Returns the operator of a .tflite node; raises UserError."""
        view = super().read(node)
        if len(node.inputs) > 1 and node.inputs[1] >= 0:
            shape = node.input(1)
            wanted = tuple(shape.array().flatten().tolist()) if shape.constant and shape.dtype is DType.INT32 else None
        else:
            wanted = node.option_array(schema.ReshapeOptions.NEW_SHAPE, "i4") or None
        return replace(view, wanted=wanted)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the wanted shape, else the one that the file states for the output; the input's if neither fits."""
        source, target = graph.input_of(self, 0), graph.output_of(self)
        shape = target.shape if self.wanted is None else self.wanted
        if shape.count(-1) == 1 and 0 not in shape:
            rest = source.elements // -math.prod(shape)
            shape = tuple(rest if one == -1 else one for one in shape)
        return shape if math.prod(shape) == source.elements and min(shape, default=1) > 0 else source.shape


@dataclass(frozen=True)
class ExpandDims(View):
    """EXPAND_DIMS."""

    builtin: ClassVar[str] = "EXPAND_DIMS"


@dataclass(frozen=True)
class Squeeze(View):
    """SQUEEZE."""

    builtin: ClassVar[str] = "SQUEEZE"
