"""ARG_MAX at the output: where the largest value of an axis is, the first of equal ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.ir import DType, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operator_names import TENSOR_TYPES
from tools.errors import UserError

_CALL = Template("$kernel($input, $outer, $extent, $inner, $item_bytes, $output)")


@dataclass(frozen=True)
class ArgMax(Operator):
    """Inputs: values, axis (constant). Nothing else takes the indices, so that the output is the network's."""

    axis: int

    builtin: ClassVar[str] = "ARG_MAX"
    kernel: ClassVar[str] = "edgeplug_arg_max_s8"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT32, DType.INT64)

    @classmethod
    def read(cls, node: Node) -> "ArgMax":
        """Returns the operator of a .tflite node; raises UserError."""
        source, axis, target = node.int8_input(0), node.constant(1), node.output()
        rank = len(source.shape)
        known = axis.elements == 1 and axis.dtype is not DType.INT8 and -rank <= int(axis.array().flat[0]) < rank
        stated = TENSOR_TYPES[node.option(schema.ArgMaxOptions.OUTPUT_TYPE, "B") % len(TENSOR_TYPES)].lower()
        if not known or target.dtype is DType.INT8 or stated != target.dtype.value:
            raise UserError(f"{node.layer}: ARG_MAX needs one axis of {list(source.shape)} and an integer output; got"
                            f" {axis.array().flatten().tolist()} of {axis.dtype.value} and {stated} in a tensor of {target.dtype.value}, want -{rank} to {rank - 1} and int32"
                            " or int64. Fix: export the .tflite again")
        return cls(node.layer, node.present_inputs(2), node.outputs, int(axis.array().flat[0]) % rank)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the input's shape without the axis."""
        shape = graph.input_of(self, 0).shape
        return shape[:self.axis] + shape[self.axis + 1:]

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return np.argmax(values[0], axis=self.axis).astype(graph.output_of(self).dtype.value)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the call."""
        shape = graph.input_of(self, 0).shape
        call = _CALL.substitute(kernel=self.kernel, input=places.inputs[0], outer=math.prod(shape[:self.axis]),
                                extent=shape[self.axis], inner=math.prod(shape[self.axis + 1:]),
                                item_bytes=graph.output_of(self).dtype.item_bytes, output=places.output)
        return Emission((), call, returns_status=False, header="edgeplug_nn.h")
