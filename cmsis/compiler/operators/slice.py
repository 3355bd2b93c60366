"""SLICE and STRIDED_SLICE: a box of a tensor, in steps where wanted. Contiguous boxes are views and cost nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.ir import Graph
from cmsis.compiler.node import Node
from cmsis.compiler.operators.movement import Copy, Movement, constant_integers, copy, elements, require_same
from tools.errors import UserError

_Index = tuple[slice | int | None, ...]


@dataclass(frozen=True)
class Box(Movement):
    """Inputs: value. `index` is what NumPy would be asked for: slices, numbers for axes that vanish, None for new ones."""

    index: _Index

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the box's shape."""
        return elements(graph.input_of(self, 0))[self.index].shape

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return np.asarray(values[0][self.index])

    def copies(self, graph: Graph) -> tuple[Copy, ...]:
        """Returns one copy along the box's axes."""
        source, target = elements(graph.input_of(self, 0)), elements(graph.output_of(self))
        item_bytes = graph.output_of(self).dtype.item_bytes
        # Ellipsis: even an index of numbers alone gives a view then.
        return (copy(item_bytes, 0, source, source[(*self.index, ...)], 0, target, target),)


@dataclass(frozen=True)
class Slice(Box):
    """SLICE: first indices and sizes, -1 for all that follow."""

    builtin: ClassVar[str] = "SLICE"

    @classmethod
    def read(cls, node: Node) -> "Slice":
        """Returns the operator of a .tflite node; raises UserError."""
        shape, starts, sizes = node.input(0).shape, constant_integers(node, 1), constant_integers(node, 2)
        require_same(node, node.input(0), node.output())
        if not len(shape) == len(starts) == len(sizes):
            raise _outside(node, starts, sizes, shape)
        ends = [extent if size == -1 else start + size for extent, start, size in zip(shape, starts, sizes)]
        if not all(0 <= start < end <= extent for extent, start, end in zip(shape, starts, ends)):
            raise _outside(node, starts, sizes, shape)
        return cls(node.layer, node.present_inputs(most=3)[:1], node.outputs, tuple(map(slice, starts, ends)))


@dataclass(frozen=True)
class StridedSlice(Box):
    """STRIDED_SLICE: begins, ends and steps; bit i of each mask concerns entry i of these lists."""

    builtin: ClassVar[str] = "STRIDED_SLICE"

    @classmethod
    def read(cls, node: Node) -> "StridedSlice":
        """Returns the operator of a .tflite node; raises UserError."""
        shape, lists = node.input(0).shape, tuple(constant_integers(node, index) for index in (1, 2, 3))
        require_same(node, node.input(0), node.output())
        if len({len(one) for one in lists}) > 1 or 0 in lists[2]:
            raise _outside(node, *lists[:2], shape)
        index = _strided_index(node, shape, lists)
        if 0 in elements(node.input(0))[index].shape:
            raise _outside(node, *lists[:2], shape)
        return cls(node.layer, node.present_inputs(most=4)[:1], node.outputs, index)


def _outside(node: Node, starts: Sequence[int], ends: Sequence[int], shape: tuple[int, ...]) -> UserError:
    return UserError(f"{node.layer}: {node.builtin} leaves the value or is empty; got {list(starts)} and {list(ends)} on"
                     f" shape {list(shape)}, want a part of it. Fix: export the .tflite again")


def _strided_index(node: Node, shape: tuple[int, ...], lists: tuple[tuple[int, ...], ...]) -> _Index:
    options = schema.StridedSliceOptions
    begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_mask = (
        node.option(option, "i") for option in (options.BEGIN_MASK, options.END_MASK, options.ELLIPSIS_MASK,
                                                options.NEW_AXIS_MASK, options.SHRINK_AXIS_MASK))
    entries = range(len(lists[0]))
    new_axes = sum(bool(new_axis_mask >> entry & 1 and not ellipsis_mask >> entry & 1) for entry in entries)
    skipped = len(shape) - (len(entries) - new_axes - bool(ellipsis_mask))
    beyond = any(mask >> len(entries) for mask in (ellipsis_mask, new_axis_mask, shrink_mask))
    if skipped < 0 or ellipsis_mask & (ellipsis_mask - 1) or beyond:
        raise _outside(node, *lists[:2], shape)
    index: list[slice | int | None] = []
    axis = 0
    for entry, (begin, end, step) in enumerate(zip(*lists)):
        if ellipsis_mask >> entry & 1:
            index += [slice(None)] * skipped
            axis += skipped
            continue
        if new_axis_mask >> entry & 1:
            index.append(None)
            continue
        if axis == len(shape):
            raise _outside(node, *lists[:2], shape)
        if node.option(options.OFFSET, "?", False):
            if begin_mask >> entry & 1 or begin < 0 or end < 0:  # TFLite counts from where the mask or the wrapping leads.
                raise _outside(node, *lists[:2], shape)
            end += begin
        if shrink_mask >> entry & 1:
            if begin_mask >> entry & 1:
                begin = 0 if step > 0 else -1
            if not -shape[axis] <= begin < shape[axis]:
                raise _outside(node, *lists[:2], shape)
            index.append(begin % shape[axis])
        else:
            index.append(slice(None if begin_mask >> entry & 1 else begin, None if end_mask >> entry & 1 else end, step))
        axis += 1
    return tuple(index)
