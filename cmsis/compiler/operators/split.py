"""SPLIT, SPLIT_V and UNPACK: one tensor in pieces along one axis. Contiguous pieces are views and cost nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.ir import Graph, MultiOutput
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import (Copy, Movement, constant_integers, copy, elements, one_axis,
                                               require_same)
from tools.errors import UserError


@dataclass(frozen=True)
class Parting(Movement, MultiOutput):
    """Inputs: value. Output number i is `stretches[i]` of the value along `axis`."""

    axis: int
    stretches: tuple[slice | int, ...]

    count_option: ClassVar[int]

    def infer_shapes(self, graph: Graph) -> tuple[tuple[int, ...], ...]:
        """Returns the pieces' shapes."""
        return tuple(piece.shape for piece in self._cut(elements(graph.input_of(self, 0))))

    def references(self, graph: Graph, values: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Returns the exact outputs."""
        return self._cut(values[0])

    def copies(self, graph: Graph) -> tuple[Copy, ...]:
        """Returns one copy per piece."""
        source, found = graph.input_of(self, 0), []
        base = elements(source)
        for index, piece in enumerate(self._cut(base)):
            target = elements(graph.output_of(self, index))
            found.append(copy(source.dtype.item_bytes, 0, base, piece, index, target, target))
        return tuple(found)

    def _cut(self, value: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(value[(slice(None),) * self.axis + (where,)] for where in self.stretches)


def _refuse(node: Node, sizes: list[int], extent: int) -> UserError:
    return UserError(f"{node.layer}: pieces of {node.builtin} do not fit the value; got {len(node.outputs)} outputs of"
                     f" {sizes}, want a sum of {extent}. Fix: export the .tflite again")


def _slices(sizes: list[int]) -> tuple[slice, ...]:
    return tuple(slice(sum(sizes[:index]), sum(sizes[:index + 1])) for index in range(len(sizes)))


def _read(cls: type[Parting], node: Node, inputs: int, value: int, axis: int, stretches: tuple[slice | int, ...]) -> Parting:
    node.present_inputs(most=inputs)
    stated = node.option(cls.count_option, "i")
    if stated != len(node.outputs):
        raise UserError(f"{node.layer}: outputs of {node.builtin} are not as many as it says; got {len(node.outputs)}, want"
                        f" {stated}. Fix: export the .tflite again")
    require_same(node, node.input(value), *(node.output(index) for index in range(len(node.outputs))))
    return cls(node.layer, (node.inputs[value],), node.outputs, axis, stretches)


@dataclass(frozen=True)
class Split(Parting):
    """SPLIT: pieces of one size. The file's inputs are axis and value."""

    builtin: ClassVar[str] = "SPLIT"
    count_option: ClassVar[int] = schema.SplitOptions.NUM_SPLITS

    @classmethod
    def read(cls, node: Node) -> "Split":
        """Returns the operator of a .tflite node; raises UserError."""
        shape, count = node.input(1).shape, max(len(node.outputs), 1)
        axis = one_axis(node, (constant_integers(node, 0) or (0,))[0], len(shape))
        sizes = [shape[axis] // count] * count
        if sum(sizes) != shape[axis]:
            raise _refuse(node, sizes, shape[axis])
        return _read(cls, node, 2, 1, axis, _slices(sizes))


@dataclass(frozen=True)
class SplitV(Parting):
    """SPLIT_V: pieces of given sizes, one of which may be -1 for the rest. The file's inputs are value, sizes and axis."""

    builtin: ClassVar[str] = "SPLIT_V"
    count_option: ClassVar[int] = schema.SplitVOptions.NUM_SPLITS

    @classmethod
    def read(cls, node: Node) -> "SplitV":
        """Returns the operator of a .tflite node; raises UserError."""
        shape, sizes = node.input(0).shape, list(constant_integers(node, 1))
        axis = one_axis(node, (constant_integers(node, 2) or (0,))[0], len(shape))
        if sizes.count(-1) == 1:
            sizes[sizes.index(-1)] = shape[axis] - sum(sizes) - 1
        if sum(sizes) != shape[axis] or len(sizes) != len(node.outputs) or min(sizes) < 1:
            raise _refuse(node, sizes, shape[axis])
        return _read(cls, node, 3, 0, axis, _slices(sizes))


@dataclass(frozen=True)
class Unpack(Parting):
    """UNPACK: one piece per index, without the axis."""

    builtin: ClassVar[str] = "UNPACK"
    count_option: ClassVar[int] = schema.UnpackOptions.NUM

    @classmethod
    def read(cls, node: Node) -> "Unpack":
        """Returns the operator of a .tflite node; raises UserError."""
        shape = node.input(0).shape
        axis = one_axis(node, node.option(schema.UnpackOptions.AXIS, "i"), len(shape))
        if len(node.outputs) != shape[axis]:
            raise _refuse(node, [1] * len(node.outputs), shape[axis])
        return _read(cls, node, 1, 0, axis, tuple(range(shape[axis])))
