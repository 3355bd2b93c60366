"""Kernel calls of the operators that keep a state; see kernel_calls.py."""

from collections.abc import Callable

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.svdf import Svdf
from cmsis.testing.m4 import M4


def _svdf(core: M4, graph: Graph, operator: Svdf, buffers) -> int:
    source, feature, time = (graph.input_of(operator, index) for index in range(3))
    (filters, inputs), memory = feature.shape, time.shape[1]
    bias = core.array(graph.input_of(operator, 4).array()) if len(operator.inputs) > 4 else 0
    parameters = core.words(operator.rank, source.quantization.zero_point, buffers.target.quantization.zero_point,
                            -(1 << 15), (1 << 15) - 1, -128, 127)
    to_state, to_output = (core.words(factor.value, factor.shift) for factor in operator.multipliers(graph))
    units = filters // operator.rank
    dims = [core.words(*extents, 1, 1) for extents in (
        (1, inputs), (1, filters * memory), (filters, inputs), (filters, memory), (units, 1), (1, units))]
    return core.call(operator.kernel, core.words(0, 0), core.words(0, 0), parameters, to_state, to_output, dims[0],
                     buffers.input, dims[1], buffers.inputs[1], dims[2], buffers.weights, dims[3], core.array(time.array()),
                     dims[4], bias, dims[5], buffers.output)


CALLS: tuple[tuple[type[Operator], Callable], ...] = (
    (Svdf, _svdf),
)
