"""Pass: gives a clamp to the operator in front of it, as its activation. Exact: a clamp is the last thing that both do."""

from dataclasses import replace

import numpy as np

from cmsis.compiler.fixed_point import Clamp
from cmsis.compiler.ir import Graph, Operator
from cmsis.compiler.operators.look_up import LookUp
from cmsis.compiler.passes.rewriting import rewrite_look_ups


def fuse_clamps(graph: Graph) -> Graph:
    """Returns the graph in which operators that can clamp do so for a look-up that is nothing else.

    Only where both have the same quantization, since an operator rescales to that of its output.
    """
    return rewrite_look_ups(graph, _join)


def _join(graph: Graph, producer: Operator, look_up: LookUp) -> Operator | None:
    own, clamp = getattr(producer, "clamp", None), look_up.as_clamp()
    source, target = graph.output_of(producer), graph.output_of(look_up)
    if not isinstance(own, Clamp) or clamp is None or (source.shape, source.quantization) != (target.shape, target.quantization):
        return None
    joined = Clamp(*(int(np.clip(bound, clamp.low, clamp.high)) for bound in (own.low, own.high)))
    return replace(producer, outputs=look_up.outputs, clamp=joined)
