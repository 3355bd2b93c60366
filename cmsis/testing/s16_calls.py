"""Kernel calls of the operators on int16 activations; see kernel_calls.py."""

from collections.abc import Callable

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.conv_2d_s16 import Conv2DS16
from cmsis.compiler.operators.fully_connected_s16 import FullyConnectedS16
from cmsis.testing import kernel_arguments as place
from cmsis.testing.m4 import M4


def _conv_2d(core: M4, graph: Graph, operator: Conv2DS16, buffers) -> int:
    image, filters = graph.input_of(operator, 0), graph.input_of(operator, 1)
    parameters = core.words(0, 0, *place.window_words(graph, operator), operator.clamp.low, operator.clamp.high)
    image_dims, filter_dims = core.words(*image.shape), core.words(*filters.shape)
    wanted = core.call("arm_convolve_s16_get_buffer_size", image_dims, filter_dims)
    assert wanted == operator.scratch_bytes(graph)
    return core.call(operator.kernel, place.scratch(core, wanted), parameters,
                     place.quantization(core, operator.multipliers(graph)), image_dims, buffers.input, filter_dims,
                     buffers.weights, 0, core.words(place.bias(core, graph, operator), 0), core.words(*buffers.target.shape),
                     buffers.output)


def _fully_connected(core: M4, graph: Graph, operator: FullyConnectedS16, buffers) -> int:
    units, depth = graph.input_of(operator, 1).shape
    rows, bias = graph.input_of(operator, 0).elements // depth, place.bias(core, graph, operator)
    short, clamp = operator.short_multiplier(graph), operator.clamp
    if short is not None:
        filter_dims = core.words(depth, 1, 1, units)
        assert core.call("arm_fully_connected_s16_get_buffer_size", filter_dims) == operator.scratch_bytes(graph)
        return core.call("arm_fully_connected_s16", core.words(0, 0), core.words(0, 0, 0, clamp.low, clamp.high),
                         core.words(short.value, short.shift), core.words(rows, 1, 1, depth), buffers.input, filter_dims,
                         buffers.weights, 0, bias, core.words(rows, 1, 1, units), buffers.output)
    factors = operator.wide_multipliers(graph)
    core.call(operator.kernel, buffers.input, rows, depth, buffers.weights, bias, units,
              core.words(*(word for factor in factors for word in (factor.high, factor.low, factor.shift))),
              int(len(factors) > 1), clamp.low, clamp.high, buffers.output)
    return 0


CALLS: tuple[tuple[type[Operator], Callable], ...] = (
    (Conv2DS16, _conv_2d),
    (FullyConnectedS16, _fully_connected),
)
