"""Kernel calls of the operators that work value by value; see kernel_calls.py."""

from collections.abc import Callable

import numpy as np

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.lowering.weighted_sum import WeightedSum
from cmsis.compiler.operators.add import Add
from cmsis.compiler.operators.add import multipliers as sum_multipliers
from cmsis.compiler.operators.arg_max import ArgMax
from cmsis.compiler.operators.dequantize import Dequantize
from cmsis.compiler.operators.look_up import LookUp
from cmsis.compiler.operators.maximum import Maximum
from cmsis.compiler.operators.mul import Mul
from cmsis.compiler.operators.mul import multiplier as product_multiplier
from cmsis.compiler.operators.prelu import Prelu
from cmsis.compiler.operators.prelu import multipliers as prelu_multipliers
from cmsis.testing.m4 import M4

_LEFT_SHIFT = 20
_Kernel = Callable[[int, int, int, int], int]  # Addresses of both rows and of the output's, and their length.


def _look_up(core: M4, graph: Graph, operator: LookUp, buffers) -> int:
    """Calls edgeplug_lookup_s8 always, and where the table is a clamp, edgeplug_clamp_s8 over its result."""
    count, clamp = graph.output_of(operator).elements, operator.as_clamp()
    core.call("edgeplug_lookup_s8", buffers.input, count, core.array(np.frombuffer(operator.table, np.int8)), buffers.output)
    if clamp:
        core.call("edgeplug_clamp_s8", buffers.input, count, clamp.low, clamp.high, buffers.output)
    return 0


def _rows(core: M4, graph: Graph, operator: Operator, buffers, kernel: _Kernel) -> int:
    """Calls `kernel` for all rows of the output, in one where shapes are equal; a value that is repeated along it is copied."""
    tensors = [graph.tensors[number] for number in operator.inputs]
    computed = iter(buffers.inputs)
    starts = [core.array(tensor.array()) if tensor.constant else next(computed) for tensor in tensors]
    if tensors[1].constant and not isinstance(operator, WeightedSum):
        starts[1] = buffers.weights
    target = graph.output_of(operator)
    if tensors[0].shape == tensors[1].shape:
        return kernel(*starts, buffers.output, target.elements)
    places = [np.broadcast_to(np.arange(tensor.elements).reshape(tensor.shape), target.shape) for tensor in tensors]
    status = 0
    for row, index in enumerate(np.ndindex(target.shape[:-1])):
        rows = [_row(core, start, place[index]) for start, place in zip(starts, places)]
        status |= kernel(*rows, buffers.output + row * target.shape[-1], target.shape[-1])
    return status


def _row(core: M4, start: int, places: np.ndarray) -> int:
    """Returns the address of the elements at `places`, which follow each other or are all one."""
    if len(places) == 1 or places[1] != places[0]:
        return start + int(places[0])
    return core.array(np.repeat(core.read(start + int(places[0]), 1), len(places)))


def _add(core: M4, graph: Graph, operator: Add, buffers) -> int:
    scales, clamp = operator.scales(graph), operator.clamp
    first, second, output = sum_multipliers(scales, operator.sign)
    return _rows(core, graph, operator, buffers, lambda x, y, to, count: core.call(
        operator.kernel, x, y, -scales.first.zero_point, first.value, first.shift, -scales.second.zero_point, second.value,
        second.shift, _LEFT_SHIFT, to, scales.target.zero_point, output.value, output.shift, clamp.low, clamp.high, count))


def _weighted_sum(core: M4, graph: Graph, operator: WeightedSum, buffers) -> int:
    first, second, bias, _, low, high = operator.members(graph)

    def kernel(x: int, y: int, to: int, count: int) -> int:
        core.call(operator.kernel, core.words(first, second, bias, count, low, high), x, y, to)
        return 0

    return _rows(core, graph, operator, buffers, kernel)


def _mul(core: M4, graph: Graph, operator: Mul, buffers) -> int:
    scales, clamp = operator.scales(graph), operator.clamp
    factor = product_multiplier(scales)
    return _rows(core, graph, operator, buffers, lambda x, y, to, count: core.call(
        operator.kernel, x, y, -scales.first.zero_point, -scales.second.zero_point, to, scales.target.zero_point, factor.value,
        factor.shift, clamp.low, clamp.high, count))


def _maximum(core: M4, graph: Graph, operator: Maximum, buffers) -> int:
    def kernel(x: int, y: int, to: int, count: int) -> int:
        dims = core.words(1, 1, 1, count)
        return core.call(operator.kernel, core.words(0, 0), x, dims, y, dims, to, dims)

    return _rows(core, graph, operator, buffers, kernel)


def _prelu(core: M4, graph: Graph, operator: Prelu, buffers) -> int:
    scales = operator.scales(graph)
    positive, negative = prelu_multipliers(scales)
    prelu = core.words(-scales.first.zero_point, -scales.second.zero_point, scales.target.zero_point, positive.value,
                       positive.shift, negative.value, negative.shift)

    def kernel(x: int, y: int, to: int, count: int) -> int:
        core.call(operator.kernel, x, y, prelu, count, to)
        return 0

    return _rows(core, graph, operator, buffers, kernel)


def _dequantize(core: M4, graph: Graph, operator: Dequantize, buffers) -> int:
    source = graph.input_of(operator, 0)
    core.call(operator.kernel, buffers.input, source.elements, source.quantization.zero_point, buffers.output,
              float(source.quantization.scale))
    return 0


def _arg_max(core: M4, graph: Graph, operator: ArgMax, buffers) -> int:
    shape, axis = graph.input_of(operator, 0).shape, operator.axis
    core.call(operator.kernel, buffers.input, int(np.prod(shape[:axis])), shape[axis], int(np.prod(shape[axis + 1:])),
              buffers.target.dtype.item_bytes, buffers.output)
    return 0


CALLS: tuple[tuple[type[Operator], Callable], ...] = (
    (LookUp, _look_up),
    (Add, _add),
    (ArgMax, _arg_max),
    (Dequantize, _dequantize),
    (Maximum, _maximum),
    (Mul, _mul),
    (Prelu, _prelu),
    (WeightedSum, _weighted_sum),
)
