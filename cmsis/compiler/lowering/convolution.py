"""CONV_2D by edgeplug_convolve_s8: four filters and two output positions at a time, what a row of windows sees widened once."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Graph
from cmsis.compiler.lowering import packing
from cmsis.compiler.lowering.fixed_shift import fixed_shift
from cmsis.compiler.lowering.implementation import Array, Implementation, Member
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.operators.window import Extent, Window, extent

_GROUP_BYTES = 16  # a group of values of four filters, or of two windows
_PAIRS = (8, 4, 2, 1)  # of output positions that are computed together
_WINDOWS_BYTES_MAX = 4096
_COPIED_BYTES_MAX = 8192
_COPIED_POSITIONS_MIN = 32  # from so many on a copy of the weights in SRAM pays


@dataclass(frozen=True)
class Geometry:
    """A convolution as the kernel sees it."""

    source: Extent
    target: Extent
    padding: Extent
    window: Window
    channels: int
    alternate: bool

    @property
    def groups(self) -> int:
        """Groups of four values that are read in a window."""
        return -(-self.window.size.h * self.window.size.w * self.channels // self.group_bytes)

    @property
    def group_bytes(self) -> int:
        """Bytes of a window that hold a group."""
        return packing.GROUP * (2 if self.alternate else 1)

    @property
    def stride_w(self) -> int:
        """Columns from one window to the next, 0 where there is but one."""
        return self.window.stride.w if self.target.w > 1 else 0

    @property
    def step(self) -> int:
        """Bytes from one window to the next in what they see."""
        return self.stride_w * self.window.size.h * self.channels

    def is_direct(self) -> bool:
        """Whether windows lie in the input as the kernel wants them, whole groups of them, everywhere."""
        size, last = self.window.size, self.target.w - 1
        return (size.h == 1 and self.padding == Extent(0, 0) and last * self.window.stride.w + size.w <= self.source.w
                and size.w * self.channels % self.group_bytes == 0)


def geometry(graph: Graph, operator: Conv2D) -> Geometry:
    """Returns the operator's geometry; an image without width is a row, single pixels are one row."""
    image, target = graph.input_of(operator, 0), graph.output_of(operator)
    window, source, result = operator.window, extent(image), extent(target)
    padding = window.padding(source)
    if window.size == window.stride == Extent(1, 1) and not window.bordered:
        source = result = Extent(1, source.h * source.w)
    elif source.w == window.size.w == 1:
        source, result, padding = (Extent(part.w, part.h) for part in (source, result, padding))
        window = window.transposed()
    return Geometry(source, result, padding, window, image.shape[3], operator.alternate)


@dataclass(frozen=True)
class PackedConv2D(Implementation):
    """Inputs: as the semantic operator's. `pairs` of output positions are computed together, with weights in flash or `copied`
    to SRAM at the start.
    """

    pairs: int = 1
    copied: bool = False

    kernel: ClassVar[str] = "edgeplug_convolve_s8"
    struct: ClassVar[str] = "edgeplug_convolution"

    @classmethod
    def suits(cls, graph: Graph, semantic: Conv2D) -> bool:
        """Whether weights pack, all factors are below 1/2, a row's windows are contiguous, and there is one group."""
        return (geometry(graph, semantic).window.dilation.w == 1 and packing.packs(graph, semantic)
                and graph.input_of(semantic, 1).shape[3] == graph.input_of(semantic, 0).shape[3]
                and packing.suit_shifts(semantic.multipliers(graph)))

    @classmethod
    def variants(cls, graph: Graph, semantic: Conv2D) -> tuple["PackedConv2D", ...]:
        """Returns as many pairs as their windows leave room for, with weights copied first where that is likely to pay."""
        if not cls.suits(graph, semantic):
            return ()
        target = geometry(graph, semantic).target
        possible = [replace(cls.of(semantic), pairs=max(1, min(pairs, target.w // 2))) for pairs in _PAIRS]
        direct = next((variant for variant in possible if variant.windows_bytes(graph) <= _WINDOWS_BYTES_MAX), possible[-1])
        if direct.quads_bytes(graph) > _COPIED_BYTES_MAX:
            return (direct,)
        copied = replace(direct, copied=True)
        return (copied, direct) if target.h * target.w >= _COPIED_POSITIONS_MIN else (direct, copied)

    @property
    def has_weights(self) -> bool:
        """Whether it reads weights from where they lie."""
        return not self.copied

    def quads_bytes(self, graph: Graph) -> int:
        """Returns the size of weights, biases and factors."""
        quad = _GROUP_BYTES * (1 + geometry(graph, self.semantic).groups + self._factors(graph).shape[1])
        return math.ceil(self._filters(graph) / packing.QUAD) * quad

    def windows_bytes(self, graph: Graph) -> int:
        """Returns the size of the widened windows."""
        shape = geometry(graph, self.semantic)
        if shape.step % packing.GROUP == 0 and not shape.alternate:
            return _GROUP_BYTES * ((self.pairs - 1) * shape.step // 2 + shape.groups)
        return _GROUP_BYTES * self.pairs * shape.groups

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns what edgeplug_convolve_s8 wants: copied quads, windows, what they see, outputs of fewer than four filters."""
        shape = geometry(graph, self.semantic)
        copied = self.quads_bytes(graph) if self.copied else 0
        seen = 0 if shape.is_direct() else (2 * self.pairs - 1) * shape.step + shape.group_bytes * shape.groups
        tail = 2 * packing.QUAD * self.pairs if self._filters(graph) % packing.QUAD else 0
        return copied + self.windows_bytes(graph) + (seen + 3) // 4 * 4 + tail

    def members(self, graph: Graph) -> tuple[Member, ...]:
        """Returns the members of edgeplug_convolution."""
        semantic, shape = self.semantic, geometry(graph, self.semantic)
        window = shape.window
        return (Array("quads", "uint32_t", self._quads(graph, window.size)), shape.groups, self._filters(graph),
                self._factors(graph).shape[1], shape.source.h, shape.source.w, shape.channels, window.size.h, window.size.w,
                window.stride.h, shape.stride_w, shape.padding.h, shape.padding.w, window.dilation.h, shape.target.h,
                shape.target.w, graph.input_of(self, 0).quantization.zero_point, self.pairs, int(self.copied),
                int(shape.alternate), semantic.clamp.low, semantic.clamp.high)

    def _quads(self, graph: Graph, size: Extent) -> tuple[int, ...]:
        filters = self._filters(graph)
        columns = weights.filter_matrix(graph, self).reshape(filters, size.h, size.w, -1).transpose(0, 2, 1, 3)
        if self.semantic.alternate:
            columns = packing.in_alternate_order(columns[..., ::2].reshape(filters, -1))
        return packing.quad_words(columns.reshape(filters, -1), weights.folded_bias(graph, self), self._factors(graph))

    def _factors(self, graph: Graph) -> np.ndarray:
        """Returns the factors' words [N, 2] where all filters do with the fixed shift, else [N, 3]."""
        multipliers, clamp = self.semantic.multipliers(graph), self.semantic.clamp
        zero_point = graph.output_of(self).quantization.zero_point
        fixed = [fixed_shift(multiplier, zero_point, clamp, *sums)
                 for multiplier, sums in zip(multipliers, weights.sum_ranges(graph, self.semantic))]
        if None not in fixed:
            return np.array([(found.factor, found.addend) for found in fixed], np.int64)
        shifts = [-1 - multiplier.shift for multiplier in multipliers]
        return np.array([(multiplier.value, (2 * zero_point + 1) << shift, shift)
                         for multiplier, shift in zip(multipliers, shifts)], np.int64)

    def _filters(self, graph: Graph) -> int:
        return graph.input_of(self, 1).shape[0]


@dataclass(frozen=True)
class SmallConv2D(PackedConv2D):
    """The same layer by a plain loop: less code, many more cycles."""

    kernel: ClassVar[str] = "edgeplug_convolve_small_s8"
    takes_scratch: ClassVar[bool] = True

    @classmethod
    def variants(cls, graph: Graph, semantic: Conv2D) -> tuple["SmallConv2D", ...]:
        """Returns the only one."""
        return (cls.of(semantic),) if cls.suits(graph, semantic) else ()

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns 0."""
        return 0
