"""Arguments that kernels share, placed in the core's memory: what kernel_calls.py and its likes build calls from."""

from cmsis.compiler.fixed_point import Multiplier
from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.weights import bias_tensor
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
