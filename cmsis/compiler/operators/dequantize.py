"""DEQUANTIZE at the output: int8 to float32."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.ir import DType, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from tools.errors import UserError

_CALL = Template("$kernel($input, $count, $zero_point, $scale, $output)")


@dataclass(frozen=True)
class Dequantize(Operator):
    """Inputs: quantised values. Nothing else takes float32, so that the output is the network's."""

    builtin: ClassVar[str] = "DEQUANTIZE"
    kernel: ClassVar[str] = "edgeplug_dequantize_s8"
    types: ClassVar[tuple[DType, ...]] = tuple(DType)

    @classmethod
    def read(cls, node: Node) -> "Dequantize":
        """Returns the operator of a .tflite node; raises UserError."""
        source, target = node.input(0).dtype, node.output().dtype
        if (source, target) != (DType.INT8, DType.FLOAT32):
            raise UserError(f"{node.layer}: DEQUANTIZE only from int8 to float32; got {source.value} to {target.value}, want int8 to"
                            " float32. Fix: convert to full int8 with a calibration set (//model/quantization:quantize)")
        node.int8_input(0)
        return cls(node.layer, node.present_inputs(1), node.outputs)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the input's shape."""
        return graph.input_of(self, 0).shape

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output: one product, rounded to float32."""
        quantization = graph.input_of(self, 0).quantization
        return (values[0].astype(np.float32) - np.float32(quantization.zero_point)) * np.float32(quantization.scale)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the call."""
        source = graph.input_of(self, 0)
        call = _CALL.substitute(kernel=self.kernel, input=places.inputs[0], count=source.elements, output=places.output,
                                zero_point=source.quantization.zero_point,
                                scale=c_source.number(source.quantization.scale))
        return Emission((), call, returns_status=False, header="edgeplug_nn.h")
