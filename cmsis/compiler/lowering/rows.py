"""Rows of inputs that lie side by side, by edgeplug_rows_s8: fully connected layers, and convolutions whose windows do not overlap.

Four units at a time, each input widened once, rescaled by a fixed shift; less code than a convolution's kernel.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.lowering import packing
from cmsis.compiler.lowering.convolution import geometry
from cmsis.compiler.lowering.fixed_shift import SHIFT, FixedShift, fixed_shift
from cmsis.compiler.lowering.implementation import Array, Implementation, Member
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.conv_2d import Conv2D
from cmsis.compiler.operators.fully_connected import FullyConnected
from cmsis.compiler.operators.window import Extent


# Long shifts leave the most room for a factor that rounds right, short ones for factors near 1/2.
_SHIFTS = (SHIFT, 10, 8, 6)


@dataclass(frozen=True)
class Rows(Implementation):
    """Inputs: as the semantic operator's."""

    kernel: ClassVar[str] = "edgeplug_rows_s8"
    struct: ClassVar[str] = "edgeplug_rows"
    rounds_once: ClassVar[bool]

    @classmethod
    @abstractmethod
    def suits(cls, graph: Graph, semantic: Operator) -> bool:
        """Whether weights pack, some shift rounds like the operator, and its inputs lie side by side."""
        return packing.packs(graph, semantic) and cls.factors(graph, semantic) is not None

    @classmethod
    def factors(cls, graph: Graph, semantic: Operator) -> tuple[int, tuple[FixedShift, ...]] | None:
        """Returns a shift and what each unit needs with it, None where none rounds like the operator."""
        sums, multipliers = weights.sum_ranges(graph, semantic), semantic.multipliers(graph)
        zero_point = graph.output_of(semantic).quantization.zero_point
        for shift in _SHIFTS:
            found = tuple(fixed_shift(multiplier, zero_point, semantic.clamp, *range_, cls.rounds_once, shift)
                          for multiplier, range_ in zip(multipliers * (len(sums) // len(multipliers)), sums))
            if None not in found:
                return shift, found
        return None

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns one input of int16, in whole groups."""
        return -(-self._depth(graph) // packing.GROUP) * packing.GROUP * 2

    def members(self, graph: Graph) -> tuple[Member, ...]:
        """Returns the members of edgeplug_rows."""
        matrix, clamp, depth = self._matrix(graph), self.semantic.clamp, self._depth(graph)
        shift, factors = self.factors(graph, self.semantic)
        words = np.array([(found.factor, found.addend) for found in factors], np.int64)
        quads = packing.quad_words(matrix, weights.folded_bias(graph, self), words)
        return (Array("quads", "uint32_t", quads), -(-depth // packing.GROUP), len(matrix), shift, depth,
                graph.output_of(self).elements // len(matrix), int(self._skips(graph)), clamp.low, clamp.high)

    def _skips(self, graph: Graph) -> bool:
        """Whether the kernel skips values without weights: it takes whole groups of the others."""
        return self.semantic.alternate and weights.filter_matrix(graph, self).shape[1] % (2 * packing.GROUP) == 0

    def _matrix(self, graph: Graph) -> np.ndarray:
        matrix = weights.filter_matrix(graph, self)
        return packing.in_alternate_order(matrix[:, ::2]) if self._skips(graph) else matrix

    def _depth(self, graph: Graph) -> int:
        return weights.filter_matrix(graph, self).shape[1] // (2 if self._skips(graph) else 1)


@dataclass(frozen=True)
class RowsFullyConnected(Rows):
    """A fully connected layer."""

    rounds_once: ClassVar[bool] = True

    @classmethod
    def suits(cls, graph: Graph, semantic: FullyConnected) -> bool:
        """Whether no unit needs a wide factor, and as Rows."""
        return not semantic.wide_units(graph) and super().suits(graph, semantic)


@dataclass(frozen=True)
class RowsConv2D(Rows):
    """A convolution whose windows lie side by side in the input."""

    rounds_once: ClassVar[bool] = False

    @classmethod
    def suits(cls, graph: Graph, semantic: Conv2D) -> bool:
        """Whether windows follow each other without border or gap, and as Rows."""
        shape = geometry(graph, semantic)
        size, stride, source, target = shape.window.size, shape.window.stride, shape.source, shape.target
        one_row = target.h == 1 or (stride.h == 1 and target.h == source.h and target.w * size.w == source.w)
        disjoint = target.w == 1 or stride.w == size.w
        return (one_row and disjoint and size.h == 1 and shape.padding == Extent(0, 0) and shape.window.dilation.w == 1
                and target.w * size.w <= source.w and graph.input_of(semantic, 1).shape[3] == shape.channels
                and super().suits(graph, semantic))
