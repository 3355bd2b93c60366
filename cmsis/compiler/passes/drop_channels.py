"""Pass: drops channels that have one known value, or that nobody multiplies by anything but zero.

Exact: what a known channel adds to its readers' sums goes into their biases, and where their borders of real zeros don't let it,
the channel stays. Layers that make such a channel lose a filter, layers that read it an input, all between them a channel. Tensors
whose channels can only go together form a family, of one period: index i of a tensor's bytes is of channel i modulo that.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from cmsis.compiler.ir import DType, Graph, Operator, Quantization, Tensor
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.binary import Binary
from cmsis.compiler.operators.conv_2d import Conv2D, groups_of
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.fully_connected import FullyConnected
from cmsis.compiler.operators.look_up import LookUp
from cmsis.compiler.operators.pad import Padding
from cmsis.compiler.operators.pool import Pool
from cmsis.compiler.operators.reduce import Mean
from cmsis.compiler.operators.reshape import Reshape, View
from cmsis.compiler.passes.channel_ranges import Range, channel_ranges, sees_border


@dataclass
class _Family:
    """Tensors by number; `fixed` where something needs their channels as they are."""

    tensors: set[int] = field(default_factory=set)
    fixed: bool = False


def drop_channels(graph: Graph) -> Graph:
    """Returns the graph without such channels, and with what the layers' MACs were before."""
    while True:
        smaller = _dropped(graph)
        if smaller is None:
            return graph
        graph = _with_nominal_macs(graph, smaller)


def _with_nominal_macs(before: Graph, after: Graph) -> Graph:
    nominal = {old.outputs[0]: old.macs(before) for old, new in zip(before.operators, after.operators)
               if old.macs(before) != new.macs(after)}
    return replace(after, nominal_macs=tuple(sorted((nominal | dict(before.nominal_macs)).items())))


def _dropped(graph: Graph) -> Graph | None:
    """Returns the graph without the channels that can go at once, None if there are none."""
    ranges, kept = channel_ranges(graph), {}
    for family in _families(graph):
        period = min((graph.tensors[number].shape[-1] for number in family.tensors), default=1)
        if family.fixed or any(graph.tensors[number].shape[-1] % period for number in family.tensors):
            continue
        needed = np.zeros(period, bool)
        for operator in graph.operators:
            if _makes(graph, operator) and operator.inputs[0] in family.tensors:
                needed |= _needed(graph, operator, ranges[operator.inputs[0]], period)
        needed[0] |= not needed.any()
        if not needed.all():
            kept |= {number: np.tile(needed, graph.tensors[number].shape[-1] // period) for number in family.tensors}
    return _Rewriting(graph, ranges, kept).graph() if kept else None


def _makes(graph: Graph, operator: Operator) -> bool:
    """Whether it computes each channel by a filter of its own, from each input channel by weights of its own: both can go."""
    return isinstance(operator, FullyConnected) or isinstance(operator, Conv2D) and groups_of(graph, operator) == 1


def _keeps(graph: Graph, operator: Operator) -> bool:
    """Whether each channel of the output follows from the same channel of the inputs that are not constant."""
    source, target = graph.input_of(operator, 0), graph.output_of(operator)
    if isinstance(operator, DepthwiseConv2D):
        return source.shape[3] == target.shape[3]
    if isinstance(operator, Padding):
        return not (operator.before[-1] or operator.after[-1])
    if isinstance(operator, Mean):
        return len(source.shape) - 1 not in operator.axes
    if isinstance(operator, Binary):
        return all(tensor.elements == tensor.shape[-1] == target.shape[-1] if tensor.constant else tensor.shape == target.shape
                   for tensor in (source, graph.input_of(operator, 1)))
    return isinstance(operator, (LookUp, View, Pool))


def _families(graph: Graph) -> list[_Family]:
    """Returns the families of all int8 tensors that are computed."""
    of: dict[int, _Family] = {}
    for number in (*graph.inputs, *(output for operator in graph.operators for output in operator.outputs)):
        tensor = graph.tensors[number]
        of[number] = _Family({number}, number in graph.inputs or number in graph.outputs or not tensor.shape
                             or tensor.dtype is not DType.INT8)
    for operator in graph.operators:
        computed = [number for number in operator.inputs if number in of]
        if _keeps(graph, operator):
            _join(of, (*computed, *operator.outputs))
        elif not _makes(graph, operator) or graph.input_of(operator, 1).shape[-1] % graph.input_of(operator, 0).shape[-1]:
            for number in (*computed, *operator.outputs):
                of[number].fixed = True
    return list({id(family): family for family in of.values()}.values())


def _join(of: dict[int, _Family], numbers: tuple[int, ...]) -> None:
    whole = _Family()
    for number in numbers:
        whole.tensors |= of[number].tensors
        whole.fixed |= of[number].fixed
    for number in whole.tensors:
        of[number] = whole


def _columns(graph: Graph, operator: Operator) -> np.ndarray:
    """Returns the weights as int64 [rows, channels of the input]."""
    tensor = graph.input_of(operator, 1)
    return tensor.array().astype(np.int64).reshape(-1, graph.input_of(operator, 0).shape[-1])


def _needed(graph: Graph, operator: Operator, inputs: Range, period: int) -> np.ndarray:
    """Returns which channels the operator can't do without."""
    movable = inputs.known & ((inputs.low == graph.input_of(operator, 0).quantization.zero_point)
                              | (not (isinstance(operator, Conv2D) and sees_border(graph, operator))))
    return (_columns(graph, operator).any(axis=0) & ~movable).reshape(-1, period).any(axis=0)


class _Rewriting:
    """The graph with the channels `kept`, a mask over the last axis for each tensor that loses some."""

    def __init__(self, graph: Graph, ranges: dict[int, Range], kept: dict[int, np.ndarray]):
        self._old, self._ranges, self._kept = graph, ranges, kept
        self._tensors = [replace(tensor, shape=(*tensor.shape[:-1], int(kept[number].sum()))) if number in kept else tensor
                         for number, tensor in enumerate(graph.tensors)]

    def graph(self) -> Graph:
        """Returns it."""
        operators = tuple(self._operator(operator) for operator in self._old.operators)
        return replace(self._old, tensors=tuple(self._tensors), operators=operators)

    def _operator(self, operator: Operator) -> Operator:
        old = self._old
        if isinstance(operator, Reshape):
            return replace(operator, wanted=self._tensors[operator.outputs[0]].shape)
        if isinstance(operator, Binary):
            return replace(operator, inputs=tuple(self._vector(number, operator.outputs[0]) for number in operator.inputs))
        if isinstance(operator, DepthwiseConv2D):
            return self._with_outputs(operator, 3)
        if not _makes(old, operator):
            return operator
        return self._with_outputs(self._with_inputs(operator), 0)

    def _vector(self, number: int, target: int) -> int:
        if not self._old.tensors[number].constant or target not in self._kept:
            return number
        return self._add(_selected(self._old.tensors[number], -1, self._kept[target]))

    def _with_inputs(self, operator: Operator) -> Operator:
        """Returns the operator without weights for what its input loses, and with what that added in its bias."""
        number = operator.inputs[0]
        if number not in self._kept:
            return operator
        filters, source = self._old.input_of(operator, 1), self._old.tensors[number]
        kept, inputs = self._kept[number], self._ranges[number]
        lost = np.where(kept | ~inputs.known, 0, inputs.low - source.quantization.zero_point)
        sums = (_columns(self._old, operator) * lost).reshape(filters.shape[0], -1).sum(axis=1)
        rest = operator.inputs[2:]
        if sums.any():
            bias = weights.bias_tensor(self._old, operator)
            values = sums if bias is None else sums + bias.array().flatten()
            rest = (self._add(Tensor(f"{filters.name} bias", (len(sums),), DType.INT32, data=values.astype("<i4").tobytes())),)
        mask = np.tile(kept, filters.shape[-1] // len(kept))
        return replace(operator, inputs=(number, self._add(_selected(filters, -1, mask)), *rest))

    def _with_outputs(self, operator: Operator, axis: int) -> Operator:
        """Returns the operator without filters for what its output loses; `axis` is the weights'."""
        kept = self._kept.get(operator.outputs[0])
        if kept is None:
            return operator
        rest = tuple(self._add(_selected(self._tensors[number], -1, kept)) for number in operator.inputs[2:])
        filters = self._add(_selected(self._tensors[operator.inputs[1]], axis, kept))
        return replace(operator, inputs=(operator.inputs[0], filters, *rest))

    def _add(self, tensor: Tensor) -> int:
        self._tensors.append(tensor)
        return len(self._tensors) - 1


def _selected(tensor: Tensor, axis: int, kept: np.ndarray) -> Tensor:
    """Returns a constant with the indices `kept` of an axis only; scales of that axis, too."""
    axis %= len(tensor.shape)
    values = np.compress(kept, tensor.array(), axis)
    quantization = tensor.quantization
    if quantization is not None and quantization.per_channel and quantization.axis == axis:
        quantization = Quantization(*(tuple(np.compress(kept, parts).tolist()) for parts in (
            quantization.scales, quantization.zero_points)), axis=axis)
    return replace(tensor, shape=values.shape, data=values.tobytes(), quantization=quantization)
