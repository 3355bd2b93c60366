"""DEPTHWISE_CONV_2D by edgeplug_depthwise_any_s8: windows of any size, four channels and two taps at a time."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Graph
from cmsis.compiler.lowering import packing
from cmsis.compiler.lowering.depthwise_conv_2d import folded_bias, quad_starts
from cmsis.compiler.lowering.implementation import Array, Implementation, Member
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.depthwise_conv_2d import DepthwiseConv2D
from cmsis.compiler.operators.window import Extent, Window, extent

_WORD_BYTES = 4
_PAIR_BYTES, _RECORD_BYTES = 16, 64


@dataclass(frozen=True)
class _Geometry:
    """A depthwise convolution as the kernel sees it: an image of one column is one row, whose windows go together."""

    source: Extent
    target: Extent
    padding: Extent
    window: Window

    @property
    def pairs(self) -> int:
        """Pairs of columns."""
        return (self.window.size.w + 1) // 2


def _geometry(graph: Graph, semantic: DepthwiseConv2D) -> _Geometry:
    window, source, target = semantic.window, extent(graph.input_of(semantic, 0)), extent(graph.output_of(semantic))
    padding = window.padding(source)
    if source.w == window.size.w == 1:
        source, target, padding = (Extent(part.w, part.h) for part in (source, target, padding))
        window = window.transposed()
    return _Geometry(source, target, padding, window)


@dataclass(frozen=True)
class AnyDepthwiseConv2D(Implementation):
    """Inputs: as the semantic operator's."""

    kernel: ClassVar[str] = "edgeplug_depthwise_any_s8"
    struct: ClassVar[str] = "edgeplug_depthwise_any"

    @classmethod
    def suits(cls, graph: Graph, semantic: DepthwiseConv2D) -> bool:
        """Whether there are four channels, and all factors are below 1/2."""
        weights.check_accumulators(graph, semantic, channel_axis=3)
        return graph.output_of(semantic).shape[3] >= packing.QUAD and packing.suit_shifts(semantic.multipliers(graph))

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns the rows of taps that a row of windows sees, a quad's record, and pointers to the rows."""
        shape = _geometry(graph, self.semantic)
        size, stride, dilation = shape.window.size, shape.window.stride, shape.window.dilation
        height = (size.h - 1) * dilation.h + 1
        width = (shape.target.w - 1) * stride.w + (2 * shape.pairs - 1) * dilation.w + 1
        return _WORD_BYTES * (height * width + size.h) + _PAIR_BYTES * size.h * shape.pairs + _RECORD_BYTES

    def members(self, graph: Graph) -> tuple[Member, ...]:
        """Returns the members of edgeplug_depthwise_any."""
        shape, image, target = _geometry(graph, self.semantic), graph.input_of(self, 0), graph.output_of(self)
        window, channels = shape.window, target.shape[3]
        return (Array("quads", "uint32_t", self._quads(graph, shape)), shape.source.h, shape.source.w, channels,
                channels // image.shape[3], window.size.h, window.size.w, shape.pairs, window.stride.h, window.stride.w,
                shape.padding.h, shape.padding.w, window.dilation.h, window.dilation.w, shape.target.h, shape.target.w,
                image.quantization.zero_point, 2 * target.quantization.zero_point + 1, self.semantic.clamp.low,
                self.semantic.clamp.high)

    def _quads(self, graph: Graph, shape: _Geometry) -> tuple[int, ...]:
        size, channels = shape.window.size, graph.output_of(self).shape[3]
        filters = graph.input_of(self, 1).array().astype(np.int64).reshape(size.h, size.w, channels)
        even = np.pad(filters, ((0, 0), (0, size.w % 2), (0, 0))).reshape(size.h * shape.pairs, 2, channels) & 0xFF
        bias = 2 * folded_bias(graph, self.semantic)
        factors = packing.factor_words(self.semantic.multipliers(graph))[: 2 * channels]
        words: list[int] = []
        for start in quad_starts(channels):
            # [pair of columns, of the pair, pair of channels, of the pair] -> bytes by pair of channels, column, channel.
            lanes = even[:, :, start: start + packing.QUAD].reshape(-1, 2, 2, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
            words.extend(bias[start: start + packing.QUAD].tolist())
            words.extend((lanes << np.arange(0, 32, 8)).sum(axis=1).tolist())
            words.extend(factors[2 * start: 2 * (start + packing.QUAD)])
        return tuple(word & 0xFFFFFFFF for word in words)
