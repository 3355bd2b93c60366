"""ADD and SUB by edgeplug_weighted_sum_s8: both rescalings and the sum in one, cut off once."""

from dataclasses import dataclass
from functools import lru_cache
from string import Template
from typing import ClassVar

from cmsis.compiler import c_source
from cmsis.compiler.fixed_point import Clamp
from cmsis.compiler.ir import Emission, Graph, Places
from cmsis.compiler.lowering.implementation import HEADER, Implementation, Member
from cmsis.compiler.lowering.sum_factors import PAIRS, SumFactors, sum_factors
from cmsis.compiler.operators.add import Add
from cmsis.compiler.operators.binary import Scales

_CALL = Template("$kernel(&$prefix, $first, $second, $output)")


@dataclass(frozen=True)
class WeightedSum(Implementation):
    """Inputs: as the semantic operator's; in loops where it broadcasts."""

    kernel: ClassVar[str] = "edgeplug_weighted_sum_s8"
    struct: ClassVar[str] = "edgeplug_weighted_sum"
    overwrites: ClassVar[tuple[int, ...]] = (0, 1)

    @classmethod
    def suits(cls, graph: Graph, semantic: Add) -> bool:
        """Whether there are factors that give TFLite's output for every pair of operands."""
        return factors_of(semantic, semantic.scales(graph)) is not None

    def scratch_bytes(self, graph: Graph) -> int:
        """Returns the semantic operator's: a row in which one operand's value is repeated."""
        return self.semantic.scratch_bytes(graph)

    def members(self, graph: Graph) -> tuple[Member, ...]:
        """Returns the members of edgeplug_weighted_sum."""
        found, clamp = factors_of(self.semantic, self.semantic.scales(graph)), self.semantic.clamp
        return (found.first, found.second, found.bias, self.semantic.axes(graph)[-1].extent, clamp.low, clamp.high)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the struct and the call, in the semantic operator's loops."""
        members = c_source.struct(places.prefix, self.struct, ", ".join(map(c_source.literal, self.members(graph))))
        call = Template(_CALL.safe_substitute(kernel=self.kernel, prefix=places.prefix))
        return self.semantic.emit_rows(graph, places, (members,), call, HEADER)


def factors_of(semantic: Add, scales: Scales) -> SumFactors | None:
    """Returns the factors, or None where there are none."""
    return _factors(type(semantic), scales, semantic.clamp)


@lru_cache(maxsize=64)
def _factors(kind: type[Add], scales: Scales, clamp: Clamp) -> SumFactors | None:
    outputs = kind("", (), (), clamp).combine(scales, *PAIRS).clip(clamp.low, clamp.high)
    step = scales.target.scale
    return sum_factors(outputs, (scales.first.scale / step, kind.sign * scales.second.scale / step),
                       (scales.first.zero_point, scales.second.zero_point, scales.target.zero_point), clamp)
