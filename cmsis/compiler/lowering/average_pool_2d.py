"""AVERAGE_POOL_2D over a whole image by edgeplug_mean_s8, without rescaling."""

from dataclasses import dataclass
from typing import ClassVar

from cmsis.compiler.fixed_point import Clamp, Multiplier
from cmsis.compiler.ir import INT8_MAX, INT8_MIN, Emission, Graph, Places
from cmsis.compiler.lowering.implementation import Implementation, Member
from cmsis.compiler.operators import reduce
from cmsis.compiler.operators.average_pool_2d import AveragePool2D
from cmsis.compiler.operators.window import Extent, extent

COUNTS = range(2, 2896)


def factor(count: int) -> Multiplier:
    """Returns 1 / count, and an excess of up to 2^-31: enough to round halves away from zero, and too little to reach other sums,
    which lie 1 / (2 * count) from a half and are up to 128 * count.
    """
    return Multiplier((1 << 31) // count + 1, 0)


@dataclass(frozen=True)
class GlobalAverage(Implementation):
    """Inputs: image."""

    kernel: ClassVar[str] = reduce.Mean.kernel
    struct: ClassVar[str] = ""

    @classmethod
    def suits(cls, graph: Graph, semantic: AveragePool2D) -> bool:
        """Whether there is one window that covers the image, and no fused activation."""
        source, window = extent(graph.input_of(semantic, 0)), semantic.window
        padding = window.padding(source)
        return (window.output(source) == Extent(1, 1) and semantic.clamp == Clamp(INT8_MIN, INT8_MAX)
                and window.size.h - padding.h >= source.h and window.size.w - padding.w >= source.w
                and source.h * source.w in COUNTS)

    def members(self, graph: Graph) -> tuple[Member, ...]:
        """Returns nothing: the kernel's arguments are plain."""
        return ()

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns a call of edgeplug_mean_s8."""
        return reduce.emission(self.kernel, places, (*self.extents(graph), *self.arguments(graph)))

    def extents(self, graph: Graph) -> tuple[int, int, int]:
        """Returns groups, rows and channels."""
        source = extent(graph.input_of(self, 0))
        return 1, source.h * source.w, graph.input_of(self, 0).shape[3]

    def arguments(self, graph: Graph) -> tuple[int, int, int, int]:
        """Returns input offset, multiplier, shift and output offset."""
        factor = self.multiplier(graph)
        return 0, factor.value, factor.shift, 0

    def multiplier(self, graph: Graph) -> Multiplier:
        """Returns the factor from sum to average."""
        source = extent(graph.input_of(self, 0))
        return factor(source.h * source.w)
