"""Arguments that kernels share, placed in the core's memory: what kernel_calls.py and its likes build calls from."""

import numpy as np

from cmsis.compiler.fixed_point import Multiplier
from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.fully_connected import FullyConnected
from cmsis.compiler.operators.weights import bias_tensor, filter_matrix, folded_bias
from cmsis.compiler.operators.window import extent
from cmsis.testing.m4 import M4


def quantization(core: M4, multipliers: tuple[Multiplier, ...]) -> int:
    """Returns the address of a cmsis_nn_per_channel_quant_params."""
    values = core.words(*(multiplier.value for multiplier in multipliers))
    return core.words(values, core.words(*(multiplier.shift for multiplier in multipliers)))


def bias(core: M4, graph: Graph, operator: Operator) -> int:
    """Returns the address of the operator's bias, 0 where it has none."""
    tensor = bias_tensor(graph, operator)
    return 0 if tensor is None else core.array(tensor.array().flatten())


def window_words(graph: Graph, operator: Operator) -> tuple[int, ...]:
    """Returns stride, padding and dilation, width before height."""
    window = operator.window
    padding = window.padding(extent(graph.input_of(operator, 0)))
    return (window.stride.w, window.stride.h, padding.w, padding.h, window.dilation.w, window.dilation.h)


def offsets(graph: Graph, operator: Operator) -> tuple[int, int]:
    """Returns what is added to inputs, and to outputs."""
    return (-graph.input_of(operator, 0).quantization.zero_point, graph.output_of(operator).quantization.zero_point)


def scratch(core: M4, size_bytes: int) -> int:
    """Returns the address of a cmsis_nn_context with so much scratch."""
    return core.words(core.painted(size_bytes), size_bytes)


def wide_units(core: M4, graph: Graph, operator: FullyConnected, units: tuple[int, ...]) -> int:
    """Returns the address of an edgeplug_wide_units for `units`."""
    matrix, target, chosen = filter_matrix(graph, operator), graph.output_of(operator), list(units)
    count, depth = matrix.shape
    factors = (word for factor in operator.wide_multipliers(graph, units) for word in (factor.high, factor.low, factor.shift))
    return core.words(core.array(matrix[chosen].astype(np.int8)), core.words(*folded_bias(graph, operator)[chosen].tolist()),
                      core.words(*factors), core.words(*units), len(units), target.elements // count, depth, count,
                      target.quantization.zero_point, operator.clamp.low, operator.clamp.high)
