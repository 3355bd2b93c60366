"""SOFTMAX over the last axis, by TFLite's 32-bit fixed-point exponential."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import schema
from cmsis.compiler.fixed_point import Multiplier, quantize_multiplier
from cmsis.compiler.ir import INT8_MIN, Emission, Graph, Operator, Places, Quantization
from cmsis.compiler.node import Node
from cmsis.compiler.operators.softmax_arithmetic import softmax_row
from tools.errors import UserError

_INTEGER_BITS = 5  # Differences are Q5.26: exp(-32) is below any output step.
_FRACTION_BITS = 31 - _INTEGER_BITS
_MAX_DEPTH = 511  # More could overflow the sum of exponentials; TFLite aborts then.
_OUTPUT = Quantization((1 / 256,), (INT8_MIN,))
_CALL = Template("$kernel($input, $rows, $depth, $multiplier, $shift, $diff_min, $output)")


@dataclass(frozen=True)
class Softmax(Operator):
    """Inputs: logits."""

    beta: float

    builtin: ClassVar[str] = "SOFTMAX"
    kernel: ClassVar[str] = "arm_softmax_s8"

    @classmethod
    def read(cls, node: Node) -> "Softmax":
        """Returns the operator of a .tflite node; raises UserError."""
        source = node.int8_input(0)
        if not source.shape or source.shape[-1] > _MAX_DEPTH:
            raise UserError(f"{node.layer}: softmax over too many values; got shape {list(source.shape)}, want at most"
                            f" {_MAX_DEPTH} in the last dimension. Fix: use fewer classes")
        output = node.int8_output().quantization
        beta = node.option(schema.SoftmaxOptions.BETA, "f", 0.0)
        if (output.scale, output.zero_point) != (_OUTPUT.scale, _OUTPUT.zero_point) or not (
                math.isfinite(beta) and beta > 0):
            raise UserError(f"{node.layer}: softmax with unusual parameters; got beta {beta}, output scale"
                            f" {output.scale} and zero point {output.zero_point}, want a positive beta, 1/256 and -128."
                            " Fix: export the .tflite again")
        factor = beta * source.quantization.scale * (1 << _FRACTION_BITS)
        if not factor > 1:
            raise UserError(f"{node.layer}: steps of the softmax are too small for its fixed point; got beta {beta} times scale"
                            f" {source.quantization.scale}, want more than 2^-{_FRACTION_BITS}. Fix: calibrate the quantization"
                            " again")
        return cls(node.layer, node.present_inputs(most=1), node.outputs, beta)

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the input's shape."""
        return graph.input_of(self, 0).shape

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        multiplier, diff_min = self.scaling(graph)
        depth = values[0].shape[-1]
        rows = [softmax_row(row, multiplier, diff_min) for row in values[0].reshape(-1, depth)]
        return np.stack(rows).reshape(values[0].shape)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of arm_softmax_s8, a void function."""
        source = graph.input_of(self, 0)
        multiplier, diff_min = self.scaling(graph)
        call = _CALL.substitute(
            kernel=self.kernel, input=places.inputs[0], output=places.output, rows=source.elements // source.shape[-1],
            depth=source.shape[-1], multiplier=multiplier.value, shift=multiplier.shift, diff_min=diff_min)
        return Emission((), call, returns_status=False)

    def scaling(self, graph: Graph) -> tuple[Multiplier, int]:
        """Returns the factor from input steps to Q5.26, and the least difference whose exponential counts."""
        scale = float(np.float32(self.beta)) * graph.input_of(self, 0).quantization.scale
        multiplier = quantize_multiplier(min(scale * (1 << _FRACTION_BITS), (1 << 31) - 1.0))
        radius = ((1 << _INTEGER_BITS) - 1) * 2.0 ** _FRACTION_BITS / 2.0 ** multiplier.shift
        return multiplier, -math.floor(radius)
