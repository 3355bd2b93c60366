"""Kernel calls of the operators that keep a state; see kernel_calls.py."""

from collections.abc import Callable

import numpy as np

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.svdf import Svdf
from cmsis.compiler.operators.unidirectional_sequence_lstm import GATES, UnidirectionalSequenceLstm
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


def _lstm(core: M4, graph: Graph, operator: UnidirectionalSequenceLstm, buffers) -> int:
    source, cells = graph.input_of(operator, 0), buffers.target.shape[-1]
    factors, last = operator.multipliers(graph)
    gates = {}
    for index, (name, biases) in enumerate(zip(GATES, operator.effective_biases(graph))):
        # The first gate's weights are what kernel_calls.py put at the fence.
        weights = buffers.weights if index == 0 else core.array(graph.input_of(operator, 1 + index).array())
        recurrent = core.array(graph.input_of(operator, 5 + index).array())
        (first, second), bias = factors[index], [core.array(one.astype(np.int32)) for one in biases]
        gates[name] = (first.value, first.shift, weights, bias[0], second.value, second.shift, recurrent, bias[1], 0,
                       int(name == "cell"))
    clip, power = operator.cell_clip or 1 << 15, operator.cell_power(graph)
    parameters = core.words(int(operator.time_major), 1, source.elements // source.shape[2], source.shape[2], cells,
                            -source.quantization.zero_point, 0, 0, 0, 0, clip, power, last.value, last.shift,
                            operator.hidden.zero_point, *gates["forget"], *gates["input"], *gates["cell"], *gates["output"])
    return core.call(operator.kernel, buffers.input, buffers.output, parameters,
                     core.words(0, 0, buffers.inputs[2], buffers.inputs[1]))


CALLS: tuple[tuple[type[Operator], Callable], ...] = (
    (Svdf, _svdf),
    (UnidirectionalSequenceLstm, _lstm),
)
