"""TILE: a tensor repeated along its axes; what Keras' UpSampling becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Graph
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import Copy, Movement, constant_integers, copy, elements, require_same
from tools.errors import UserError

_MAX_AXES = 8  # EDGEPLUG_MAX_AXES


@dataclass(frozen=True)
class Tile(Movement):
    """Inputs: value. It is repeated `times[i]` times along axis i."""

    times: tuple[int, ...]

    builtin: ClassVar[str] = "TILE"

    @classmethod
    def read(cls, node: Node) -> "Tile":
        """Returns the operator of a .tflite node; raises UserError."""
        shape, times = node.input(0).shape, constant_integers(node, 1)
        require_same(node, node.input(0), node.output())
        axes = len(shape) + sum(one > 1 for one in times)
        if len(times) != len(shape) or min(times, default=1) < 1 or axes > _MAX_AXES:
            raise UserError(f"{node.layer}: TILE does not fit the value; got {list(times)} on shape {list(shape)}, want one"
                            f" positive number per axis, {_MAX_AXES} axes and repetitions at most. Fix: use another layer")
        return cls(node.layer, node.present_inputs(most=2)[:1], node.outputs, times)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the extents, multiplied."""
        return tuple(extent * one for extent, one in zip(graph.input_of(self, 0).shape, self.times))

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return np.tile(values[0], self.times)

    def copies(self, graph: Graph) -> tuple[Copy, ...]:
        """Returns one copy that reads the value again and again."""
        source, target = elements(graph.input_of(self, 0)), elements(graph.output_of(self))
        pairs = [pair for times, extent in zip(self.times, source.shape) for pair in (times, extent)]
        repeated = np.broadcast_to(source.reshape([extent for one in source.shape for extent in (1, one)]), pairs)
        return (copy(graph.output_of(self).dtype.item_bytes, 0, source, repeated, 0, target, target.reshape(pairs)),)
