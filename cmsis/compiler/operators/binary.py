"""What operators on two int8 tensors share: reading, broadcasting, and the loops around a kernel for two rows.

A constant operand of one element makes the operator a look-up on the other (see look_up.py).
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.fixed_point import Clamp
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, Constant, Emission, Graph, Operator, Places, Quantization
from cmsis.compiler.node import Node
from cmsis.compiler.operators import broadcast
from cmsis.compiler.operators.look_up import VALUES, LookUp, require_shape, table_of
from cmsis.compiler.operators.window import read_clamp
from tools.errors import UserError


@dataclass(frozen=True)
class Scales:
    """The quantizations of both operands and of the result."""

    first: Quantization
    second: Quantization
    target: Quantization


@dataclass(frozen=True)
class FoldedBinary(LookUp):
    """An operator on two tensors of which one is a constant of one element, or both follow from the same."""

    builtin: str


@dataclass(frozen=True)
class Binary(Operator):
    """Inputs: two tensors whose shapes fit by TFLite's broadcasting."""

    overwrites: ClassVar[tuple[int, ...]] = (0, 1)
    returns_status: ClassVar[bool] = True
    header: ClassVar[str] = "arm_nnfunctions.h"

    @classmethod
    def read(cls, node: Node) -> Operator:
        """Returns the operator of a .tflite node; raises UserError."""
        first, second, target = node.int8_operand(0), node.int8_operand(1), node.int8_output()
        if first.constant and second.constant:
            raise UserError(f"{node.layer}: both operands of {node.builtin} are constant; got {first.name} and {second.name},"
                            " want a computed one. Fix: remove the layer")
        shape = broadcast.broadcast_shape(first.shape, second.shape)
        if shape is None:
            raise UserError(f"{node.layer}: shapes of {node.builtin} do not fit each other; got {list(first.shape)} and"
                            f" {list(second.shape)}, want equal extents, or 1. Fix: export the .tflite again")
        require_shape(node, shape)
        operator = cls(node.layer, node.present_inputs(2), node.outputs, *cls.read_options(node))
        scales = Scales(first.quantization, second.quantization, target.quantization)
        operator.check(scales)
        for index, tensor in enumerate((first, second)):
            if tensor.constant and tensor.elements == 1:
                operands = [VALUES, VALUES]
                operands[index] = tensor.array().flatten().astype(np.int64)
                return operator.folded(scales, operator.inputs[1 - index], *operands)
        return operator

    @classmethod
    def read_options(cls, node: Node) -> tuple:
        """Returns the values of the subclass's own fields."""
        return ()

    def check(self, scales: Scales) -> None:
        """Raises UserError for scales that the operator can't take."""

    @abstractmethod
    def combine(self, scales: Scales, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Returns the outputs, not clamped, for operands of any shapes that NumPy broadcasts."""

    @abstractmethod
    def row_call(self, scales: Scales, prefix: str) -> tuple[tuple[Constant, ...], Template]:
        """Returns constants and the kernel's call, in which $first, $second, $output and $count are to be filled in."""

    def folded(self, scales: Scales, source: int, x: np.ndarray, y: np.ndarray) -> FoldedBinary:
        """Returns the look-up on tensor `source` that replaces the operator when its operands are x and y for each of VALUES."""
        table = table_of(self.limited(self.combine(scales, x, y)))
        return FoldedBinary(self.layer, (source,), self.outputs, table=table, builtin=self.builtin)

    def limited(self, outputs: np.ndarray) -> np.ndarray:
        """Returns the outputs as int8."""
        return outputs.clip(INT8_MIN, INT8_MAX).astype(np.int8)

    def scales(self, graph: Graph) -> Scales:
        """Returns the quantizations of operands and result."""
        return Scales(*(tensor.quantization for tensor in (graph.input_of(self, 0), graph.input_of(self, 1),
                                                          graph.output_of(self))))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the operands' shapes, broadcast."""
        return broadcast.broadcast_shape(graph.input_of(self, 0).shape, graph.input_of(self, 1).shape)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return self.limited(self.combine(self.scales(graph), *(value.astype(np.int64) for value in values)))

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns the length of a row in which one operand's value is repeated, or 0."""
        return broadcast.scratch_bytes(self.axes(graph))

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the kernel's call, in loops where shapes differ."""
        constants, call = self.row_call(self.scales(graph), places.prefix)
        emission = self.emit_rows(graph, places, constants, call, self.header)
        return replace(emission, returns_status=len(self.axes(graph)) == 1 and self.returns_status)

    def emit_rows(self, graph: Graph, places: Places, constants: tuple[Constant, ...], call: Template, header: str) -> Emission:
        """Returns the loops around `call`, whose $first, $second, $output and $count are rows and their length."""
        text = broadcast.loops(self.axes(graph), places.inputs, places.output, places.scratch, call)
        return Emission(constants, text, returns_status=False, header=header)

    def axes(self, graph: Graph) -> tuple[broadcast.Axis, ...]:
        """Returns how both operands are walked; the innermost axis is the kernel's row."""
        return broadcast.axes_of(graph.input_of(self, 0).shape, graph.input_of(self, 1).shape)


@dataclass(frozen=True)
class ClampedBinary(Binary):
    """One that may have a fused activation, which `clamp` is."""

    clamp: Clamp

    activation_option: ClassVar[int]

    @classmethod
    def read_options(cls, node: Node) -> tuple:
        """Returns the clamp."""
        return (read_clamp(node, cls.activation_option),)

    def limited(self, outputs: np.ndarray) -> np.ndarray:
        """Returns the outputs as int8, clamped."""
        return outputs.clip(self.clamp.low, self.clamp.high).astype(np.int8)
