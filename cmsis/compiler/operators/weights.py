"""What operators with weights share: reading them, their requantisation, their C arrays.

Source of the formulas: TFLite's 8-bit quantisation specification (symmetric weights, bias scale = input * weight scale).
"""

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.fixed_point import Clamp, Multiplier, quantize_multiplier, requantize
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, Constant, DType, Graph, Operator, Tensor
from cmsis.compiler.node import Node
from tools.errors import UserError

_MAX_INPUT = 255  # |input - zero point|
_MAX_SUM = 1 << 30
_MAX_SHIFT = 30


def check_weights(node: Node, channel_axis: int, channels: int, bias_type: DType = DType.INT32) -> None:
    """Raises UserError unless input 1 is constant symmetric int8 and input 2, if any, a constant bias."""
    weights = node.constant(1)
    quantization = weights.quantization
    if weights.dtype is not DType.INT8 or any(quantization.zero_points):
        raise UserError(f"{node.layer}: weights of {node.builtin} must be symmetric int8; got {weights.dtype} with a"
                        " zero point other than 0, want zero points 0. Fix: convert with TFLite's int8 quantization")
    if quantization.per_channel and quantization.axis != channel_axis:
        raise UserError(f"{node.layer}: weights of {node.builtin} are quantized per index of the wrong axis; got"
                        f" {quantization.axis}, want {channel_axis}. Fix: export the .tflite again")
    if len(node.inputs) > 2 and node.inputs[2] >= 0:
        bias = node.constant(2)
        offset = bias.quantization and any(bias.quantization.zero_points)
        if bias.dtype is not bias_type or bias.elements != channels or offset:
            raise UserError(f"{node.layer}: bias of {node.builtin} does not fit; got {bias.elements} values of"
                            f" {bias.dtype.value}{' with a zero point' if offset else ''}, want {channels} of"
                            f" {bias_type.value} without. Fix: export the .tflite again")


def output_factors(graph: Graph, operator: Operator, channels: int) -> tuple[float, ...]:
    """Returns input scale * weight scale / output scale, in double, one per output channel."""
    source = graph.input_of(operator, 0).quantization.scale
    target = graph.output_of(operator).quantization.scale
    scales = graph.input_of(operator, 1).quantization.scales
    return tuple(source * scale / target for scale in (scales * channels if len(scales) == 1 else scales))


def output_multipliers(graph: Graph, operator: Operator, channels: int) -> tuple[Multiplier, ...]:
    """Returns output_factors() as the nearest Multipliers."""
    return tuple(quantize_multiplier(factor) for factor in output_factors(graph, operator, channels))


def checked_multiplier(operator: Operator, factor: float) -> Multiplier:
    """Returns the nearest Multiplier; raises UserError for a factor that has none."""
    if not 0 <= factor < 1 << _MAX_SHIFT:
        raise UserError(f"{operator.layer}: scales of {operator.builtin} do not fit; got a factor of {factor}, want less than"
                        f" 2^{_MAX_SHIFT}. Fix: calibrate the quantization again")
    return quantize_multiplier(factor)


def finish(accumulators: np.ndarray, multipliers: tuple[Multiplier, ...], zero_point: int, clamp: Clamp) -> np.ndarray:
    """Returns int8 outputs from accumulators whose last axis is the channel, rounded twice."""
    scaled = requantize(accumulators, np.array([m.value for m in multipliers], np.int64),
                        np.array([m.shift for m in multipliers], np.int64))
    return np.clip(scaled + zero_point, clamp.low, clamp.high).astype(np.int8)


def bias_tensor(graph: Graph, operator: Operator) -> Tensor | None:
    """Returns the bias, or None where the network has none."""
    return graph.input_of(operator, 2) if len(operator.inputs) > 2 else None


def largest_sums(graph: Graph, operator: Operator, channel_axis: int, largest_input: int = _MAX_INPUT) -> np.ndarray:
    """Returns, per output channel, what no sum exceeds in size whatever the input, itself at most `largest_input`."""
    tensor = graph.input_of(operator, 1)
    matrix = np.moveaxis(np.abs(tensor.array().astype(np.int64)), channel_axis, 0).reshape(tensor.shape[channel_axis], -1)
    bias = bias_tensor(graph, operator)
    return matrix.sum(axis=1) * largest_input + (0 if bias is None else np.abs(bias.array().astype(np.int64)).flatten())


def folded_bias(graph: Graph, operator: Operator) -> np.ndarray:
    """Returns int64 [N]: bias - zero point * sum of weights, so that a kernel multiplies inputs as they are."""
    matrix = filter_matrix(graph, operator)
    bias = bias_tensor(graph, operator)
    zero_point = graph.input_of(operator, 0).quantization.zero_point
    return (0 if bias is None else bias.array().astype(np.int64).flatten()) - zero_point * matrix.sum(axis=1)


def filter_matrix(graph: Graph, operator: Operator) -> np.ndarray:
    """Returns the weights as int64 [N, depth]."""
    tensor = graph.input_of(operator, 1)
    return tensor.array().astype(np.int64).reshape(tensor.shape[0], -1)


def sum_ranges(graph: Graph, operator: Operator) -> tuple[tuple[int, int], ...]:
    """Returns for each filter the least and the largest sum that an input can cause."""
    matrix, bias = filter_matrix(graph, operator), folded_bias(graph, operator)
    low = np.minimum(matrix * INT8_MIN, matrix * INT8_MAX).sum(axis=1) + bias
    high = np.maximum(matrix * INT8_MIN, matrix * INT8_MAX).sum(axis=1) + bias
    return tuple(zip(low.tolist(), high.tolist()))


def fit_accumulators(largest: np.ndarray, multipliers: tuple[Multiplier, ...]) -> np.ndarray:
    """Returns for each channel whether sums up to `largest` in size stay in the range in which the kernels round like TFLite."""
    shifts = [max(multiplier.shift, 0) for multiplier in multipliers]
    return np.array([shift <= _MAX_SHIFT and int(size) << shift < _MAX_SUM for size, shift in zip(largest, shifts)])


def check_accumulators(graph: Graph, operator: Operator, channel_axis: int) -> None:
    """Raises UserError where a sum could leave the range in which the kernels round like TFLite (arm_nnfunctions.h)."""
    largest = largest_sums(graph, operator, channel_axis)
    multipliers = output_multipliers(graph, operator, len(largest))
    if not fit_accumulators(largest, multipliers).all():
        most = max(int(size) << max(multiplier.shift, 0) for size, multiplier in zip(largest, multipliers))
        raise UserError(f"{operator.layer}: sums of {operator.builtin} may overflow; got up to {most},"
                        f" want less than {_MAX_SUM}. Fix: use a smaller layer, or calibrate the quantization again")


def constants(graph: Graph, operator: Operator, prefix: str, channel_axis: int = 0) -> tuple[Constant, ...]:
    """Returns arrays() after check_accumulators()."""
    check_accumulators(graph, operator, channel_axis)
    return arrays(graph, operator, prefix)


def arrays(graph: Graph, operator: Operator, prefix: str, bias_type: str = "int32_t") -> tuple[Constant, ...]:
    """Returns the C arrays PREFIX_weights and, where there is a bias, PREFIX_bias."""
    weights = c_source.array(f"{prefix}_weights", "int8_t", graph.input_of(operator, 1).array().flatten())
    bias = bias_tensor(graph, operator)
    return (weights,) if bias is None else (weights, c_source.array(f"{prefix}_bias", bias_type, bias.array().flatten()))


def bias_name(graph: Graph, operator: Operator, prefix: str) -> str:
    """Returns the C expression for the bias."""
    return "NULL" if bias_tensor(graph, operator) is None else f"{prefix}_bias"
