"""FULLY_CONNECTED: Keras' Dense. Input of any shape, read as [rows, depth]; weights [N, depth], bias [N]."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.exact_multiplier import exact_multiplier, round_real
from cmsis.compiler.fixed_point import Clamp, Multiplier, quantize_multiplier
from cmsis.compiler.ir import Constant, DType, Emission, Graph, Operator, Places, Tensor
from cmsis.compiler.node import Node
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.window import read_clamp
from cmsis.compiler.wide_multiplier import WideMultiplier, wide_multiplier
from tools.errors import UserError

WIDE_KERNEL = "edgeplug_fully_connected_wide_s8"
_CALL = Template("""$kernel($context, &${prefix}_params, &${prefix}_quant,
        &$input_dims, $input, &$filter_dims, ${prefix}_weights,
        &$bias_dims, $bias, &$output_dims, $output)""")


def read_matrix(node: Node, source: Tensor, bias_type: DType = DType.INT32) -> None:
    """Raises UserError where the weights, input 1, or the bias don't fit `source`."""
    matrix = node.constant(1)
    if len(matrix.shape) != 2 or source.elements % matrix.shape[1] or node.option(
            schema.FullyConnectedOptions.WEIGHTS_FORMAT, "b"):
        raise UserError(f"{node.layer}: weights do not fit the input; got {list(matrix.shape)} on"
                        f" {list(source.shape)}, want [units, depth] in the default format."
                        " Fix: export the .tflite again")
    weights.check_weights(node, channel_axis=0, channels=matrix.shape[0], bias_type=bias_type)


def product_shape(graph: Graph, operator: Operator) -> tuple[int, ...]:
    """Returns [rows, N], or the input's shape with its last extent replaced when `operator` keeps dimensions."""
    units, depth = graph.input_of(operator, 1).shape
    source = graph.input_of(operator, 0)
    return source.shape[:-1] + (units,) if operator.keep_dims else (source.elements // depth, units)


def multiply(values: Sequence[np.ndarray], zero_point: int, factors: tuple[float, ...]) -> np.ndarray:
    """Returns (values[0] - zero point) times values[1] transposed, plus values[2] where there is one, times factors, rounded."""
    rows = values[0].astype(np.int64).reshape(-1, values[1].shape[1])
    sums = (rows - zero_point) @ values[1].astype(np.int64).T
    return round_real(sums + values[2].flatten() if len(values) > 2 else sums, np.array(factors))


@dataclass(frozen=True)
class FullyConnected(Operator):
    """Inputs: rows, weights, optional bias. An `alternate` one has weights of zero for every second value."""

    clamp: Clamp
    keep_dims: bool
    alternate: bool = False

    builtin: ClassVar[str] = "FULLY_CONNECTED"
    kernel: ClassVar[str] = "arm_fully_connected_s8"

    @classmethod
    def read(cls, node: Node) -> "FullyConnected":
        """Returns the operator of a .tflite node; raises UserError."""
        node.int8_output()
        read_matrix(node, node.int8_input(0))
        options = schema.FullyConnectedOptions
        return cls(node.layer, node.present_inputs(most=3), node.outputs, read_clamp(node, options.FUSED_ACTIVATION_FUNCTION),
                   keep_dims=bool(node.option(options.KEEP_NUM_DIMS, "?", False)))

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns product_shape()."""
        return product_shape(graph, self)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        target, factors = graph.output_of(self), weights.output_factors(graph, self, values[1].shape[0])
        scaled = multiply(values, graph.input_of(self, 0).quantization.zero_point, factors) + target.quantization.zero_point
        return np.clip(scaled, self.clamp.low, self.clamp.high).astype(np.int8).reshape(target.shape)

    def kernel_for(self, graph: Graph) -> str:
        """Returns the per-channel kernel where scales differ per unit, else the per-tensor one."""
        return "arm_fully_connected_per_channel_s8" if self._per_channel(graph) else self.kernel

    def macs(self, graph: Graph) -> int:
        """Returns rows * N * depth, of an alternate one half of these."""
        return graph.output_of(self).elements * graph.input_of(self, 1).shape[1] // (2 if self.alternate else 1)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns arm_fully_connected_s8_get_buffer_size(): one input of int16."""
        return 2 * -(-graph.input_of(self, 1).shape[1] // 4) * 4

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of the fully connected kernel."""
        units, depth = graph.input_of(self, 1).shape
        rows = math.prod(graph.input_of(self, 0).shape) // depth
        input_dims, output_dims = c_source.dims(rows, 1, 1, depth), c_source.dims(rows, 1, 1, units)
        filter_dims, bias_dims = c_source.dims(depth, 1, 1, units), c_source.dims(1, 1, 1, units)
        constants = (input_dims, filter_dims, bias_dims, output_dims, *weights.constants(graph, self, places.prefix),
                     *self._quantization(graph, places.prefix),
                     c_source.struct(f"{places.prefix}_params", "cmsis_nn_fc_params", self._parameters(graph)))
        call = _CALL.substitute(
            kernel=self.kernel_for(graph), prefix=places.prefix,
            context=c_source.context(places.scratch, self.scratch_bytes(graph)), input_dims=input_dims.name,
            filter_dims=filter_dims.name, bias_dims=bias_dims.name, output_dims=output_dims.name, input=places.inputs[0], output=places.output,
            bias=weights.bias_name(graph, self, places.prefix))
        return self.with_wide_units(graph, places, Emission(constants, call))

    def _quantization(self, graph: Graph, prefix: str) -> tuple[Constant, ...]:
        multipliers = self.multipliers(graph)
        if self._per_channel(graph):
            return c_source.per_channel(prefix, multipliers)
        return (c_source.struct(f"{prefix}_quant", "cmsis_nn_per_tensor_quant_params",
                                f"{multipliers[0].value}, {multipliers[0].shift}"),)

    def _parameters(self, graph: Graph) -> str:
        source, target = graph.input_of(self, 0).quantization, graph.output_of(self).quantization
        return f"{-source.zero_point}, 0, {target.zero_point}, {c_source.clamp(self.clamp)}"

    def _per_channel(self, graph: Graph) -> bool:
        return graph.input_of(self, 1).quantization.per_channel

    def multipliers(self, graph: Graph) -> tuple[Multiplier, ...]:
        """Returns one Multiplier per unit, one in all where all units share a scale: an exact one, or the nearest one where
        wide_units() has to help.
        """
        return tuple(exact or quantize_multiplier(factor) for factor, exact in self._searched(graph))

    def wide_units(self, graph: Graph) -> tuple[int, ...]:
        """Returns the units whose outputs no 31-bit multiplier rounds like TFLite."""
        searched = self._searched(graph)
        units = range(graph.input_of(self, 1).shape[0])
        return tuple(unit for unit in units if searched[unit if len(searched) > 1 else 0][1] is None)

    def wide_multipliers(self, graph: Graph, units: tuple[int, ...]) -> tuple[WideMultiplier, ...]:
        """Returns those of `units`; raises UserError where even they don't round like TFLite."""
        factors, sums = weights.output_factors(graph, self, graph.input_of(self, 1).shape[0]), weights.sum_ranges(graph, self)
        found = []
        for unit in units:
            found.append(wide_multiplier(factors[unit], sums[unit], self._results(graph)))
            if found[-1] is None:
                raise UserError(f"{self.layer}: no 63-bit multiplier rounds like TFLite; got factor {factors[unit]} for unit {unit},"
                                " want one with an exact equivalent. Fix: calibrate the quantization again")
        return tuple(found)

    def _searched(self, graph: Graph) -> tuple[tuple[float, Multiplier | None], ...]:
        """Returns the factors, each with its exact Multiplier if there is one."""
        factors, sums = weights.output_factors(graph, self, graph.input_of(self, 1).shape[0]), weights.sum_ranges(graph, self)
        if not self._per_channel(graph):
            factors, sums = factors[:1], ((min(low for low, _ in sums), max(high for _, high in sums)),)
        return tuple((factor, exact_multiplier(factor, ends, self._results(graph))) for factor, ends in zip(factors, sums))

    def _results(self, graph: Graph) -> tuple[int, int]:
        """Returns between which numbers results matter, zero point apart."""
        zero_point = graph.output_of(self).quantization.zero_point
        return self.clamp.low - zero_point, self.clamp.high - zero_point

    def wide_members(self, graph: Graph, units: tuple[int, ...], prefix: str) -> tuple[tuple[Constant, ...], str]:
        """Returns the arrays of an edgeplug_wide_units for `units` and its initialiser."""
        matrix, target = weights.filter_matrix(graph, self), graph.output_of(self)
        count, depth = matrix.shape
        chosen = list(units)
        arrays = (c_source.array(f"{prefix}_wide_weights", "int8_t", matrix[chosen].flatten()),
                  c_source.array(f"{prefix}_wide_biases", "int32_t", weights.folded_bias(graph, self)[chosen]),
                  c_source.factors(f"{prefix}_wide_factors", self.wide_multipliers(graph, units)),
                  c_source.array(f"{prefix}_wide_places", "int32_t", units))
        numbers = (len(units), target.elements // count, depth, count, target.quantization.zero_point, self.clamp.low, self.clamp.high)
        return arrays, ", ".join((*(array.name for array in arrays), *map(str, numbers)))

    def with_wide_units(self, graph: Graph, places: Places, emission: Emission) -> Emission:
        """Returns the emission with a call behind it that computes wide_units() again."""
        units = self.wide_units(graph)
        if not units:
            return emission
        name = f"{places.prefix}_wide"
        arrays, members = self.wide_members(graph, units, places.prefix)
        call = f"{WIDE_KERNEL}(&{name}, {places.inputs[0]}, {places.output})"
        joined = (f"({emission.call} != ARM_CMSIS_NN_SUCCESS ? ARM_CMSIS_NN_FAILURE : ({call}, ARM_CMSIS_NN_SUCCESS))"
                  if emission.returns_status else f"{emission.call};\n    {call}")
        return replace(emission, constants=(*emission.constants, *arrays, c_source.struct(name, "edgeplug_wide_units", members)),
                       call=joined, further_headers=("edgeplug_nn.h",))
