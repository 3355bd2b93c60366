"""FULLY_CONNECTED on int16 activations with int8 weights (TFLite's 16x8). Shapes as in fully_connected.py; bias [N] of int64."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Clamp, Multiplier
from cmsis.compiler.ir import Constant, DType, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.fully_connected import multiply, product_shape, read_matrix
from cmsis.compiler.operators.window import read_clamp
from cmsis.compiler.wide_multiplier import WideMultiplier, exact_short, wide_multiplier
from tools.errors import UserError

_MAX_INPUT = 1 << 15
_MAX_RESULT = 1 << 31  # TFLite rounds to int32 before it clamps.
_SHORT_CALL = Template("""$kernel(&(cmsis_nn_context){NULL, 0}, &${prefix}_params, &${prefix}_quant,
        &$input_dims, $input, &$filter_dims, ${prefix}_weights,
        &$bias_dims, $bias, &$output_dims, $output)""")
_CALL = Template("""$kernel($input, $rows, $depth, ${prefix}_weights, $bias, $units,
        ${prefix}_factors, $step, $low, $high, $output)""")


@dataclass(frozen=True)
class FullyConnectedS16(Operator):
    """Inputs: rows, weights, optional bias."""

    clamp: Clamp
    keep_dims: bool

    builtin: ClassVar[str] = "FULLY_CONNECTED"
    kernel: ClassVar[str] = "edgeplug_fully_connected_s16"
    types: ClassVar[tuple[DType, ...]] = (DType.INT16, DType.INT8, DType.INT32, DType.INT64)

    @classmethod
    def read(cls, node: Node) -> "FullyConnectedS16":
        """Returns the operator of a .tflite node; raises UserError."""
        node.int16_output()
        read_matrix(node, node.int16_input(0), DType.INT64)
        options = schema.FullyConnectedOptions
        return cls(node.layer, node.present_inputs(most=3), node.outputs, read_clamp(node, options.FUSED_ACTIVATION_FUNCTION),
                   keep_dims=bool(node.option(options.KEEP_NUM_DIMS, "?", False)))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns product_shape()."""
        return product_shape(graph, self)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        scaled = multiply(values, 0, weights.output_factors(graph, self, values[1].shape[0]))
        return np.clip(scaled, self.clamp.low, self.clamp.high).astype(np.int16).reshape(graph.output_of(self).shape)

    def kernel_for(self, graph: Graph) -> str:
        """Returns CMSIS-NN's function where its one 31-bit multiplier is exact, else ours, which takes wide ones."""
        return self.kernel if self.short_multiplier(graph) is None else "arm_fully_connected_s16"

    def macs(self, graph: Graph) -> int:
        """Returns rows * N * depth."""
        return graph.output_of(self).elements * graph.input_of(self, 1).shape[1]

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of the fully connected kernel."""
        constants = weights.arrays(graph, self, places.prefix, "int64_t")
        bias, short = weights.bias_name(graph, self, places.prefix), self.short_multiplier(graph)
        units, depth = graph.input_of(self, 1).shape
        rows = graph.input_of(self, 0).elements // depth
        if short is None:
            factors = self.wide_multipliers(graph)
            call = _CALL.substitute(
                kernel=self.kernel, prefix=places.prefix, input=places.inputs[0], output=places.output, bias=bias, rows=rows,
                depth=depth, units=units, step=int(len(factors) > 1), low=self.clamp.low, high=self.clamp.high)
            return Emission((*constants, c_source.factors(f"{places.prefix}_factors", factors)), call, returns_status=False,
                            header="edgeplug_nn.h")
        input_dims, output_dims = c_source.dims(rows, 1, 1, depth), c_source.dims(rows, 1, 1, units)
        filter_dims, bias_dims = c_source.dims(depth, 1, 1, units), c_source.dims(1, 1, 1, units)
        call = _SHORT_CALL.substitute(
            kernel=self.kernel_for(graph), prefix=places.prefix, input_dims=input_dims.name, filter_dims=filter_dims.name,
            bias_dims=bias_dims.name, output_dims=output_dims.name, input=places.inputs[0], output=places.output, bias=bias)
        return Emission((input_dims, filter_dims, bias_dims, output_dims, *constants,
                         *self._short_parameters(short, places.prefix)), call)

    def _short_parameters(self, factor: Multiplier, prefix: str) -> tuple[Constant, ...]:
        return (c_source.struct(f"{prefix}_quant", "cmsis_nn_per_tensor_quant_params", f"{factor.value}, {factor.shift}"),
                c_source.struct(f"{prefix}_params", "cmsis_nn_fc_params", f"0, 0, 0, {c_source.clamp(self.clamp)}"))

    def short_multiplier(self, graph: Graph) -> Multiplier | None:
        """Returns the one Multiplier of all units, or None where there are several or it would not round like TFLite."""
        steps = self._factors(graph)
        (factor, most), *others = steps
        return None if others else exact_short(factor, (-most, most))

    def wide_multipliers(self, graph: Graph) -> tuple[WideMultiplier, ...]:
        """Returns one WideMultiplier per unit, one in all where all units share a scale; raises UserError."""
        steps = self._factors(graph)
        found = tuple(wide_multiplier(factor, (-most, most)) for factor, most in steps)
        if None in found:
            raise UserError(f"{self.layer}: no 63-bit multiplier rounds like TFLite; got factor {steps[found.index(None)][0]}"
                            f" and sums up to {steps[found.index(None)][1]}, want a factor that saturates sums of 2^31."
                            " Fix: calibrate the quantization again")
        return found

    def _factors(self, graph: Graph) -> list[tuple[float, int]]:
        """Returns each factor with the largest sum that it meets; raises UserError."""
        factors = weights.output_factors(graph, self, graph.input_of(self, 1).shape[0])
        largest = [int(most) for most in weights.largest_sums(graph, self, 0, _MAX_INPUT)]
        most = max(factor * size for factor, size in zip(factors, largest))
        if not most < _MAX_RESULT:
            raise UserError(f"{self.layer}: results of FULLY_CONNECTED may overflow in TFLite; got up to {most:.3g}, want less than"
                            f" {_MAX_RESULT}. Fix: use a smaller bias, or calibrate the quantization again")
        per_channel = graph.input_of(self, 1).quantization.per_channel
        return list(zip(factors, largest)) if per_channel else [(factors[0], max(largest))]
