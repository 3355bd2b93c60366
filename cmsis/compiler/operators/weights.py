"""What operators with weights share: reading them, their requantisation, their C arrays.

Source of the formulas: TFLite's 8-bit quantisation specification (symmetric weights, bias scale = input * weight scale).
"""

from collections.abc import Callable

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.fixed_point import Clamp, Multiplier, quantize_multiplier, requantize
from cmsis.compiler.ir import Constant, DType, Graph, Operator, Tensor
from cmsis.compiler.node import Node
from tools.errors import UserError


def check_weights(node: Node, channel_axis: int, channels: int) -> None:
    """Raises UserError unless input 1 is constant symmetric int8 and input 2, if any, a constant int32 bias."""
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
        if bias.dtype is not DType.INT32 or bias.elements != channels:
            raise UserError(f"{node.layer}: bias of {node.builtin} does not fit; got {bias.elements} values, want"
                            f" {channels} of int32. Fix: export the .tflite again")


def output_multipliers(graph: Graph, operator: Operator, channels: int) -> tuple[Multiplier, ...]:
    """Returns input scale * weight scale / output scale, as Multipliers, one per output channel."""
    source = graph.input_of(operator, 0).quantization.scale
    target = graph.output_of(operator).quantization.scale
    weights = graph.input_of(operator, 1).quantization.scales
    factors = [quantize_multiplier(source * scale / target) for scale in weights]
    return tuple(factors * channels if len(factors) == 1 else factors)


def finish(accumulators: np.ndarray, multipliers: tuple[Multiplier, ...], zero_point: int, clamp: Clamp,
           rescale: Callable = requantize) -> np.ndarray:
    """Returns int8 outputs from accumulators whose last axis is the channel; `rescale` is the operator's rounding."""
    scaled = rescale(accumulators, np.array([m.value for m in multipliers], np.int64),
                     np.array([m.shift for m in multipliers], np.int64))
    return np.clip(scaled + zero_point, clamp.low, clamp.high).astype(np.int8)


def bias_tensor(graph: Graph, operator: Operator) -> Tensor | None:
    """Returns the bias, or None where the network has none."""
    return graph.input_of(operator, 2) if len(operator.inputs) > 2 else None


def constants(graph: Graph, operator: Operator, prefix: str) -> tuple[Constant, ...]:
    """Returns the C arrays PREFIX_weights and, where there is a bias, PREFIX_bias."""
    weights = c_source.array(f"{prefix}_weights", "int8_t", graph.input_of(operator, 1).array().flatten())
    bias = bias_tensor(graph, operator)
    return (weights,) if bias is None else (weights, c_source.array(f"{prefix}_bias", "int32_t", bias.array().flatten()))


def bias_name(graph: Graph, operator: Operator, prefix: str) -> str:
    """Returns the C expression for the bias."""
    return "NULL" if bias_tensor(graph, operator) is None else f"{prefix}_bias"
