"""Calls a kernel on the core for an IR operator: the arguments that generated C would pass, marshalled by hand.

Independent of the emitter on purpose. Input, weights and output each lie at a page boundary in turn (`fence`), and the
input and weights at any alignment.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.lowering.average_pool_2d import GlobalAverage
from cmsis.compiler.lowering.implementation import Array, Implementation
from cmsis.compiler.operators.average_pool_2d import AveragePool2D
from cmsis.compiler.operators.batch_matmul import BatchMatMul
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.fully_connected import WIDE_KERNEL, FullyConnected
from cmsis.compiler.operators.max_pool_2d import MaxPool2D
from cmsis.compiler.operators.movement import Movement
from cmsis.compiler.operators.pad import Padding
from cmsis.compiler.operators.reduce import Reduction
from cmsis.compiler.operators.resize_nearest_neighbor import ResizeNearestNeighbor
from cmsis.compiler.operators.softmax import Softmax
from cmsis.compiler.operators.transpose_conv import TransposeConv
from cmsis.compiler.operators.weights import output_multipliers
from cmsis.compiler.operators.window import extent
from cmsis.compiler.sharing import may_overwrite
from cmsis.testing import elementwise_calls
from cmsis.testing import kernel_arguments as place
from cmsis.testing import s16_calls, state_calls
from cmsis.testing.m4 import M4
from cmsis.testing.movement_calls import run_movement, run_padding, run_reduction, run_resize

FENCES = ("input", "weights", "output", "input start", "weights start", "second input", "second input start")
_IN_PLACE = "in place "
_SCRATCH_FENCES = ("scratch", "scratch start")


class KernelError(Exception):
    """A kernel returned something else than success."""


class _Buffers:
    """The big buffers of one call; the fenced one is placed first, at the page boundary.

    `inputs` and `outputs` are the addresses of what the core computes, in the operator's order, `input` and `output` the
    first of each; `weights` is the second input where that is a constant, else 0; for an implementation, the
    members of its struct. Outputs are aligned to their type.
    """

    def __init__(self, core: M4, graph: Graph, operator: Operator, values: Sequence[np.ndarray], fence: str):
        core.release()
        self.target, self.weights = graph.output_of(operator), 0
        side = "start" if fence.endswith("start") else "end"
        computed = [index for index, number in enumerate(operator.inputs) if not graph.tensors[number].constant]
        makers = {f"input {index}": partial(core.array, values[index], side) for index in computed}
        if isinstance(operator, Implementation):
            makers["weights"] = lambda: tuple(_member(core, member, side) for member in operator.members(graph))
            makers["scratch"] = partial(core.painted, operator.scratch_bytes(graph), side)
        elif len(operator.inputs) > 1 and 1 not in computed:
            makers["weights"] = partial(core.array, values[1], side)
        for index, number in enumerate(operator.outputs):
            tensor = graph.tensors[number]
            makers[f"output {index}"] = partial(core.painted, tensor.size_bytes, side, alignment=tensor.dtype.item_bytes)
        first = f"input {computed[-1]}" if fence.startswith("second") else fence.split()[0]
        placed = {name: makers[name]() for name in sorted(makers, key=lambda name: not name.startswith(first))}
        if fence.startswith(_IN_PLACE):
            placed["output 0"] = placed[f"input {fence.removeprefix(_IN_PLACE)}"]
        self.inputs = tuple(placed[f"input {index}"] for index in computed)
        self.outputs = tuple(placed[f"output {index}"] for index in range(len(operator.outputs)))
        self.input, self.output, self.weights = self.inputs[0], self.outputs[0], placed.get("weights", 0)
        self.scratch = placed.get("scratch", 0)


def fences(graph: Graph, operator: Operator) -> tuple[str, ...]:
    """Returns the FENCES that differ for this operator, for an implementation those of its scratch, and each input that the
    output may replace.
    """
    in_place = tuple(f"{_IN_PLACE}{position}" for position, number in enumerate(operator.inputs)
                     if position in operator.overwrites and may_overwrite(graph, operator, number))
    scratch = _SCRATCH_FENCES if isinstance(operator, Implementation) else ()
    several = sum(not graph.tensors[number].constant for number in operator.inputs) > 1
    return tuple(fence for fence in (*FENCES, *scratch, *in_place) if several or not fence.startswith("second"))


def run_kernel(core: M4, graph: Graph, operator: Operator, values: Sequence[np.ndarray],
               fence: str) -> tuple[np.ndarray, ...]:
    """Returns the kernel's outputs for `values`, constants included, and behind them the states as it leaves them.

    Raises KernelError, or CallError on a fault.
    """
    buffers = _Buffers(core, graph, operator, values, fence)
    call = next(call for kind, call in _CALLS if isinstance(operator, kind))
    status = call(core, graph, operator, buffers)
    if status != 0:
        raise KernelError(f"{operator.kernel_for(graph)}: status; got {status}, want 0")
    computed = [number for number in operator.inputs if not graph.tensors[number].constant]
    states = tuple((address, number) for address, number in zip(buffers.inputs, computed) if graph.tensors[number].state)
    places = [(address, graph.tensors[number]) for address, number in (*zip(buffers.outputs, operator.outputs), *states)]
    return tuple(core.read(address, tensor.elements, tensor.dtype.value).reshape(tensor.shape) for address, tensor in places)


def _member(core: M4, member: int | Array, side: str) -> int:
    if isinstance(member, int):
        return member
    items = np.array(member.values, np.int64) & 0xFFFFFFFF
    return core.array(items.astype("u1" if member.c_type == "int8_t" else "<u4"), side)


def _implementation(core: M4, graph: Graph, operator: Implementation, buffers: _Buffers) -> int:
    core.call(operator.kernel, core.words(*buffers.weights), buffers.input, buffers.output, buffers.scratch)
    if isinstance(operator.semantic, FullyConnected):
        _wide_units(core, graph, operator.semantic, buffers)
    return 0


def _conv_2d(core: M4, graph: Graph, operator: Conv2D, buffers: _Buffers) -> int:
    image, filters = graph.input_of(operator, 0), graph.input_of(operator, 1)
    parameters = core.words(*place.offsets(graph, operator), *place.window_words(graph, operator), operator.clamp.low,
                            operator.clamp.high)
    kernel = operator.kernel_for(graph)
    upscale = (0,) if kernel == "arm_convolve_s8" else ()
    image_dims, filter_dims = core.words(*image.shape), core.words(*filters.shape)
    wanted = core.call("arm_convolve_s8_get_buffer_size", image_dims, filter_dims)
    if wanted != operator.scratch_bytes(graph):
        raise KernelError(f"{kernel}: scratch; got {operator.scratch_bytes(graph)} planned, want {wanted}")
    quantization = place.quantization(core, output_multipliers(graph, operator, filters.shape[0]))
    return core.call(kernel, place.scratch(core, wanted), parameters, quantization, image_dims, buffers.input, filter_dims, buffers.weights, 0, place.bias(core, graph, operator), *upscale,
                     core.words(*buffers.target.shape), buffers.output)


def _depthwise_conv_2d(core: M4, graph: Graph, operator: DepthwiseConv2D, buffers: _Buffers) -> int:
    image, filters = graph.input_of(operator, 0), graph.input_of(operator, 1)
    parameters = core.words(*place.offsets(graph, operator), filters.shape[3] // image.shape[3],
                            *place.window_words(graph, operator), operator.clamp.low, operator.clamp.high)
    quantization = place.quantization(core, output_multipliers(graph, operator, filters.shape[3]))
    return core.call("arm_depthwise_conv_s8", core.words(0, 0), parameters, quantization, core.words(*image.shape),
                     buffers.input, core.words(*filters.shape), buffers.weights, 0, place.bias(core, graph, operator),
                     core.words(*buffers.target.shape), buffers.output)


def _transpose_conv(core: M4, graph: Graph, operator: TransposeConv, buffers: _Buffers) -> int:
    image, filters = graph.input_of(operator, 0), graph.input_of(operator, 1)
    window, odd = operator.window, operator.odd_padding(graph)
    padding = window.padding(extent(buffers.target))
    parameters = core.words(*place.offsets(graph, operator), window.stride.w, window.stride.h, padding.w, padding.h, odd.w, odd.h,
                            1, 1, operator.clamp.low, operator.clamp.high)
    image_dims, filter_dims, target_dims = (core.words(*shape) for shape in (image.shape, filters.shape, buffers.target.shape))
    wanted = core.call("arm_transpose_conv_s8_get_buffer_size", parameters, image_dims, filter_dims, target_dims)
    if wanted != operator.scratch_bytes(graph):
        raise KernelError(f"{operator.kernel}: scratch; got {operator.scratch_bytes(graph)} planned, want {wanted}")
    return core.call(operator.kernel, place.scratch(core, wanted), core.words(0, 0), parameters,
                     place.quantization(core, operator.multipliers(graph)), image_dims, buffers.input, filter_dims, buffers.weights,
                     0, place.bias(core, graph, operator), target_dims, buffers.output)


def _fully_connected(core: M4, graph: Graph, operator: FullyConnected, buffers: _Buffers) -> int:
    units, depth = graph.input_of(operator, 1).shape
    source, target = place.offsets(graph, operator)
    kernel = operator.kernel_for(graph)
    rows = graph.input_of(operator, 0).elements // depth
    if kernel == "arm_fully_connected_s8":
        multiplier = operator.multipliers(graph)[0]
        quantization = core.words(multiplier.value, multiplier.shift)
    else:
        quantization = place.quantization(core, operator.multipliers(graph))
    wanted = core.call("arm_fully_connected_s8_get_buffer_size", core.words(depth, 1, 1, units))
    if wanted != operator.scratch_bytes(graph):
        raise KernelError(f"{kernel}: scratch; got {operator.scratch_bytes(graph)} planned, want {wanted}")
    status = core.call(kernel, place.scratch(core, wanted), core.words(source, 0, target, operator.clamp.low, operator.clamp.high),
                       quantization, core.words(rows, 1, 1, depth), buffers.input, core.words(depth, 1, 1, units),
                       buffers.weights, 0, place.bias(core, graph, operator), core.words(rows, 1, 1, units), buffers.output)
    _wide_units(core, graph, operator, buffers)
    return status


def _wide_units(core: M4, graph: Graph, operator: FullyConnected, buffers: _Buffers) -> None:
    units = operator.wide_units(graph)
    if units:
        core.call(WIDE_KERNEL, place.wide_units(core, graph, operator, units), buffers.input, buffers.output)


def _batch_matmul(core: M4, graph: Graph, operator: BatchMatMul, buffers: _Buffers) -> int:
    sides = [graph.input_of(operator, index) for index in (0, 1)]
    computed = iter(buffers.inputs)
    left, right = (core.array(side.array()) if side.constant else next(computed) for side in sides)
    right = buffers.weights or right
    factor, target = operator.multiplier(graph), buffers.target
    # Two flags take one word of the struct.
    parameters = core.words(operator.adjoint_left | operator.adjoint_right << 8,
                            *(-side.quantization.zero_point for side in sides), target.quantization.zero_point, -128, 127)
    left_dims, right_dims, target_dims = (core.words(*(1,) * (4 - len(one.shape)), *one.shape) for one in (*sides, target))
    return core.call(operator.kernel_for(graph), place.scratch(core, operator.scratch_bytes(graph)), parameters,
                     core.words(factor.value, factor.shift), left_dims, left, right_dims, right, target_dims, buffers.output)


def _pool(core: M4, graph: Graph, operator: MaxPool2D | AveragePool2D, buffers: _Buffers) -> int:
    source, size = graph.input_of(operator, 0), operator.window.size
    parameters = core.words(*place.window_words(graph, operator)[:4], operator.clamp.low, operator.clamp.high)
    return core.call(operator.kernel, place.scratch(core, operator.scratch_bytes(graph)), parameters,
                     core.words(*source.shape), buffers.input, core.words(1, size.h, size.w, 1),
                     core.words(*buffers.target.shape), buffers.output)


def _softmax(core: M4, graph: Graph, operator: Softmax, buffers: _Buffers) -> int:
    source = graph.input_of(operator, 0)
    factor, diff_min = operator.scaling(graph)
    core.call(operator.kernel, buffers.input, source.elements // source.shape[-1], source.shape[-1], factor.value,
              factor.shift, diff_min, buffers.output)
    return 0


_CALLS = (
    (GlobalAverage, run_reduction),
    *elementwise_calls.CALLS,
    (Implementation, _implementation),
    (BatchMatMul, _batch_matmul),
    (Conv2D, _conv_2d),
    (DepthwiseConv2D, _depthwise_conv_2d),
    (FullyConnected, _fully_connected),
    (MaxPool2D, _pool),
    (AveragePool2D, _pool),
    (Movement, run_movement),
    (Padding, run_padding),
    (Reduction, run_reduction),
    (ResizeNearestNeighbor, run_resize),
    (Softmax, _softmax),
    (TransposeConv, _transpose_conv),
    *s16_calls.CALLS,
    *state_calls.CALLS,
)
