"""FULLY_CONNECTED: Keras' Dense. Input of any shape, read as [rows, depth]; weights [N, depth], bias [N]."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.exact_multiplier import exact_multiplier, round_real
from cmsis.compiler.fixed_point import Clamp, Multiplier
from cmsis.compiler.ir import Constant, DType, Emission, Graph, Operator, Places, Tensor
from cmsis.compiler.node import Node
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.window import read_clamp
from tools.errors import UserError

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
    """Inputs: rows, weights, optional bias."""

    clamp: Clamp
    keep_dims: bool

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
        """Returns rows * N * depth."""
        return graph.output_of(self).elements * graph.input_of(self, 1).shape[1]

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
        return Emission(constants, call)

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
        """Returns one exact Multiplier per unit, one in all where all units share a scale; raises UserError."""
        units = graph.input_of(self, 1).shape[0]
        factors = weights.output_factors(graph, self, units)
        largest = weights.largest_sums(graph, self, channel_axis=0)
        if not self._per_channel(graph):
            factors, largest = factors[:1], [largest.max()]
        found = tuple(exact_multiplier(factor, int(most)) for factor, most in zip(factors, largest))
        if None in found:
            raise UserError(f"{self.layer}: no 31-bit multiplier rounds like TFLite; got factor"
                            f" {factors[found.index(None)]}, want one with an exact equivalent."
                            " Fix: calibrate the quantization again")
        return found
