"""What operators that only move bytes share: copies along axes, which are views where source and target are contiguous.

Inputs: where the elements lie in source and target, as NumPy views of arrays that nobody fills. Outputs: calls of
edgeplug_copy (edgeplug_nn.h), and Aliases for what the planner can make free of cost.
"""

from abc import abstractmethod
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.ir import Alias, Constant, DType, Emission, Graph, Operator, Places, Tensor
from cmsis.compiler.node import Node
from tools.errors import UserError

_CALL = Template("edgeplug_copy($source, $target, $axes, $rank, $run_bytes)")


@dataclass(frozen=True)
class Axis:
    """`extent` steps of so many bytes."""

    extent: int
    source_stride: int
    target_stride: int


@dataclass(frozen=True)
class Copy:
    """Runs of `run_bytes` along `axes`, from input to output of the given positions; the offsets are in elements."""

    source: int
    target: int
    source_offset: int
    target_offset: int
    axes: tuple[Axis, ...]
    run_bytes: int


def elements(tensor: Tensor) -> np.ndarray:
    """Returns an array of the tensor's shape to take views of: one byte per element, contents undefined."""
    return np.empty(tensor.shape, np.int8)


def copy(item_bytes: int, source: int, source_base: np.ndarray, source_view: np.ndarray, target: int,
         target_base: np.ndarray, target_view: np.ndarray) -> Copy:
    """Returns the Copy from a view of `source_base` to a view, of the same shape, of `target_base`."""
    axes: list[Axis] = []
    for extent, source_stride, target_stride in zip(source_view.shape, source_view.strides, target_view.strides, strict=True):
        axis = Axis(extent, source_stride * item_bytes, target_stride * item_bytes)
        if axes and axes[-1].source_stride == extent * axis.source_stride and (
                axes[-1].target_stride == extent * axis.target_stride):
            axes[-1] = Axis(axes[-1].extent * extent, axis.source_stride, axis.target_stride)
        elif extent > 1:
            axes.append(axis)
    run_bytes = item_bytes
    if axes and axes[-1].source_stride == axes[-1].target_stride == item_bytes:
        run_bytes *= axes.pop().extent
    return Copy(source, target, _offset(source_base, source_view), _offset(target_base, target_view), tuple(axes),
                run_bytes)


def _offset(base: np.ndarray, view: np.ndarray) -> int:
    return view.__array_interface__["data"][0] - base.__array_interface__["data"][0]


@dataclass(frozen=True)
class Movement(Operator):
    """An operator that is nothing but copies."""

    kernel: ClassVar[str] = "edgeplug_copy"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.INT32, DType.INT64)

    @abstractmethod
    def copies(self, graph: Graph) -> tuple[Copy, ...]:
        """Returns the copies that fill the outputs."""

    def aliases(self, graph: Graph) -> tuple[Alias, ...]:
        """Returns one Alias per copy where all of them are contiguous."""
        copies = self.copies(graph)
        if any(one.axes for one in copies):
            return ()
        return tuple(self._alias(graph, one) for one in copies)

    def _alias(self, graph: Graph, one: Copy) -> Alias:
        source, target = self.inputs[one.source], self.outputs[one.target]
        item_bytes = graph.tensors[source].dtype.item_bytes
        if one.run_bytes == graph.tensors[target].size_bytes:
            return Alias(target, source, one.source_offset * item_bytes)
        return Alias(source, target, one.target_offset * item_bytes)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the copies that are not settled."""
        wanted = [one for one, settled in zip(self.copies(graph), places.settled or self._all(graph)) if not settled]
        calls = [call(one, places) for one in wanted]
        return Emission(tuple(constant for constants, _ in calls for constant in constants),
                        ";\n    ".join(text for _, text in calls), returns_status=False, header="edgeplug_nn.h")

    def _all(self, graph: Graph) -> tuple[bool, ...]:
        return (False,) * len(self.copies(graph))


def call(one: Copy, places: Places) -> tuple[tuple[Constant, ...], str]:
    """Returns the constants and the call of edgeplug_copy for one Copy."""
    axes = c_source.axes(tuple((axis.extent, axis.source_stride, axis.target_stride) for axis in one.axes))
    return ((axes,) if one.axes else (), _CALL.substitute(
        source=c_source.moved(places.inputs[one.source], one.source_offset),
        target=c_source.moved(places.outputs[one.target], one.target_offset),
        axes=axes.name if one.axes else "NULL", rank=len(one.axes), run_bytes=one.run_bytes))


def require_same(node: Node, *tensors: Tensor) -> None:
    """Raises UserError unless all tensors share element type and quantisation, so that bytes can move as they are."""
    for tensor in tensors[1:]:
        if tensor.dtype is not tensors[0].dtype or tensor.quantization != tensors[0].quantization:
            raise UserError(f"{node.layer}: {node.builtin} must keep type and quantization; got {tensors[0].quantization}"
                            f" for {tensors[0].name} and {tensor.quantization} for {tensor.name}, want the same."
                            " Fix: export the .tflite again")


def constant_integers(node: Node, index: int) -> tuple[int, ...]:
    """Returns the values of an input that must be constant int32 (or int64)."""
    tensor = node.constant(index)
    if tensor.dtype not in (DType.INT32, DType.INT64):
        raise UserError(f"{node.layer}: input {index} of {node.builtin} is no list of numbers; got {tensor.dtype.value},"
                        " want int32. Fix: export the .tflite again")
    return tuple(int(value) for value in tensor.array().flatten())


def one_axis(node: Node, axis: int, rank: int) -> int:
    """Returns an axis that counts from the front; raises UserError for one outside the shape."""
    if not -rank <= axis < rank:
        raise UserError(f"{node.layer}: axis of {node.builtin} is outside the shape; got {axis}, want {-rank} to"
                        f" {rank - 1}. Fix: export the .tflite again")
    return axis % rank
