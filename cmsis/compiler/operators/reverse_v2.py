"""REVERSE_V2: axes read from their ends; what Keras' Bidirectional does with sequences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Graph
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import Copy, Movement, constant_integers, copy, elements, one_axis, require_same
from tools.errors import UserError


@dataclass(frozen=True)
class ReverseV2(Movement):
    """Inputs: value. `reversed_axes` count from the front and follow each other."""

    reversed_axes: tuple[int, ...]

    builtin: ClassVar[str] = "REVERSE_V2"

    @classmethod
    def read(cls, node: Node) -> "ReverseV2":
        """Returns the operator of a .tflite node; raises UserError."""
        shape = node.input(0).shape
        require_same(node, node.input(0), node.output())
        axes = tuple(sorted(one_axis(node, axis, len(shape)) for axis in constant_integers(node, 1)))
        if not axes or axes != tuple(range(axes[0], axes[0] + len(axes))):
            raise UserError(f"{node.layer}: REVERSE_V2 reverses axes that follow each other; got {list(axes)}, want one or"
                            " neighbours. Fix: reverse the axes one after the other")
        return cls(node.layer, node.present_inputs(most=2)[:1], node.outputs, axes)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the value's shape."""
        return graph.input_of(self, 0).shape

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return np.flip(values[0], self.reversed_axes)

    def copies(self, graph: Graph) -> tuple[Copy, ...]:
        """Returns one copy that walks the value backwards."""
        source, target = elements(graph.input_of(self, 0)), elements(graph.output_of(self))
        return (copy(graph.output_of(self).dtype.item_bytes, 0, source, np.flip(source, self.reversed_axes), 0, target, target),)
