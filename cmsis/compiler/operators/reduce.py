"""MEAN and SUM over any axes; Keras' GlobalAveragePooling is a MEAN. The output is rescaled."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, requantize
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators import movement
from cmsis.compiler.operators.movement import Copy, constant_integers, copy, elements, one_axis
from tools.errors import UserError

_MAX_INPUT = 255  # |input - zero point|
_MAX_SUM = 1 << 30
_LEAST_FACTOR, _MOST_FACTOR = 2.0 ** -60, 2.0 ** 60  # Far inside what single precision holds.
_BEYOND = 512  # More than any output needs, before its zero point.
_CALL = Template("$kernel($input, $arguments, $output)")


@dataclass(frozen=True)
class Reduction(Operator):
    """Inputs: value. `axes` are summed over; they stay as extents of one when dimensions are kept."""

    axes: tuple[int, ...]
    keep_dims: bool

    @classmethod
    def read(cls, node: Node) -> "Reduction":
        """Returns the operator of a .tflite node; raises UserError."""
        source = node.int8_input(0)
        node.int8_output()
        axes = {one_axis(node, axis, len(source.shape)) for axis in constant_integers(node, 1)}
        keep_dims = bool(node.option(schema.ReducerOptions.KEEP_DIMS, "?", False))
        return cls(node.layer, node.present_inputs(most=2)[:1], node.outputs, tuple(sorted(axes)), keep_dims)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the value's shape without the axes, or with ones in their place when dimensions are kept."""
        shape = graph.input_of(self, 0).shape
        if self.keep_dims:
            return tuple(1 if axis in self.axes else extent for axis, extent in enumerate(shape))
        return tuple(extent for axis, extent in enumerate(shape) if axis not in self.axes)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns room for the value with all axes in front, where the kernel can't take it as it is."""
        return 0 if self._layout(graph) else graph.input_of(self, 0).size_bytes

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of the kernel, behind a copy into the scratch where axes lie apart."""
        constants, before, summed = (), "", places.inputs[0]
        if not self._layout(graph):
            aside = Places(places.prefix, places.inputs, (places.scratch,), "NULL")
            (constants, text), summed = movement.call(self.copy(graph), aside), places.scratch
            before = f"{text};\n    "
        aside = Places(places.prefix, (summed,), places.outputs, "NULL")
        summing = emission(self.kernel, aside, (*self.extents(graph), *self.arguments(graph)))
        return replace(summing, constants=constants, call=before + summing.call)

    @abstractmethod
    def arguments(self, graph: Graph) -> tuple[float | int, ...]:
        """Returns what the kernel wants between extents and output; raises UserError where sums may overflow."""

    def extents(self, graph: Graph) -> tuple[int, int, int]:
        """Returns groups, rows (what is summed) and channels of what the kernel reads."""
        return self._layout(graph) or (1, self._rows(graph), graph.output_of(self).elements)

    def copy(self, graph: Graph) -> Copy:
        """Returns how the value moves into the scratch, axes in front."""
        source = elements(graph.input_of(self, 0))
        ordered = source.transpose(*self.axes, *(axis for axis in range(source.ndim) if axis not in self.axes))
        target = np.empty(ordered.shape, np.int8)
        return copy(1, 0, source, ordered, 0, target, target)

    def _layout(self, graph: Graph) -> tuple[int, int, int] | None:
        """Returns groups, rows and channels of the value itself; None where kept axes lie between summed ones."""
        shape = graph.input_of(self, 0).shape
        summed = [axis for axis in self.axes if shape[axis] > 1]
        if not summed:
            return (1, 1, math.prod(shape))
        if any(shape[axis] > 1 and axis not in self.axes for axis in range(summed[0], summed[-1])):
            return None
        return (math.prod(shape[:summed[0]]), self._rows(graph), math.prod(shape[summed[-1] + 1:]))

    def _rows(self, graph: Graph) -> int:
        return math.prod(graph.input_of(self, 0).shape[axis] for axis in self.axes)


def emission(kernel: str, places: Places, numbers: tuple[float | int, ...]) -> Emission:
    """Returns a call of a summing kernel, `numbers` between input and output."""
    arguments = ", ".join(c_source.number(value) for value in numbers)
    call = _CALL.substitute(kernel=kernel, input=places.inputs[0], arguments=arguments, output=places.output)
    return Emission((), call, returns_status=False, header="edgeplug_nn.h")


@dataclass(frozen=True)
class Mean(Reduction):
    """MEAN: rounded twice."""

    builtin: ClassVar[str] = "MEAN"
    kernel: ClassVar[str] = "edgeplug_mean_s8"

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        source, target = graph.input_of(self, 0), graph.output_of(self)
        total = (values[0].astype(np.int64) - source.quantization.zero_point).sum(axis=self.axes)
        factor = self.multiplier(graph)
        scaled = requantize(total, factor.value, factor.shift) + target.quantization.zero_point
        return np.clip(scaled, INT8_MIN, INT8_MAX).astype(np.int8).reshape(target.shape)

    def arguments(self, graph: Graph) -> tuple[int, ...]:
        """Returns input offset, multiplier, shift and output offset."""
        factor = self.multiplier(graph)
        most = self._rows(graph) * _MAX_INPUT << max(factor.shift, 0)
        if most >= _MAX_SUM:
            raise UserError(f"{self.layer}: sums of {self.builtin} may overflow; got up to {most}, want less than"
                            f" {_MAX_SUM}. Fix: use a smaller layer, or calibrate the quantization again")
        return (-graph.input_of(self, 0).quantization.zero_point, factor.value, factor.shift,
                graph.output_of(self).quantization.zero_point)

    def multiplier(self, graph: Graph) -> Multiplier:
        """Returns input scale / output scale / count; TFLite divides the integer multiplier, not the real factor."""
        source, target = graph.input_of(self, 0).quantization, graph.output_of(self).quantization
        factor, count = quantize_multiplier(source.scale / target.scale), self._rows(graph)
        shift = min(count.bit_length() - 1, 32, 31 + factor.shift)
        return Multiplier((factor.value << shift) // count, factor.shift - shift)


@dataclass(frozen=True)
class Sum(Reduction):
    """SUM: scaled in single precision, rounded once, halves away from zero."""

    builtin: ClassVar[str] = "SUM"
    kernel: ClassVar[str] = "edgeplug_sum_s8"

    @classmethod
    def read(cls, node: Node) -> "Sum":
        """Returns the operator of a .tflite node; raises UserError."""
        scales = [tensor.quantization.scale for tensor in (node.int8_input(0), node.int8_output())]
        if not _LEAST_FACTOR < scales[0] / scales[1] < _MOST_FACTOR:
            raise UserError(f"{node.layer}: scales of SUM do not fit; got {scales[0]} in and {scales[1]} out, want a quotient of"
                            f" {_LEAST_FACTOR} to {_MOST_FACTOR}. Fix: calibrate the quantization again")
        return super().read(node)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        scale, bias = self._line(graph)
        real = np.clip(values[0].astype(np.int64).sum(axis=self.axes).astype(np.float32) * scale + bias, -_BEYOND, _BEYOND)
        whole = np.trunc(real)
        rounded = whole + np.where(np.abs(real - whole) >= 0.5, np.sign(real), 0)
        total = rounded.astype(np.int64) + graph.output_of(self).quantization.zero_point
        return np.clip(total, INT8_MIN, INT8_MAX).astype(np.int8).reshape(graph.output_of(self).shape)

    def arguments(self, graph: Graph) -> tuple[float | int, ...]:
        """Returns scale, bias and output offset."""
        return (*map(float, self._line(graph)), graph.output_of(self).quantization.zero_point)

    def _line(self, graph: Graph) -> tuple[np.float32, np.float32]:
        """Returns scale and bias; every operation rounds to single precision, as TFLite's does."""
        source, target, one = graph.input_of(self, 0).quantization, graph.output_of(self).quantization, np.float32
        scale = one(source.scale) / one(target.scale)
        return scale, one(one(-source.zero_point) * scale) * one(self._rows(graph))
