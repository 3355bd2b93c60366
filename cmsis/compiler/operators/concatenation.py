"""CONCATENATION and PACK: inputs side by side along one axis. What is contiguous in the output is computed right there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.ir import Graph
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import Copy, Movement, copy, elements, one_axis, require_same
from tools.errors import UserError


@dataclass(frozen=True)
class Joining(Movement):
    """Inputs: the parts, in order along `axis`. TFLite requantizes none of them, and demands one quantisation."""

    axis: int

    def _stretches(self, graph: Graph) -> tuple[slice | int, ...]:
        """Returns each part's indices along the output's axis."""
        raise NotImplementedError

    def copies(self, graph: Graph) -> tuple[Copy, ...]:
        """Returns one copy per part."""
        target, found = graph.output_of(self), []
        base = elements(target)
        for index, where in enumerate(self._stretches(graph)):
            part = elements(graph.input_of(self, index))
            found.append(copy(target.dtype.item_bytes, index, part, part, 0, base, base[(slice(None),) * self.axis + (where,)]))
        return tuple(found)


@dataclass(frozen=True)
class Concatenation(Joining):
    """CONCATENATION."""

    builtin: ClassVar[str] = "CONCATENATION"

    @classmethod
    def read(cls, node: Node) -> "Concatenation":
        """Returns the operator of a .tflite node; raises UserError."""
        options = schema.ConcatenationOptions
        parts = [node.input(index) for index in range(max(len(node.inputs), 1))]
        require_same(node, node.output(), *parts)
        axis = one_axis(node, node.option(options.AXIS, "i"), len(parts[0].shape))
        if node.option(options.FUSED_ACTIVATION_FUNCTION, "b") != schema.ActivationFunctionType.NONE:
            raise UserError(f"{node.layer}: fused activation of {node.builtin} is not supported; got one, want none."
                            " Fix: put the activation into a layer of its own")
        others = {part.shape[:axis] + part.shape[axis + 1:] for part in parts}
        if len(others) > 1 or len({len(part.shape) for part in parts}) > 1:
            raise UserError(f"{node.layer}: parts of {node.builtin} differ in more than axis {axis}; got"
                            f" {[list(part.shape) for part in parts]}, want equal extents. Fix: export the .tflite again")
        return cls(node.layer, node.inputs, node.outputs, axis)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the parts' shape with the sum of their extents along the axis."""
        shape = graph.input_of(self, 0).shape
        total = sum(graph.tensors[number].shape[self.axis] for number in self.inputs)
        return shape[:self.axis] + (total,) + shape[self.axis + 1:]

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return np.concatenate(values, self.axis)

    def _stretches(self, graph: Graph) -> tuple[slice, ...]:
        ends = np.cumsum([graph.tensors[number].shape[self.axis] for number in self.inputs])
        return tuple(slice(end - graph.tensors[number].shape[self.axis], end) for end, number in zip(ends, self.inputs))


@dataclass(frozen=True)
class Pack(Joining):
    """PACK: along a new axis."""

    builtin: ClassVar[str] = "PACK"

    @classmethod
    def read(cls, node: Node) -> "Pack":
        """Returns the operator of a .tflite node; raises UserError."""
        parts = [node.input(index) for index in range(max(len(node.inputs), 1))]
        require_same(node, node.output(), *parts)
        if len({part.shape for part in parts}) > 1:
            raise UserError(f"{node.layer}: parts of PACK differ; got {[list(part.shape) for part in parts]}, want equal"
                            " shapes. Fix: export the .tflite again")
        axis = one_axis(node, node.option(schema.PackOptions.AXIS, "i"), len(parts[0].shape) + 1)
        return cls(node.layer, node.inputs, node.outputs, axis)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the parts' shape with their number as a new extent."""
        shape = graph.input_of(self, 0).shape
        return shape[:self.axis] + (len(self.inputs),) + shape[self.axis:]

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return np.stack(values, self.axis)

    def _stretches(self, graph: Graph) -> tuple[int, ...]:
        return tuple(range(len(self.inputs)))
