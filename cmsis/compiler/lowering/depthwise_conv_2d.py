"""DEPTHWISE_CONV_2D by the edgeplug_depthwise kernels: up to 3x3 taps, four channels and two or four rows at a time."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Graph
from cmsis.compiler.lowering import packing
from cmsis.compiler.lowering.implementation import Array, Implementation, Member
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.window import Extent, extent

_SIDE = 3  # of the kernel's window; smaller ones get zeros
_SHIFT = 11  # EDGEPLUG_DEPTHWISE_SHIFT
_SCALED_SHIFTS = range(_SHIFT - 7, _SHIFT)  # scales from 4, where rounding adds an integer, to 256, where weights fill a lane
_GENERAL_SCALE = 2
_MAX_SCALED_SUM = 1 << 31
_PLACE_BYTES, _RECORDS_BYTES, _ALIGNING_BYTES = 48, 160, 12


@dataclass(frozen=True)
class _Geometry:
    """A depthwise convolution as the kernels see it: an image of one row is one column, whose places go together."""

    source: Extent
    target: Extent
    padding: Extent
    size: Extent


def _geometry(graph: Graph, semantic: DepthwiseConv2D) -> _Geometry:
    window, source, target = semantic.window, extent(graph.input_of(semantic, 0)), extent(graph.output_of(semantic))
    parts = (source, target, window.padding(source), window.size)
    if source.h == window.size.h == 1:
        parts = tuple(Extent(part.w, part.h) for part in parts)
    return _Geometry(*parts)


@dataclass(frozen=True)
class PackedDepthwiseConv2D(Implementation):
    """Inputs: as the semantic operator's."""

    kernel: ClassVar[str] = "edgeplug_depthwise_s8"
    struct: ClassVar[str] = "edgeplug_depthwise"
    stride: ClassVar[int] = 1
    multiplied: ClassVar[tuple[bool, ...]] = (False,)

    @classmethod
    def suits(cls, graph: Graph, semantic: DepthwiseConv2D) -> bool:
        """Whether filters are small and move by `stride`, channels are multiplied or not, and all factors are below 1/2."""
        window, channels = semantic.window, graph.input_of(semantic, 1).shape[3]
        target = extent(graph.output_of(semantic))
        weights.check_accumulators(graph, semantic, channel_axis=3)
        steps = {step for step, size in ((window.stride.h, target.h), (window.stride.w, target.w)) if size > 1}
        is_multiplied = channels > graph.input_of(semantic, 0).shape[3]
        return (max(window.size.h, window.size.w) <= _SIDE and window.dilation == Extent(1, 1)
                and (steps or {1}) == {cls.stride} and channels >= packing.QUAD and is_multiplied in cls.multiplied
                and packing.suit_shifts(semantic.multipliers(graph)))

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns three pairs of rows of four channels, and what the kernel makes of a quad."""
        columns = (_geometry(graph, self.semantic).target.w - 1) * self.stride + _SIDE
        return _PLACE_BYTES * columns + _RECORDS_BYTES + _ALIGNING_BYTES

    def members(self, graph: Graph) -> tuple[Member, ...]:
        """Returns the members of edgeplug_depthwise."""
        shape, image, target = _geometry(graph, self.semantic), graph.input_of(self, 0), graph.output_of(self)
        channels = target.shape[3]
        return (Array("quads", "uint32_t", self._quads(graph, shape.size)), shape.source.h, shape.source.w, channels,
                channels // image.shape[3], self.stride, shape.padding.h, shape.padding.w, shape.target.h, shape.target.w,
                image.quantization.zero_point, 2 * target.quantization.zero_point + 1, int(self._is_general(graph)),
                self.semantic.clamp.low, self.semantic.clamp.high)

    def _quads(self, graph: Graph, size: Extent) -> tuple[int, ...]:
        channels = graph.output_of(self).shape[3]
        filters = graph.input_of(self, 1).array().astype(np.int64).reshape(size.h, size.w, channels)
        square = np.pad(filters, ((0, _SIDE - size.h), (0, _SIDE - size.w), (0, 0)))
        upper, middle, lower = square[:, ::-1].transpose(0, 2, 1) & 0xFF
        multipliers, scales = self.semantic.multipliers(graph), self._scales(graph)
        shifts = [-multiplier.shift if self._is_general(graph) else _SHIFT for multiplier in multipliers]
        rows = np.column_stack((folded_bias(graph, self.semantic) * scales, upper | middle << 8 | middle << 16 | lower << 24,
                                [multiplier.value for multiplier in multipliers], (scales << 16) + shifts))
        return tuple(int(word) & 0xFFFFFFFF for start in quad_starts(channels)
                     for word in rows[start: start + packing.QUAD].flatten())

    def _is_general(self, graph: Graph) -> bool:
        return self._scales(graph)[0] == _GENERAL_SCALE

    def _scales(self, graph: Graph) -> np.ndarray:
        """Returns for each channel the scale behind which all share one shift. Where halves below the zero point matter, or a
        sum can't be scaled, all are general.
        """
        shifts = np.array([-multiplier.shift for multiplier in self.semantic.multipliers(graph)], np.int64)
        general = np.full(len(shifts), _GENERAL_SCALE)
        if (self.semantic.clamp.low < graph.output_of(self).quantization.zero_point
                or min(shifts) not in _SCALED_SHIFTS or max(shifts) not in _SCALED_SHIFTS):
            return general
        scales = 1 << 1 + _SHIFT - shifts
        return scales if max(weights.largest_sums(graph, self.semantic, channel_axis=3) * scales) < _MAX_SCALED_SUM else general


@dataclass(frozen=True)
class PackedDepthwiseApart(PackedDepthwiseConv2D):
    """Filters that move by two."""

    kernel: ClassVar[str] = "edgeplug_depthwise_apart_s8"
    stride: ClassVar[int] = 2


@dataclass(frozen=True)
class PackedDepthwiseMultiplied(PackedDepthwiseConv2D):
    """Several filters per input channel."""

    kernel: ClassVar[str] = "edgeplug_depthwise_multiplied_s8"
    multiplied: ClassVar[tuple[bool, ...]] = (True,)


@dataclass(frozen=True)
class PackedDepthwiseMultipliedApart(PackedDepthwiseApart):
    """Several filters per input channel, which move by two."""

    kernel: ClassVar[str] = "edgeplug_depthwise_multiplied_apart_s8"
    multiplied: ClassVar[tuple[bool, ...]] = (True,)


@dataclass(frozen=True)
class SmallDepthwiseConv2D(PackedDepthwiseConv2D):
    """The same layers by a plain loop: less code, many more cycles."""

    kernel: ClassVar[str] = "edgeplug_depthwise_small_s8"
    takes_scratch: ClassVar[bool] = True
    multiplied: ClassVar[tuple[bool, ...]] = (False, True)

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns 0."""
        return 0


@dataclass(frozen=True)
class SmallDepthwiseApart(SmallDepthwiseConv2D):
    """By a plain loop, filters that move by two."""

    stride: ClassVar[int] = 2


# All, for lower.py.
DEPTHWISE = (PackedDepthwiseConv2D, PackedDepthwiseApart, PackedDepthwiseMultiplied, PackedDepthwiseMultipliedApart,
             SmallDepthwiseConv2D, SmallDepthwiseApart)


def folded_bias(graph: Graph, semantic: DepthwiseConv2D) -> np.ndarray:
    """Returns bias - zero point * sum of weights, per channel."""
    bias = weights.bias_tensor(graph, semantic)
    total = graph.input_of(semantic, 1).array()[0].astype(np.int64).sum(axis=(0, 1))
    zero_point = graph.input_of(semantic, 0).quantization.zero_point
    return (0 if bias is None else bias.array().astype(np.int64).flatten()) - zero_point * total


def quad_starts(channels: int) -> tuple[int, ...]:
    """Returns the first channel of each four that go together; the last four may overlap those before."""
    return (*range(0, channels - packing.QUAD, packing.QUAD), channels - packing.QUAD)
