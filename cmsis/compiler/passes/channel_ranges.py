"""What values each channel of each tensor can take, whatever the network's inputs: interval arithmetic, layer by layer.

Inputs: a Graph. Outputs: per int8 tensor that is computed, the least and the largest value of each index of its last axis. Exact
where a range is one value: all that is rounded is rounded as the layer does it, and rounding keeps order.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cmsis.compiler.exact_multiplier import round_real
from cmsis.compiler.fixed_point import quantize_multiplier, requantize
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, DType, Graph, Operator, Tensor
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.binary import Binary
from cmsis.compiler.operators.conv_2d import Conv2D, groups_of
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.fully_connected import FullyConnected
from cmsis.compiler.operators.look_up import LookUp
from cmsis.compiler.operators.pad import Padding
from cmsis.compiler.operators.pool import Pool
from cmsis.compiler.operators.reduce import Mean
from cmsis.compiler.operators.reshape import View
from cmsis.compiler.operators.window import Extent, extent


@dataclass(frozen=True)
class Range:
    """The least and the largest value of each channel, int64 [channels]."""

    low: np.ndarray
    high: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Which channels have one value only."""
        return self.low == self.high

    def joined(self, value: int) -> "Range":
        """Returns the ranges with `value` among them."""
        return Range(np.minimum(self.low, value), np.maximum(self.high, value))

    def by_period(self, channels: int) -> "Range":
        """Returns the ranges of `channels` indices, a multiple or a divisor of these, when the same bytes are read so."""
        if channels % len(self.low) == 0:
            return Range(*(np.tile(bound, channels // len(self.low)) for bound in (self.low, self.high)))
        if len(self.low) % channels == 0:
            return Range(self.low.reshape(-1, channels).min(axis=0), self.high.reshape(-1, channels).max(axis=0))
        return Range(np.full(channels, self.low.min()), np.full(channels, self.high.max()))


def channel_ranges(graph: Graph) -> dict[int, Range]:
    """Returns the ranges by tensor number."""
    found = {number: _any(graph.tensors[number]) for number in graph.inputs}
    for operator in graph.operators:
        found |= {number: _any(graph.tensors[number]) for number in operator.outputs}
        rule = next((rule for kind, rule in _RULES if isinstance(operator, kind)), None)
        if rule and all(graph.tensors[number].dtype is DType.INT8 for number in (operator.inputs[0], operator.outputs[0])):
            found[operator.outputs[0]] = rule(graph, operator, [
                found.get(number) or _constant(graph.tensors[number]) for number in operator.inputs])
    return found


def sees_border(graph: Graph, operator: Operator) -> bool:
    """Whether a window of the operator reaches beyond its image."""
    window, source = operator.window, extent(graph.input_of(operator, 0))
    target, padding = window.output(source), window.padding(source)
    ends = ((target.h - 1) * window.stride.h - padding.h + window.reach.h, (target.w - 1) * window.stride.w - padding.w + window.reach.w)
    return padding != Extent(0, 0) or ends[0] > source.h or ends[1] > source.w


def _any(tensor: Tensor) -> Range:
    channels = tensor.shape[-1] if tensor.shape else 1
    return Range(np.full(channels, INT8_MIN), np.full(channels, INT8_MAX))


def _constant(tensor: Tensor) -> Range | None:
    if not tensor.constant or tensor.dtype is not DType.INT8 or not tensor.shape:
        return _any(tensor)
    rows = tensor.array().astype(np.int64).reshape(-1, tensor.shape[-1])
    return Range(rows.min(axis=0), rows.max(axis=0))


def _sums(graph: Graph, operator: Operator, matrix: np.ndarray, inputs: Range) -> tuple[np.ndarray, np.ndarray]:
    """Returns the least and the largest sum [N] of weights [N, depth] and inputs of ranges [depth]."""
    zero_point, bias = graph.input_of(operator, 0).quantization.zero_point, weights.bias_tensor(graph, operator)
    start = 0 if bias is None else bias.array().astype(np.int64).flatten()
    low, high = matrix * (inputs.low - zero_point), matrix * (inputs.high - zero_point)
    return np.minimum(low, high).sum(axis=1) + start, np.maximum(low, high).sum(axis=1) + start


def _finished(graph: Graph, operator: Operator, sums: tuple[np.ndarray, np.ndarray]) -> Range:
    """Returns the outputs of the least and the largest sums; any for sums that may overflow, which weights.py refuses."""
    zero_point, multipliers = graph.output_of(operator).quantization.zero_point, operator.multipliers(graph)
    fit = weights.fit_accumulators(np.maximum(np.abs(sums[0]), np.abs(sums[1])), multipliers)
    low, high = (weights.finish(np.where(fit, bound, 0), multipliers, zero_point, operator.clamp).astype(np.int64) for bound in sums)
    return Range(np.where(fit, low, INT8_MIN), np.where(fit, high, INT8_MAX))


def _seen(graph: Graph, operator: Operator, inputs: Range) -> Range:
    return inputs.joined(graph.input_of(operator, 0).quantization.zero_point) if sees_border(graph, operator) else inputs


def _convolution(graph: Graph, operator: Conv2D, inputs: list[Range]) -> Range:
    matrix = graph.input_of(operator, 1).array().astype(np.int64)
    if groups_of(graph, operator) > 1:
        return Range(*(np.full(len(matrix), bound) for bound in (operator.clamp.low, operator.clamp.high)))
    matrix = matrix.reshape(len(matrix), -1)
    return _finished(graph, operator, _sums(graph, operator, matrix, _seen(graph, operator, inputs[0]).by_period(matrix.shape[1])))


def _depthwise(graph: Graph, operator: DepthwiseConv2D, inputs: list[Range]) -> Range:
    filters = graph.input_of(operator, 1)
    taps = filters.array().astype(np.int64).reshape(-1, filters.shape[3])
    seen = _seen(graph, operator, inputs[0])
    times = filters.shape[3] // len(seen.low)
    zero_point, bias = graph.input_of(operator, 0).quantization.zero_point, weights.bias_tensor(graph, operator)
    start = 0 if bias is None else bias.array().astype(np.int64).flatten()
    low, high = (taps * (np.repeat(bound, times) - zero_point) for bound in (seen.low, seen.high))
    return _finished(graph, operator, (np.minimum(low, high).sum(axis=0) + start, np.maximum(low, high).sum(axis=0) + start))


def _fully_connected(graph: Graph, operator: FullyConnected, inputs: list[Range]) -> Range:
    matrix = graph.input_of(operator, 1).array().astype(np.int64)
    factors = weights.output_factors(graph, operator, len(matrix))
    zero_point = graph.output_of(operator).quantization.zero_point
    sums = _sums(graph, operator, matrix, inputs[0].by_period(matrix.shape[1]))
    fit = weights.fit_accumulators(np.maximum(np.abs(sums[0]), np.abs(sums[1])), tuple(map(quantize_multiplier, factors)))
    low, high = (np.clip(round_real(np.where(fit, bound, 0), np.array(factors)) + zero_point, operator.clamp.low,
                         operator.clamp.high).astype(np.int64) for bound in sums)
    return Range(np.where(fit, low, INT8_MIN), np.where(fit, high, INT8_MAX))


def _look_up(graph: Graph, operator: LookUp, inputs: list[Range]) -> Range:
    ordered = np.roll(operator.outputs_of_table().astype(np.int64), 128)
    parts = [ordered[low + 128:high + 129] for low, high in zip(inputs[0].low, inputs[0].high)]
    found = Range(np.array([part.min() for part in parts]), np.array([part.max() for part in parts]))
    return found.by_period(graph.output_of(operator).shape[-1])


def _view(graph: Graph, operator: View, inputs: list[Range]) -> Range:
    return inputs[0].by_period((1, *graph.output_of(operator).shape)[-1])


def _pool(_graph: Graph, operator: Pool, inputs: list[Range]) -> Range:
    return Range(*(bound.clip(operator.clamp.low, operator.clamp.high) for bound in (inputs[0].low, inputs[0].high)))


def _padding(_graph: Graph, operator: Padding, inputs: list[Range]) -> Range:
    joined = inputs[0].joined(operator.fill)
    return Range(*(np.pad(bound, (operator.before[-1], operator.after[-1]), constant_values=operator.fill)
                   for bound in (joined.low, joined.high)))


def _mean(graph: Graph, operator: Mean, inputs: list[Range]) -> Range:
    source, target = graph.input_of(operator, 0), graph.output_of(operator)
    last = len(source.shape) - 1
    if last in operator.axes:
        return _any(target)
    rows, factor = source.elements // target.elements, operator.multiplier(graph)
    zero_points = source.quantization.zero_point, target.quantization.zero_point
    return Range(*((requantize((bound - zero_points[0]) * rows, factor.value, factor.shift) + zero_points[1])
                   .clip(INT8_MIN, INT8_MAX).astype(np.int64) for bound in (inputs[0].low, inputs[0].high)))


def _binary(graph: Graph, operator: Binary, inputs: list[Range]) -> Range:
    target = _any(graph.output_of(operator))
    first, second = (one.by_period(len(target.low)) if len(one.low) in (1, len(target.low)) else None for one in inputs)
    if first is None or second is None:
        return target
    values = operator.limited(operator.combine(operator.scales(graph), first.low, second.low)).astype(np.int64)
    known = first.known & second.known
    return Range(np.where(known, values, target.low), np.where(known, values, target.high))


_RULES: tuple[tuple[type[Operator], Callable[[Graph, Operator, list[Range]], Range]], ...] = (
    (Conv2D, _convolution),
    (DepthwiseConv2D, _depthwise),
    (FullyConnected, _fully_connected),
    (LookUp, _look_up),
    (View, _view),
    (Pool, _pool),
    (Padding, _padding),
    (Mean, _mean),
    (Binary, _binary),
)
