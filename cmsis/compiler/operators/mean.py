"""MEAN over all spatial axes: Keras' GlobalAveragePooling1D and 2D. Input [1, ..., C], output [1, C] or [1, 1.., C]."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier, requantize
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, DType, Emission, Graph, Operator, Places, Tensor
from cmsis.compiler.node import Node
from tools.errors import UserError

_CALL = Template("""$kernel($input, $rows, $channels, $input_offset, $multiplier, $shift,
        $output_offset, $output)""")

_MAX_INPUT = 255  # |input - zero point|
_MAX_SUM = 1 << 30


@dataclass(frozen=True)
class Mean(Operator):
    """Inputs: image, axes (constant: every axis but the first and the last)."""

    keep_dims: bool

    builtin: ClassVar[str] = "MEAN"
    kernel: ClassVar[str] = "edgeplug_mean_s8"

    @classmethod
    def read(cls, node: Node) -> "Mean":
        """Returns the operator of a .tflite node; raises UserError."""
        source = node.int8_input(0)
        axes = node.constant(1)
        node.int8_output()
        rank = len(source.shape)
        wanted = set(range(1, rank - 1))
        stated = axes.array().flatten().tolist() if axes.dtype is DType.INT32 else []
        found = {axis + rank if axis < 0 else axis for axis in stated}
        if rank < 3 or source.shape[0] != 1 or found != wanted:
            raise UserError(f"{node.layer}: MEAN only over all spatial axes of one image; got axes {sorted(found)} of"
                            f" {list(source.shape)}, want {sorted(wanted)}. Fix: use global average pooling")
        keep_dims = bool(node.option(schema.ReducerOptions.KEEP_DIMS, "?", False))
        return cls(node.layer, node.present_inputs(most=2), node.outputs, keep_dims)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, C], with ones between when dimensions are kept."""
        shape = graph.input_of(self, 0).shape
        return (1,) * (len(shape) - 1) + shape[-1:] if self.keep_dims else (1, shape[-1])

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        source, target = graph.input_of(self, 0), graph.output_of(self)
        channels = source.shape[-1]
        total = (values[0].astype(np.int64) - source.quantization.zero_point).reshape(-1, channels).sum(axis=0)
        factor = self.multiplier(graph)
        mean = requantize(total, factor.value, factor.shift) + target.quantization.zero_point
        return np.clip(mean, INT8_MIN, INT8_MAX).astype(np.int8).reshape(target.shape)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of edgeplug_mean_s8: CMSIS-NN has no mean that rescales."""
        source, factor = graph.input_of(self, 0), self.multiplier(graph)
        most = _rows(source) * _MAX_INPUT << max(factor.shift, 0)
        if most >= _MAX_SUM:
            raise UserError(f"{self.layer}: sums of MEAN may overflow; got up to {most}, want less than {_MAX_SUM}."
                            " Fix: average fewer values, or calibrate the quantization again")
        return emission(places, source, -source.quantization.zero_point, factor, graph.output_of(self).quantization.zero_point)

    def multiplier(self, graph: Graph) -> Multiplier:
        """Returns input scale / output scale / count; TFLite divides the integer multiplier, not the real factor."""
        source, target = graph.input_of(self, 0).quantization, graph.output_of(self).quantization
        factor = quantize_multiplier(source.scale / target.scale)
        count = _rows(graph.input_of(self, 0))
        shift = min(count.bit_length() - 1, 32, 31 + factor.shift)
        return Multiplier((factor.value << shift) // count, factor.shift - shift)


def emission(places: Places, source: Tensor, input_offset: int, factor: Multiplier, output_offset: int) -> Emission:
    """Returns a call of edgeplug_mean_s8 over the spatial axes of `source`."""
    call = _CALL.substitute(
        kernel=Mean.kernel, input=places.inputs[0], output=places.output, rows=_rows(source), channels=source.shape[-1],
        input_offset=input_offset, multiplier=factor.value, shift=factor.shift, output_offset=output_offset)
    return Emission((), call, returns_status=False, header="edgeplug_nn.h")


def _rows(source: Tensor) -> int:
    return math.prod(source.shape[1:-1])
