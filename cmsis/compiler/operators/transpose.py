"""TRANSPOSE: axes in another order. A view where only extents of one change their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Graph
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import Copy, Movement, constant_integers, copy, elements, require_same
from tools.errors import UserError


@dataclass(frozen=True)
class Transpose(Movement):
    """Inputs: value. Axis i of the output is axis `order[i]` of the value."""

    order: tuple[int, ...]

    builtin: ClassVar[str] = "TRANSPOSE"

    @classmethod
    def read(cls, node: Node) -> "Transpose":
        """Returns the operator of a .tflite node; raises UserError."""
        rank, order = len(node.input(0).shape), constant_integers(node, 1)
        require_same(node, node.input(0), node.output())
        order = tuple(axis + rank if axis < 0 else axis for axis in order)
        if sorted(order) != list(range(rank)):
            raise UserError(f"{node.layer}: TRANSPOSE wants each axis once; got {list(order)}, want {list(range(rank))} in"
                            " any order. Fix: export the .tflite again")
        return cls(node.layer, node.present_inputs(most=2)[:1], node.outputs, order)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the extents in the new order."""
        return tuple(graph.input_of(self, 0).shape[axis] for axis in self.order)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return values[0].transpose(self.order)

    def copies(self, graph: Graph) -> tuple[Copy, ...]:
        """Returns one copy along the output's axes."""
        source, target = elements(graph.input_of(self, 0)), elements(graph.output_of(self))
        item_bytes = graph.output_of(self).dtype.item_bytes
        return (copy(item_bytes, 0, source, source.transpose(self.order), 0, target, target),)
