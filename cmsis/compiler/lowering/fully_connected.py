"""FULLY_CONNECTED by edgeplug_fully_connected_s8: four units at a time, the input widened once."""

from dataclasses import dataclass
from typing import ClassVar

from cmsis.compiler.ir import Emission, Graph, Places
from cmsis.compiler.lowering import packing
from cmsis.compiler.lowering.implementation import Array, Implementation, Member
from cmsis.compiler.operators import weights
from cmsis.compiler.operators.fully_connected import FullyConnected

_PAIR_BYTES = 16


@dataclass(frozen=True)
class PackedFullyConnected(Implementation):
    """Inputs: as the semantic operator's."""

    kernel: ClassVar[str] = "edgeplug_fully_connected_s8"
    struct: ClassVar[str] = "edgeplug_fully_connected"

    @classmethod
    def suits(cls, graph: Graph, semantic: FullyConnected) -> bool:
        """Whether weights pack and all factors are below 1/2."""
        return packing.packs(graph, semantic) and packing.suit_shifts(semantic.multipliers(graph))

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns one input of int16, in whole groups."""
        return self._groups(graph) * packing.GROUP * 2

    def members(self, graph: Graph) -> tuple[Member, ...]:
        """Returns the members of edgeplug_fully_connected."""
        units, depth = graph.input_of(self, 1).shape
        factors = self.semantic.multipliers(graph)
        shared = len(factors) == 1
        clamp, target = self.semantic.clamp, graph.output_of(self)
        return (Array("weights", "uint32_t", self._quads(graph)),
                Array("factors", "int32_t", packing.factor_words(factors)), 0 if shared else _PAIR_BYTES,
                2 * target.quantization.zero_point + 1, self._groups(graph), units, depth, target.elements // units,
                clamp.low, clamp.high)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the arrays, the struct and the call, with one behind it for units that need wide factors."""
        return self.semantic.with_wide_units(graph, places, super().emit(graph, places))

    def _quads(self, graph: Graph) -> tuple[int, ...]:
        return packing.quad_words(weights.filter_matrix(graph, self), weights.folded_bias(graph, self))

    def _groups(self, graph: Graph) -> int:
        return -(-graph.input_of(self, 1).shape[1] // packing.GROUP)


@dataclass(frozen=True)
class SmallFullyConnected(PackedFullyConnected):
    """The same layer by a plain loop: less code, many more cycles."""

    kernel: ClassVar[str] = "edgeplug_fully_connected_small_s8"
    takes_scratch: ClassVar[bool] = True

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns 0."""
        return 0
