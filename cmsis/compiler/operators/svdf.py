"""SVDF: a dense layer over time, of low rank. Input [1, I], feature weights [F, I], time weights [F, M], bias [F / rank].

Each of F filters remembers its last M products with the input, in a state [1, F * M] that outlives an inference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Template
from typing import ClassVar

import numpy as np

from cmsis.compiler import c_source, schema
from cmsis.compiler.fixed_point import Multiplier, requantize_wrapped, wrap
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, Constant, DType, Emission, Graph, Operator, Places
from cmsis.compiler.node import Node
from cmsis.compiler.operators.weights import checked_multiplier
from tools.errors import UserError

_INPUT, _FEATURE, _TIME, _STATE, _BIAS = range(5)
_CALL = Template("""$kernel(&(cmsis_nn_context){$scratch, $scratch_bytes}, &(cmsis_nn_context){$sums, $sums_bytes},
        &${prefix}_params, &${prefix}_state_quant, &${prefix}_output_quant, &$input_dims, $input, &$state_dims, $state,
        &$feature_dims, ${prefix}_feature, &$time_dims, ${prefix}_time, &$bias_dims, $bias, &$output_dims, $output)""")


@dataclass(frozen=True)
class Svdf(Operator):
    """Inputs: input, feature weights, time weights (int16), state (int16), optional bias; the file has it before the state."""

    rank: int
    foreign: bool = False

    builtin: ClassVar[str] = "SVDF"
    kernel: ClassVar[str] = "arm_svdf_state_s16_s8"
    types: ClassVar[tuple[DType, ...]] = (DType.INT8, DType.INT16, DType.INT32)

    @classmethod
    def read(cls, node: Node) -> "Svdf":
        """Returns the operator of a .tflite node; raises UserError."""
        node.state(4)  # before anything else: from here on the file's order is known to be there
        order = (0, 1, 2, 4, 3) if node.inputs[3] >= 0 else (0, 1, 2, 4)
        node = replace(node, inputs=tuple(node.inputs[index] for index in order))
        node.int8_input(_INPUT)
        node.int8_output()
        operator = cls(node.layer, node.inputs, node.outputs, node.option(schema.SVDFOptions.RANK, "i"))
        operator._check_shapes(node)
        operator._check_types(node)
        activation = node.option(schema.SVDFOptions.FUSED_ACTIVATION_FUNCTION, "b")
        if activation != schema.ActivationFunctionType.RELU:  # TFLite demands it, and leaves it to the output's range.
            raise UserError(f"{node.layer}: activation of SVDF is not supported; got number {activation}, want relu."
                            " Fix: use activation='relu'")
        return operator

    def _check_shapes(self, node: Node) -> None:
        shapes = [node.tensors[number].shape for number in node.inputs]
        feature, time = shapes[_FEATURE], shapes[_TIME]
        wanted = len(feature) == len(time) == 2 and self.rank > 0 and feature[0] % self.rank == 0 and [
            (1, feature[1]), feature, (feature[0], time[1]), (1, feature[0] * time[1]), (feature[0] // self.rank,)]
        if not wanted or shapes != wanted[:len(shapes)]:
            raise UserError(f"{node.layer}: shapes of SVDF do not fit; got input, feature weights, time weights, state and"
                            f" bias {[list(shape) for shape in shapes]} with rank {self.rank}, want [1, I], [F, I], [F, M], [1, F * M]"
                            " and [F / rank]. Fix: use batch size 1")

    def _check_types(self, node: Node) -> None:
        weights, times, state = node.constant(_FEATURE), node.constant(_TIME), node.state(_STATE)
        types = (weights.dtype, times.dtype, state.dtype)
        bias = node.constant(_BIAS).dtype if len(node.inputs) > _BIAS else DType.INT32
        symmetric = all(one.quantization and one.quantization.zero_points == (0,) for one in (weights, times, state))
        if types != (DType.INT8, DType.INT16, DType.INT16) or bias is not DType.INT32 or not symmetric:
            raise UserError(f"{node.layer}: types of SVDF do not fit; got feature weights, time weights, state and bias of"
                            f" {', '.join(one.value for one in (*types, bias))}, want int8, int16, int16 and int32, with one scale"
                            " and zero point 0. Fix: convert with TFLite's int8 quantization")

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns [1, F / rank]."""
        return (1, graph.input_of(self, _FEATURE).shape[0] // self.rank)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output; sums wrap to 32 bits, as TFLite's do."""
        feature, time = (values[index].astype(np.int64) for index in (_FEATURE, _TIME))
        to_state, to_output = self.multipliers(graph)
        state = values[_STATE].reshape(time.shape)
        products = feature @ (values[_INPUT][0].astype(np.int64) - graph.input_of(self, _INPUT).quantization.zero_point)
        limits = np.iinfo(np.int16)
        state[:, :-1] = state[:, 1:].copy()
        state[:, -1] = np.clip(requantize_wrapped(products, to_state), limits.min, limits.max)
        sums = (state * time).sum(axis=1).reshape(-1, self.rank).sum(axis=1)
        sums = sums + values[_BIAS] if len(values) > _BIAS else sums
        scaled = wrap(requantize_wrapped(wrap(sums), to_output) + graph.output_of(self).quantization.zero_point)
        return np.clip(scaled, INT8_MIN, INT8_MAX).astype(np.int8)[None]

    def macs(self, graph: Graph) -> int:
        """Returns F * (I + M)."""
        return graph.input_of(self, _FEATURE).elements + graph.input_of(self, _TIME).elements

    def for_cmsis_nn(self, graph: Graph) -> "Svdf":
        """Returns this operator with scratch for a 32-bit sum per filter and per unit."""
        return replace(self, foreign=True)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns 0: sums stay in registers."""
        filters = graph.input_of(self, _FEATURE).shape[0]
        return 4 * (filters + filters // self.rank) if self.foreign else 0

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of arm_svdf_state_s16_s8."""
        feature, time = graph.input_of(self, _FEATURE), graph.input_of(self, _TIME)
        (filters, inputs), memory = feature.shape, time.shape[1]
        dims = {"input": (1, inputs), "state": (1, filters * memory), "feature": (filters, inputs), "time": (filters, memory),
                "bias": (filters // self.rank, 1), "output": (1, filters // self.rank)}
        dims = {name: c_source.dims(*extents, 1, 1) for name, extents in dims.items()}
        has_bias, sums_bytes = len(self.inputs) > _BIAS, 4 * filters // self.rank if self.foreign else 0
        bias = (c_source.array(f"{places.prefix}_bias", "int32_t", graph.input_of(self, _BIAS).array()),) if has_bias else ()
        constants = (*dims.values(), *bias,
                     c_source.array(f"{places.prefix}_feature", "int8_t", feature.array().flatten()),
                     c_source.array(f"{places.prefix}_time", "int16_t", time.array().flatten()),
                     *self._parameters(graph, places.prefix))
        call = _CALL.substitute(
            {f"{name}_dims": constant.name for name, constant in dims.items()}, kernel=self.kernel, prefix=places.prefix,
            scratch=places.scratch, scratch_bytes=self.scratch_bytes(graph) - sums_bytes,
            sums=f"{places.scratch} + {4 * filters}" if self.foreign else "NULL", sums_bytes=sums_bytes,
            input=places.inputs[_INPUT], state=places.inputs[_STATE], output=places.output,
            bias=f"{places.prefix}_bias" if has_bias else "NULL")
        return Emission(constants, call)

    def _parameters(self, graph: Graph, prefix: str) -> tuple[Constant, ...]:
        source, target = (tensor.quantization.zero_point for tensor in (graph.input_of(self, _INPUT), graph.output_of(self)))
        quantizations = zip(("state", "output"), self.multipliers(graph))
        return (c_source.struct(f"{prefix}_params", "cmsis_nn_svdf_params",
                                f"{self.rank}, {source}, {target}, {{INT16_MIN, INT16_MAX}}, {{{INT8_MIN}, {INT8_MAX}}}"),
                *(c_source.struct(f"{prefix}_{name}_quant", "cmsis_nn_per_tensor_quant_params", f"{one.value}, {one.shift}")
                  for name, one in quantizations))

    def multipliers(self, graph: Graph) -> tuple[Multiplier, Multiplier]:
        """Returns the factors from products to the state and from sums to the output, float32 products as TFLite has them."""
        source, feature, time, state, target = (np.float32(tensor.quantization.scale) for tensor in (
            *(graph.input_of(self, index) for index in (_INPUT, _FEATURE, _TIME, _STATE)), graph.output_of(self)))
        with np.errstate(over="ignore"):
            factors = (float(source * feature / state), float(state * time / target))
        return tuple(checked_multiplier(self, factor) for factor in factors)
